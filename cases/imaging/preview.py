"""One picture of a series, small and in grey or colour, for a page. A task of `derive_child`.

Written without numpy: its threads alone would reserve more memory than the child has.
"""

import io

from cases.imaging.streams import Head, open_scan, quietly

SIDE, QUALITY = 512, 80
# A picture as it is stored, and as it is shown.
STORED_MAX, SHOWN_MAX = 160 * 1024 * 1024, 64 * 1024 * 1024
# Where a CT says nothing: soft parts, in Hounsfield units.
SOFT_PARTS = (40.0, 400.0)
GREY = ("MONOCHROME1", "MONOCHROME2")


class NoPictureError(Exception):
    """It cannot be drawn; the file itself may be fine."""


def draw_series(inputs: list, outputs: list, details: dict) -> dict:
    """Draws each of `picks` (number of the scan in the only input, frame) into its own output."""
    troubles = []
    for (number, frame), output in zip(details["picks"], outputs, strict=True):
        picture, trouble = _try_to_draw(inputs[0], details["kind"], number, frame)
        output.write(picture)
        troubles.append(trouble)
    return {"troubles": troubles}


def _try_to_draw(file, kind: str, number: int, frame: int) -> tuple[bytes, str]:
    """The JPEG, or nothing and why."""
    out = io.BytesIO()
    try:
        with quietly():
            draw(open_scan(file, kind, number), frame).save(out, "JPEG", quality=QUALITY)
    except Exception as error:  # noqa: BLE001  decoders of hostile bytes raise anything
        return b"", type(error).__name__
    return out.getvalue(), ""


def draw(stream, frame: int = 0):
    """A Pillow image. Raises NoPictureError, or what the decoder raises."""
    import pydicom
    from pydicom.pixels import get_decoder

    scan = pydicom.dcmread(Head(stream, STORED_MAX), defer_size=None)
    shown = int(scan.Rows) * int(scan.Columns) * int(scan.get("SamplesPerPixel", 1)) * 2
    if shown > SHOWN_MAX:
        raise NoPictureError("too large")
    frame = min(frame, int(scan.get("NumberOfFrames") or 1) - 1)
    pixels, told = get_decoder(scan.file_meta.TransferSyntaxUID).as_buffer(
        scan, index=max(0, frame)
    )
    image = _grey(scan, pixels, told) if told["samples_per_pixel"] == 1 else _colour(pixels, told)
    image.thumbnail((SIDE, SIDE))
    return image


def _size(told: dict) -> tuple[int, int]:
    return told["columns"], told["rows"]


def _colour(pixels, told: dict):
    from PIL import Image

    space = told["photometric_interpretation"]
    if told["bits_allocated"] != 8:
        raise NoPictureError("depth")
    if told.get("planar_configuration"):
        third = len(pixels) // 3
        planes = [bytes(pixels[start : start + third]) for start in (0, third, 2 * third)]
        bands = [Image.frombytes("L", _size(told), plane) for plane in planes]
        image = Image.merge("YCbCr" if space.startswith("YBR") else "RGB", bands)
    else:
        mode = "YCbCr" if space in ("YBR_FULL", "YBR_FULL_422") else "RGB"
        image = Image.frombytes(mode, _size(told), bytes(pixels))
    return image.convert("RGB")


def _grey(scan, pixels, told: dict):
    from PIL import Image, ImageOps

    space, depth = told["photometric_interpretation"], told["bits_allocated"]
    if space not in GREY:
        raise NoPictureError(space)
    raw = {(8, 0): "L", (16, 0): "I;16", (16, 1): "I;16S", (32, 1): "I;32S", (32, 0): "I;32"}
    form = raw.get((depth, told["pixel_representation"]))
    if form is None:
        raise NoPictureError("depth")
    if scan.file_meta.TransferSyntaxUID == "1.2.840.10008.1.2.2" and depth > 8:
        form += "B" if form.endswith("6") else ""
    mode = "L" if form == "L" else "I"
    image = Image.frombytes(mode, _size(told), bytes(pixels), "raw", form).convert("F")
    low, high = window_of(scan, image)
    scale = 255 / (high - low)
    image = image.point(lambda value: value * scale - low * scale).convert("L")
    return ImageOps.invert(image) if space == "MONOCHROME1" else image


def window_of(scan, image) -> tuple[float, float]:
    """Stored values that become black and white."""
    slope = _first(scan.get("RescaleSlope")) or 1.0
    offset = _first(scan.get("RescaleIntercept")) or 0.0
    centre, width = _first(scan.get("WindowCenter")), _first(scan.get("WindowWidth"))
    if centre is None or not width or width < 0:
        if scan.get("Modality") != "CT":
            return _spread(image)
        centre, width = SOFT_PARTS
    low, high = (centre - width / 2 - offset) / slope, (centre + width / 2 - offset) / slope
    least, most = image.getextrema()
    if high <= low or high < least or low > most:
        # A window that shows nothing.
        return _spread(image)
    return low, high


def _spread(image) -> tuple[float, float]:
    least, most = image.getextrema()
    return (least, most) if most > least else (least, least + 1)


def _first(value) -> float | None:
    """Windows may be several; numbers may be words."""
    if value is None or value == "":
        return None
    several = hasattr(value, "__getitem__") and not isinstance(value, str)
    try:
        return float(value[0] if several else value)
    except (TypeError, ValueError, IndexError):
        return None
