"""Coded values of the directory, with their words. A leaf: imports no model."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class HospitalType(models.TextChoices):
    GENERAL = "general", _("General hospital")
    PAEDIATRIC = "paediatric", _("Children's hospital")
    WOMEN = "women", _("Women's hospital")
    CHINESE_MEDICINE = "chinese_medicine", _("Hospital of Chinese medicine")
    CANCER = "cancer", _("Cancer hospital")


class PilotStatus(models.TextChoices):
    """Whether a source names the hospital as one of the first 13 pilots."""

    CONFIRMED = "confirmed", _("confirmed")
    REPORTED = "reported", _("reported, not confirmed")
    UNCONFIRMED = "unconfirmed", _("not confirmed")


class District(models.TextChoices):
    """The sixteen districts of Shanghai."""

    HUANGPU = "huangpu", _("Huangpu")
    XUHUI = "xuhui", _("Xuhui")
    CHANGNING = "changning", _("Changning")
    JINGAN = "jingan", _("Jing'an")
    PUTUO = "putuo", _("Putuo")
    HONGKOU = "hongkou", _("Hongkou")
    YANGPU = "yangpu", _("Yangpu")
    MINHANG = "minhang", _("Minhang")
    BAOSHAN = "baoshan", _("Baoshan")
    JIADING = "jiading", _("Jiading")
    PUDONG = "pudong", _("Pudong")
    JINSHAN = "jinshan", _("Jinshan")
    SONGJIANG = "songjiang", _("Songjiang")
    QINGPU = "qingpu", _("Qingpu")
    FENGXIAN = "fengxian", _("Fengxian")
    CHONGMING = "chongming", _("Chongming")


class Area(models.TextChoices):
    """Groups of specialties, in the order of the filter."""

    CANCER = "cancer", _("Cancer")
    BLOOD = "blood", _("Blood and immune system")
    HEART = "heart", _("Heart and vessels")
    BRAIN = "brain", _("Brain and nerves")
    DIGESTIVE = "digestive", _("Liver and digestion")
    TRANSPLANT = "transplant", _("Transplants")
    NEWBORN = "newborn", _("Newborns and inherited disease")
    DEVELOPMENT = "development", _("Development and behaviour")
    BONES = "bones", _("Bones, joints and hands")
    LUNGS = "lungs", _("Lungs")
    KIDNEY = "kidney", _("Kidneys and urinary tract")
    WOMEN = "women", _("Women and pregnancy")
    SENSES = "senses", _("Eyes, ears, nose, throat, teeth")
    SKIN = "skin", _("Skin, burns, plastic surgery")
    HORMONES = "hormones", _("Hormones and metabolism")
    INFECTION = "infection", _("Infections")
    EMERGENCY = "emergency", _("Emergency and intensive care")
    CHINESE_MEDICINE = "chinese_medicine", _("Chinese medicine")
    OTHER = "other", pgettext_lazy("group of specialties", "Other")


class Audience(models.TextChoices):
    """Whom a listing is for; empty means that nobody has said."""

    CHILDREN = "children", _("Children")
    ADULTS = "adults", _("Adults")
    BOTH = "both", _("Children and adults")


class Accepting(models.TextChoices):
    UNKNOWN = "unknown", _("Not known yet")
    YES = "yes", _("Accepting new patients")
    NO = "no", _("Not accepting new patients now")


class FactKind(models.TextChoices):
    """What a fact is about, in the order of the hospital's page."""

    TYPE = "type", _("Kind of hospital")
    AFFILIATION = "affiliation", _("Belongs to")
    FOUNDED = "founded", _("Founded")
    BEDS = "beds", _("Beds")
    WEBSITE = "website", _("Website")
    MAIN_PHONE = "main_phone", _("Phone")
    MAIN_EMAIL = "main_email", _("E-mail")
    DEPARTMENT = "department", _("International department")
    DEPARTMENT_SINCE = "department_since", _("International department since")
    DEPARTMENT_PHONE = "department_phone", _("Phone of the international department")
    DEPARTMENT_EMAIL = "department_email", _("E-mail of the international department")
    LANGUAGES = "languages", _("Languages")
    INSURANCE = "insurance", _("Insurance")
    ACCREDITATION = "accreditation", _("Accreditation")
    CLAIM = "claim", _("Known for")


CONTACT_KINDS = (
    FactKind.WEBSITE,
    FactKind.MAIN_PHONE,
    FactKind.MAIN_EMAIL,
    FactKind.DEPARTMENT,
    FactKind.DEPARTMENT_SINCE,
    FactKind.DEPARTMENT_PHONE,
    FactKind.DEPARTMENT_EMAIL,
    FactKind.LANGUAGES,
    FactKind.INSURANCE,
)


class RevisionStatus(models.TextChoices):
    PENDING = "pending", _("waiting for approval")
    APPROVED = "approved", _("approved")
    PARTLY = "partly", _("approved in part")
    REFUSED = "refused", _("refused")
    WITHDRAWN = "withdrawn", _("withdrawn")


class ClaimKind(models.TextChoices):
    """What a listing can say beside its text, in the order of the page."""

    EXCLUSIONS = "exclusions", _("Who cannot be taken")
    VOLUME = "volume", _("Patients a year")
    OUTCOME = "outcome", _("Results")
    PRICE = "price", _("Price")
    WAITING = "waiting", _("Waiting time")
    LANGUAGES = "languages", _("Languages spoken")
    RECORDS = "records", _("Records wanted")


# Kinds that are not published without a source and a period.
NEEDS_PERIOD = (ClaimKind.VOLUME, ClaimKind.OUTCOME)


class Currency(models.TextChoices):
    CNY = "CNY", _("yuan (CNY)")
    USD = "USD", _("US dollar (USD)")
    EUR = "EUR", _("euro (EUR)")


class RecordKind(models.TextChoices):
    """The papers that a hospital may want before it answers."""

    SUMMARY = "summary", _("Medical summary, not older than 30 days")
    PATHOLOGY = "pathology", _("Pathology report")
    SLIDES = "slides", _("Pathology slides or blocks")
    IMAGING = "imaging", _("Images of CT, MRI or PET (DICOM files)")
    IMAGING_REPORT = "imaging_report", _("Reports of the imaging")
    LAB = "lab", _("Laboratory results")
    SURGERY = "surgery", _("Reports of operations")
    TREATMENT = "treatment", _("Chemotherapy and radiotherapy so far")
    MEDICINES = "medicines", _("List of medicines")
    ALLERGIES = "allergies", _("Allergies")
    GENETICS = "genetics", _("Genetic tests")
    HEART = "heart", _("Echocardiogram and ECG")
    ENDOSCOPY = "endoscopy", _("Endoscopy report")
    GROWTH = "growth", _("Height, weight and growth curve")
    PHOTOS = "photos", _("Photographs")


# Codes of Django's language list, whose names Django translates; Chinese first, it is at home.
SPOKEN_LANGUAGES = (
    "zh-hans", "en", "ja", "ko", "ru", "fr", "de", "es", "it", "pt", "pl", "uk", "ar", "fa",
    "tr", "hi", "id", "ms", "th", "vi", "kk", "uz", "mn",
)  # fmt: skip


class ChangeOrigin(models.TextChoices):
    """How a public claim came to change."""

    DATA = "data", _("the portal’s own data")
    PROPOSAL = "proposal", _("proposed by the hospital, approved by the portal")
    CONFIRMATION = "confirmation", _("confirmed by the hospital as still right")
