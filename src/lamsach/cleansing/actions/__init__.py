"""Writing cleansing: lists are made and sent, entries decided, lists signed, applied and closed."""

from lamsach.cleansing.actions.applying import apply_list, apply_part, finish_list
from lamsach.cleansing.actions.deciding import Judgement, decide_entries, suggest
from lamsach.cleansing.actions.making import make_list
from lamsach.cleansing.actions.moving import (
    call_back,
    close_list,
    discard_list,
    hand_back,
    return_for_completion,
    send_to_hamlet,
    send_to_police,
    set_terms,
)
from lamsach.cleansing.actions.returning import (
    manifest_of,
    return_with_pin,
    return_with_scan,
    return_with_signature,
)

__all__ = [
    "Judgement",
    "apply_list",
    "apply_part",
    "call_back",
    "close_list",
    "decide_entries",
    "discard_list",
    "finish_list",
    "hand_back",
    "make_list",
    "manifest_of",
    "return_for_completion",
    "return_with_pin",
    "return_with_scan",
    "return_with_signature",
    "send_to_hamlet",
    "send_to_police",
    "set_terms",
    "suggest",
]
