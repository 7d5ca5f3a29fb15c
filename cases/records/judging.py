"""What a file really is: its ending, libmagic and a real parser must agree (row U1).

Runs in the child process of `checking` and knows nothing but the bytes: no
Django, no settings, no rows. Answers are codes of `kinds.Status` and `kinds.Reason`.
"""

import io
import struct
import warnings
import zipfile
import zlib

from cases.records import archives

PEEK = 64 * 1024
IMAGE_PIXELS = {"jpeg": 210_000_000, "png": 100_000_000, "heic": 64_000_000}
# A zip may grow this much; scans shrink to a third or a tenth.
ZIP_RATIO, ZIP_SLACK, ZIP_BYTES, ZIP_FILES = 100, 10_000_000, 8 * 1000**3, 20_000
# Every member is looked at; so many, evenly spread, are parsed.
ZIP_PARSED = 100
PDF_PAGES, PDF_OBJECTS = 5000, 200_000
# Of one level; the largest that scanners write have a few thousand.
DICOM_ELEMENTS = 20_000
PIXELS = frozenset({0x7FE00008, 0x7FE00009, 0x7FE00010})
PDF_ACTIVE = {
    "/JS": "script",
    "/JavaScript": "script",
    "/Launch": "launch",
    "/OpenAction": "action",
    "/AA": "action",
    "/EmbeddedFile": "attachment",
    "/EmbeddedFiles": "attachment",
    "/RichMedia": "media",
    "/XFA": "form",
}
PREAMBLE, DICOM_MARK = 128, b"DICM"
# What macOS adds to every zip: a file's resource part, a folder's look.
APPLE_MARKS = (b"\x00\x05\x16\x07", b"\x00\x00\x00\x01Bud1")
REFUSED = frozenset({"type", "mismatch", "too_much", "not_only_scans"})


class JudgedError(Exception):
    """Not fine, with the code of the reason."""


def judge(file, kind: str, types: dict[str, str]) -> dict:
    """The verdict as status, reason and flags. Never raises for what a file holds.

    `types` says for each of libmagic's names that we take which kind it is.
    """
    try:
        _agree_with_magic(file, kind, types)
        _refuse_many_parts(file, kind)
        return {"status": "fine", "reason": "", "flags": PARSERS[kind](file)}
    except JudgedError as error:
        reason = str(error)
    except (MemoryError, zlib.error, RecursionError) as error:
        reason = "broken" if isinstance(error, zlib.error) else "too_much"
    except Exception:  # noqa: BLE001  parsers of hostile bytes raise anything
        reason = "broken"
    status = "refused" if reason in REFUSED else "unreadable"
    return {"status": status, "reason": reason, "flags": []}


def _agree_with_magic(file, kind: str, types: dict[str, str]) -> None:
    # The wheel's own library: every machine judges alike. It must be imported before magic.
    import pylibmagic  # noqa: F401, I001
    import magic

    file.seek(0)
    head = file.read(PEEK)
    found = types.get(magic.from_buffer(head, mime=True))
    if found != kind:
        raise JudgedError("mismatch" if found else "type")


def _refuse_many_parts(file, kind: str) -> None:
    from cases.records.counting import TOO_MUCH

    if kind in TOO_MUCH:
        # At most 30 MB of these are taken.
        file.seek(0)
        if TOO_MUCH[kind](file.read()):
            raise JudgedError("too_much")


def _check_pdf(file) -> list[str]:
    import pikepdf

    file.seek(0)
    # Readers look further; a page in front of the PDF would be shown by a browser.
    if file.read(5) != b"%PDF-":
        raise JudgedError("mismatch")
    file.seek(0)
    try:
        pdf = pikepdf.open(file)
    except pikepdf.PasswordError as error:
        raise JudgedError("locked") from error
    with pdf:
        pages = len(pdf.pages)
        if not pages:
            raise JudgedError("broken")
        if pages > PDF_PAGES or len(pdf.objects) > PDF_OBJECTS:
            raise JudgedError("too_much")
        return sorted(_active_parts(pdf))


def _active_parts(pdf) -> set[str]:
    """What a reader might carry out: told to doctors, never shown by us."""
    found = set()
    for thing in [*pdf.objects, pdf.trailer]:
        for part in _dictionaries(thing):
            names = {str(key) for key in part.keys()}
            names |= {str(value) for key, value in part.items() if str(key) in ("/S", "/Type")}
            found |= {PDF_ACTIVE[name] for name in names & PDF_ACTIVE.keys()}
    return found


def _dictionaries(thing, depth: int = 0):
    """Dictionaries within, not those behind a reference, which come by themselves."""
    import pikepdf

    if depth > 20:
        raise JudgedError("too_much")
    if isinstance(thing, pikepdf.Stream | pikepdf.Dictionary):
        part = thing.stream_dict if isinstance(thing, pikepdf.Stream) else thing
        yield part
        inside = list(part.as_dict().values())
    elif isinstance(thing, pikepdf.Array):
        inside = list(thing.as_list())
    else:
        return
    for one in inside:
        if isinstance(one, pikepdf.Object) and not one.is_indirect:
            yield from _dictionaries(one, depth + 1)


def _open_image(file, kind: str, formats: tuple[str, ...]):
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = None  # our own limits, below, by kind
    file.seek(0)
    image = Image.open(file, formats=formats)
    width, height = image.size
    if width * height > IMAGE_PIXELS[kind]:
        raise JudgedError("too_much")
    return image


def _check_jpeg(file) -> list[str]:
    image = _open_image(file, "jpeg", ("JPEG", "MPO"))
    # An eighth of each side: notices a cut file, without the memory for all of it.
    image.draft("RGB", (max(1, image.width // 8), max(1, image.height // 8)))
    image.load()
    return []


def _check_png(file) -> list[str]:
    _open_image(file, "png", ("PNG",)).verify()
    return []


def _check_heic(file) -> list[str]:
    import pi_heif

    pi_heif.register_heif_opener(thumbnails=False)
    _open_image(file, "heic", ("HEIF",)).load()
    return []


def _check_dicom(file) -> list[str]:
    _parse_dicom(file)
    return []


def _parse_dicom(file) -> None:
    from pydicom.filereader import read_partial

    file.seek(PREAMBLE)
    if file.read(4) != DICOM_MARK:
        raise JudgedError("broken")
    file.seek(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        scan = read_partial(file, stop_when=_stop_at_pixels())
    if not scan.file_meta.get("MediaStorageSOPClassUID") or not scan.file_meta.get(
        "TransferSyntaxUID"
    ):
        raise JudgedError("broken")


def _stop_at_pixels():
    """Where the pixels begin, or at more elements than any scan has."""
    count = 0

    def stop(tag, vr, length) -> bool:
        nonlocal count
        count += 1
        if count > DICOM_ELEMENTS:
            raise JudgedError("too_much")
        return tag in PIXELS

    return stop


def _check_zip(file) -> list[str]:
    file.seek(0)
    # A program in front of the zip still unpacks.
    if file.read(4) != b"PK\x03\x04":
        raise JudgedError("mismatch")
    size = file.seek(0, io.SEEK_END)
    with zipfile.ZipFile(file) as archive:
        # Entries that are named like folders too: whoever unpacks all of it unpacks them.
        entries = archive.infolist()
        _refuse_bomb(entries, size)
        _refuse_names(entries)
        members = [entry for entry in entries if not entry.is_dir()]
        if any(entry.file_size or entry.compress_size > 2 for entry in entries if entry.is_dir()):
            raise JudgedError("broken")
        starts = archives.refuse_gaps(archive, file, size)
        scans = [member for member in members if _is_scan(archive, member)]
        if not scans:
            raise JudgedError("not_only_scans")
        for member in scans[:: max(1, len(scans) // ZIP_PARSED)]:
            _parse_dicom(io.BytesIO(_head(archive, member, 4 * PEEK)))
        archives.unpack_all(file, starts)
    return []


def _refuse_bomb(members, size: int) -> None:
    packed = sum(member.compress_size for member in members)
    unpacked = sum(member.file_size for member in members)
    if len(members) > ZIP_FILES or unpacked > ZIP_BYTES:
        raise JudgedError("too_much")
    # More packed bytes than the file has: members that overlap.
    if packed > size or unpacked > packed * ZIP_RATIO + ZIP_SLACK:
        raise JudgedError("too_much")


def _refuse_names(members) -> None:
    for member in members:
        if member.flag_bits & 0x1:
            raise JudgedError("locked")
        if any(map(_leads_elsewhere, archives.names_of(member))):
            raise JudgedError("not_only_scans")


def _leads_elsewhere(name: str) -> bool:
    parts = name.replace("\\", "/").removesuffix("/").split("/")
    # A colon names a drive or a stream of Windows, wherever it stands.
    return ".." in parts or parts[0] in ("", "~") or ":" in name


def _is_scan(archive, member) -> bool:
    """False for what macOS adds. Raises JudgedError for anything else that is no scan."""
    head = _head(archive, member, PREAMBLE + 4)
    if head[PREAMBLE:] == DICOM_MARK:
        return True
    if head.startswith(APPLE_MARKS):
        return False
    raise JudgedError("not_only_scans")


def _head(archive, member, length: int) -> bytes:
    try:
        with archive.open(member) as file:
            return file.read(length)
    except (zipfile.BadZipFile, EOFError, struct.error, NotImplementedError) as error:
        raise JudgedError("broken") from error


PARSERS = {
    "pdf": _check_pdf,
    "jpeg": _check_jpeg,
    "png": _check_png,
    "heic": _check_heic,
    "dicom": _check_dicom,
    "zip": _check_zip,
}
