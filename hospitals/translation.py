"""Which columns exist once per language (django-modeltranslation)."""

from modeltranslation.translator import TranslationOptions, register

from hospitals.models import (
    Campus,
    Claim,
    Condition,
    Fact,
    Hospital,
    Listing,
    Specialty,
    Story,
    Treatment,
)


@register(Specialty)
class SpecialtyTranslation(TranslationOptions):
    fields = ("name",)


@register(Hospital)
class HospitalTranslation(TranslationOptions):
    fields = ("name", "short_name", "description")


@register(Campus)
class CampusTranslation(TranslationOptions):
    fields = ("name", "address", "note")


@register(Fact)
class FactTranslation(TranslationOptions):
    fields = ("value", "note")


@register(Listing)
class ListingTranslation(TranslationOptions):
    fields = ("title", "reason", "description")


@register(Story)
class StoryTranslation(TranslationOptions):
    fields = ("patient", "condition", "summary")


@register(Condition)
class ConditionTranslation(TranslationOptions):
    fields = ("name",)


@register(Treatment)
class TreatmentTranslation(TranslationOptions):
    fields = ("name",)


@register(Claim)
class ClaimTranslation(TranslationOptions):
    fields = ("text",)
