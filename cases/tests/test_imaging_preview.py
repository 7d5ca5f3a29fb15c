"""The picture of a series: grey as doctors see it, in colour, packed in any usual way."""

import io

import gdcm
import pytest
from PIL import Image
from pydicom.uid import (
    ExplicitVRBigEndian,
    JPEG2000Lossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
)

from cases.imaging.preview import _try_to_draw, draw
from cases.imaging.streams import PackedError
from cases.tests.scans import (
    SIDE,
    make_bomb,
    make_disc,
    make_scan,
    make_slice,
    saved,
    with_long_meta,
)

PACKED = {
    JPEGLosslessSV1: gdcm.TransferSyntax.JPEGLosslessProcess14_1,
    JPEGLSLossless: gdcm.TransferSyntax.JPEGLSLossless,
    JPEG2000Lossless: gdcm.TransferSyntax.JPEG2000Lossless,
}


def drawn(data: bytes, frame: int = 0) -> Image.Image:
    return draw(io.BytesIO(data), frame)


def levels(image: Image.Image) -> list[int]:
    return list(image.tobytes())


def test_a_stair_goes_from_black_to_white():
    image = drawn(make_slice(Modality="MR"))
    assert (image.mode, image.size) == ("L", (SIDE, SIDE))
    assert levels(image) == sorted(levels(image))
    assert (min(levels(image)), max(levels(image))) == (0, 255)


@pytest.mark.parametrize("change", [lambda data: data, with_long_meta], ids=["near", "far"])
def test_a_deflated_picture_is_not_drawn_U3(change):
    with pytest.raises(PackedError):
        drawn(change(make_bomb()))


def test_a_window_is_used_as_the_scanner_set_it():
    shown = levels(drawn(make_slice(WindowCenter=2048, WindowWidth=100)))
    assert shown[:125] == [0] * 125 and shown[-120:] == [255] * 120


def test_a_ct_without_a_window_shows_soft_parts():
    shown = levels(drawn(make_slice(RescaleSlope=1, RescaleIntercept=-1024)))
    # 40 with a width of 400: black below -160, white above 240.
    values = [16 * step - 1024 for step in range(SIDE * SIDE)]
    assert all(grey == 0 for grey, value in zip(shown, values, strict=True) if value < -160)
    assert all(grey == 255 for grey, value in zip(shown, values, strict=True) if value > 240)


def test_a_window_that_shows_nothing_is_passed_over():
    image = drawn(make_slice(WindowCenter=60000, WindowWidth=10))
    assert (min(levels(image)), max(levels(image))) == (0, 255)


def test_white_and_black_are_turned_where_they_are_stored_so():
    shown = levels(drawn(make_slice(PhotometricInterpretation="MONOCHROME1")))
    assert shown == sorted(shown, reverse=True)


def test_values_below_zero_are_darker():
    pixels = b"".join(value.to_bytes(2, "little", signed=True) for value in range(-128, 128))
    scan = make_scan(PixelRepresentation=1, BitsStored=16, HighBit=15, PixelData=pixels)
    assert levels(drawn(saved(scan))) == sorted(levels(drawn(saved(scan))))


def test_the_other_order_of_bytes_shows_the_same():
    scan = make_scan(syntax=ExplicitVRBigEndian)
    scan.PixelData = b"".join((n * 16 % 4096).to_bytes(2, "big") for n in range(SIDE * SIDE))
    out = io.BytesIO()
    scan.save_as(out, enforce_file_format=True)
    assert levels(drawn(out.getvalue())) == levels(drawn(make_slice()))


def test_colours_are_colours():
    pixels = bytes([200, 10, 20]) * (SIDE * SIDE)
    scan = make_scan(SamplesPerPixel=3, PhotometricInterpretation="RGB", BitsAllocated=8,
                     BitsStored=8, HighBit=7, PlanarConfiguration=0, PixelData=pixels)  # fmt: skip
    image = drawn(saved(scan))
    assert (image.mode, image.getpixel((3, 3))) == ("RGB", (200, 10, 20))


def test_the_frame_of_the_middle_is_drawn():
    dark, light = bytes(2 * SIDE * SIDE), b"\xff\x0f" * (SIDE * SIDE)
    scan = make_scan(NumberOfFrames=2, PixelData=dark + light, WindowCenter=2048, WindowWidth=4096)
    assert levels(drawn(saved(scan), 0))[0] == 0
    assert levels(drawn(saved(scan), 1))[0] == 254
    # A frame that is not there: the last one.
    assert levels(drawn(saved(scan), 9))[0] == 254


def test_rle_is_unpacked():
    scan = make_scan()
    scan.compress(RLELossless, encoding_plugin="pydicom", generate_instance_uid=False)
    assert levels(drawn(saved(scan))) == levels(drawn(make_slice()))


def packed(syntax, folder) -> bytes:
    """A slice as programs for discs pack it."""
    (folder / "plain").write_bytes(make_slice())
    reader, writer = gdcm.ImageReader(), gdcm.ImageWriter()
    reader.SetFileName(str(folder / "plain"))
    assert reader.Read()
    change = gdcm.ImageChangeTransferSyntax()
    change.SetTransferSyntax(gdcm.TransferSyntax(PACKED[syntax]))
    change.SetInput(reader.GetImage())
    assert change.Change()
    writer.SetFileName(str(folder / "packed"))
    writer.SetFile(reader.GetFile())
    writer.SetImage(change.GetOutput())
    assert writer.Write()
    data = (folder / "packed").read_bytes()
    assert syntax.encode() in data
    return data


@pytest.mark.parametrize("syntax", PACKED)
def test_what_discs_are_packed_with_is_unpacked(syntax, tmp_path):
    assert levels(drawn(packed(syntax, tmp_path))) == levels(drawn(make_slice()))


def test_large_pictures_become_small():
    scan = make_scan(Rows=1024, Columns=2048, PixelData=bytes(2 * 1024 * 2048))
    assert drawn(saved(scan)).size == (512, 256)


@pytest.mark.parametrize(
    ("tags", "trouble"),
    [
        ({"PixelData": None}, "AttributeError"),
        ({"PhotometricInterpretation": "PALETTE COLOR"}, "NoPictureError"),
        ({"Rows": 65000, "Columns": 65000}, "NoPictureError"),
        ({"BitsAllocated": 1, "BitsStored": 1, "HighBit": 0}, "NoPictureError"),
    ],
)
def test_what_cannot_be_drawn_says_so(tags, trouble):
    assert _try_to_draw(io.BytesIO(make_slice(**tags)), "dicom", 0, 0) == (b"", trouble)


def test_a_picture_of_a_zip_is_found_by_its_number():
    data, trouble = _try_to_draw(io.BytesIO(make_disc()), "zip", 2, 0)
    assert (Image.open(io.BytesIO(data)).format, trouble) == ("JPEG", "")
    assert _try_to_draw(io.BytesIO(make_disc()), "zip", 77, 0) == (b"", "IndexError")


def test_the_picture_names_nobody():
    data, _trouble = _try_to_draw(io.BytesIO(make_slice()), "dicom", 0, 0)
    assert b"Kowalska" not in data and Image.open(io.BytesIO(data)).getexif() == {}
