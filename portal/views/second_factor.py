"""Log-in, log-out and the set-up of the second factor, for both admin sites.

Until a code was accepted nobody is logged in: between the right password and
the first code of a new phone the session only remembers whose set-up it is.
"""

import time

from django.contrib.auth import get_user_model, login
from django.contrib.auth.views import PasswordChangeView
from django.http import HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django_otp import login as remember_device

from portal import staff_sessions
from portal.actions import RefusedError, WrongCodeError, enrol, replace_recovery_codes
from portal.forms import LogInForm, OwnPasswordForm, SetUpForm
from portal.second_factor import has_second_factor, new_key, qr_code, readable_key

PENDING = "second_factor_set_up"
PENDING_SECONDS = 600
CLEAR_SITE_DATA = '"cache", "cookies", "storage"'
BACKEND = "django.contrib.auth.backends.ModelBackend"


def log_in(request, site):
    """User name, password and code on one page."""
    if request.method != "POST" and site.has_permission(request):
        return redirect(_index(site))
    form = LogInForm(request, site, data=request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        if form.device is None:
            return _begin_set_up(request, site, form.user)
        _enter(request, form.user, form.device)
        return HttpResponseRedirect(next_address(request) or _index(site))
    context = {"form": form, "next": next_address(request), "ended": "ended" in request.GET}
    return _page(request, site, "admin/login.html", title=_("Log in"), **context)


def log_out_response(response):
    """A shared computer keeps nothing of the office."""
    response["Clear-Site-Data"] = CLEAR_SITE_DATA
    return response


def set_up(request, site):
    """The picture for the phone, then the first code, then the recovery codes, once."""
    user = _pending_user(request, site)
    if user is None:
        return redirect(f"{site.name}:login")
    form = SetUpForm(user, data=request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        done = _enrol(request, site, user, form)
        if done:
            return done
    key = request.session[PENDING]["key"]
    context = {"form": form, "picture": qr_code(user, key), "key": readable_key(key)}
    return _page(request, site, "office/second_factor.html", title=_("Second factor"), **context)


def recovery_codes(request, site):
    """New recovery codes for somebody who is logged in; the old ones are void."""
    codes = replace_recovery_codes(by=request.user) if request.method == "POST" else []
    title = _("Recovery codes")
    return _page(request, site, "office/recovery_codes.html", title=title, codes=codes)


def change_password(request, site):
    """Django's own page; this session goes on, every other one of the person ends."""
    request.current_app = site.name
    view = PasswordChangeView.as_view(
        form_class=OwnPasswordForm,
        success_url=reverse(f"{site.name}:password_change_done"),
        extra_context=site.each_context(request),
    )
    return view(request)


def keep_alive(request, site):
    """Asked for by the warning: the request alone makes the session young again."""
    return JsonResponse({"ok": True})


def next_address(request) -> str:
    """Where to go after the log-in; empty for an address that leaves this host (row W5)."""
    address = request.POST.get("next") or request.GET.get("next") or ""
    safe = url_has_allowed_host_and_scheme(
        address, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return address if safe else ""


def _enter(request, user, device) -> None:
    """Logs in under a new session key; a family's own session of this browser ends."""
    request.session.flush()
    login(request, user, backend=BACKEND)
    remember_device(request, device)
    staff_sessions.begin(request.session)


def _begin_set_up(request, site, user):
    request.session.flush()
    request.session[PENDING] = {
        "user": str(user.pk),
        "hash": user.get_session_auth_hash(),
        "key": new_key(),
        "until": time.time() + PENDING_SECONDS,
    }
    return redirect(f"{site.name}:second-factor")


def _pending_user(request, site):
    """Whose set-up this is: a right password, minutes ago, of somebody without a device."""
    pending = request.session.get(PENDING)
    if not pending or pending["until"] < time.time():
        return None
    user = get_user_model().objects.filter(pk=pending["user"]).first()
    if user is None or not site.may_work_here(user) or has_second_factor(user):
        return None
    return user if user.get_session_auth_hash() == pending["hash"] else None


def _enrol(request, site, user, form):
    key, typed = request.session[PENDING]["key"], form.cleaned_data
    password = typed.get("new_password", "")
    try:
        device, codes = enrol(by=user, key=key, code=typed["code"], password=password)
    except WrongCodeError:
        form.add_error("code", _("This is not the code that the phone shows now. Try the next."))
        return None
    except RefusedError:
        return redirect(f"{site.name}:login")
    _enter(request, user, device)
    title = _("Recovery codes")
    return _page(request, site, "office/recovery_codes.html", title=title, codes=codes)


def _index(site) -> str:
    return reverse(f"{site.name}:index")


def _page(request, site, template: str, **context):
    request.current_app = site.name
    return render(request, template, {**site.each_context(request), **context})
