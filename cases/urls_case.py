"""Addresses of the family's case, below /<lang>/case/."""

from django.urls import path

from cases.views import (
    access,
    adults,
    agreeing,
    checklist,
    imaging,
    leaving,
    mails,
    pages,
    records,
    sharing,
    tracking,
    viewing,
)

app_name = "case"
urlpatterns = [
    path("", access.sign_in, name="sign-in"),
    path("sign-out/", access.sign_out, name="sign-out"),
    path("leave/", leaving.leave, name="leave"),
    path("left/", leaving.left, name="left"),
    path("signed-out/", access.signed_out, name="signed-out"),
    path("lost-code/", access.lost_code, name="lost-code"),
    path("link/", access.link_mailed, name="link-mailed"),
    path("link/<str:token>/", access.link, name="link"),
    path("mail/", mails.email_confirmed, name="email-confirmed"),
    path("mail/<str:token>/", mails.confirm_email, name="confirm-email"),
    path("<str:reference>/", tracking.detail, name="detail"),
    path("<str:reference>/confirmation/", tracking.send_confirmation, name="send-confirmation"),
    path("<str:reference>/papers/", records.papers, name="papers"),
    path("<str:reference>/papers/<uuid:record_id>/", records.paper, name="paper"),
    path("<str:reference>/papers/photos/", pages.photos, name="photos"),
    path(
        "<str:reference>/papers/photos/<uuid:document_id>/remove/",
        pages.drop,
        name="drop-document",
    ),
    path("<str:reference>/papers/<uuid:record_id>/look/", viewing.look, name="look"),
    *(
        path(
            f"<str:reference>/papers/<uuid:record_id>/{size}/",
            viewing.copy,
            {"size": size},
            name=f"paper-{size}",
        )
        for size in viewing.COPIES
    ),
    path(
        "<str:reference>/papers/<uuid:record_id>/series/<int:position>/",
        imaging.picture,
        name="scan-picture",
    ),
    path("<str:reference>/scans/<str:key>/", imaging.scan, name="scan"),
    path(
        "<str:reference>/papers/<uuid:record_id>/remove/",
        records.remove,
        name="remove-paper",
    ),
    path("<str:reference>/checklist/", checklist.show, name="checklist"),
    path("<str:reference>/checklist/answer/", checklist.answer, name="answer-item"),
    path("<str:reference>/letter/", checklist.letter, name="letter"),
    path(
        "<str:reference>/papers/<uuid:record_id>/sort/",
        checklist.sort,
        name="sort-paper",
    ),
    path("<str:reference>/adult/", adults.invite, name="invite-adult"),
    path("<str:reference>/adult/end/", adults.end, name="end-adult"),
    path("<str:reference>/agree/", agreeing.give_consent, name="give-consent"),
    path("<str:reference>/sharing/", sharing.sharing, name="sharing"),
    path(
        "<str:reference>/sharing/<uuid:proposal_id>/",
        sharing.answer_proposal,
        name="answer-proposal",
    ),
    path("<str:reference>/slip/", tracking.slip, name="slip"),
    path("<str:reference>/task/", tracking.finish_task, name="finish-task"),
    path("<str:reference>/consent/", sharing.withdraw_consent, name="withdraw-consent"),
    path("<str:reference>/withdraw/", tracking.withdraw, name="withdraw"),
    path("<str:reference>/reopen/", tracking.reopen, name="reopen"),
    path("<str:reference>/stay/", access.stay, name="stay"),
]
