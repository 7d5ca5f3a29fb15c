"""Photos of papers that become one PDF: asked for, made by a job, kept as a paper of its own."""

import errno
from collections.abc import Sequence
from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases.actions.checklist import serve_the_same
from cases.actions.core import ActionRefusedError
from cases.actions.derived import tell_of_disk
from cases.actions.keys import case_key
from cases.actions.uploads import keep_whole
from cases.models import Case, DerivedFile, PhotoDocument, PhotoPage, Purpose
from cases.permissions import can_send_records
from cases.records import crypto, kinds, store
from cases.records.crypto import KeyDestroyedError, SealBrokenError
from cases.records.derive import CannotMakeError, Derived, DeriveFailedError, deriving
from portal import audit
from portal.chains import arguments_with_jobs
from portal.sandbox import Limits

MOST_PAGES = 40
# Room beside the photos for what a PDF adds of its own.
MOST_BYTES = kinds.PAPER_MAX - 64 * 1024
LIMITS = Limits(seconds=30, file_size=2 * kinds.PAPER_MAX)
# A document that still waits has lost its job; after a day nobody tries again.
LOST_AFTER, GIVEN_UP_AFTER = timedelta(minutes=3), timedelta(days=1)


def usable_photos(case: Case) -> dict:
    """The large copies of the pictures that may become pages, by the id of their paper."""
    rows = DerivedFile.objects.filter(
        case=case,
        purpose=Purpose.VIEWING,
        storage_name__isnull=False,
        record__status=kinds.Status.FINE,
    )
    return {row.record_id: row for row in rows}


@transaction.atomic
def ask_for_document(
    *, by, case: Case, name: str, pages: Sequence[tuple], submission
) -> PhotoDocument:
    """`pages` are papers' ids and clockwise quarters, in order. Asked twice, it is one (row R3)."""
    if not can_send_records(by, case):
        raise ActionRefusedError(_("You can no longer add papers to this case."))
    # One after the other for each case: a double click finds the row of the first.
    Case.objects.select_for_update().get(pk=case.pk)
    asked = PhotoDocument.objects.filter(case=case, submission=submission).first()
    if asked:
        return asked
    _refuse_pages(case, pages)
    document = PhotoDocument(case=case, asked_by=by, submission=submission, page_count=len(pages))
    name = crypto.seal_text(case_key(case), pdf_name(name), document.about)
    document.sealed_name = name
    document.save(force_insert=True)
    PhotoPage.objects.bulk_create(
        PhotoPage(document=document, record_id=pk, position=number, turns=turns % 4)
        for number, (pk, turns) in enumerate(pages)
    )
    audit.record(by=by, action="photos.asked", obj=document, pages=len(pages))
    _queue(document.pk)
    return document


def _refuse_pages(case: Case, pages: Sequence[tuple]) -> None:
    photos, wanted = usable_photos(case), [pk for pk, _turns in pages]
    if not wanted or len(wanted) > MOST_PAGES:
        raise ActionRefusedError(_("Choose between 1 and 40 photos for one document."))
    if set(wanted) - set(photos) or len(set(wanted)) != len(wanted):
        raise ActionRefusedError(
            _("One of the photos cannot be used any more. Look at the list and try again.")
        )
    if sum(photos[pk].size for pk in wanted) > MOST_BYTES:
        raise ActionRefusedError(_("These photos are too much for one document. Make two of them."))
    if case.records.count() >= kinds.CASE_FILES:
        raise ActionRefusedError(
            _("This case holds 200 files already. Remove some, or put scans into one zip.")
        )


def pdf_name(name: str) -> str:
    name = kinds.clean_name(name)
    return name if kinds.ending_of(name) == "pdf" else kinds.clean_name(f"{name}.pdf")


def _queue(pk) -> None:
    from cases.jobs import make_photo_document

    make_photo_document.enqueue(str(pk))


def make_document(*, document: PhotoDocument) -> bool:
    """The PDF as a paper that is checked like others; whether there is one now.

    May run twice: the second finds it made. Raises DeriveFailedError when it
    should be tried again. Not to be called within a transaction.
    """
    if document.record_id or document.failed_at:
        return bool(document.record_id)
    pages, photos = list(document.pages.all()), usable_photos(document.case)
    if len(pages) != document.page_count or {page.record_id for page in pages} - set(photos):
        return _give_up(document)
    try:
        with deriving(
            "photos",
            case_key=case_key(document.case),
            inputs=[photos[page.record_id].storage_name for page in pages],
            outputs=1,
            details={"turns": [page.turns for page in pages]},
            limits=LIMITS,
        ) as derived:
            return _keep(document, derived)
    except (CannotMakeError, SealBrokenError, KeyDestroyedError, ActionRefusedError):
        return _give_up(document)
    except store.FileLostError:
        # Removed at this moment, with its copies.
        return _give_up(document)
    except OSError as error:
        tell_of_disk(error)
        raise DeriveFailedError(errno.errorcode.get(error.errno, "")) from error


def _keep(document: PhotoDocument, derived: Derived) -> bool:
    made = derived.files[0]
    with transaction.atomic():
        rows = PhotoDocument.objects.select_for_update().filter(pk=document.pk)
        row = rows.select_related("case", "asked_by").first()
        if row is None or row.record_id or row.failed_at:
            # Taken back, or made by another worker meanwhile.
            return bool(row and row.record_id)
        name = row.name(case_key(row.case))
        row.record = keep_whole(
            by=row.asked_by,
            case=row.case,
            name=name,
            size=made.size,
            storage_name=made.storage_name,
        )
        row.save(update_fields=["record"])
        serve_the_same(record=row.record, of=row.pages.values("record"))
        audit.record(by=None, action="photos.made", obj=row, record=str(row.record_id))
    derived.keep()
    return True


def _give_up(document: PhotoDocument) -> bool:
    """The page says so; the photos are as they were."""
    rows = PhotoDocument.objects.filter(pk=document.pk, record=None, failed_at=None)
    if rows.update(failed_at=timezone.now()):
        audit.record(by=None, action="photos.failed", obj=document)
    return False


@transaction.atomic
def drop_document(*, by, document: PhotoDocument) -> None:
    """Takes back what is not made yet, or puts away the word that it did not work."""
    if not can_send_records(by, document.case):
        raise ActionRefusedError(_("You can no longer change the papers of this case."))
    if PhotoDocument.objects.filter(pk=document.pk, record=None).delete()[0]:
        audit.record(by=by, action="photos.dropped", obj=document)


def queue_missed_documents() -> int:
    """Those whose job was lost; those that fail for a day are given up."""
    from cases.jobs import make_photo_document

    now = timezone.now()
    waiting = PhotoDocument.objects.filter(record=None, failed_at=None)
    for document in waiting.filter(created_at__lt=now - GIVEN_UP_AFTER):
        _give_up(document)
    lost = waiting.filter(created_at__range=(now - GIVEN_UP_AFTER, now - LOST_AFTER))
    queued = arguments_with_jobs(make_photo_document.module_path)
    keys = [str(pk) for pk in lost.values_list("pk", flat=True) if str(pk) not in queued]
    for key in keys:
        _queue(key)
    return len(keys)
