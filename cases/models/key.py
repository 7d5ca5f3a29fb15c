"""The key of a case, and fields whose contents are sealed with it."""

import json

from django.db import models
from django.db.models import Q
from django.db.models.query_utils import DeferredAttribute
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases.models.case import Case
from cases.records import crypto


class CaseKeyQuerySet(models.QuerySet):
    def of(self, case: Case) -> "CaseKey":
        """Made at first need: whoever is faster makes it, and both use the same."""
        return self.filter(pk=case.pk).first() or self.give(case, crypto.new_key())

    def give(self, case: Case, key: bytes) -> "CaseKey":
        """This key to a case that has none, as a draft's key becomes its case's."""
        mine = self.model(case_id=case.pk)
        mine.wrap(key)
        values = {"ring_key": mine.ring_key, "wrapped": mine.wrapped}
        row, _is_mine = self.get_or_create(case_id=case.pk, defaults=values)
        # By its number until here: a case must never remember a row that lost the race.
        case.record_key = row
        return row


class CaseKey(models.Model):
    """What opens everything that is sealed of a case. Destroying it is erasure (row U5).

    The row stays when the key is destroyed: no new key is made by accident.
    """

    # A key means nothing without its case.
    case = models.OneToOneField(
        Case, on_delete=models.CASCADE, primary_key=True, related_name="record_key"
    )
    ring_key = models.CharField(_("wrapped with"), max_length=32, db_index=True)
    wrapped = models.BinaryField()
    created_at = models.DateTimeField(default=timezone.now)
    destroyed_at = models.DateTimeField(_("destroyed"), null=True, blank=True)

    objects = CaseKeyQuerySet.as_manager()

    class Meta:
        verbose_name = _("key of a case")
        verbose_name_plural = _("keys of cases")
        constraints = [
            models.CheckConstraint(
                condition=Q(destroyed_at__isnull=False, ring_key="")
                | Q(destroyed_at__isnull=True, ring_key__gt=""),
                name="case_key_destroyed_is_gone",
            ),
        ]

    def __str__(self):
        return str(self.case_id)

    @property
    def about(self) -> str:
        return f"case-key:{self.case_id}"

    def wrap(self, key: bytes) -> None:
        """With the ring's first key. The row is not saved by it."""
        self.ring_key, self.wrapped = crypto.key_ring().wrap(key, self.about)

    def open(self) -> bytes:
        """Raises KeyDestroyedError or KeyUnknownError."""
        if self.destroyed_at:
            raise crypto.KeyDestroyedError
        return crypto.key_ring().unwrap(self.ring_key, self.wrapped, self.about)


def sealing_key(case: Case) -> bytes:
    """What opens the words of this case; asked for once by each instance of it."""
    row = getattr(case, "record_key", None) or CaseKey.objects.of(case)
    return row.open()


class OpenedAttribute(DeferredAttribute):
    """Sealed as long as nobody looks, then the words themselves."""

    def __get__(self, instance, cls=None):
        value = super().__get__(instance, cls)
        if instance is None or not isinstance(value, bytes | memoryview):
            return value
        value = self.field.opened(instance, bytes(value))
        instance.__dict__[self.field.attname] = value
        return value

    def __set__(self, instance, value):
        instance.__dict__[self.field.attname] = value


class SealedTextField(models.BinaryField):
    """Words that the database never has in the clear (row U5).

    The model says with `sealing_key()` which key is theirs. An empty text is empty bytes, so that
    a query may ask whether there is one; no other question can be asked of it. After erasure,
    when the key is destroyed, it reads as empty.
    """

    descriptor_class = OpenedAttribute

    def get_internal_type(self):
        return "BinaryField"

    def about(self, instance) -> str:
        """Names the row, so that sealed words open in no other."""
        return f"{instance._meta.model_name}-{self.name}:{instance.pk}"

    def pre_save(self, instance, add):
        value = instance.__dict__[self.attname]
        if isinstance(value, bytes | memoryview) or not value:
            return value or b""
        return crypto.seal_text(instance.sealing_key(), self.to_text(value), self.about(instance))

    def value_from_object(self, obj):
        """For `dumpdata`: a copy of the database is sealed as well."""
        return self.pre_save(obj, add=False)

    def opened(self, instance, sealed: bytes):
        """Raises SealBrokenError or KeyUnknownError."""
        if not sealed:
            return self.from_text("")
        try:
            key = instance.sealing_key()
        except crypto.KeyDestroyedError:
            return self.from_text("")
        return self.from_text(crypto.unseal_text(key, sealed, self.about(instance)))

    def to_text(self, value) -> str:
        return value

    def from_text(self, text: str):
        return text

    def get_db_prep_value(self, value, connection, prepared=False):
        if value is not None and not isinstance(value, bytes | memoryview):
            raise TypeError(f"{self.name} is sealed: save the row, and compare it in Python")
        return super().get_db_prep_value(value, connection, prepared)


class SealedJSONField(SealedTextField):
    """The same for a dictionary."""

    def to_text(self, value) -> str:
        return json.dumps(value, ensure_ascii=False)

    def from_text(self, text: str):
        return json.loads(text) if text else {}
