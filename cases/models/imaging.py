"""What we read from the headers of a scan, sealed like the scan itself."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases.models.key import SealedJSONField, sealing_key
from cases.models.record import Record


class ImagingReading(models.Model):
    """One for each scan or zip of scans that passed its checks. Can be made again at any time.

    Holds names: of the patient, and of whoever else is on the disc.
    """

    # Says nothing without its paper, and goes with it.
    record = models.OneToOneField(
        Record, on_delete=models.CASCADE, primary_key=True, related_name="imaging"
    )
    # As `imaging.headers` answers; "previews" are the series in the order of their pictures.
    contents = SealedJSONField(_("what it says"))
    # As `imaging.copying` answers; empty until a copy for a hospital was made.
    copied = SealedJSONField(_("what the copy left out"), blank=True)
    # Of the program that read it: an older one is read anew.
    version = models.PositiveSmallIntegerField()
    made_at = models.DateTimeField(_("read"), default=timezone.now)

    class Meta:
        verbose_name = _("reading of a scan")
        verbose_name_plural = _("readings of scans")

    def __str__(self):
        return str(self.pk)

    def sealing_key(self) -> bytes:
        return sealing_key(self.record.case)
