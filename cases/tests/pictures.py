"""Pictures and documents of photos for the tests: with the copies that a worker would have made."""

import io

from PIL import Image

from cases.actions import case_key
from cases.models import DerivedFile, PhotoDocument, Purpose, Record
from cases.records import crypto, store
from cases.records.sealed import Appender, open_sealed
from portal.tests.fixtures import make_record

RED, GREEN, BLUE, WHITE = (220, 20, 20), (20, 200, 20), (20, 20, 220), (250, 250, 250)
# As a person sees it: top left, top right, bottom left, bottom right.
CORNERS = (RED, GREEN, BLUE, WHITE)


def four_colours(size=(400, 240)) -> Image.Image:
    """Wider than high, a colour in each corner."""
    image, (width, height) = Image.new("RGB", size), size
    for number, colour in enumerate(CORNERS):
        place = (number % 2 * width // 2, number // 2 * height // 2)
        image.paste(colour, (*place, place[0] + width // 2, place[1] + height // 2))
    return image


def as_file(image, form="JPEG", **options) -> bytes:
    out = io.BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


def corners_of(data: bytes) -> tuple:
    """Which of the four colours stands in each corner."""
    with Image.open(io.BytesIO(data)) as opened:
        image = opened.convert("RGB")
    wide, high = image.width // 5, image.height // 5
    places = ((x, y) for y in (high, 4 * high) for x in (wide, 4 * wide))
    return tuple(_nearest(image.getpixel(place)) for place in places)


def _nearest(pixel) -> tuple:
    return min(
        CORNERS, key=lambda colour: sum((a - b) ** 2 for a, b in zip(pixel, colour, strict=True))
    )


def seal_file(case, data: bytes) -> str:
    name = store.create()
    with store.writing(name) as file:
        appender = Appender(file, case_key(case), name)
        appender.write(data)
        appender.finish()
    return name


def plain(case, storage_name: str) -> bytes:
    with store.reading(storage_name) as file:
        return open_sealed(file, case_key(case), storage_name).read()


def make_picture(case, data: bytes = b"", name="canary photo.jpg", copies=True, **fields) -> Record:
    """A photo that passed its checks; its copies are the picture itself."""
    data = data or as_file(four_colours((120, 80)))
    record = make_record(case, data, name=name, **fields)
    for purpose in (Purpose.VIEWING, Purpose.SMALL) if copies else ():
        DerivedFile.objects.create(
            case=case,
            record=record,
            purpose=purpose,
            kind="jpeg",
            storage_name=seal_file(case, data),
            size=len(data),
        )
    return record


def make_photo_document(case, name="canary letter.pdf", **fields) -> PhotoDocument:
    """Asked for, not made."""
    document = PhotoDocument(case=case, asked_by=case.owner, page_count=1, **fields)
    document.sealed_name = crypto.seal_text(case_key(case), name, document.about)
    document.save(force_insert=True)
    return document
