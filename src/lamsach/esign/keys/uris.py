"""PKCS#11 URIs (RFC 7512): which key in which token.

This room reads the address and nothing else: it opens no token and refuses addresses that carry
a PIN, because what stands on a command line is seen by everyone on the machine.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, unquote_to_bytes

from lamsach.esign.errors import ESignError, Sentence

__all__ = ["TokenAddress", "is_token_address"]

_SCHEME = "pkcs11:"
_PATH = {"token", "manufacturer", "serial", "model", "object", "type", "id", "slot-id"}
_QUERY = {"pin-source", "module-path"}
_LONGEST_PIN_FILE = 4096


def is_token_address(text: str) -> bool:
    """Whether the text is meant as a PKCS#11 URI.

    >>> is_token_address("pkcs11:object=facility"), is_token_address("facility.p12")
    (True, False)
    """
    return text[: len(_SCHEME)].lower() == _SCHEME


def _refused(vi: str, en: str) -> ESignError:
    return ESignError("ADDRESS_INVALID", Sentence(vi=vi, en=en))


@dataclass(frozen=True)
class TokenAddress:
    """One key in one token, as a PKCS#11 URI names it; None matches anything.

    >>> address = TokenAddress.parse("pkcs11:token=Tr%E1%BA%A1m%20A;object=khoa;id=%01%02")
    >>> address.token, address.key_label, address.key_id
    ('Trạm A', 'khoa', b'\\x01\\x02')
    """

    token: str | None = None
    manufacturer: str | None = None
    serial: str | None = None
    model: str | None = None
    slot_id: int | None = None
    key_label: str | None = None
    key_id: bytes | None = None
    module_path: Path | None = None
    pin_source: Path | None = field(default=None, repr=False)

    @classmethod
    def parse(cls, text: str) -> TokenAddress:
        """Read a URI; `ESignError` ADDRESS_INVALID says what in it cannot be used."""
        if not is_token_address(text):
            raise _refused(
                "Địa chỉ khóa trong thiết bị phải bắt đầu bằng pkcs11:",
                "the address of a key in a token begins with pkcs11:",
            )
        path, _, query = text[len(_SCHEME) :].partition("?")
        found = _attributes(path, ";", _PATH)
        asked = _attributes(query, "&", _QUERY)
        if unquote(found.get("type", "private")) != "private":
            raise _refused(
                "Địa chỉ phải chỉ khóa bí mật: bỏ type= hoặc ghi type=private",
                "the address must name a private key: leave out type= or write type=private",
            )
        slot = found.get("slot-id")
        if slot is not None and not re.fullmatch(r"[0-9]{1,19}", slot):
            raise _refused("slot-id phải là một số", "slot-id must be a number")
        module = asked.get("module-path")
        source = asked.get("pin-source")
        return cls(
            token=_text(found, "token"),
            manufacturer=_text(found, "manufacturer"),
            serial=_text(found, "serial"),
            model=_text(found, "model"),
            slot_id=None if slot is None else int(slot),
            key_label=_text(found, "object"),
            key_id=None if "id" not in found else unquote_to_bytes(found["id"]),
            module_path=None if module is None else Path(unquote(module)),
            pin_source=None if source is None else _pin_file(unquote(source)),
        )

    def pin(self) -> str | None:
        """The PIN in the file that pin-source names (its first line), or None without one."""
        if self.pin_source is None:
            return None
        try:
            with self.pin_source.open(encoding="utf-8") as file:
                return file.readline(_LONGEST_PIN_FILE).rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            raise ESignError(
                "PIN_UNREADABLE",
                Sentence(
                    vi=f"Không đọc được tệp mã PIN {self.pin_source}",
                    en=f"the PIN file {self.pin_source} cannot be read",
                ),
            ) from error

    def __str__(self) -> str:
        """The token and the key in words, for errors; never where the PIN is.

        >>> str(TokenAddress.parse("pkcs11:token=A;object=b?pin-source=file:/run/pin"))
        'token=A object=b'
        """
        parts = [
            ("token", self.token),
            ("manufacturer", self.manufacturer),
            ("serial", self.serial),
            ("model", self.model),
            ("slot-id", self.slot_id),
            ("object", self.key_label),
            ("id", None if self.key_id is None else self.key_id.hex()),
        ]
        return " ".join(f"{name}={value}" for name, value in parts if value is not None)


def _text(found: dict[str, str], name: str) -> str | None:
    value = found.get(name)
    return None if value is None else unquote(value)


def _attributes(text: str, between: str, known: set[str]) -> dict[str, str]:
    """The attributes of one part of the address, still percent-encoded."""
    found: dict[str, str] = {}
    for part in text.split(between) if text else []:
        name, equals, value = part.partition("=")
        if name == "pin-value":
            raise _refused(
                "Địa chỉ chứa mã PIN (pin-value), người khác trên máy sẽ thấy: hãy bỏ đi, "
                "nhập PIN khi được hỏi hoặc dùng pin-source=file:…; nên đổi PIN này",
                "the address holds a PIN (pin-value), which others on this machine can see: take "
                "it out, give the PIN when asked or use pin-source=file:…; better change this PIN",
            )
        # RFC 7512, 2.3: what is not understood must not be passed over, except by "x-" vendors,
        # and a vendor's attribute not understood cannot match either.
        if name not in known or not equals:
            shown = name if re.fullmatch(r"[a-z0-9-]{1,40}", name) else "?"
            raise _refused(
                f"Không hiểu phần “{shown}” trong địa chỉ; dùng được: {', '.join(sorted(known))}",
                f"the part “{shown}” of the address is not understood; "
                f"known are {', '.join(sorted(known))}",
            )
        if name in found:
            raise _refused(f"“{name}” có hai lần trong địa chỉ", f"“{name}” stands twice in it")
        found[name] = value
    return found


def _pin_file(source: str) -> Path:
    """The file a pin-source names; a command to run ("|…") is refused."""
    path = source.removeprefix("file://").removeprefix("file:")
    if not path or source.startswith("|") or "\0" in path or re.match(r"[a-z]+:", path):
        raise _refused(
            "pin-source phải là một tệp: pin-source=file:/đường/dẫn",
            "pin-source must be a file: pin-source=file:/path",
        )
    return Path(path)
