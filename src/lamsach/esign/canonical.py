"""Canonical JSON (RFC 8785): one text for one value, so that a signature covers what is meant.

Numbers in JSON are doubles: an integer beyond 2^53 - 1 would come back as another one, so it is
refused, and identifiers are strings. This room turns values into bytes and back; it must not know
what they mean or who signs them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import rfc8785

from lamsach.esign.errors import ESignError, Sentence

__all__ = ["Json", "canonical", "parse"]

Json = str | int | float | bool | None | Sequence["Json"] | Mapping[str, "Json"]

_LARGEST_INTEGER = 2**53 - 1
_EXPONENT_FROM = 1e21
_DEEPEST = 64
# Below the surrogates the order of code points is that of UTF-16 units, which RFC 8785, 3.2.3 asks.
_FIRST_SURROGATE = "\ud800"
_QUICK = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"), check_circular=False
)


def _refused(vi: str, en: str) -> ESignError:
    return ESignError("JSON_INVALID", Sentence(vi=vi, en=en))


def canonical(value: Json) -> bytes:
    """The canonical JSON of a value, in UTF-8.

    Raises `ESignError` JSON_INVALID for what JSON cannot say exactly: integers beyond 2^53 - 1,
    NaN and infinity, keys that are no strings, lone surrogates, other types, more than 64 levels.

    >>> canonical({"b": [1.0, 1e21, "é"], "a": None}).decode()
    '{"a":null,"b":[1,1e+21,"é"]}'
    >>> canonical(2**53)
    Traceback (most recent call last):
    lamsach.esign.errors.ESignError: an integer beyond 2^53 - 1 is not exact in JSON; write it as \
a string
    """
    try:
        if _is_plain(value, _DEEPEST):
            return _QUICK.encode(value).encode()
        return rfc8785.dumps(value)
    except (rfc8785.CanonicalizationError, UnicodeEncodeError) as error:
        raise _refused(
            "Có số hoặc chữ không viết được bằng JSON (NaN, vô cùng, ký tự hỏng)",
            "a number or text cannot be written in JSON (NaN, infinity, a broken character)",
        ) from error


def _is_plain(value: Any, depth: int) -> bool:
    """Check a value; say whether the standard encoder writes it as RFC 8785 wants it.

    It does for everything but floating-point numbers and keys beyond the surrogates.
    """
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return True
    if kind is int or kind is float:
        # A float from 1e21 on is written with an exponent and read back as one.
        if abs(value) > _LARGEST_INTEGER and (kind is int or abs(value) < _EXPONENT_FROM):
            raise _refused(
                "Số nguyên lớn hơn 2^53 - 1 không chính xác trong JSON; hãy viết dạng chuỗi",
                "an integer beyond 2^53 - 1 is not exact in JSON; write it as a string",
            )
        return kind is int
    if depth == 0:
        raise _refused("Dữ liệu lồng quá sâu", f"the value is nested deeper than {_DEEPEST} levels")
    plain = True
    if kind is dict:
        for key, item in value.items():
            if type(key) is not str:
                raise _refused("Khóa của đối tượng phải là chuỗi", "keys must be strings")
            below = key.isascii() or max(key) < _FIRST_SURROGATE
            plain = _is_plain(item, depth - 1) and plain and below
        return plain
    if kind is list or kind is tuple:
        for item in value:
            plain = _is_plain(item, depth - 1) and plain
        return plain
    raise _refused(
        f"Kiểu {kind.__name__} không có trong JSON", f"the type {kind.__name__} is not JSON's"
    )


def parse(text: bytes) -> Any:
    """The value of a canonical JSON text; anything that is not canonical is refused.

    So two different texts never stand for one signed value, and a key never stands twice.

    >>> parse(b'{"a":[1,"x"]}')
    {'a': [1, 'x']}
    >>> parse(b'{"a": 1}')
    Traceback (most recent call last):
    lamsach.esign.errors.ESignError: the JSON text is not in canonical form (RFC 8785)
    """
    try:
        value = json.loads(text)
        same = canonical(value) == text
    except (ValueError, RecursionError) as error:
        raise _refused("Không phải là JSON", "this is not JSON") from error
    if not same:
        raise _refused(
            "Văn bản JSON không ở dạng chuẩn tắc (RFC 8785)",
            "the JSON text is not in canonical form (RFC 8785)",
        )
    return value
