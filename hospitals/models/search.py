"""The inverted index: words, where they stand, and their misspellings.

Plain tables with plain indexes, so that SQLite and PostgreSQL answer alike and
every step of a search is a lookup, at a hundred thousand names as at a hundred.
All of it is written anew from other tables, so the database need not watch its
references: a check for each of half a million rows costs more than the rows.
"""

from django.db import models


class EntryKind(models.TextChoices):
    CONDITION = "condition"
    TREATMENT = "treatment"
    SPECIALTY = "specialty"
    HOSPITAL = "hospital"
    CODE = "code"


class SearchEntry(models.Model):
    """One name of something that can be found, in one language."""

    kind = models.CharField(max_length=10, choices=EntryKind.choices)
    # Slug of the condition, treatment, specialty or hospital; the code of an ICD-10 title.
    target = models.CharField(max_length=80)
    language = models.CharField(max_length=10)
    text = models.CharField(max_length=255)
    # How many words the name has, and how much a name of its kind counts.
    size = models.PositiveSmallIntegerField()
    weight = models.PositiveSmallIntegerField()

    class Meta:
        indexes = [models.Index(fields=["kind", "target"], name="search_target_idx")]

    def __str__(self):
        return self.text


class SearchWord(models.Model):
    """The vocabulary: each folded word once, with the number of entries that have it."""

    word = models.CharField(max_length=60, unique=True)
    entries = models.PositiveIntegerField(default=0)

    def __str__(self):
        return self.word


class SearchPosting(models.Model):
    """A word stands in an entry; `rank` puts short and weighty entries first."""

    word = models.ForeignKey(
        SearchWord, on_delete=models.CASCADE, db_index=False, db_constraint=False
    )
    entry = models.ForeignKey(
        SearchEntry, on_delete=models.CASCADE, db_index=False, db_constraint=False
    )
    rank = models.PositiveSmallIntegerField()

    class Meta:
        indexes = [
            # The first entries of a word, in order, without a sort.
            models.Index(fields=["word", "-rank", "entry"], name="search_posting_idx"),
            # Which words of the question an entry has.
            models.Index(fields=["entry", "word"], name="search_posting_entry_idx"),
        ]

    def __str__(self):
        return f"{self.word_id} {self.entry_id}"


class SearchTypo(models.Model):
    """A word less one or two letters: two misspellings meet where letters are left out.

    The method is symmetric deletion (W. Garbe, SymSpell).
    """

    form = models.CharField(max_length=12)
    word = models.ForeignKey(
        SearchWord, on_delete=models.CASCADE, db_index=False, db_constraint=False
    )

    class Meta:
        indexes = [models.Index(fields=["form", "word"], name="search_typo_idx")]

    def __str__(self):
        return self.form
