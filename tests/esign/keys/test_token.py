from __future__ import annotations

import threading
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, utils

from lamsach.esign.errors import ESignError
from lamsach.esign.keys import SigningKey, open_key

pytestmark = pytest.mark.pkcs11
PIN = "1234"


def refusal(*arguments: Any, **named: Any) -> str:
    with pytest.raises(ESignError) as caught:
        open_key(*arguments, **named)
    assert PIN not in str(caught.value)
    return caught.value.code


def check(key: SigningKey, signature: bytes, data: bytes, algorithm: str) -> None:
    """Verify with `cryptography` alone."""
    assert key.certificate is not None
    public: Any = key.certificate.public_key()
    if algorithm == "ES256":
        assert len(signature) == 64
        r, s = (int.from_bytes(part, "big") for part in (signature[:32], signature[32:]))
        public.verify(utils.encode_dss_signature(r, s), data, ec.ECDSA(hashes.SHA256()))
    elif algorithm == "PS256":
        scheme = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
        public.verify(signature, data, scheme, hashes.SHA256())
    else:
        public.verify(signature, data, padding.PKCS1v15(), hashes.SHA256())


@pytest.mark.parametrize(
    ("label", "algorithms"), [("head", ("RS256", "PS256")), ("deputy", ("ES256",))]
)
def test_a_key_in_a_token_signs_with_every_algorithm_it_offers(
    token: Any, pki: Any, label: str, algorithms: tuple[str, ...]
) -> None:
    with open_key(token.uri(label), pin=PIN) as key:
        assert key.algorithms == algorithms
        assert key.certificate == pki.certificate(label)
        assert key.chain == (pki.certificate("issuing"), pki.certificate("root"))
        for algorithm in algorithms:
            for data in (b"", b"dose", bytes(100_000)):
                check(key, key.sign(data, algorithm), data, algorithm)


def test_an_ecdsa_signature_comes_as_der_for_cms(token: Any) -> None:
    with open_key(token.uri("deputy"), pin=PIN) as key:
        der = key.sign(b"data", "ES256", der=True)
        assert key.certificate is not None
        public: Any = key.certificate.public_key()
        public.verify(der, b"data", ec.ECDSA(hashes.SHA256()))


def test_a_key_is_found_by_its_identifier(token: Any, pki: Any) -> None:
    with open_key("pkcs11:token=facility;id=%02", pin=PIN) as key:
        assert key.certificate == pki.certificate("deputy")


def test_a_wrong_pin_is_said_and_not_tried_twice(token: Any) -> None:
    with pytest.raises(ESignError) as caught:
        open_key(token.uri("head"), pin="9999")
    assert caught.value.code == "PIN_INCORRECT"
    assert "9999" not in f"{caught.value!r} {caught.value.sentence}"
    assert "sai mã pin" in caught.value.sentence.vi.lower()
    assert "lock" in caught.value.sentence.en
    with open_key(token.uri("head"), pin=PIN) as key:
        key.sign(b"", "RS256")


def test_a_wrong_pin_does_not_pass_because_someone_else_is_logged_in(token: Any) -> None:
    with open_key(token.uri("head"), pin=PIN):
        assert refusal(token.uri("deputy"), pin="9999") == "PIN_INCORRECT"


def test_two_keys_of_a_token_do_not_log_each_other_out(token: Any) -> None:
    one, other = open_key(token.uri("head"), pin=PIN), open_key(token.uri("deputy"), pin=PIN)
    one.close()
    one.close()
    check(other, other.sign(b"x", "ES256"), b"x", "ES256")
    other.close()
    with pytest.raises(ESignError, match="closed"):
        other.sign(b"x", "ES256")


@pytest.mark.parametrize(
    ("uri", "code"),
    [
        ("pkcs11:token=nowhere;object=head", "TOKEN_NOT_FOUND"),
        ("pkcs11:token=facility;object=nobody", "KEY_NOT_FOUND"),
        ("pkcs11:token=facility", "KEY_AMBIGUOUS"),
        ("pkcs11:manufacturer=SoftHSM%20project", "TOKEN_AMBIGUOUS"),
        ("pkcs11:token=facility;object=head?module-path=/nowhere.so", "MODULE_UNUSABLE"),
    ],
)
def test_what_cannot_be_found_is_said(token: Any, uri: str, code: str) -> None:
    assert refusal(uri, pin=PIN) == code


def test_no_pin_is_said(token: Any) -> None:
    assert refusal(token.uri("head")) == "PIN_MISSING"


def test_the_pin_may_lie_in_a_file(token: Any, tmp_path: Any) -> None:
    file = tmp_path / "pin"
    file.write_text(PIN + "\n")
    with open_key(token.uri("deputy", pin_source=f"file:{file}")) as key:
        check(key, key.sign(b"x", "ES256"), b"x", "ES256")
    assert refusal(token.uri("deputy", pin_source="file:/nowhere/pin")) == "PIN_UNREADABLE"


def test_a_token_whose_sessions_end_says_so_and_opens_again(token: Any) -> None:
    import ctypes

    import pkcs11

    key = open_key(token.uri("deputy"), pin=PIN)
    slot = next(
        one for one in pkcs11.lib(str(token.module)).get_tokens() if one.label == "facility"
    ).slot
    ctypes.CDLL(str(token.module)).C_CloseAllSessions(ctypes.c_ulong(slot.slot_id))
    with pytest.raises(ESignError) as caught:
        key.sign(b"x", "ES256")
    assert caught.value.code == "TOKEN_REMOVED"
    with open_key(token.uri("deputy"), pin=PIN) as again:
        check(again, again.sign(b"x", "ES256"), b"x", "ES256")
    key.close()


def test_a_certificate_beside_another_key_is_not_taken_for_its_own(token: Any, pki: Any) -> None:
    with open_key(token.uri("unlisted"), pin=PIN) as key:
        assert key.certificate is None
    given = [pki.certificate("unlisted"), pki.certificate("issuing")]
    with open_key(token.uri("unlisted"), pin=PIN, certificates=given) as key:
        assert key.certificate == given[0]
        check(key, key.sign(b"x", "ES256"), b"x", "ES256")


def test_threads_sign_side_by_side_in_their_sessions(token: Any) -> None:
    with open_key(token.uri("deputy"), pin=PIN, sessions=3) as key:
        made: list[tuple[bytes, bytes]] = []

        def sign(number: int) -> None:
            for turn in range(20):
                data = f"{number}/{turn}".encode()
                made.append((data, key.sign(data, "ES256")))

        threads = [threading.Thread(target=sign, args=(number,)) for number in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(made) == 120
        for data, signature in made:
            check(key, signature, data, "ES256")


def test_a_key_is_closed_only_when_nobody_is_signing_with_it(
    token: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    key: Any = open_key(token.uri("deputy"), pin=PIN)
    begun, may_end = threading.Event(), threading.Event()
    real, answers = key._made, []

    def slowly(*arguments: Any) -> Any:
        begun.set()
        may_end.wait(10)
        return real(*arguments)

    def sign() -> None:
        try:
            answers.append(key.sign(b"x", "ES256"))
        except ESignError as error:
            answers.append(error.code)

    monkeypatch.setattr(key, "_made", slowly)
    signing, waiting, closing = (threading.Thread(target=one) for one in (sign, sign, key.close))
    signing.start()
    begun.wait(10)
    closing.start()
    closing.join(0.1)
    assert closing.is_alive()
    waiting.start()
    may_end.set()
    for thread in (signing, waiting, closing):
        thread.join(10)
    public: Any = key.certificate.public_key()
    assert "KEY_CLOSED" in answers
    answers.remove("KEY_CLOSED")
    (signature,) = answers
    r, s = (int.from_bytes(part, "big") for part in (signature[:32], signature[32:]))
    public.verify(utils.encode_dss_signature(r, s), b"x", ec.ECDSA(hashes.SHA256()))


def test_an_algorithm_the_key_cannot_do_is_refused(token: Any) -> None:
    with open_key(token.uri("deputy"), pin=PIN) as key, pytest.raises(ESignError) as caught:
        key.sign(b"x", "PS256")
    assert caught.value.code == "ALGORITHM_UNSUITABLE"


def test_a_key_that_wants_the_pin_at_each_signature_gets_it(token: Any, pki: Any) -> None:
    with open_key(token.uri("careful"), pin=PIN) as key:
        assert key.certificate == pki.certificate("deputy")
        for turn in range(3):
            data = str(turn).encode()
            check(key, key.sign(data, "ES256"), data, "ES256")
        assert PIN not in repr(key)


def test_no_signature_goes_out_under_a_certificate_that_does_not_verify_it(token: Any) -> None:
    with open_key(token.uri("mixed"), pin=PIN) as key:
        for _ in range(2):
            with pytest.raises(ESignError) as caught:
                key.sign(b"x", "ES256")
            assert caught.value.code == "CERTIFICATE_MISMATCH"
