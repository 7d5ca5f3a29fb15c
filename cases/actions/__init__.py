"""The one door for state: nothing else writes a case."""

from cases.actions.access import (
    lock_out_and_send_link,
    replace_code,
    send_sign_in_link,
    sign_in,
    use_link,
    withdraw_case,
)
from cases.actions.answers import answer_family, mark_read
from cases.actions.assign import assign_case, set_due
from cases.actions.consents import withdraw_consent
from cases.actions.core import ActionRefusedError, ChangedMeanwhileError
from cases.actions.drafts import discard_draft, erase_expired_drafts, save_page, start_draft
from cases.actions.keys import case_key, destroy_case_key, rewrap_case_keys
from cases.actions.mail import (
    confirm_email,
    correct_email,
    record_mail_failure,
    send_confirmation,
)
from cases.actions.messages import complete_task, write_message
from cases.actions.records import (
    check_record,
    mark_readable,
    mark_unreadable,
    open_record,
    remove_record,
)
from cases.actions.steps import (
    STEP_ACTIONS,
    apply_step,
    ask_for_information,
    close_case,
    confirm_admission,
    record_estimate,
    record_opinion,
    reopen_case,
    resume_triage,
    send_to_hospital,
    start_follow_up,
    start_handover,
    start_planning,
    start_treatment,
    start_triage,
    take_step,
)
from cases.actions.submit import SentInquiry, submit_inquiry
from cases.actions.uploads import (
    StorageFullError,
    begin_upload,
    keep_whole,
    receive,
    refusal_of,
    sweep_orphans,
    sweep_uploads,
)

__all__ = [
    "STEP_ACTIONS",
    "ActionRefusedError",
    "ChangedMeanwhileError",
    "SentInquiry",
    "StorageFullError",
    "answer_family",
    "apply_step",
    "ask_for_information",
    "assign_case",
    "begin_upload",
    "case_key",
    "check_record",
    "close_case",
    "complete_task",
    "confirm_admission",
    "confirm_email",
    "correct_email",
    "destroy_case_key",
    "discard_draft",
    "erase_expired_drafts",
    "keep_whole",
    "lock_out_and_send_link",
    "mark_read",
    "mark_readable",
    "mark_unreadable",
    "open_record",
    "receive",
    "record_estimate",
    "record_mail_failure",
    "record_opinion",
    "refusal_of",
    "remove_record",
    "reopen_case",
    "replace_code",
    "resume_triage",
    "rewrap_case_keys",
    "save_page",
    "send_confirmation",
    "send_sign_in_link",
    "send_to_hospital",
    "set_due",
    "sign_in",
    "start_draft",
    "start_follow_up",
    "start_handover",
    "start_planning",
    "start_treatment",
    "start_triage",
    "submit_inquiry",
    "sweep_orphans",
    "sweep_uploads",
    "take_step",
    "use_link",
    "withdraw_case",
    "withdraw_consent",
    "write_message",
]
