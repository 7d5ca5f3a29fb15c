"""The one door for state: nothing else writes a case."""

from cases.actions.access import (
    lock_out_and_send_link,
    replace_code,
    send_sign_in_link,
    sign_in,
    use_link,
    withdraw_case,
)
from cases.actions.adults import end_adult, invite_adult
from cases.actions.answers import answer_family, mark_read
from cases.actions.assign import assign_case, set_due
from cases.actions.consents import give_consent, withdraw_consent
from cases.actions.core import ActionRefusedError, ChangedMeanwhileError
from cases.actions.drafts import (
    discard_draft,
    draft_code,
    erase_expired_drafts,
    keep_address,
    keep_code,
    open_paper,
    remind_of_drafts,
    save_page,
    start_draft,
    start_typing,
)
from cases.actions.duplicates import merge_cases, record_merge_agreement, tell_apart
from cases.actions.hold import release_case
from cases.actions.mail import (
    confirm_email,
    correct_email,
    record_identity_check,
    record_mail_failure,
    send_confirmation,
)
from cases.actions.messages import complete_task, write_message
from cases.actions.referrals import end_referral, refer_case
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

__all__ = [
    "STEP_ACTIONS",
    "ActionRefusedError",
    "ChangedMeanwhileError",
    "SentInquiry",
    "answer_family",
    "apply_step",
    "ask_for_information",
    "assign_case",
    "close_case",
    "complete_task",
    "confirm_email",
    "confirm_admission",
    "correct_email",
    "discard_draft",
    "draft_code",
    "end_adult",
    "end_referral",
    "erase_expired_drafts",
    "give_consent",
    "invite_adult",
    "keep_address",
    "keep_code",
    "lock_out_and_send_link",
    "mark_read",
    "merge_cases",
    "open_paper",
    "record_estimate",
    "record_identity_check",
    "record_mail_failure",
    "record_merge_agreement",
    "record_opinion",
    "refer_case",
    "release_case",
    "remind_of_drafts",
    "reopen_case",
    "replace_code",
    "resume_triage",
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
    "start_typing",
    "start_triage",
    "submit_inquiry",
    "take_step",
    "tell_apart",
    "use_link",
    "withdraw_case",
    "withdraw_consent",
    "write_message",
]
