"""What the family wrote in the first form. Health data: read only with the case's permission."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from cases.models.case import Case
from cases.models.key import SealedTextField, sealing_key


class Sex(models.TextChoices):
    FEMALE = "female", _("Female")
    MALE = "male", _("Male")
    OTHER = "other", _("Other")


class GuardianRelation(models.TextChoices):
    """Who may decide for a patient under 18."""

    PARENT = "parent", _("Mother or father")
    GUARDIAN = "guardian", _("Legal guardian")


class Wish(models.TextChoices):
    OPINION = "opinion", _("Advice from the doctors")
    TREATMENT = "treatment", _("Treatment in Shanghai")
    PRICE = "price", _("What it would cost")
    TRANSFER = "transfer", _("A transfer from hospital to hospital")
    UNSURE = "unsure", _("I don't know yet: advise me")


class Urgency(models.TextChoices):
    DAYS = "days", _("Within days")
    WEEKS = "weeks", _("Within weeks")
    MONTHS = "months", _("Within months")
    UNSURE = "unsure", _("I don't know")


class Ability(models.TextChoices):
    YES = "yes", _("Yes")
    NO = "no", _("No")
    UNSURE = "unsure", _("I don't know")


class RedFlag(models.TextChoices):
    """Signs of an emergency in plain words; whoever has one needs help at home first."""

    BREATHING = "breathing", _("Struggling to breathe, or lips turning blue")
    UNCONSCIOUS = "unconscious", _("Cannot be woken, or is suddenly very confused")
    BLEEDING = "bleeding", _("Heavy bleeding that does not stop")
    SEIZURE = "seizure", _("A fit that does not stop")
    CHEST_PAIN = "chest_pain", _("Sudden strong pain in the chest")
    FACE_ARM = "face_arm", _("Face, arm or speech suddenly weak on one side")


class Inquiry(models.Model):
    """One to one with its case; words are kept as the family wrote them, sealed."""

    # The words of an inquiry belong to its case and go with it.
    case = models.OneToOneField(
        Case, on_delete=models.CASCADE, primary_key=True, related_name="inquiry"
    )
    patient_name = SealedTextField(_("patient's name as in the passport"))
    birth_date = models.DateField(_("birth date"))
    sex = models.CharField(_("sex"), max_length=8, choices=Sex.choices, blank=True)
    guardian_name = SealedTextField(_("parent or legal guardian"), blank=True)
    guardian_relation = models.CharField(
        _("guardian is"), max_length=12, choices=GuardianRelation.choices, blank=True
    )
    problem = SealedTextField(_("the problem in their own words"))
    diagnosis = SealedTextField(_("diagnosis"), blank=True)
    # Key of the directory's condition; a word, because the directory may drop one.
    condition = SealedTextField(_("condition chosen"), blank=True)
    wishes = models.JSONField(_("what they want"), default=list)
    urgency = models.CharField(_("how urgent"), max_length=8, choices=Urgency.choices)
    in_hospital = models.CharField(_("in hospital now"), max_length=8, choices=Ability.choices)
    current_hospital = SealedTextField(_("hospital now"), blank=True)
    able_to_travel = models.CharField(_("able to travel"), max_length=8, choices=Ability.choices)
    red_flags = models.JSONField(_("warning signs"), default=list)
    specialty_wish = SealedTextField(_("specialty wished"), blank=True)
    when = SealedTextField(_("when"), blank=True)

    class Meta:
        verbose_name = _("inquiry")
        verbose_name_plural = _("inquiries")

    def __str__(self):
        return str(self.case_id)

    def sealing_key(self) -> bytes:
        return sealing_key(self.case)
