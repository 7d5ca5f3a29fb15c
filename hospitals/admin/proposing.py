"""The form of a public claim. Sending it writes a proposal, never the claim."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from hospitals.actions import (
    ActionRefusedError,
    AlreadyWaitingError,
    ChangedMeanwhileError,
    propose_revision,
    values,
)
from hospitals.actions.propose import fresh_target, waiting_for
from hospitals.admin.comparison import compare, offered_again
from hospitals.admin.history import history
from hospitals.admin.own_rows import OwnRowsAdmin
from hospitals.admin.showing import Shown, field_label, summary
from hospitals.models import Revision

MAX_PAST = 20


class ProposalAdmin(OwnRowsAdmin):
    form_class = None

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        target = self.find_target(request, object_id)
        may_propose = self.may_propose(request)
        if request.method == "POST" and not may_propose:
            raise PermissionDenied
        return self.answer(request, target, may_propose)

    def answer(self, request, target, may_propose: bool):
        # Before the form lays what was typed over the target.
        title = self.form_title(target)
        form = self.make_form(request, target, self.find_waiting(target))
        conflicts = []
        if request.method == "POST" and form.is_valid():
            sent, conflicts = self.send(request, target, form)
            if sent:
                messages.success(request, _("Sent for approval. It is public once approved."))
                return redirect("partners:hospitals_revision_changelist")
        if not may_propose:
            form.lock()
        return self.form_page(
            request, target, form, title=title, conflicts=conflicts, may_propose=may_propose
        )

    def find_target(self, request, object_id):
        return self.own_or_404(request, object_id)

    def may_propose(self, request) -> bool:
        return self.has_change_permission(request) and request.user.has_perm(
            "hospitals.propose_revision"
        )

    def find_waiting(self, target):
        return waiting_for(**self.address(target))

    def address(self, target) -> dict:
        """How the actions name this target."""
        raise NotImplementedError

    def make_form(self, request, target, waiting):
        data = request.POST if request.method == "POST" else None
        again = {} if data else self.taken_up_again(request, target)
        return self.form_class(data, instance=target, waiting=waiting, again=again)

    def taken_up_again(self, request, target) -> dict:
        """What was refused or taken back once, from the link on its page."""
        try:
            rows = Revision.objects.visible_to(request.user).filter(
                **self.whole_address(target), pk=request.GET.get("again")
            )
        except ValidationError:
            return {}
        found = rows.select_related("hospital").first()
        return offered_again(found) if found else {}

    def whole_address(self, target) -> dict:
        return {"listing": None, "specialty": None, **self.address(target)}

    def send(self, request, target, form) -> tuple[bool, list]:
        """Whether it was sent, else both versions of what somebody else changed meanwhile."""
        address = self.address(target)
        try:
            propose_revision(
                by=request.user,
                changes=form.changes(),
                base_version=form.cleaned_data["base_version"] or 0,
                replaces=form.cleaned_data["replaces"],
                **address,
            )
            return True, []
        except ChangedMeanwhileError:
            form.add_error(None, _("Somebody else changed this while you were writing."))
            return False, self.rebase(form, address)
        except AlreadyWaitingError:
            form.add_error(None, _("Another change of this is waiting for approval."))
            return False, self.rebase(form, address)
        except ActionRefusedError as refusal:
            form.add_error(None, str(refusal))
        except ValidationError as error:
            form.blame(error)
        return False, []

    def rebase(self, form, address: dict) -> list[dict]:
        """Both versions of each value where the author and somebody else differ."""
        waiting = waiting_for(**address)
        target = fresh_target(*(address.get(n) for n in ("hospital", "listing", "specialty")))
        now = values.current(target, form.names) | (waiting.after if waiting else {})
        conflicts = form.rebase(now, target.version, waiting)
        shown = Shown.of(self.model, now, {row["name"]: row["mine"] for row in conflicts})
        for row in conflicts:
            row["label"] = field_label(self.model, row["name"])
            for side in ("theirs", "mine"):
                row[side] = shown.display(row["name"], row[side])
        return conflicts

    def form_page(self, request, target, form, **more):
        waiting = self.find_waiting(target)
        sections = form.sections()
        for section in sections:
            section.summary = summary(self.model, section.names, form.shown)
        return self.page(
            request,
            "partners/proposal_form.html",
            form=form,
            sections=sections,
            problems=problems(form),
            target=target,
            waiting=waiting,
            waiting_rows=compare(waiting) if waiting else [],
            past=self.past(target),
            history=self.history(target),
            **more,
        )

    def form_title(self, target) -> str:
        return str(target)

    def past(self, target) -> list[Revision]:
        """What was proposed about this before, by whom, and what became of it."""
        trail = Revision.objects.filter(**self.whole_address(target)).exclude(status="pending")
        related = ("hospital", "listing", "specialty", "created_by")
        return list(trail.select_related(*related)[:MAX_PAST])

    def history(self, target) -> list:
        return history(target.changes.all())


def problems(form) -> list[dict]:
    """Every error with the field that it is about, in the order of the form."""
    order = list(form.fields)
    names = sorted(form.errors, key=lambda name: order.index(name) if name in order else -1)
    return [
        {**_where(form, name), "message": error} for name in names for error in form.errors[name]
    ]


def _where(form, name: str) -> dict:
    bound = form[name] if name in form.fields else None
    if bound is None or bound.is_hidden:
        return {"field": None, "label": ""}
    claim, is_part, _part = name.partition("__")
    about = f"{field_label(form._meta.model, claim).text}: " if is_part else ""
    return {"field": bound, "label": f"{about}{bound.label}"}
