"""Copies of a picture that a page may show: drawn anew, upright, with nothing but the picture.

Place, device, date, comments, what hides behind the end of the file and the
colour profile stay behind. Runs in the child of `derive`.
"""

import io

# Pixels of the longest side: an A4 page at about 200 dots per inch, and a stamp.
LONGEST, SMALL = 2400, 320
QUALITY, SMALL_QUALITY = 84, 74
FORMATS = {"jpeg": ("JPEG", "MPO"), "png": ("PNG",), "heic": ("HEIF",)}
PIXELS = 210_000_000


def make_viewing_copies(inputs, outputs, details) -> dict:
    """The large copy into the first output, the small one into the second."""
    picture = draw_anew(inputs[0], details["kind"])
    write_jpeg(picture, outputs[0], QUALITY)
    picture.thumbnail((SMALL, SMALL))
    write_jpeg(picture, outputs[1], SMALL_QUALITY)
    return {}


def draw_anew(file, kind: str):
    """A plain picture of red, green and blue, upright, of at most LONGEST on a side."""
    from PIL import ImageOps

    image = _open(file, kind)
    # Of a JPEG only as much is decoded as is needed.
    image.draft("RGB", (LONGEST, LONGEST))
    image.load()
    factor = max(image.size) // (2 * LONGEST)
    profile, orientation = image.info.get("icc_profile"), image.getexif()
    if factor > 1:
        image = image.reduce(factor)
    if kind != "heic":
        # The decoder of HEIC turns by itself.
        image = _turn(image, orientation)
    image = _as_srgb(_plain_mode(image), profile)
    return ImageOps.contain(image, (LONGEST, LONGEST)) if max(image.size) > LONGEST else image


def _open(file, kind: str):
    from PIL import Image

    from cases.records.derive_child import TaskError

    if kind == "heic":
        import pi_heif

        pi_heif.register_heif_opener(thumbnails=False)
    # Our own limit, as the formats have theirs in `judging`.
    Image.MAX_IMAGE_PIXELS = None
    image = Image.open(file, formats=FORMATS[kind])
    if image.width * image.height > PIXELS:
        raise TaskError("too_much")
    return image


def _turn(image, exif):
    """As the camera says that it was held."""
    from PIL import Image

    ways = Image.Transpose
    way = {
        2: ways.FLIP_LEFT_RIGHT,
        3: ways.ROTATE_180,
        4: ways.FLIP_TOP_BOTTOM,
        5: ways.TRANSPOSE,
        6: ways.ROTATE_270,
        7: ways.TRANSVERSE,
        8: ways.ROTATE_90,
    }.get(exif.get(0x0112))
    return image if way is None else image.transpose(way)


def _plain_mode(image):
    """Without palette and transparency: on white, as paper is."""
    from PIL import Image

    if image.mode.startswith("I") or image.mode == "F":
        # 16 bits of grey, as X-ray pictures have them.
        return image.convert("I").point(lambda value: value / 256).convert("L")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        paper = Image.new("RGBA", image.size, "white")
        paper.alpha_composite(image)
        return paper.convert("RGB")
    return image.convert("RGB") if image.mode in ("P", "1", "LA", "PA") else image


def _as_srgb(image, profile: bytes | None):
    """In the colours of screens; a profile that is broken or of another kind is left aside."""
    from PIL import ImageCms

    if profile:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            target = ImageCms.createProfile("sRGB")
            return ImageCms.profileToProfile(image, source, target, outputMode="RGB")
        except (ImageCms.PyCMSError, OSError, ValueError):
            pass
    return image.convert("RGB")


def write_jpeg(picture, output, quality: int) -> None:
    from PIL import Image

    # A new sheet: it has no words of the old one that an encoder would take along.
    sheet = Image.new("RGB", picture.size)
    sheet.paste(picture)
    kept = io.BytesIO()
    sheet.save(kept, "JPEG", quality=quality, optimize=True)
    output.write(kept.getvalue())
