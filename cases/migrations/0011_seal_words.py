"""Seals what was kept in the clear: with the key of the case, or of the draft."""

import json

from django.db import migrations
from django.db.migrations.exceptions import IrreversibleError

from cases.records import crypto

WORDS = (
    "patient_name", "guardian_name", "problem", "diagnosis", "condition", "current_hospital",
    "specialty_wish", "when",
)  # fmt: skip
STEP = 200


def seal(apps, schema_editor):
    draft, inquiry, message = (
        apps.get_model("cases", name) for name in ("Draft", "Inquiry", "Message")
    )
    keys = Keys(apps.get_model("cases", "CaseKey"))
    for row in inquiry.objects.iterator(STEP):
        _seal(row, keys.of(row.case_id), WORDS, "inquiry")
    for row in message.objects.iterator(STEP):
        _seal(row, keys.of(row.case_id), ("body",), "message")
    for row in draft.objects.filter(case=None).iterator(STEP):
        key = crypto.new_key()
        name, wrapped = crypto.key_ring().wrap(key, f"draft-key:{row.pk}")
        draft.objects.filter(pk=row.pk).update(ring_key=name, wrapped=wrapped)
        _seal(row, key, ("answers", "email"), "draft")


def refuse_to_open(apps, schema_editor):
    """Back to an older release only where there is nothing to lose."""
    if apps.get_model("cases", "Case").objects.exists():
        raise IrreversibleError("The words of cases are sealed: restore a backup instead.")
    apps.get_model("cases", "Draft").objects.all().delete()


class Keys:
    """Of cases: those that there are, and new ones."""

    def __init__(self, model):
        self.model = model

    def of(self, case_id) -> bytes:
        ring, about = crypto.key_ring(), f"case-key:{case_id}"
        row = self.model.objects.filter(pk=case_id).first()
        if row is None:
            name, wrapped = ring.wrap(crypto.new_key(), about)
            row = self.model.objects.create(case_id=case_id, ring_key=name, wrapped=wrapped)
        return ring.unwrap(row.ring_key, row.wrapped, about)


def _seal(row, key: bytes, names, model: str) -> None:
    sealed = {}
    for name in names:
        plain = getattr(row, f"plain_{name}")
        text = plain if isinstance(plain, str) else json.dumps(plain, ensure_ascii=False)
        if plain:
            sealed[name] = crypto.seal_text(key, text, f"{model}-{name}:{row.pk}")
    type(row).objects.filter(pk=row.pk).update(**sealed)


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0010_places_for_sealed_words"),
    ]

    operations = [migrations.RunPython(seal, refuse_to_open)]
