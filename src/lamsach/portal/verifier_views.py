"""The pages of the verifier: the page itself, its service worker, and the answer to an upload.

The page is the same for everybody (both languages at once, no session, no token), so that a device
may keep it. An upload is judged and forgotten: nothing is stored, nothing is logged.
"""

from __future__ import annotations

from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST, require_safe

from lamsach.accounts.decorators import public
from lamsach.clock import now
from lamsach.hcert.pictures import PictureError, read_picture
from lamsach.hcert.vaccines import PRODUCTS
from lamsach.portal.answers import SENTENCES, Answer, answer_to
from lamsach.portal.limits import Limit, count_attempt, network_of
from lamsach.portal.lists import REVOCATIONS, STATEMENT, TRUST, published_lists
from lamsach.portal.offline import worker_script
from lamsach.portal.pictures import MemoryOnlyHandler

__all__ = ["check", "verify", "worker"]

_MOST_TEXT: Final = 20_000  # characters; a QR code holds 4,296
_KEEP: Final = 300  # seconds

# What is read off and compared, with both languages' words for it.
_ROWS: Final = (
    ("name", "Họ tên", "Name"),
    ("latin", "Trên giấy tờ đi lại", "As in the travel document"),
    ("birth", "Ngày sinh", "Date of birth"),
    ("product", "Vắc xin", "Vaccine"),
    ("dose", "Mũi", "Dose"),
    ("day", "Ngày", "Date"),
    ("expires", "Có giá trị đến", "Valid until"),
    ("issuer", "Nơi cấp", "Issuer"),
    ("country", "Nước", "Country"),
    ("identifier", "Mã chứng nhận", "Certificate identifier"),
)
_NOTHING: Final = (
    "Hãy chọn ảnh hoặc dán văn bản HC1.",
    "Choose a picture or paste the HC1 text.",
)
_NO_CODE: Final = (
    "Không đọc được mã QR nào trong ảnh. Hãy chụp gần hơn và rõ nét, ảnh PNG hoặc JPEG dưới 20 MB.",
    "No QR code can be read in the picture. Take it closer and in focus, as PNG or JPEG below"
    " 20 MB.",
)
_TOO_MANY: Final = (
    "Quá nhiều lần kiểm tra từ mạng này. Hãy đợi một phút rồi thử lại.",
    "Too many checks from this network. Wait a minute and try again.",
)


def _page(**more: Any) -> str:
    context = {
        "rows": _ROWS,
        "words": {
            "sentences": dict(SENTENCES),
            "products": {code: product.name for code, product in PRODUCTS.items()},
            "addresses": {
                "statement": STATEMENT,
                "trust": TRUST,
                "revocations": REVOCATIONS,
                "worker": reverse("portal:worker"),
                "page": reverse("portal:verify"),
            },
        },
        **more,
    }
    return render_to_string("portal/verify.html", context)


@public
@require_safe
def verify(_request: HttpRequest) -> HttpResponse:
    """The page: the camera, and nothing else."""
    response = HttpResponse(_page())
    response.headers["Cache-Control"] = f"public, max-age={_KEEP}"
    response.headers["Permissions-Policy"] = "camera=(self), microphone=(), geolocation=()"
    return response


@public
@require_GET
def worker(_request: HttpRequest) -> HttpResponse:
    """The service worker that keeps the page on the device."""
    script = worker_script(_page(), reverse("portal:verify"))
    response = HttpResponse(script, content_type="text/javascript")
    response.headers["Cache-Control"] = "no-cache"
    return response


@public
@csrf_exempt  # changes nothing and knows nobody: there is nothing that a forged request could do
@require_POST
def check(request: HttpRequest) -> HttpResponse:
    """The answer to an uploaded picture or text, for browsers that cannot judge themselves."""
    request.upload_handlers = [MemoryOnlyHandler(request)]
    if count_attempt({Limit.UPLOAD_BY_NETWORK: network_of(request)}):
        return _said(problem=_TOO_MANY, status=429)
    text = request.POST.get("text", "").strip()[:_MOST_TEXT]
    picture = request.FILES.get("picture")
    if not text and picture is not None:
        try:
            text = read_picture(picture.read())
        except PictureError:
            return _said(problem=_NO_CODE)
    if not text:
        return _said(problem=_NOTHING)
    return _said(answer=answer_to(text, published_lists(), at=now()))


def _said(
    *, answer: Answer | None = None, problem: tuple[str, str] | None = None, status: int = 200
) -> HttpResponse:
    response = HttpResponse(_page(answer=answer, problem=problem), status=status)
    response.headers["Cache-Control"] = "no-store"
    return response
