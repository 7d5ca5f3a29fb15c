"""Photos of papers that become one PDF: in order, turned, made once, nothing lost."""

import io
import re
import uuid
from datetime import timedelta

import pikepdf
import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from cases import actions, jobs
from cases.actions import photos as making
from cases.models import (
    ChecklistItem,
    DerivedFile,
    FamilyMember,
    ItemPaper,
    PhotoDocument,
    PhotoPage,
    Record,
)
from cases.records import derive, kinds, store
from cases.records.derive import DeriveFailedError
from cases.records.derive_child import TaskError
from cases.records.derive_pages import LONG, MARGIN, SHORT, make_pdf, place_on_sheet
from cases.tests.family import case_url, signed_in
from cases.tests.pictures import (
    BLUE,
    CORNERS,
    GREEN,
    RED,
    WHITE,
    as_file,
    corners_of,
    four_colours,
    make_photo_document,
    make_picture,
    plain,
)
from portal.models import AuditEvent

pytestmark = pytest.mark.django_db
NAME = "Canary discharge letter"
# The four colours after each clockwise quarter.
TURNED = (
    CORNERS,
    (BLUE, RED, WHITE, GREEN),
    (WHITE, BLUE, GREEN, RED),
    (GREEN, WHITE, RED, BLUE),
)


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path):
    settings.RECORDS_DIR = tmp_path / "records"


@pytest.fixture
def client(case):
    return signed_in(case)


@pytest.fixture
def url(case):
    return case_url(case, "photos")


# The PDF.


def pdf_of(photos: list[bytes], turns: list[int]) -> pikepdf.Pdf:
    out = io.BytesIO()
    answer = make_pdf([io.BytesIO(data) for data in photos], [out], {"turns": turns})
    assert answer == {"pages": len(photos)}
    return pikepdf.open(out)


def seen_on(page) -> tuple[tuple, tuple]:
    """The corners as a reader draws them, and the box of the photo on the sheet, in points."""
    words = page.Contents.read_bytes().split()
    a, b, c, d, e, f = (float(word) for word in words[1:7])
    assert words[7:] == [b"cm", b"/Photo", b"Do", b"Q"]
    places = [(a * x + c * y + e, b * x + d * y + f) for x, y in ((0, 1), (1, 1), (0, 0), (1, 0))]
    colours = dict(
        zip(places, corners_of(page.Resources.XObject.Photo.read_raw_bytes()), strict=True)
    )
    in_rows = sorted(colours, key=lambda place: (-round(place[1]), round(place[0])))
    across, up = zip(*places, strict=True)
    box = (min(across), min(up), max(across), max(up))
    return tuple(colours[place] for place in in_rows), box


@pytest.mark.parametrize("quarters", range(4))
def test_each_photo_is_turned_as_the_family_said(quarters):
    pdf = pdf_of([as_file(four_colours())], [quarters])
    colours, (left, bottom, right, top) = seen_on(pdf.pages[0])
    assert colours == TURNED[quarters]
    wide, high = (float(side) for side in pdf.pages[0].MediaBox[2:])
    # A wide photo has a sheet that lies, and the margins are kept.
    assert (wide > high) == (quarters % 2 == 0)
    assert {round(wide), round(high)} == {round(SHORT), round(LONG)}
    assert min(left, bottom, wide - right, high - top) >= MARGIN - 0.01
    assert abs(left + right - wide) < 0.1 and abs(bottom + top - high) < 0.1


def test_a_photo_keeps_its_shape_and_fills_the_sheet():
    for size in ((2400, 1000), (1000, 2400), (50, 50)):
        for quarters in range(4):
            _sheet, (a, b, c, d, _e, _f) = place_on_sheet(*size, quarters)
            across, up = abs(a) + abs(b), abs(c) + abs(d)
            assert abs(across / up - size[0] / size[1]) < 0.001
            assert max(across, up) <= LONG - 2 * MARGIN + 0.01
            assert across >= SHORT - 2 * MARGIN - 0.01 or up >= SHORT - 2 * MARGIN - 0.01


def test_a_readable_photo_has_about_200_dots_per_inch():
    _sheet, (across, *_rest) = place_on_sheet(2400, 1800, 0)
    assert 190 < 2400 / (across / 72) < 240


def test_pages_come_in_order_and_the_photos_are_not_compressed_again():
    photos = [
        as_file(Image.new("RGB", (40 + number, 60), (number * 12, 0, 0))) for number in range(20)
    ]
    pdf = pdf_of(photos, [0] * 20)
    assert [page.Resources.XObject.Photo.read_raw_bytes() for page in pdf.pages] == photos


def test_there_is_nothing_but_photos_in_it_U4():
    pdf = pdf_of([as_file(four_colours())], [0])
    assert dict(pdf.docinfo) == {} and set(pdf.Root.keys()) == {"/Type", "/Pages"}
    assert set(pdf.pages[0].keys()) == {"/Type", "/MediaBox", "/Resources", "/Contents", "/Parent"}


@pytest.mark.parametrize(
    ("broken", "which"), [(b"", 1), (b"\xff\xd8 no picture", 1), (b"%PDF-1.7", 1)]
)
def test_the_photo_to_blame_is_named(broken, which):
    good = as_file(four_colours())
    with pytest.raises(TaskError) as raised:
        make_pdf([io.BytesIO(good), io.BytesIO(broken)], [io.BytesIO()], {"turns": [0, 0]})
    assert (raised.value.word, raised.value.which) == ("unreadable", which)


def test_grey_pictures_and_too_many_are_refused():
    grey = as_file(Image.new("L", (9, 9)))
    for inputs in ([], [io.BytesIO(grey)], [io.BytesIO()] * 41):
        with pytest.raises(TaskError):
            make_pdf(inputs, [io.BytesIO()], {"turns": [0] * len(inputs)})


# Asking for it.


def ask(case, records, turns=None, submission=None, **more) -> PhotoDocument:
    return actions.ask_for_document(
        by=more.pop("by", case.owner),
        case=case,
        name=more.pop("name", NAME),
        pages=[(record.pk, turn) for record, turn in zip(records, turns or [0] * 99, strict=False)],
        submission=submission or uuid.uuid4(),
    )


def run(document) -> str:
    return jobs.make_photo_document.func(str(document.pk))


def test_photos_become_a_paper_that_is_checked_like_others(case):
    first, second = make_picture(case), make_picture(case)
    document = ask(case, [second, first], [1, 0])
    assert jobs.arguments_with_jobs(jobs.make_photo_document.module_path) == {str(document.pk)}
    assert (run(document), run(document)) == ("made", "made")
    document.refresh_from_db()
    record, key = document.record, actions.case_key(case)
    assert (record.kind, record.status, record.name(key)) == ("pdf", "checking", f"{NAME}.pdf")
    assert Record.objects.filter(kind="pdf").count() == 1
    assert str(record.pk) in jobs.arguments_with_jobs(jobs.check_record.module_path)
    assert actions.check_record(record=record) == "fine"
    record.refresh_from_db()
    assert record.flags == []
    pdf = pikepdf.open(io.BytesIO(plain(case, record.storage_name)))
    assert [seen_on(page)[0] for page in pdf.pages] == [TURNED[1], CORNERS]


def test_the_document_serves_on_the_list_what_its_photos_serve(case):
    first, second = make_picture(case), make_picture(case)
    lab = ChecklistItem.objects.create(case=case, code="lab", is_needed=True, position=0)
    ItemPaper.objects.create(item=lab, record=second)
    document = ask(case, [first, second], [0, 0])
    run(document)
    document.refresh_from_db()
    assert [item.code for item in document.record.items.all()] == ["lab"]


def test_a_name_keeps_its_ending_once():
    assert making.pdf_name("a.pdf") == "a.pdf"
    assert making.pdf_name("scan 3.5") == "scan 3.5.pdf"
    assert making.pdf_name("../x\u202e") == "x.pdf"
    assert len(making.pdf_name("x" * 400)) == kinds.NAME_LENGTH


def test_twenty_photos_in_one_go(case):
    photos = [
        make_picture(case, as_file(Image.new("RGB", (90 + n, 60), (n * 12, 0, 0))))
        for n in range(20)
    ]
    chosen = photos[::-1]
    document = ask(case, chosen)
    assert run(document) == "made"
    document.refresh_from_db()
    pdf = pikepdf.open(io.BytesIO(plain(case, document.record.storage_name)))
    assert [int(page.Resources.XObject.Photo.Width) for page in pdf.pages] == [
        109 - n for n in range(20)
    ]
    assert Record.objects.filter(kind="jpeg").count() == 20


def test_a_double_click_asks_once_R3(case):
    photos, same = [make_picture(case)], uuid.uuid4()
    assert ask(case, photos, submission=same) == ask(case, photos, submission=same)
    assert PhotoDocument.objects.count() == 1 == PhotoPage.objects.count()
    with pytest.raises(IntegrityError), transaction.atomic():
        make_photo_document(case, submission=same)


def unusable(case, how, other_case):
    if how == "another family's":
        return make_picture(other_case)
    if how == "not a picture":
        from cases.tests.papers import make_pdf as pdf
        from portal.tests.fixtures import make_record

        return make_record(case, pdf())
    if how == "no copy yet":
        return make_picture(case, copies=False)
    if how == "no copy possible":
        record = make_picture(case, copies=False)
        actions.keep_nothing(record=record, purposes=["viewing"], kind="jpeg")
        return record
    return make_picture(case, status="unreadable", reason="blurred", is_marked_by_staff=True)


@pytest.mark.parametrize(
    "how",
    ["another family's", "not a picture", "no copy yet", "no copy possible", "marked unreadable"],
)
def test_a_photo_that_cannot_be_used_is_refused_and_nothing_is_lost_Z2(case, other_case, how):
    good, bad = make_picture(case), unusable(case, how, other_case)
    with pytest.raises(actions.ActionRefusedError, match="cannot be used any more"):
        ask(case, [good, bad])
    assert not PhotoDocument.objects.exists()
    assert Record.objects.filter(pk__in=[good.pk, bad.pk]).count() == 2


def test_a_photo_is_one_page_of_a_document(case):
    photo = make_picture(case)
    with pytest.raises(actions.ActionRefusedError):
        ask(case, [photo, photo])


def test_limits_are_told_before_anything_is_made(case, monkeypatch):
    photos = [make_picture(case) for _number in range(3)]
    for name, value, words in (
        ("MOST_PAGES", 2, "between 1 and 40"),
        ("MOST_BYTES", 100, "too much for one document"),
    ):
        with monkeypatch.context() as patch, pytest.raises(actions.ActionRefusedError, match=words):
            patch.setattr(making, name, value)
            ask(case, photos)
    with monkeypatch.context() as patch, pytest.raises(actions.ActionRefusedError, match="200"):
        patch.setattr(kinds, "CASE_FILES", 3)
        ask(case, photos)
    with pytest.raises(actions.ActionRefusedError, match="between 1 and 40"):
        ask(case, [])
    assert not PhotoDocument.objects.exists()


def test_only_who_may_send_papers_asks_and_takes_back(case, other_case, lead):
    photo, document = make_picture(case), make_photo_document(case)
    reader = FamilyMember.objects.create(
        case=case, name="Reader", relation="other", is_owner=False, can_write=False
    )
    for by in (reader, other_case.owner, lead):
        with pytest.raises(actions.ActionRefusedError):
            ask(case, [photo], by=by)
        with pytest.raises(actions.ActionRefusedError):
            actions.drop_document(by=by, document=document)
    assert PhotoDocument.objects.get() == document


# Making it.


def test_a_photo_removed_before_it_was_made_stops_it(case):
    first, second = make_picture(case), make_picture(case)
    document = ask(case, [first, second])
    actions.remove_record(by=case.owner, record=second)
    assert run(document) == "none"
    document.refresh_from_db()
    assert document.failed_at and document.record is None
    assert not Record.objects.filter(kind="pdf").exists()
    assert AuditEvent.objects.filter(action="photos.failed").count() == 1
    assert run(document) == "none"


@pytest.mark.parametrize("trouble", ["broken", "lost", "erased", "withdrawn"])
def test_what_cannot_be_made_says_so_and_keeps_the_photos(case, trouble):
    photo = make_picture(case, b"\xff\xd8 no picture" if trouble == "broken" else b"")
    document = ask(case, [photo])
    if trouble == "lost":
        store.remove(photo.derived.get(purpose="viewing").storage_name)
    elif trouble == "erased":
        actions.destroy_case_key(by=None, case=case)
    elif trouble == "withdrawn":
        actions.withdraw_case(by=case.owner, case=case, version=case.version)
    before = set(store.names_older_than(-1))
    assert run(PhotoDocument.objects.get(pk=document.pk)) == "none"
    assert Record.objects.get() == photo
    assert set(store.names_older_than(-1)) == before
    assert PhotoDocument.objects.get().failed_at


def test_a_full_disk_is_tried_again(case, monkeypatch):
    document = ask(case, [make_picture(case)])

    def full():
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(store, "create", full)
        with pytest.raises(DeriveFailedError):
            run(document)
    assert run(document) == "made"


def test_two_workers_make_one_pdf(case, monkeypatch):
    document = ask(case, [make_picture(case)])
    real = derive._run

    def slow(*args):
        made = real(*args)
        monkeypatch.setattr(derive, "_run", real)
        assert run(document) == "made"
        return made

    monkeypatch.setattr(derive, "_run", slow)
    assert run(document) == "made"
    assert Record.objects.filter(kind="pdf").count() == 1
    # A photo with two copies, and one PDF.
    assert len(set(store.names_older_than(-1))) == 4


def test_what_is_taken_back_meanwhile_leaves_no_file(case, monkeypatch):
    document = ask(case, [make_picture(case)])
    real = derive._run

    def slow(*args):
        actions.drop_document(by=case.owner, document=document)
        return real(*args)

    monkeypatch.setattr(derive, "_run", slow)
    assert run(document) == "none"
    assert not Record.objects.filter(kind="pdf").exists()
    assert len(set(store.names_older_than(-1))) == 3
    assert run(document) == "taken back"


@pytest.mark.parametrize("moment", ["before the row", "within the transaction"])
def test_a_kill_leaves_no_half_and_what_the_sweep_takes_U8(case, monkeypatch, moment):
    from cases.tests.test_derived import age

    document = ask(case, [make_picture(case)])
    known = set(store.names_older_than(-1))

    def die(*_all, **_more):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(store, "remove", lambda name: None)
        if moment == "before the row":
            patch.setattr(making, "_keep", die)
        else:
            patch.setattr(making.audit, "record", die)
        with pytest.raises(KeyboardInterrupt):
            run(document)
    (left,) = set(store.names_older_than(-1)) - known
    assert not Record.objects.filter(kind="pdf").exists()
    age(left)
    assert actions.sweep_orphans() == 1
    assert run(document) == "made"


def test_a_lost_job_is_found_and_an_endless_one_is_given_up(case):
    now = timezone.now()
    lost, young, old = (make_photo_document(case) for _number in range(3))
    for document, age in ((lost, 1), (old, 25)):
        created = now - timedelta(hours=age)
        PhotoDocument.objects.filter(pk=document.pk).update(created_at=created)
    assert (actions.queue_missed_documents(), actions.queue_missed_documents()) == (1, 0)
    assert jobs.arguments_with_jobs(jobs.make_photo_document.module_path) == {str(lost.pk)}
    assert [d.pk for d in PhotoDocument.objects.exclude(failed_at=None)] == [old.pk]
    assert young.failed_at is None


def test_what_is_made_is_neither_dropped_nor_given_up(case):
    """Whoever acts on a page that is older than the PDF changes nothing."""
    photo = make_picture(case)
    document, old = ask(case, [photo]), PhotoDocument.objects.get()
    run(document)
    actions.drop_document(by=case.owner, document=old)
    PhotoPage.objects.all().delete()
    assert actions.make_document(document=old) is False
    document.refresh_from_db()
    assert document.record and document.failed_at is None
    assert not AuditEvent.objects.filter(action__in=["photos.dropped", "photos.failed"]).exists()


def test_removing_the_pdf_undoes_it(case, client):
    photos = [make_picture(case), make_picture(case)]
    document = ask(case, photos)
    run(document)
    document.refresh_from_db()
    actions.remove_record(by=case.owner, record=document.record)
    assert not PhotoDocument.objects.exists() and not PhotoPage.objects.exists()
    assert set(Record.objects.all()) == set(photos)
    assert DerivedFile.objects.count() == 4


# The pages.


def fields(photos, name=NAME, **more) -> dict:
    """What the page posts when these photos are ticked, in this order."""
    data = {"name": name, "submission": str(uuid.uuid4())}
    for number, photo in enumerate(photos, 1):
        data |= {f"use_{photo.pk.hex}": "on", f"place_{photo.pk.hex}": str(number)}
    return data | more


def papers_page(client, case):
    return client.get(case_url(case, "papers")).text


def test_the_family_makes_a_document_without_a_script(case, client, url):
    photos = [make_picture(case, name=f"IMG_{number}.jpg") for number in range(3)]
    data = fields(photos[::-1], **{f"turn_{photos[0].pk.hex}": "3"})
    answer = client.post(url, data, follow=True)
    assert answer.redirect_chain == [(case_url(case, "papers"), 302)]
    assert "being made of 3 photos" in answer.text and NAME in answer.text
    document = PhotoDocument.objects.get()
    assert [(page.record_id, page.turns) for page in document.pages.all()] == [
        (photos[2].pk, 0), (photos[1].pk, 0), (photos[0].pk, 3),
    ]  # fmt: skip
    run(document)
    Record.objects.filter(kind="pdf").update(status="fine")
    page = papers_page(client, case)
    assert page.count(f"Part of <bdi>{NAME}.pdf</bdi>") == 3
    assert "Made of 3 of your photos." in page and "being made" not in page


def test_a_second_send_of_the_same_page_is_one_document_R3(case, client, url):
    data = fields([make_picture(case)])
    for _click in range(2):
        assert client.post(url, data).status_code == 302
    assert PhotoDocument.objects.count() == 1


@pytest.mark.parametrize("submission", ["", "nonsense", "x" * 36])
def test_a_page_without_its_number_still_works(case, client, url, submission):
    data = fields([make_picture(case)], submission=submission)
    assert client.post(url, data).status_code == 302
    assert PhotoDocument.objects.count() == 1


def test_photos_without_a_number_come_last_in_the_order_of_the_list(case, client, url):
    first, second, third = (make_picture(case) for _number in range(3))
    data = fields([first, second, third])
    data[f"place_{first.pk.hex}"], data[f"place_{second.pk.hex}"] = "", ""
    client.post(url, data)
    pages = PhotoDocument.objects.get().pages.all()
    assert [page.record_id for page in pages] == [third.pk, first.pk, second.pk]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": " "}, "Give the document a name."),
        ({"use": ""}, "Choose between 1 and 40 photos"),
        ({"place": "first"}, "Write a number."),
        ({"turn": "7"}, "Choose one of the answers on the list."),
    ],
)
def test_a_mistake_keeps_what_was_chosen(case, client, url, change, words):
    photos = [make_picture(case), make_picture(case)]
    data = fields(photos[::-1])
    for key, value in change.items():
        names = [key] if key == "name" else [f"{key}_{photo.pk.hex}" for photo in photos]
        data |= dict.fromkeys(names, value)
    answer = client.post(url, data)
    assert answer.status_code == 200 and words in answer.text
    assert answer.context["form"]["submission"].value() == data["submission"]
    assert not PhotoDocument.objects.exists()
    if "name" in change:
        rows = answer.context["form"].rows
        assert [row["photo"].id for row in rows] == [photo.pk for photo in photos[::-1]]


def test_a_photo_that_went_meanwhile_is_told_and_not_left_out(case, client, url, other_case):
    kept, gone, foreign = make_picture(case), make_picture(case), make_picture(other_case)
    data = fields([kept, gone])
    actions.remove_record(by=case.owner, record=gone)
    for photos in (data, fields([kept, foreign])):
        answer = client.post(url, photos)
        assert "cannot be used any more" in answer.text
    assert not PhotoDocument.objects.exists()


def test_a_refusal_of_the_action_is_shown_on_the_page(case, client, url, monkeypatch):
    monkeypatch.setattr(kinds, "CASE_FILES", 1)
    answer = client.post(url, fields([make_picture(case)]))
    assert answer.status_code == 200 and "This case holds 200 files already." in answer.text


def test_photos_that_came_together_are_suggested(case, client, url):
    now = timezone.now()
    minutes = {"part": 1, "new": 2, "newer": 20, "old": 51, "older": 55}
    photos = {name: make_picture(case, name=f"{name}.jpg") for name in minutes}
    for name, age in minutes.items():
        created = now - timedelta(minutes=age)
        Record.objects.filter(pk=photos[name].pk).update(created_at=created)
    run(ask(case, [photos["part"]]))
    form = client.get(url).context["form"]
    ticked = [row["photo"].name for row in form.rows if row["use"].value()]
    # Oldest first, as pages are photographed; the evening before is another paper.
    assert ticked == ["newer.jpg", "new.jpg"]
    assert [row["place"].value() for row in form.rows if row["use"].value()] == [1, 2]
    assert {row["photo"].name for row in form.rows if not row["photo"].is_free} == {"part.jpg"}


def test_photos_that_were_sent_at_once_come_in_the_order_of_their_names(case, client, url):
    """Several are on their way at a time: which one arrives first says nothing."""
    now = timezone.now()
    seconds = {"page 10": 3, "page 2": 2, "Page 1": 1, "earlier": 200}
    for name, age in seconds.items():
        photo = make_picture(case, name=f"{name}.jpg")
        Record.objects.filter(pk=photo.pk).update(created_at=now - timedelta(seconds=age))
    shown = [row["photo"].name for row in client.get(url).context["form"].rows]
    assert shown == ["earlier.jpg", "Page 1.jpg", "page 2.jpg", "page 10.jpg"]


def test_photos_that_cannot_be_used_are_listed_apart(case, client, url):
    make_picture(case, name="good.jpg")
    make_picture(case, copies=False, name="bad.jpg")
    make_picture(case, name="locked.jpg", status="quarantined", reason="infected")
    page = client.get(url)
    assert [row["photo"].name for row in page.context["form"].rows] == ["good.jpg"]
    assert [photo.name for photo in page.context["unusable"]] == ["bad.jpg"]
    assert "locked.jpg" not in page.text


def test_without_photos_the_page_says_so(case, client, url):
    assert "There are no photos yet" in client.get(url).text
    assert client.post(url, fields([])).status_code == 200


def test_another_language_keeps_what_was_chosen(case, client, url):
    photos = [make_picture(case), make_picture(case)]
    data = fields(photos[::-1], name="", switch_language="pl")
    form = client.post(url.replace("/en/", "/pl/"), data).context["form"]
    assert not form.is_bound
    assert [row["photo"].id for row in form.rows] == [photo.pk for photo in photos[::-1]]
    assert form["submission"].value() == data["submission"]


def test_the_offer_is_there_when_there_are_free_photos(case, client, url):
    assert url not in papers_page(client, case)
    photo = make_picture(case)
    assert url in papers_page(client, case)
    run(ask(case, [photo]))
    assert url not in papers_page(client, case)


def test_who_may_only_read_has_no_such_page(case, url):
    photo, document = make_picture(case), make_photo_document(case)
    _reader, code = actions.invite_adult(
        by=case.owner,
        case=case,
        name="Reader",
        relation="other",
        can_write=False,
        language="en",
        email="",
    )
    client = signed_in(case, code)
    page = papers_page(client, case)
    assert url not in page and "Cancel" not in page
    assert client.get(url).status_code == client.post(url, fields([photo])).status_code == 404
    client.post(reverse("case:drop-document", args=[case.reference, document.pk]))
    assert PhotoDocument.objects.get() == document


@pytest.mark.parametrize("has_failed", [False, True])
def test_a_document_is_taken_back_or_its_word_put_away(case, client, has_failed):
    document = make_photo_document(case, failed_at=timezone.now() if has_failed else None)
    words = "could not be made. Nothing is lost" if has_failed else "being made of 1 photo"
    page = papers_page(client, case)
    assert words in page
    assert bool(re.search('<div class="notice"[^>]*data-status="checking"', page)) != has_failed
    url = reverse("case:drop-document", args=[case.reference, document.pk])
    answer = client.post(url, follow=True)
    assert words not in answer.text and not PhotoDocument.objects.exists()
    assert AuditEvent.objects.filter(action="photos.dropped").count() == 1
    assert client.post(url).status_code == 404


def test_a_document_of_another_family_is_not_there_Z2(client, case, other_case):
    document = make_photo_document(other_case)
    url = reverse("case:drop-document", args=[case.reference, document.pk])
    assert client.post(url).status_code == 404
    assert PhotoDocument.objects.get() == document


def test_an_erased_case_shows_nothing(client, case, url):
    make_picture(case)
    make_photo_document(case)
    actions.destroy_case_key(by=None, case=case)
    assert "There are no photos yet" in client.get(url).text
    assert "canary" not in papers_page(client, case)


def test_what_the_document_is_called_is_in_no_row_in_the_clear_U5(case):
    ask(case, [make_picture(case)])
    row = PhotoDocument.objects.values().get()
    assert b"discharge" not in b"".join(
        v for v in row.values() if isinstance(v, bytes | memoryview)
    )
    assert not any("discharge" in str(event.data) for event in AuditEvent.objects.all())


def test_a_document_is_made_or_failed_not_both(case):
    document = make_photo_document(case)
    run(ask(case, [make_picture(case)]))
    with pytest.raises(IntegrityError), transaction.atomic():
        PhotoDocument.objects.filter(pk=document.pk).update(
            record=Record.objects.exclude(photo_pages__isnull=False).first(),
            failed_at=timezone.now(),
        )
