"""The desk proposes hospitals, shares a case once the family agreed, and ends that."""

from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from cases import actions
from cases.admin.desk import posting
from cases.forms.sharing import ProposeForm, ReferForm, RowForm


@posting(ProposeForm, "propose")
def propose(user, case, details):
    actions.propose_hospital(by=user, case=case, **details)
    return _("The family is asked, and told by mail that it is its turn.")


@posting(ReferForm, "refer")
def refer(user, case, details):
    referral = actions.refer_case(by=user, case=case, **details)
    return _("%(hospital)s sees the case now. The family is told by mail.") % {
        "hospital": referral.hospital.name
    }


@posting(RowForm, "unpropose")
def take_back(user, case, details):
    proposal = get_object_or_404(case.proposals.select_related("hospital"), pk=details["row"])
    proposal.case = case
    actions.take_back_proposal(by=user, proposal=proposal, version=details["version"])
    return _("Taken back. The family is told by mail.")


@posting(RowForm, "unrefer")
def end(user, case, details):
    referral = get_object_or_404(case.referrals.select_related("hospital"), pk=details["row"])
    referral.case = case
    actions.end_referral(by=user, referral=referral, version=details["version"])
    return _("%(hospital)s sees it no longer.") % {"hospital": referral.hospital.name}


VIEWS = {"propose": propose, "refer": refer, "unpropose": take_back, "unrefer": end}
