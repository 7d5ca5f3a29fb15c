"""What the tests of the spreadsheets share: listings that say everything, and files."""

import csv
import io
import zipfile

from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import Workbook, load_workbook

from hospitals.actions.values import COLUMN_LANGUAGES
from hospitals.exchange.listings import own_listings, public_values
from hospitals.models import Claim, Condition, Listing, ListingCondition, Source
from portal.tests.fixtures import make_listing

LISTINGS = "/partners/hospitals/listing/"
IMPORT = f"{LISTINGS}import/"
BULK = f"{LISTINGS}bulk/"
CSV_TYPE = "text/csv"


def full_listing(hospital, slug="neurosurgery", **fields) -> Listing:
    """A listing with a value in every kind of column."""
    values = {
        "title_en": "Brain surgery",
        "title_zh_hans": "小儿神经外科",
        "title_ar": "جراحة الأعصاب",
        "description_en": "- children under two\r\n- no emergencies, please; “now”",
        "audience": "children",
        "min_age_years": 0,
        "max_age_years": 17,
        "accepting": "yes",
        "accepting_until": "2027-03-31",
    }
    listing = make_listing(hospital, slug, **(values | fields))
    source = Source.objects.create(
        key=f"yearbook-{slug}", title="=Yearbook", url="https://a.example/"
    )
    shared = {"listing": listing, "source": source, "source_date": "2025-06"}
    period = {"period_from": "2024", "period_to": "2024-12"}
    Claim.objects.create(kind="volume", low=120, **period, **shared)
    Claim.objects.create(kind="price", low=9000, high=12000, currency="CNY", **shared)
    Claim.objects.create(listing=listing, kind="waiting", low=7, high=14, text_en="+ papers")
    Claim.objects.create(listing=listing, kind="languages", codes=["zh-hans", "en"])
    condition = make_condition("medulloblastoma", "Medulloblastoma")
    ListingCondition.objects.create(listing=listing, condition=condition)
    return listing


def make_condition(slug: str, name: str, **names) -> Condition:
    known = {f"name_{language}": "" for language in COLUMN_LANGUAGES if language != "en"}
    condition, _created = Condition.objects.get_or_create(
        slug=slug, defaults={"name_en": name} | known | names
    )
    return condition


def values_of(listing) -> dict:
    return public_values(own_listings(listing.hospital).get(pk=listing.pk))


def as_csv(*rows, delimiter=",") -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows(rows)
    return text.getvalue().encode()


def as_xlsx(*rows, title="listings") -> bytes:
    book = Workbook()
    book.active.title = title
    for row in rows:
        book.active.append(row)
    return saved(book)


def saved(book) -> bytes:
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def upload(client, data: bytes, name="listings.csv"):
    """What the browser does with a chosen file; follows to the preview."""
    file = SimpleUploadedFile(name, data, content_type=CSV_TYPE)
    return client.post(IMPORT, {"file": file}, follow=True)


def problem(page) -> str:
    """The sentence at the field of the file."""
    return str(page.context["form"].errors["file"][0])


def exported(client, kind="csv") -> bytes:
    return client.get(f"{LISTINGS}export.{kind}").getvalue()


def rows_of_csv(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def sheet_of(data: bytes, name="listings"):
    return load_workbook(io.BytesIO(data))[name]


def zip_of(parts: dict[str, bytes], method=zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return file.getvalue()


def replace_part(data: bytes, name: str, change) -> bytes:
    """The same workbook with one part changed: `change` gets and returns bytes."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = {part: archive.read(part) for part in archive.namelist()}
    parts[name] = change(parts.get(name, b""))
    return zip_of(parts)
