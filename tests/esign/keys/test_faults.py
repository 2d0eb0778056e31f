from __future__ import annotations

import pytest
from pkcs11 import TokenFlag, exceptions

from lamsach.esign.keys.faults import device_fault, pin_fault, refuse_to_try


@pytest.mark.parametrize(
    ("error", "flags", "code"),
    [
        (exceptions.PinIncorrect(), 0, "PIN_INCORRECT"),
        (exceptions.PinLenRange(), 0, "PIN_INCORRECT"),
        (exceptions.PinIncorrect(), TokenFlag.USER_PIN_LOCKED, "PIN_LOCKED"),
        (exceptions.PinLocked(), 0, "PIN_LOCKED"),
        (exceptions.PinExpired(), 0, "PIN_NOT_SET"),
        (exceptions.UserPinNotInitialized(), 0, "PIN_NOT_SET"),
        (exceptions.TokenNotPresent(), 0, "TOKEN_REMOVED"),
        (exceptions.GeneralError(), 0, "DEVICE_FAILED"),
    ],
)
def test_a_failed_login_says_what_to_do(error: Exception, flags: int, code: str) -> None:
    assert pin_fault("A", error, flags).code == code


def test_the_last_try_is_announced_and_never_made_by_a_program() -> None:
    fault = pin_fault("A", exceptions.PinIncorrect(), TokenFlag.USER_PIN_FINAL_TRY)
    assert "one try is left" in fault.sentence.en
    assert "còn một lần" in fault.sentence.vi
    refusal = refuse_to_try("A", TokenFlag.USER_PIN_FINAL_TRY)
    assert refusal is not None
    assert refusal.code == "PIN_FINAL_TRY"
    assert refuse_to_try("A", TokenFlag.USER_PIN_COUNT_LOW) is None


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (exceptions.DeviceRemoved(), "TOKEN_REMOVED"),
        (exceptions.SessionHandleInvalid(), "TOKEN_REMOVED"),
        (exceptions.SessionCount(), "TOKEN_BUSY"),
        (exceptions.DeviceMemory(), "DEVICE_FAILED"),
    ],
)
def test_a_device_says_why_it_stopped(error: Exception, code: str) -> None:
    assert device_fault("A", error).code == code
