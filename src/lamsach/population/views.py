"""The door as a network call: the register side's half (`lamsach register serve`).

Every request must bear the shared secret; every reply proves that this side knows it. An error
tells its kind and nothing of what was asked.
"""

from __future__ import annotations

import hmac
import json
from base64 import b64decode
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from lamsach.population import asking, bulk, proposing
from lamsach.population.keys import identity_keys, public_pem
from lamsach.population.loading import private_folder
from lamsach.population.messages import Question, QuestionError
from lamsach.population.wire import (
    ASKER,
    NONCE,
    PROOF,
    dump,
    file_proof,
    proof,
    proposal_to,
    reply_to,
)

__all__ = ["bulk_run", "message"]

_BLOCK: Final = 1 << 20
_LEAST_SECRET: Final = 32
Message = dict[str, Any]


def _ask(told: Message) -> Any:
    questions = [Question(**one) for one in told.pop("questions")]
    return [reply_to(one) for one in asking.ask(questions, **told)]


def _proposals(told: Message) -> Any:
    shown = proposing.proposals(told.pop("references"), **told)
    return {reference: proposal_to(one) for reference, one in shown.items()}


def _overview(told: Message) -> Any:
    listed = proposing.overview(told.pop("references"), **told)
    return {reference: asdict(one) for reference, one in listed.items()}


_ANSWERS: Final[dict[str, Callable[[Message], Any]]] = {
    "ask": _ask,
    "proposals": _proposals,
    "overview": _overview,
    "confirm": lambda told: asdict(proposing.confirm(**told)),
    "version": lambda _: asdict(asking.register_version()),
    "keys": lambda _: [public_pem(key) for key in identity_keys()],
}


def _refusal(request: HttpRequest) -> HttpResponse | None:
    """What a stranger hears; None for the other side."""
    secret: str = settings.REGISTER_GATEWAY_SECRET
    told = request.headers.get("Authorization", "").removeprefix("Bearer ")
    known = len(secret) >= _LEAST_SECRET and hmac.compare_digest(told.encode(), secret.encode())
    return None if known and request.headers.get(NONCE) else HttpResponse(status=403)


@csrf_exempt
@require_POST
def message(request: HttpRequest, name: str) -> HttpResponse:
    """One call of the door: JSON in, JSON out."""
    if (refusal := _refusal(request)) is not None:
        return refusal
    if name not in _ANSWERS:
        return HttpResponse(status=400)
    try:
        body = dump(_ANSWERS[name](json.loads(request.body)))
    except LookupError as error:
        if isinstance(error, KeyError):  # a message without its parts
            return JsonResponse({"error": "QuestionError"}, status=400)
        return JsonResponse({"error": "LookupError"}, status=404)
    except (QuestionError, TypeError, ValueError):
        return JsonResponse({"error": "QuestionError"}, status=400)
    answer = HttpResponse(body, content_type="application/json")
    answer[PROOF] = proof(settings.REGISTER_GATEWAY_SECRET, request.headers[NONCE], body)
    answer["Cache-Control"] = "no-store"
    return answer


@csrf_exempt
@require_POST
def bulk_run(request: HttpRequest) -> HttpResponseBase:
    """A run: a Parquet file in, another out; asked again after a break, it goes on."""
    if (refusal := _refusal(request)) is not None:
        return refusal
    folder = private_folder("run")
    place = folder.__enter__()
    try:
        persons, answers = place / "persons.parquet", place / "answers.parquet"
        with persons.open("wb") as target:
            while block := request.read(_BLOCK):
                target.write(block)
        who = json.loads(b64decode(request.headers[ASKER]))
        done = bulk.ask_in_bulk(persons, answers, **who)
        secret = settings.REGISTER_GATEWAY_SECRET
        shown = file_proof(secret, request.headers[NONCE], answers)
    except (KeyError, QuestionError, TypeError, ValueError):
        folder.__exit__(None, None, None)
        return JsonResponse({"error": "QuestionError"}, status=400)
    except BaseException:
        folder.__exit__(None, None, None)
        raise

    def blocks(file: Path) -> Iterator[bytes]:
        try:
            with file.open("rb") as source:
                while block := source.read(_BLOCK):
                    yield block
        finally:
            folder.__exit__(None, None, None)

    answer = StreamingHttpResponse(blocks(answers), content_type="application/vnd.apache.parquet")
    answer[PROOF] = shown
    answer[ASKER] = json.dumps({"counts": dict(done.counts), "ground": done.ground})
    answer["Content-Length"] = str(answers.stat().st_size)
    return answer
