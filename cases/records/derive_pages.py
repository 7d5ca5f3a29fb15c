"""Photos of papers as one PDF: A4, one photo a page, nothing else in it. Runs in a child."""

# Millimetres; PDF counts in points.
POINT = 72 / 25.4
SHORT, LONG, MARGIN = 210 * POINT, 297 * POINT, 8 * POINT
MOST_PAGES = 40
# Rows of the matrix that turns the unit square clockwise by quarters and keeps it in its place.
TURNED = (
    (1, 0, 0, 1, 0, 0),
    (0, -1, 1, 0, 0, 1),
    (-1, 0, 0, -1, 1, 1),
    (0, 1, -1, 0, 1, 0),
)


def make_pdf(inputs, outputs, details) -> dict:
    """The inputs are copies to look at (see `derive_pictures`): upright JPEGs of a fitting size.

    They go into the PDF as they are, so nothing is lost by compressing twice.
    `turns` has the clockwise quarters for each.
    """
    import pikepdf

    from cases.records.derive_child import TaskError

    turns = details["turns"]
    if not 0 < len(inputs) == len(turns) <= MOST_PAGES:
        raise TaskError("too_much")
    with pikepdf.new() as pdf:
        for number, (file, quarters) in enumerate(zip(inputs, turns, strict=True)):
            try:
                _add_page(pdf, file, quarters % 4)
            except (OSError, ValueError, SyntaxError) as error:
                raise TaskError("unreadable", number) from error
        pages = len(pdf.pages)
        pdf.save(outputs[0], object_stream_mode=pikepdf.ObjectStreamMode.generate)
    return {"pages": pages}


def _add_page(pdf, file, quarters: int) -> None:
    import pikepdf
    from pikepdf import Array, Dictionary, Name

    data, (width, height) = _read(file)
    picture = pikepdf.Stream(pdf, data)
    picture.Type, picture.Subtype = Name.XObject, Name.Image
    picture.Width, picture.Height = width, height
    picture.ColorSpace, picture.BitsPerComponent = Name.DeviceRGB, 8
    picture.Filter = Name.DCTDecode
    sheet, matrix = place_on_sheet(width, height, quarters)
    drawn = " ".join(f"{number:.4f}" for number in matrix)
    page = Dictionary(
        Type=Name.Page,
        MediaBox=Array([0, 0, *(round(side, 2) for side in sheet)]),
        Resources=Dictionary(XObject=Dictionary(Photo=pdf.make_indirect(picture))),
        Contents=pikepdf.Stream(pdf, f"q {drawn} cm /Photo Do Q".encode()),
    )
    pdf.pages.append(pikepdf.Page(page))


def _read(file) -> tuple[bytes, tuple[int, int]]:
    from PIL import Image

    file.seek(0)
    with Image.open(file, formats=("JPEG",)) as image:
        if image.mode != "RGB":
            raise ValueError(image.mode)
        size = image.size
    file.seek(0)
    return file.read(), size


def place_on_sheet(width: int, height: int, quarters: int):
    """The sheet's two sides in points, upright or lying, and the matrix that puts the photo on it.

    As large as the margins allow, in the middle.
    """
    if quarters % 2:
        width, height = height, width
    sheet = (LONG, SHORT) if width > height else (SHORT, LONG)
    scale = min((sheet[0] - 2 * MARGIN) / width, (sheet[1] - 2 * MARGIN) / height)
    wide, high = width * scale, height * scale
    left, bottom = (sheet[0] - wide) / 2, (sheet[1] - high) / 2
    a, b, c, d, e, f = TURNED[quarters]
    return sheet, (a * wide, b * high, c * wide, d * high, left + e * wide, bottom + f * high)
