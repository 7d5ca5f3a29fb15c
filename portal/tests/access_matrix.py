"""Row Z1: the one reviewed table of who gets which answer where. Read it line by line.

Each row: the answers to GET and to POST. The first number is for everybody whom the line does
not name. HEAD is answered like GET; PUT and DELETE are 405 for everybody (see test_access.py).
`family` and `coordinator` have the case that is asked for, `editor` and `reviewer` work at the
hospital that is asked for; all requests are sent without any field. A third entry names methods
that differ. 302 is the way to a log-in
or a redirect that tells nothing. A new address fails the test until somebody has written its row.
"""

# fmt: off
MATRIX = {
    "": ("302", "405"),
    "csp-report": ("405", "204"),
    "en/": ("200", "405"),
    "en/about/": ("200", "405"),
    "en/case/": ("200; 302: family other_family", "200"),
    "en/case/<str:reference>/": (
        "302; 200: family; 404: other_family",
        "403; 200: family; 404: other_family",
    ),
    "en/case/<str:reference>/adult/": (
        "302; 200: family; 404: other_family",
        "403; 200: family; 404: other_family",
    ),
    "en/case/<str:reference>/adult/end/": ("405", "403; 404: family other_family"),
    "en/case/<str:reference>/agree/": ("405", "403; 404: family other_family"),
    "en/case/<str:reference>/checklist/": ("302; 200: family; 404: other_family", "405"),
    "en/case/<str:reference>/checklist/answer/": (
        "405",
        "403; 302: family; 404: other_family",
    ),
    "en/case/<str:reference>/confirmation/": ("405", "403; 302: family; 404: other_family"),
    "en/case/<str:reference>/consent/": ("405", "403; 404: family other_family"),
    "en/case/<str:reference>/letter/": ("302; 200: family; 404: other_family", "405"),
    "en/case/<str:reference>/papers/": (
        "302; 200: family; 404: other_family",
        "403; 200: family; 404: other_family",
    ),
    "en/case/<str:reference>/papers/<uuid:record_id>/": (
        "302; 200: family; 404: other_family",
        "405",
    ),
    "en/case/<str:reference>/papers/<uuid:record_id>/look/": (
        "302; 200: family; 404: other_family",
        "405",
    ),
    "en/case/<str:reference>/papers/<uuid:record_id>/picture/": (
        "302; 200: family; 404: other_family",
        "405",
    ),
    "en/case/<str:reference>/papers/<uuid:record_id>/small/": (
        "302; 200: family; 404: other_family",
        "405",
    ),
    "en/case/<str:reference>/papers/photos/": (
        "302; 200: family; 404: other_family",
        "403; 200: family; 404: other_family",
    ),
    "en/case/<str:reference>/papers/photos/<uuid:document_id>/remove/": (
        "405",
        "403; 302: family; 404: other_family",
    ),
    "en/case/<str:reference>/papers/<uuid:record_id>/remove/": (
        "405",
        "403; 302: family; 404: other_family",
    ),
    "en/case/<str:reference>/papers/<uuid:record_id>/sort/": (
        "405",
        "403; 302: family; 404: other_family",
    ),
    "en/case/<str:reference>/papers/<uuid:record_id>/series/<int:position>/": (
        "302; 200: family; 404: other_family",
        "405",
    ),
    "en/case/<str:reference>/scans/<str:key>/": (
        "302; 200: family; 404: other_family",
        "405",
    ),
    "en/case/<str:reference>/reopen/": ("405", "403; 302: family; 404: other_family"),
    "en/case/<str:reference>/sharing/": (
        "302; 200: family; 404: other_family",
        "405",
    ),
    "en/case/<str:reference>/sharing/<uuid:proposal_id>/": (
        "302; 200: family; 404: other_family",
        "403; 200: family; 404: other_family",
    ),
    "en/case/<str:reference>/slip/": (
        "302; 200: family; 404: other_family",
        "405",
    ),
    "en/case/<str:reference>/stay/": ("405", "403; 204: family; 404: other_family"),
    "en/case/<str:reference>/task/": ("405", "403; 302: family; 404: other_family"),
    "en/case/<str:reference>/withdraw/": (
        "302; 200: family; 404: other_family",
        "403; 302: family; 404: other_family",
    ),
    "en/case/leave/": ("405", "302"),
    "en/case/left/": ("200", "405"),
    "en/case/link/": ("200", "405"),
    "en/case/link/<str:token>/": ("410", "410"),
    "en/case/lost-code/": ("200", "200"),
    "en/case/mail/": ("200", "405"),
    "en/case/mail/<str:token>/": ("410", "410"),
    "en/case/sign-out/": ("405", "302"),
    "en/case/signed-out/": ("200", "405"),
    "en/compare/": ("200", "405"),
    "en/conditions/": ("200", "405"),
    "en/conditions/<slug:slug>/": ("200", "405"),
    "en/conditions/icd-10/<str:code>/": ("200", "405"),
    "en/hospitals/": ("200", "405"),
    "en/hospitals/<slug:slug>/": ("200", "405"),
    "en/hospitals/<slug:slug>/history/": ("200", "405"),
    "en/hospitals/suggest/": ("200", "405"),
    "en/how-it-works/": ("200", "405"),
    "en/inquiry/": ("200", "405"),
    "en/inquiry/<slug:slug>/": ("302", "200"),
    "en/inquiry/begin/": ("405", "302"),
    "en/inquiry/check/": ("302", "302"),
    "en/inquiry/discard/": ("405", "302"),
    "en/inquiry/emergency/": ("200", "405"),
    "en/inquiry/later/": ("302", "302"),
    "en/inquiry/paper/": ("200", "200"),
    "en/inquiry/resume/": ("302", "405"),
    "en/inquiry/sent/": ("302", "302"),
    "en/inquiry/suggest/": ("405", "200"),
    "en/open-data/": ("200", "405"),
    "en/privacy/": ("200", "405"),
    "healthz": ("200", "405"),
    "mailbox/": ("200", "405"),
    "office/": (
        "302; 200: coordinator other_coordinator lead auditor administrator",
        "302; 200: coordinator other_coordinator lead auditor administrator",
    ),
    "office/^(?P<app_label>portal|hospitals|cases)/$": (
        "302; 200: lead auditor administrator; 404: coordinator other_coordinator",
        "302; 200: lead auditor administrator; 404: coordinator other_coordinator",
    ),
    "office/autocomplete/": (
        "302; 403: coordinator other_coordinator lead auditor administrator",
        "302; 405: coordinator other_coordinator lead auditor administrator",
    ),
    "office/cases/case/": (
        "302; 200: coordinator other_coordinator lead; 403: auditor administrator",
        "302; 200: coordinator other_coordinator lead; 403: auditor administrator",
    ),
    "office/cases/case/type/": (
        "302; 200: coordinator other_coordinator lead; 403: auditor administrator",
        "302; 200: coordinator other_coordinator lead; 403: auditor administrator",
    ),
    "office/cases/case/<uuid:case_id>/answer/": (
        "302; 405: coordinator other_coordinator lead auditor administrator",
        "302; 200: coordinator lead; 403: auditor administrator; 404: other_coordinator",
    ),
    "office/cases/case/<uuid:case_id>/assign/": (
        "302; 405: coordinator other_coordinator lead auditor administrator",
        "302; 200: coordinator lead; 403: auditor administrator; 404: other_coordinator",
    ),
    "office/cases/case/<uuid:case_id>/change/": (
        "302; 200: coordinator lead; 403: auditor administrator; 404: other_coordinator",
        "302; 405: coordinator other_coordinator lead auditor administrator",
    ),
    "office/cases/case/<uuid:case_id>/check/": (
        "302; 405: coordinator other_coordinator lead auditor administrator",
        "302; 200: coordinator lead; 403: auditor administrator; 404: other_coordinator",
    ),
    "office/cases/case/<uuid:case_id>/checklist/": (
        "302; 405: coordinator other_coordinator lead auditor administrator",
        "302; 200: coordinator lead; 403: auditor administrator; 404: other_coordinator",
    ),
    "office/cases/case/<uuid:case_id>/duplicate/": (
        "302; 405: coordinator other_coordinator lead auditor administrator",
        "302; 200: coordinator lead; 403: auditor administrator; 404: other_coordinator",
    ),
    "office/cases/case/<uuid:case_id>/join/<uuid:hint_id>/": (
        "302; 200: coordinator lead; 403: auditor administrator; 404: other_coordinator",
        "302; 200: coordinator lead; 403: auditor administrator; 404: other_coordinator",
    ),
    "office/cases/case/<uuid:case_id>/propose/": (
        "302; 405: coordinator other_coordinator lead auditor administrator",
        "302; 200: coordinator lead; 403: auditor administrator; 404: other_coordinator",
    ),
    "office/cases/case/<uuid:case_id>/refer/": (
        "302; 405: coordinator other_coordinator lead auditor administrator",
        "302; 200: coordinator lead; 403: auditor administrator; 404: other_coordinator",
    ),
    "office/cases/case/<uuid:case_id>/unpropose/": (
        "302; 405: coordinator other_coordinator lead auditor administrator",
        "302; 200: coordinator lead; 403: auditor administrator; 404: other_coordinator",
    ),
    "office/cases/case/<uuid:case_id>/unrefer/": (
        "302; 405: coordinator other_coordinator lead auditor administrator",
        "302; 200: coordinator lead; 403: auditor administrator; 404: other_coordinator",
    ),
    "office/cases/case/<uuid:case_id>/release/": (
        "302; 405: coordinator other_coordinator lead auditor administrator",
        "302; 200: coordinator lead; 403: auditor administrator; 404: other_coordinator",
    ),
    "office/cases/case/<uuid:case_id>/due/": (
        "302; 405: coordinator other_coordinator lead auditor administrator",
        "302; 200: coordinator lead; 403: auditor administrator; 404: other_coordinator",
    ),
    "office/cases/case/<uuid:case_id>/email/": (
        "302; 405: coordinator other_coordinator lead auditor administrator",
        "302; 200: coordinator lead; 403: auditor administrator; 404: other_coordinator",
    ),
    "office/cases/case/<uuid:case_id>/link/": (
        "302; 405: coordinator other_coordinator lead auditor administrator",
        "302; 200: coordinator lead; 403: auditor administrator; 404: other_coordinator",
    ),
    "office/cases/case/<uuid:case_id>/papers/<uuid:record_id>/look/": (
        "302; 200: coordinator lead; 404: other_coordinator; 403: auditor administrator",
        "302; 405: coordinator other_coordinator lead auditor administrator",
    ),
    "office/cases/case/<uuid:case_id>/papers/<uuid:record_id>/picture/": (
        "302; 200: coordinator lead; 404: other_coordinator; 403: auditor administrator",
        "302; 405: coordinator other_coordinator lead auditor administrator",
    ),
    "office/cases/case/<uuid:case_id>/papers/<uuid:record_id>/series/<int:position>/": (
        "302; 200: coordinator lead; 404: other_coordinator; 403: auditor administrator",
        "302; 405: coordinator other_coordinator lead auditor administrator",
    ),
    "office/cases/case/<uuid:case_id>/papers/<uuid:record_id>/readable/": (
        "302; 405: coordinator other_coordinator lead auditor administrator",
        "302; 404: other_coordinator; 403: auditor administrator",
    ),
    "office/cases/case/<uuid:case_id>/papers/<uuid:record_id>/save/": (
        "302; 200: coordinator lead; 404: other_coordinator; 403: auditor administrator",
        "302; 405: coordinator other_coordinator lead auditor administrator",
    ),
    "office/cases/case/<uuid:case_id>/papers/<uuid:record_id>/sort/": (
        "302; 405: coordinator other_coordinator lead auditor administrator",
        "302; 404: other_coordinator; 403: auditor administrator",
    ),
    "office/cases/case/<uuid:case_id>/papers/<uuid:record_id>/unreadable/": (
        "302; 405: coordinator other_coordinator lead auditor administrator",
        "302; 404: other_coordinator; 403: auditor administrator",
    ),
    "office/cases/case/<uuid:case_id>/read/": (
        "302; 405: coordinator other_coordinator lead auditor administrator",
        "302; 200: coordinator lead; 403: auditor administrator; 404: other_coordinator",
    ),
    "office/cases/case/<uuid:case_id>/step/<slug:step>/": (
        "302; 405: coordinator other_coordinator lead auditor administrator",
        "302; 200: coordinator lead; 403: auditor administrator; 404: other_coordinator",
    ),
    "office/cases/case/<uuid:case_id>/take/": (
        "302; 405: coordinator other_coordinator lead auditor administrator",
        "302; 200: coordinator lead; 403: auditor administrator; 404: other_coordinator",
    ),
    "office/hospitals/fact/": (
        "302; 200: coordinator other_coordinator lead; 403: auditor administrator",
        "302; 200: coordinator other_coordinator lead; 403: auditor administrator",
    ),
    "office/hospitals/fact/<path:object_id>/change/": (
        "302; 200: coordinator other_coordinator lead; 403: auditor administrator",
        "302; 403: coordinator other_coordinator lead auditor administrator",
    ),
    "office/hospitals/fact/add/": (
        "302; 403: coordinator other_coordinator lead auditor administrator",
        "302; 403: coordinator other_coordinator lead auditor administrator",
    ),
    "office/hospitals/hospital/": (
        "302; 200: coordinator other_coordinator lead; 403: auditor administrator",
        "302; 200: coordinator other_coordinator lead; 403: auditor administrator",
    ),
    "office/hospitals/hospital/<path:object_id>/change/": (
        "302; 200: coordinator other_coordinator lead; 403: auditor administrator",
        "302; 403: coordinator other_coordinator lead auditor administrator",
    ),
    "office/hospitals/hospital/add/": (
        "302; 403: coordinator other_coordinator lead auditor administrator",
        "302; 403: coordinator other_coordinator lead auditor administrator",
    ),
    "office/hospitals/listing/": (
        "302; 200: coordinator other_coordinator lead; 403: auditor administrator",
        "302; 200: coordinator other_coordinator lead; 403: auditor administrator",
    ),
    "office/hospitals/listing/<path:object_id>/change/": (
        "302; 200: coordinator other_coordinator lead; 403: auditor administrator",
        "302; 403: coordinator other_coordinator lead auditor administrator",
    ),
    "office/hospitals/listing/add/": (
        "302; 403: coordinator other_coordinator lead auditor administrator",
        "302; 403: coordinator other_coordinator lead auditor administrator",
    ),
    "office/hospitals/membership/": (
        "302; 200: administrator; 403: coordinator other_coordinator lead auditor",
        "302; 200: administrator; 403: coordinator other_coordinator lead auditor",
    ),
    "office/hospitals/membership/<path:object_id>/change/": (
        "302; 200: administrator; 403: coordinator other_coordinator lead auditor",
        "302; 200: administrator; 403: coordinator other_coordinator lead auditor",
    ),
    "office/hospitals/membership/<path:object_id>/delete/": (
        "302; 200: administrator; 403: coordinator other_coordinator lead auditor",
        "302; 200: administrator; 403: coordinator other_coordinator lead auditor",
    ),
    "office/hospitals/membership/add/": (
        "302; 200: administrator; 403: coordinator other_coordinator lead auditor",
        "302; 200: administrator; 403: coordinator other_coordinator lead auditor",
    ),
    "office/hospitals/revision/": (
        "302; 200: lead; 403: coordinator other_coordinator auditor administrator",
        "302; 200: lead; 403: coordinator other_coordinator auditor administrator",
    ),
    "office/hospitals/revision/<path:object_id>/change/": (
        "302; 200: lead; 404: coordinator other_coordinator auditor administrator",
        "302; 200: lead; 404: coordinator other_coordinator auditor administrator",
    ),
    "office/hospitals/revision/<uuid:pk>/approve/": (
        "302; 404: coordinator other_coordinator auditor administrator; 405: lead",
        "302; 400: lead; 404: coordinator other_coordinator auditor administrator",
    ),
    "office/hospitals/revision/<uuid:pk>/refuse/": (
        "302; 404: coordinator other_coordinator auditor administrator; 405: lead",
        "302; 400: lead; 404: coordinator other_coordinator auditor administrator",
    ),
    "office/hospitals/revision/add/": (
        "302; 403: coordinator other_coordinator lead auditor administrator",
        "302; 403: coordinator other_coordinator lead auditor administrator",
    ),
    "office/hospitals/source/": (
        "302; 200: coordinator other_coordinator lead; 403: auditor administrator",
        "302; 200: coordinator other_coordinator lead; 403: auditor administrator",
    ),
    "office/hospitals/source/<path:object_id>/change/": (
        "302; 200: coordinator other_coordinator lead; 403: auditor administrator",
        "302; 403: coordinator other_coordinator lead auditor administrator",
    ),
    "office/hospitals/source/add/": (
        "302; 403: coordinator other_coordinator lead auditor administrator",
        "302; 403: coordinator other_coordinator lead auditor administrator",
    ),
    "office/hospitals/specialty/": (
        "302; 200: coordinator other_coordinator lead; 403: auditor administrator",
        "302; 200: coordinator other_coordinator lead; 403: auditor administrator",
    ),
    "office/hospitals/specialty/<path:object_id>/change/": (
        "302; 200: coordinator other_coordinator lead; 403: auditor administrator",
        "302; 403: coordinator other_coordinator lead auditor administrator",
    ),
    "office/hospitals/specialty/add/": (
        "302; 403: coordinator other_coordinator lead auditor administrator",
        "302; 403: coordinator other_coordinator lead auditor administrator",
    ),
    "office/hospitals/story/": (
        "302; 200: coordinator other_coordinator lead; 403: auditor administrator",
        "302; 200: coordinator other_coordinator lead; 403: auditor administrator",
    ),
    "office/hospitals/story/<path:object_id>/change/": (
        "302; 200: coordinator other_coordinator lead; 403: auditor administrator",
        "302; 403: coordinator other_coordinator lead auditor administrator",
    ),
    "office/hospitals/story/add/": (
        "302; 403: coordinator other_coordinator lead auditor administrator",
        "302; 403: coordinator other_coordinator lead auditor administrator",
    ),
    "office/jsi18n/": (
        "302; 200: coordinator other_coordinator lead auditor administrator",
        "302; 405: coordinator other_coordinator lead auditor administrator",
    ),
    "office/keep-alive/": (
        "302; 405: coordinator other_coordinator lead auditor administrator",
        "302; 200: coordinator other_coordinator lead auditor administrator",
    ),
    "office/login/": ("200; 302: coordinator other_coordinator lead auditor administrator", "200"),
    "office/logout/": (
        "302; 405: coordinator other_coordinator lead auditor administrator",
        "302; 200: coordinator other_coordinator lead auditor administrator",
    ),
    "office/password_change/": (
        "302; 200: coordinator other_coordinator lead auditor administrator",
        "302; 200: coordinator other_coordinator lead auditor administrator",
    ),
    "office/password_change/done/": (
        "302; 200: coordinator other_coordinator lead auditor administrator",
        "302; 405: coordinator other_coordinator lead auditor administrator",
    ),
    "office/portal/accessrequest/": (
        "302; 200: lead administrator; 403: coordinator other_coordinator auditor",
        "302; 200: lead administrator; 403: coordinator other_coordinator auditor",
    ),
    "office/portal/accessrequest/<path:object_id>/change/": (
        "302; 200: lead administrator; 403: coordinator other_coordinator auditor",
        "302; 200: lead administrator; 403: coordinator other_coordinator auditor",
    ),
    "office/portal/accessrequest/<uuid:request_id>/approve/": (
        "302; 405: coordinator other_coordinator lead auditor administrator",
        "302; 404: coordinator other_coordinator auditor",
    ),
    "office/portal/accessrequest/<uuid:request_id>/refuse/": (
        "302; 405: coordinator other_coordinator lead auditor administrator",
        "302; 404: coordinator other_coordinator auditor",
    ),
    "office/portal/accessrequest/add/": (
        "302; 403: coordinator other_coordinator lead auditor administrator",
        "302; 403: coordinator other_coordinator lead auditor administrator",
    ),
    "office/portal/auditevent/": (
        "302; 200: auditor; 403: coordinator other_coordinator lead administrator",
        "302; 200: auditor; 403: coordinator other_coordinator lead administrator",
    ),
    "office/portal/auditevent/<path:object_id>/change/": (
        "302; 200: auditor; 403: coordinator other_coordinator lead administrator",
        "302; 403: coordinator other_coordinator lead auditor administrator",
    ),
    "office/portal/auditevent/add/": (
        "302; 403: coordinator other_coordinator lead auditor administrator",
        "302; 403: coordinator other_coordinator lead auditor administrator",
    ),
    "office/portal/outgoingmail/": (
        "302; 200: auditor; 403: coordinator other_coordinator lead administrator",
        "302; 200: auditor; 403: coordinator other_coordinator lead administrator",
    ),
    "office/portal/outgoingmail/<path:object_id>/change/": (
        "302; 200: auditor; 403: coordinator other_coordinator lead administrator",
        "302; 403: coordinator other_coordinator lead auditor administrator",
    ),
    "office/portal/outgoingmail/add/": (
        "302; 403: coordinator other_coordinator lead auditor administrator",
        "302; 403: coordinator other_coordinator lead auditor administrator",
    ),
    "office/portal/user/": (
        "302; 200: administrator; 403: coordinator other_coordinator lead auditor",
        "302; 200: administrator; 403: coordinator other_coordinator lead auditor",
    ),
    "office/portal/user/<path:object_id>/change/": (
        "302; 200: administrator; 403: coordinator other_coordinator lead auditor",
        "302; 200: administrator; 403: coordinator other_coordinator lead auditor",
    ),
    "office/portal/user/<uuid:user_id>/disable/": (
        "302; 405: coordinator other_coordinator lead auditor administrator",
        "302; 404: coordinator other_coordinator lead auditor",
    ),
    "office/portal/user/<uuid:user_id>/enable/": (
        "302; 405: coordinator other_coordinator lead auditor administrator",
        "302; 404: coordinator other_coordinator lead auditor",
    ),
    "office/portal/user/<uuid:user_id>/new-password/": (
        "302; 405: coordinator other_coordinator lead auditor administrator",
        "302; 200: administrator; 404: coordinator other_coordinator lead auditor",
    ),
    "office/portal/user/<uuid:user_id>/reset-second-factor/": (
        "302; 405: coordinator other_coordinator lead auditor administrator",
        "302; 404: coordinator other_coordinator lead auditor",
    ),
    "office/portal/user/add/": (
        "302; 200: administrator; 403: coordinator other_coordinator lead auditor",
        "302; 200: administrator; 403: coordinator other_coordinator lead auditor",
    ),
    "office/recovery-codes/": (
        "302; 200: coordinator other_coordinator lead auditor administrator",
        "302; 200: coordinator other_coordinator lead auditor administrator",
    ),
    "office/second-factor/": ("302", "302"),
    "open-data/hospitals.csv": ("200", "405"),
    "open-data/hospitals.json": ("200", "405"),
    "partners/": (
        "302; 200: editor other_editor reviewer",
        "302; 200: editor other_editor reviewer",
    ),
    "partners/^(?P<app_label>hospitals)/$": (
        "302; 200: editor other_editor reviewer",
        "302; 200: editor other_editor reviewer",
    ),
    "partners/hospitals/hospital/": (
        "302; 200: editor other_editor reviewer",
        "302; 200: editor other_editor reviewer",
    ),
    "partners/hospitals/hospital/<path:object_id>/change/": (
        "302; 200: editor reviewer; 404: other_editor",
        "302; 200: editor; 403: reviewer; 404: other_editor",
    ),
    "partners/hospitals/listing/": (
        "302; 200: editor other_editor reviewer",
        "302; 200: editor other_editor reviewer",
    ),
    "partners/hospitals/listing/<path:object_id>/change/": (
        "302; 200: editor reviewer; 404: other_editor",
        "302; 200: editor; 403: reviewer; 404: other_editor",
    ),
    "partners/hospitals/listing/add/": (
        "302; 200: editor other_editor; 403: reviewer",
        "302; 200: editor other_editor; 403: reviewer",
    ),
    "partners/hospitals/listing/bulk/": (
        "302; 200: editor other_editor; 403: reviewer",
        "302; 200: editor other_editor; 403: reviewer",
    ),
    "partners/hospitals/listing/export.csv": (
        "302; 200: editor other_editor reviewer",
        "302; 405: editor other_editor reviewer",
    ),
    "partners/hospitals/listing/export.xlsx": (
        "302; 200: editor other_editor reviewer",
        "302; 405: editor other_editor reviewer",
    ),
    "partners/hospitals/listing/import/": (
        "302; 200: editor other_editor; 403: reviewer",
        "302; 200: editor other_editor; 403: reviewer",
    ),
    "partners/hospitals/listing/import/<uuid:draft_id>/": (
        "302; 200: editor; 403: reviewer; 404: other_editor",
        "302; 405: editor other_editor reviewer",
    ),
    "partners/hospitals/listing/import/<uuid:draft_id>/discard/": (
        "302; 405: editor other_editor reviewer",
        "302; 403: reviewer; 404: other_editor",
    ),
    "partners/hospitals/listing/import/<uuid:draft_id>/send/": (
        "302; 405: editor other_editor reviewer",
        "302; 403: reviewer",
    ),
    "partners/hospitals/revision/": (
        "302; 200: editor other_editor reviewer",
        "302; 200: editor other_editor reviewer",
    ),
    "partners/hospitals/revision/<path:object_id>/change/": (
        "302; 200: editor reviewer; 404: other_editor",
        "302; 200: editor reviewer; 404: other_editor",
    ),
    "partners/hospitals/revision/<uuid:pk>/withdraw/": (
        "302; 405: editor other_editor reviewer",
        "302; 404: other_editor",
    ),
    "partners/jsi18n/": (
        "302; 200: editor other_editor reviewer",
        "302; 405: editor other_editor reviewer",
    ),
    "partners/keep-alive/": (
        "302; 405: editor other_editor reviewer",
        "302; 200: editor other_editor reviewer",
    ),
    "partners/login/": ("200; 302: editor other_editor reviewer", "200"),
    "partners/logout/": (
        "302; 405: editor other_editor reviewer",
        "302; 200: editor other_editor reviewer",
    ),
    "partners/password_change/": (
        "302; 200: editor other_editor reviewer",
        "302; 200: editor other_editor reviewer",
    ),
    "partners/password_change/done/": (
        "302; 200: editor other_editor reviewer",
        "302; 405: editor other_editor reviewer",
    ),
    "partners/preview/": (
        "302; 200: editor other_editor reviewer",
        "302; 405: editor other_editor reviewer",
    ),
    "partners/recovery-codes/": (
        "302; 200: editor other_editor reviewer",
        "302; 200: editor other_editor reviewer",
    ),
    "partners/second-factor/": ("302", "302"),
    "partners/referrals/<uuid:referral_id>/": (
        "302; 200: reviewer; 403: editor other_editor",
        "302; 405: editor other_editor reviewer",
    ),
    "partners/referrals/<uuid:referral_id>/scans/<uuid:copy_id>/": (
        "302; 200: reviewer; 403: editor other_editor",
        "302; 405: editor other_editor reviewer",
    ),
    "partners/still-right/": (
        "302; 200: editor other_editor reviewer",
        "302; 403: reviewer",
    ),
    "readyz": ("200", "405"),
    "robots.txt": ("200", "405"),
    "sitemap-<int:part>.xml": ("200", "405"),
    "sitemap.xml": ("200", "405"),
    # The upload protocol, for families alone; strangers are told that they are signed out.
    "uploads/<str:reference>/": ("405", "403; 412: family other_family"),
    "uploads/<str:reference>/<uuid:record_id>/": (
        "405",
        "405",
        {"HEAD": "403; 412: family other_family", "DELETE": "403; 412: family other_family"},
    ),
}
