"""Files and requests for the tests of records: samples of every kind, and a bare tus client."""

import base64
import io
import zipfile

from django.test import Client
from django.urls import reverse

from cases.models import Record
from portal.tests.cast import sign_in_family

CHUNK_TYPE = "application/offset+octet-stream"
# Health data in a name: it must show up nowhere but on the family's and the office's pages.
NAME = "hepatocanaryblastoma befund.pdf"


def pattern(size: int) -> bytes:
    return (bytes(range(251)) * (size // 251 + 1))[:size]


def encode(**metadata: str) -> str:
    return ",".join(
        f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in metadata.items()
    )


class Tus:
    """What a client of the protocol sends, one request at a time."""

    def __init__(self, case, client: Client | None = None):
        self.case, self.client = case, client or sign_in_family(case)
        self.begin_url = reverse("upload:begin", args=[case.reference])

    def ask(self, method: str, url: str, data=b"", **headers):
        headers = {"tus-resumable": "1.0.0"} | {
            name.replace("_", "-"): value for name, value in headers.items() if value is not None
        }
        headers = {name: value for name, value in headers.items() if value != ""}
        kind = headers.pop("content-type", "application/octet-stream")
        return self.client.generic(method, url, data, content_type=kind, headers=headers)

    def begin(self, size: int, name: str = NAME, **headers):
        headers = {"upload_length": str(size), "upload_metadata": encode(filename=name)} | headers
        return self.ask("POST", self.begin_url, **headers)

    def patch(self, url: str, offset: int, data: bytes, **headers):
        headers = {"upload_offset": str(offset), "content_type": CHUNK_TYPE} | headers
        return self.ask("PATCH", url, data, **headers)

    def head(self, url: str):
        return self.ask("HEAD", url)

    def send(self, data: bytes, name: str = NAME) -> Record:
        begun = self.begin(len(data), name)
        assert begun.status_code == 201, begun.content
        sent = self.patch(begun["Location"], 0, data)
        assert sent.status_code == 204, (sent.status_code, sent.content)
        return record_at(begun["Location"])


def record_at(location: str) -> Record:
    return Record.objects.get(pk=location.rstrip("/").rpartition("/")[2])


def make_pdf(**root) -> bytes:
    import pikepdf

    pdf = pikepdf.new()
    pdf.add_blank_page()
    for name, value in root.items():
        pdf.Root[f"/{name}"] = value
    out = io.BytesIO()
    pdf.save(out)
    return out.getvalue()


def make_image(form: str = "JPEG", size=(64, 48), **options) -> bytes:
    from PIL import Image

    out = io.BytesIO()
    Image.new("RGB", size, (120, 40, 30)).save(out, form, **options)
    return out.getvalue()


def make_dicom(preamble: bytes = b"", **tags) -> bytes:
    from pydicom.dataset import FileDataset, FileMetaDataset
    from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid

    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.TransferSyntaxUID = CTImageStorage, ExplicitVRLittleEndian
    meta.MediaStorageSOPInstanceUID = generate_uid()
    scan = FileDataset("", {}, file_meta=meta, preamble=preamble.ljust(128, b"\0"))
    scan.SOPClassUID, scan.SOPInstanceUID = CTImageStorage, meta.MediaStorageSOPInstanceUID
    scan.Modality, scan.PatientName = "CT", "Canary^Kowalska"
    for name, value in tags.items():
        setattr(scan, name, value)
    out = io.BytesIO()
    scan.save_as(out, enforce_file_format=True)
    return out.getvalue()


def make_zip(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()
