"""Copies of pictures to look at: upright, without place and device, given out like papers."""

import io

import pytest
from django.urls import reverse
from django.utils import timezone
from PIL import Image, ImageCms

from cases import actions, jobs
from cases.models import DerivedFile, Purpose
from cases.records import derive, kinds, store
from cases.records.derive import DeriveFailedError
from cases.records.derive_pictures import LONGEST, SMALL, draw_anew, make_viewing_copies
from cases.records.judging import PDF_ACTIVE
from cases.tests.family import signed_in, without_tokens
from cases.tests.papers import make_pdf
from cases.tests.pictures import (
    BLUE,
    CORNERS,
    GREEN,
    RED,
    WHITE,
    as_file,
    corners_of,
    four_colours,
    make_picture,
    plain,
)
from cases.tests.test_judging import make_heic, make_pdf_with
from portal.models import AuditEvent
from portal.tests.cast import sign_in_family
from portal.tests.fixtures import make_record, sign_in_staff

SCRIPT = b"<script>alert('tail canary')</script>"
ORIENTATION, GPS, MAKER = 0x0112, 0x8825, 0x010F


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path):
    settings.RECORDS_DIR = tmp_path / "records"


def copies(data: bytes, kind="jpeg") -> tuple[bytes, bytes]:
    outputs = io.BytesIO(), io.BytesIO()
    make_viewing_copies([io.BytesIO(data)], outputs, {"kind": kind})
    return outputs[0].getvalue(), outputs[1].getvalue()


def held_as(orientation: int) -> bytes:
    """The four colours as a camera writes them that was held like this."""
    ways = Image.Transpose
    undo = {
        2: ways.FLIP_LEFT_RIGHT,
        3: ways.ROTATE_180,
        4: ways.FLIP_TOP_BOTTOM,
        5: ways.TRANSPOSE,
        6: ways.ROTATE_90,
        7: ways.TRANSVERSE,
        8: ways.ROTATE_270,
    }
    image = four_colours()
    if orientation in undo:
        image = image.transpose(undo[orientation])
    exif = Image.Exif()
    exif[ORIENTATION], exif[MAKER] = orientation, "canary phone"
    exif.get_ifd(GPS).update({1: "N", 2: (31.0, 13.0, 50.0), 3: "E", 4: (121.0, 28.0, 0.0)})
    return as_file(image, exif=exif, comment=b"comment canary", quality=92)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_way_of_holding_a_camera_comes_out_upright_U4(orientation):
    data = held_as(orientation)
    assert corners_of(data) == CORNERS or orientation > 1
    large, small = copies(data)
    assert corners_of(large) == corners_of(small) == CORNERS
    assert Image.open(io.BytesIO(large)).size == (400, 240)


def test_place_device_words_and_tail_stay_behind_U4():
    data = held_as(6) + SCRIPT
    with Image.open(io.BytesIO(data)) as image:
        assert image.getexif().get_ifd(GPS) and image.info["comment"] == b"comment canary"
    for made in copies(data):
        assert b"canary" not in made and b"Exif" not in made and made.endswith(b"\xff\xd9")
        with Image.open(io.BytesIO(made)) as image:
            assert dict(image.getexif()) == {} and set(image.info) <= {
                "jfif", "jfif_version", "jfif_unit", "jfif_density",
            }  # fmt: skip


def test_a_large_photo_becomes_as_large_as_a_page_needs():
    image = four_colours((5000, 3000))
    large, small = copies(as_file(image))
    assert Image.open(io.BytesIO(large)).size == (LONGEST, 1440)
    assert max(Image.open(io.BytesIO(small)).size) == SMALL
    assert corners_of(large) == corners_of(small) == CORNERS


def test_a_small_photo_is_not_blown_up():
    assert Image.open(io.BytesIO(copies(as_file(four_colours((90, 60))))[0])).size == (90, 60)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_every_kind_of_png_is_a_picture(mode):
    image = Image.new("L", (60, 40), 255)
    image = Image.new("I;16", (60, 40), 255 * 256) if mode == "I;16" else image.convert(mode)
    large, _small = copies(as_file(image, "PNG"), "png")
    with Image.open(io.BytesIO(large)) as made:
        assert (made.format, made.mode, made.size) == ("JPEG", "RGB", (60, 40))
        assert made.getpixel((30, 20))[0] >= 253


def test_what_is_transparent_is_white_as_paper():
    image = Image.new("RGBA", (40, 40), (0, 0, 0, 0))
    with Image.open(io.BytesIO(copies(as_file(image, "PNG"), "png")[0])) as made:
        assert made.getpixel((20, 20)) == (255, 255, 255)


def test_a_photo_for_print_is_shown_in_the_colours_of_screens():
    data = as_file(Image.new("CMYK", (40, 40), (0, 255, 255, 0)))
    with Image.open(io.BytesIO(copies(data)[0])) as made:
        red, green, blue = made.getpixel((20, 20))
    assert red > 200 and green < 60 and blue < 60


def test_a_colour_profile_is_followed_then_dropped_U4():
    """The same numbers mean other colours in a profile whose primaries were swapped."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
    grey = Image.new("RGB", (40, 40), (120, 130, 140))
    for icc in (profile.tobytes(), lab.tobytes(), b"no profile"):
        large, _small = copies(as_file(grey, icc_profile=icc))
        with Image.open(io.BytesIO(large)) as made:
            assert "icc_profile" not in made.info
            near = zip(made.getpixel((20, 20)), (120, 130, 140), strict=True)
            assert all(abs(a - b) < 4 for a, b in near)


def test_a_photo_of_an_iphone_is_shown_U4():
    large, small = copies(make_heic(), "heic")
    assert Image.open(io.BytesIO(large)).size == Image.open(io.BytesIO(small)).size == (64, 64)


def test_orientation_of_heic_is_left_to_its_decoder(monkeypatch):
    from cases.records import derive_pictures

    exif = Image.Exif()
    exif[ORIENTATION] = 6
    data = as_file(four_colours(), "PNG", exif=exif)
    monkeypatch.setattr(
        derive_pictures, "_open", lambda file, kind: Image.open(file, formats=("PNG",))
    )
    assert draw_anew(io.BytesIO(data), "heic").size == (400, 240)
    assert draw_anew(io.BytesIO(data), "png").size == (240, 400)


# The job and its rows.

pytestmark = pytest.mark.django_db


def run(record) -> str:
    return jobs.make_viewing_copies.func(str(record.pk))


def made_of(record) -> dict:
    return {row.purpose: row for row in record.derived.all()}


def test_a_photo_that_passed_gets_its_copies_by_the_job_U4(case):
    record = make_record(
        case, held_as(8) + SCRIPT, name="a.jpg", status="checking", checked_at=None
    )
    assert actions.check_record(record=record) == "fine"
    queued = jobs.arguments_with_jobs(jobs.make_viewing_copies.module_path)
    assert queued == {str(record.pk)}
    assert (run(record), run(record)) == ("made", "made")
    rows = made_of(record)
    assert set(rows) == {Purpose.VIEWING, Purpose.SMALL}
    large = plain(case, rows[Purpose.VIEWING].storage_name)
    assert corners_of(large) == CORNERS and b"canary" not in large
    assert rows[Purpose.VIEWING].size == len(large)
    # Run twice, made once.
    assert len(set(store.names_older_than(-1))) == 3


def test_copies_are_made_of_pictures_that_passed_alone(case):
    pdf = make_record(case, make_pdf())
    locked = make_picture(case, copies=False, status="quarantined", reason="infected")
    assert [run(record) for record in (pdf, locked)] == ["none", "none"]
    assert jobs.make_viewing_copies.func("6f1c0b0e-5d0a-4c56-9a58-0e4a3b0f2d11") == "removed"
    assert not DerivedFile.objects.exists()


def test_a_pdf_that_does_something_stays_flagged_and_is_never_shown_U4(case):
    data = make_pdf_with("script")
    record = make_record(case, data, status="checking", checked_at=None)
    assert actions.check_record(record=record) == "fine"
    record.refresh_from_db()
    assert record.flags == ["action", "script"] and set(record.flags) <= set(PDF_ACTIVE.values())
    assert jobs.arguments_with_jobs(jobs.make_viewing_copies.module_path) == set()
    client = sign_in_family(case)
    for name in ("look", "paper-picture", "paper-small"):
        assert client.get(url(record, name)).status_code == 404


@pytest.mark.parametrize("trouble", ["broken", "lost", "erased"])
def test_a_picture_of_which_none_can_be_made_is_tried_once(case, trouble):
    record = make_picture(case, copies=False)
    if trouble == "broken":
        record = make_picture(case, b"\xff\xd8 no picture", copies=False)
    elif trouble == "lost":
        store.remove(record.storage_name)
    else:
        actions.destroy_case_key(by=None, case=case)
    assert (run(record), run(record)) == ("none", "none")
    rows = made_of(record)
    assert {row.storage_name for row in rows.values()} == {None} and len(rows) == 2


def test_a_full_disk_is_tried_again(case, monkeypatch):
    record = make_picture(case, copies=False)

    def full():
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(store, "create", full)
        with pytest.raises(DeriveFailedError):
            run(record)
    assert not DerivedFile.objects.exists()
    assert run(record) == "made"


def test_a_lost_job_is_found_by_the_housekeeping(case):
    now = timezone.now()
    old = now - actions.derived.MISSED_AFTER - timezone.timedelta(seconds=1)
    missed = make_picture(case, copies=False, checked_at=old)
    make_picture(case, copies=False, checked_at=now)
    make_picture(case, checked_at=old)
    make_picture(case, copies=False, checked_at=old - actions.derived.MISSED_UNTIL)
    make_record(case, make_pdf(), checked_at=old)
    assert (actions.queue_missed_copies(), actions.queue_missed_copies()) == (1, 0)
    queued = jobs.arguments_with_jobs(jobs.make_viewing_copies.module_path)
    assert queued == {str(missed.pk)}


def test_two_workers_make_one_pair_of_copies(case, monkeypatch):
    """The second began before the first had its rows."""
    record = make_picture(case, copies=False)
    real = derive._run

    def slow(*args):
        made = real(*args)
        monkeypatch.setattr(derive, "_run", real)
        assert run(record) == "made"
        return made

    monkeypatch.setattr(derive, "_run", slow)
    assert run(record) == "none"
    assert record.derived.count() == 2
    assert len(set(store.names_older_than(-1))) == 3


def test_a_worker_that_is_killed_before_the_rows_leaves_what_the_sweep_takes_U8(case, monkeypatch):
    from cases.tests.test_derived import age

    record = make_picture(case, copies=False)
    with monkeypatch.context() as patch:
        patch.setattr(store, "remove", lambda name: None)
        patch.setattr(actions.derived, "keep_files", _die)
        with pytest.raises(KeyboardInterrupt):
            run(record)
    left = set(store.names_older_than(-1)) - {record.storage_name}
    assert len(left) == 2
    for name in left:
        age(name)
    assert actions.sweep_orphans() == 2
    assert run(record) == "made"


def _die(**_all):
    raise KeyboardInterrupt


# The pages.


def url(record, name="look"):
    return reverse(f"case:{name}", args=[record.case.reference, record.pk])


def office_url(record, name="look"):
    return reverse(f"office:cases_case_paper_{name}", args=[record.case.pk, record.pk])


def shown(client, record, name="paper-picture") -> tuple:
    return corners_of(b"".join(client.get(url(record, name)).streaming_content))


@pytest.fixture
def client(case):
    return signed_in(case)


def test_a_family_looks_at_its_picture_from_our_own_address_U4(client, case):
    record = make_picture(case)
    page = client.get(url(record))
    assert f'src="{url(record, "paper-picture")}"' in page.text
    assert url(record, "paper") in page.text
    title = page.text.partition("<title>")[2].partition("</title>")[0]
    assert title == "My papers - Treatment in Shanghai"
    assert "no-store" in page["Cache-Control"]


@pytest.mark.parametrize("size", ["picture", "small"])
def test_the_copy_is_shown_in_the_page_and_runs_nothing_U6(client, case, size):
    record = make_picture(case)
    answer = client.get(url(record, f"paper-{size}"))
    data = b"".join(answer.streaming_content)
    assert corners_of(data) == CORNERS
    assert (answer["Content-Type"], answer["Content-Disposition"]) == ("image/jpeg", "inline")
    assert answer["Content-Length"] == str(len(data))
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Cross-Origin-Resource-Policy"] == "same-origin"
    assert answer["Cache-Control"] == "no-store, private"
    head = client.head(url(record, f"paper-{size}"))
    assert (head.status_code, head.content) == (200, b"")


def test_the_file_itself_is_still_saved_and_never_shown_U6(client, case):
    answer = client.get(url(make_picture(case), "paper"))
    b"".join(answer.streaming_content)
    assert answer["Content-Disposition"].startswith("attachment; filename")


@pytest.mark.parametrize(
    ("copies", "words"), [(False, "is being prepared"), (None, "We cannot show this picture here")]
)
def test_a_page_without_a_copy_says_why(client, case, copies, words):
    record = make_picture(case, copies=False)
    if copies is None:
        actions.keep_nothing(record=record, purposes=[Purpose.VIEWING], kind=kinds.Kind.JPEG)
    assert words in client.get(url(record)).text
    assert client.get(url(record, "paper-picture")).status_code == 404


def test_pictures_lead_to_each_other(client, case):
    first, second, third = (make_picture(case) for _number in range(3))
    make_picture(case, status="quarantined", reason="infected")
    page = client.get(url(second)).text
    assert url(first) in page and url(third) in page and "Picture 2 of 3" in page
    assert "Previous picture" not in client.get(url(first)).text
    assert "Next picture" not in client.get(url(third)).text


@pytest.mark.parametrize("name", ["look", "paper-picture", "paper-small"])
def test_a_picture_of_another_case_is_like_one_that_is_not_there_Z2(client, case, other_case, name):
    other = make_picture(other_case)
    unknown = "6f1c0b0e-5d0a-4c56-9a58-0e4a3b0f2d11"
    urls = [
        reverse(f"case:{name}", args=[case.reference, other.pk]),
        reverse(f"case:{name}", args=[case.reference, unknown]),
    ]
    answers = [client.get(url) for url in urls]
    assert {answer.status_code for answer in answers} == {404}
    bodies = {
        without_tokens(page).replace(url, "") for page, url in zip(answers, urls, strict=True)
    }
    assert len(bodies) == 1


@pytest.mark.parametrize("status", ["checking", "refused", "quarantined", "unreadable"])
def test_a_copy_is_not_given_out_when_its_paper_is_not_U7(client, case, status):
    record = make_picture(case)
    reason = "" if status == "checking" else "broken"
    type(record).objects.filter(pk=record.pk).update(status=status, reason=reason)
    for name in ("look", "paper-picture", "paper-small"):
        assert client.get(url(record, name)).status_code == 404


def test_a_picture_that_staff_cannot_read_is_still_shown_to_its_family(client, case):
    record = make_picture(case, status="unreadable", reason="blurred", is_marked_by_staff=True)
    assert shown(client, record) == CORNERS


def test_every_look_of_staff_is_written_down_L3(case, coordinator):
    record = make_picture(case)
    staff = sign_in_staff(coordinator)
    page = staff.get(office_url(record))
    assert f'src="{office_url(record, "picture")}"' in page.text
    assert not AuditEvent.objects.filter(action="record.opened").exists()
    answer = staff.get(office_url(record, "picture"))
    assert corners_of(b"".join(answer.streaming_content)) == CORNERS
    assert answer["Content-Disposition"] == "inline"
    row = AuditEvent.objects.get(action="record.opened")
    assert (row.actor_label, row.data) == (coordinator.username, {"copy": "viewing"})


def test_stamps_of_a_list_are_not_written_down_for_the_family(client, case):
    record = make_picture(case)
    for name in ("paper-small", "paper-picture"):
        b"".join(client.get(url(record, name)).streaming_content)
    row = AuditEvent.objects.get(action="record.opened")
    assert (row.actor_kind, row.data) == ("family", {"copy": "viewing"})


def test_the_desk_leads_to_the_picture_and_shows_no_stamp(case, coordinator):
    record, pdf = make_picture(case), make_record(case, make_pdf())
    page = sign_in_staff(coordinator).get(reverse("office:cases_case_change", args=[case.pk]))
    assert office_url(record) in page.text and office_url(pdf) not in page.text
    assert "/picture/" not in page.text


def test_the_list_has_stamps_that_load_when_they_are_seen(client, case):
    record = make_picture(case)
    waiting, without = (make_picture(case, copies=False) for _number in range(2))
    actions.keep_nothing(record=without, purposes=[Purpose.SMALL], kind=kinds.Kind.JPEG)
    make_record(case, make_pdf())
    page = client.get(reverse("case:papers", args=[case.reference])).text
    assert f'<img src="{url(record, "paper-small")}" alt="" loading="lazy">' in page
    assert url(waiting, "paper-small") not in page and url(without, "paper-small") not in page
    # One is still to come: the page's script looks again.
    assert page.count("data-waiting") == 1


def test_the_door_itself_asks_who_opens_a_copy_Z2(case, other_case, auditor):
    record = make_picture(case)
    record.case = case
    for stranger in (other_case.owner, auditor, None):
        with pytest.raises(actions.ActionRefusedError):
            actions.open_copy(by=stranger, record=record, purpose=Purpose.VIEWING)


@pytest.mark.parametrize("trouble", ["lost", "changed", "erased"])
def test_a_copy_that_cannot_be_opened_is_not_there(client, case, trouble):
    record = make_picture(case)
    path = store.path_of(record.derived.get(purpose="viewing").storage_name)
    if trouble == "lost":
        path.unlink()
    elif trouble == "changed":
        path.write_bytes(path.read_bytes()[:-1])
    else:
        actions.destroy_case_key(by=None, case=case)
    assert client.get(url(record, "paper-picture")).status_code == 404
    assert client.get(url(record)).status_code == (404 if trouble == "erased" else 200)


def test_colours_of_the_tests_are_told_apart():
    assert len({RED, GREEN, BLUE, WHITE}) == 4 == len(CORNERS)
    assert corners_of(as_file(four_colours().transpose(Image.Transpose.ROTATE_180))) == (
        WHITE, BLUE, GREEN, RED,
    )  # fmt: skip
