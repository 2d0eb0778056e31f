"""The signing desk: what waits, the batch with a sample before the PIN, past batches verified."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language, gettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_POST

from lamsach.accounts.models import Officer
from lamsach.esign.signatures import Verification
from lamsach.signing import actions, queries
from lamsach.signing.errors import CannotSignError, NotNowError
from lamsach.signing.forms import PinForm, SignatureForm
from lamsach.signing.models import BatchState, SigningBatch

__all__ = ["abandon", "batch", "desk", "manifest", "prepare", "sign", "upload"]

_PAGE = 25


def _viewer(request: HttpRequest) -> Officer:
    assert isinstance(request.user, Officer)  # the middleware lets nobody else through
    return request.user


@require_GET
def desk(request: HttpRequest) -> HttpResponse:
    """What waits for the viewer's signature, and the batches before."""
    viewer = _viewer(request)
    rows = queries.batches_for(viewer)
    before = request.GET.get("before", "")
    if before.isascii() and before.isdecimal():
        rows = rows.filter(pk__lt=int(before[:18]))
    shown = list(rows[: _PAGE + 1])
    desks = queries.desks_of(viewer)
    more = f"?before={shown[_PAGE - 1].pk}" if len(shown) > _PAGE else None
    context = {
        "desks": desks,
        "waits": any(one.awaiting or one.prepared for one in desks),
        "certificate": queries.own_certificate(viewer),
        "batches": shown[:_PAGE],
        "next": more,
        "first": "?" if before else None,
        "counted": queries.COUNTED,
    }
    return render(request, "signing/desk.html", context)


@require_POST
def prepare(request: HttpRequest) -> HttpResponse:
    """Put what waits into a batch, to be looked at and signed."""
    viewer = _viewer(request)
    office = queries.office_for(viewer, request.POST.get("office", ""))
    if office is None:
        raise Http404
    try:
        made = actions.prepare_batch(officer=viewer, office=office)
    except CannotSignError as error:
        messages.error(request, str(error.sentence))
        return redirect("signing:desk")
    return redirect("signing:batch", made.public_id)


@require_GET
def batch(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """One batch: to look at and sign, or what its signature says."""
    return _show(request, _batch(request, public_id))


@sensitive_post_parameters("pin")
@require_POST
def sign(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Sign the batch with the viewer's key on this server."""
    found = _batch(request, public_id)
    form = PinForm(request.POST)
    if form.is_valid():
        try:
            done = actions.sign_batch(
                officer=_viewer(request), batch=found, pin=form.cleaned_data["pin"]
            )
        except NotNowError:
            raise
        except CannotSignError as error:
            form.add_error("pin", str(error.sentence))
        else:
            return _signed(request, found, done)
    return _show(request, found, pin=form, status=422)


@require_POST
def upload(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Take a signature that the viewer made at their own desk."""
    found = _batch(request, public_id)
    form = SignatureForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            done = actions.accept_signature(
                officer=_viewer(request),
                batch=found,
                signature=form.cleaned_data["signature"],
            )
        except NotNowError:
            raise
        except CannotSignError as error:
            form.add_error("signature", str(error.sentence))
        else:
            return _signed(request, found, done)
    return _show(request, found, signature=form, status=422)


@require_POST
def abandon(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Give the batch up; its doses wait again."""
    actions.abandon_batch(officer=_viewer(request), batch=_batch(request, public_id))
    messages.success(request, gettext("The batch was given up. Its doses wait again."))
    return redirect("signing:desk")


@require_GET
def manifest(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The bytes that are to be signed, for `lamsach sign`; nobody's data are in them."""
    found = _batch(request, public_id)
    response = HttpResponse(bytes(found.manifest), content_type="application/json")
    response.headers["Content-Disposition"] = f'attachment; filename="{found.public_id}.json"'
    return response


def _batch(request: HttpRequest, public_id: UUID) -> SigningBatch:
    found = queries.batch_for(_viewer(request), public_id)
    if found is None:
        raise Http404
    return found


def _signed(request: HttpRequest, found: SigningBatch, done: actions.Checked) -> HttpResponse:
    said = gettext("Signed: %(count)s doses.") % {"count": done.signed}
    if done.left_out:
        left = gettext("%(count)s changed in the meantime and wait again.")
        said = f"{said} {left % {'count': done.left_out}}"
    messages.success(request, said)
    return redirect("signing:batch", found.public_id)


def _show(
    request: HttpRequest,
    found: SigningBatch,
    *,
    pin: PinForm | None = None,
    signature: SignatureForm | None = None,
    status: int = 200,
) -> HttpResponse:
    viewer = _viewer(request)
    may_sign = found.state == BatchState.PREPARED and actions.may_sign(viewer, found.office)
    context = {
        "batch": found,
        "counts": queries.shown_counts(found),
        "may_sign": may_sign,
        "sample": queries.sample_for(viewer, found) if may_sign else [],
        "certificate": queries.own_certificate(viewer) if may_sign else None,
        "pin": pin or PinForm(),
        "signature": signature or SignatureForm(),
        "result": _words(found) if found.state == BatchState.SIGNED else None,
    }
    return render(request, "signing/batch.html", context, status=status)


def _words(found: SigningBatch) -> tuple[bool, str]:
    """Whether a signature is good, and that in a sentence."""
    try:
        result: Verification = queries.verify_batch(found)
    except CannotSignError as error:
        return False, str(error.sentence)
    said = result.summary
    return result.valid, said.vi if (get_language() or "").startswith("vi") else said.en
