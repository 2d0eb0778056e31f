"""What a token's refusals mean, in sentences for whoever holds the token.

This room reads exceptions of PKCS#11 (v2.40, 11.1) and the token's flags; it opens nothing. It
needs the extra `lamsach[token]`.
"""

from __future__ import annotations

import pkcs11
from pkcs11 import TokenFlag, exceptions

from lamsach.esign.errors import ESignError, Sentence

__all__ = ["device_fault", "pin_fault", "refuse_to_try"]

_GONE = (
    exceptions.DeviceRemoved,
    exceptions.TokenNotPresent,
    exceptions.TokenNotRecognised,
    exceptions.SessionClosed,
    exceptions.SessionHandleInvalid,
    exceptions.ObjectHandleInvalid,
    exceptions.KeyHandleInvalid,
    exceptions.UserNotLoggedIn,
)


def _locked(token: str) -> ESignError:
    return ESignError(
        "PIN_LOCKED",
        Sentence(
            vi=f"Thiết bị {token} đã khóa mã PIN vì nhập sai nhiều lần; "
            "hãy mở khóa bằng PUK hoặc mã quản trị (SO PIN), hoặc liên hệ nơi cấp",
            en=f"the token {token} has locked its PIN after wrong tries; "
            "unlock it with the PUK or SO PIN, or turn to whoever issued it",
        ),
    )


def refuse_to_try(token: str, flags: int) -> ESignError | None:
    """Why no PIN may be tried now: the PIN is locked, or a wrong one would lock it.

    A program tries again and again where a person stops; so the last try is left to a person.

    >>> refuse_to_try("A", 0) is None
    True
    >>> refuse_to_try("A", TokenFlag.USER_PIN_LOCKED).code
    'PIN_LOCKED'
    >>> refuse_to_try("A", TokenFlag.USER_PIN_FINAL_TRY).code
    'PIN_FINAL_TRY'
    """
    if flags & TokenFlag.USER_PIN_LOCKED:
        return _locked(token)
    if flags & TokenFlag.USER_PIN_FINAL_TRY:
        return ESignError(
            "PIN_FINAL_TRY",
            Sentence(
                vi=f"Thiết bị {token} chỉ còn một lần nhập PIN trước khi bị khóa nên chưa thử; "
                "hãy nhập đúng PIN một lần bằng công cụ của thiết bị "
                "(hoặc pkcs11-tool --login --test) rồi làm lại",
                en=f"the token {token} has one try left before its PIN locks, so none was made; "
                "give the right PIN once in the token's own tool "
                "(or pkcs11-tool --login --test), then come back",
            ),
        )
    return None


def pin_fault(token: str, error: pkcs11.PKCS11Error, flags: int) -> ESignError:
    """A login that failed; `flags` are the token's own after the try.

    >>> pin_fault("A", exceptions.PinIncorrect(), TokenFlag.USER_PIN_COUNT_LOW).code
    'PIN_INCORRECT'
    """
    if isinstance(error, exceptions.PinLocked) or flags & TokenFlag.USER_PIN_LOCKED:
        return _locked(token)
    if isinstance(error, exceptions.PinExpired | exceptions.UserPinNotInitialized):
        return ESignError(
            "PIN_NOT_SET",
            Sentence(
                vi=f"Mã PIN của thiết bị {token} chưa được đặt hoặc đã hết hạn; "
                "hãy đặt PIN mới bằng công cụ của thiết bị",
                en=f"the PIN of the token {token} is not set or has expired; "
                "set a new one in the token's own tool",
            ),
        )
    wrong = (exceptions.PinIncorrect, exceptions.PinLenRange, exceptions.PinInvalid)
    if not isinstance(error, wrong):
        return device_fault(token, error)
    if flags & TokenFlag.USER_PIN_FINAL_TRY:
        vi, en = "; còn một lần thử trước khi bị khóa", "; one try is left before it locks"
    else:
        vi = "; nhập sai vài lần nữa thiết bị sẽ bị khóa"
        en = "; a few more wrong tries may lock the token"
    return ESignError(
        "PIN_INCORRECT",
        Sentence(
            vi=f"Sai mã PIN của thiết bị {token}{vi}",
            en=f"the PIN of the token {token} is wrong{en}",
        ),
    )


def device_fault(token: str, error: pkcs11.PKCS11Error) -> ESignError:
    """Anything else a token refuses while it is opened or signs.

    >>> device_fault("A", exceptions.DeviceRemoved()).code
    'TOKEN_REMOVED'
    >>> device_fault("A", exceptions.DeviceError()).code
    'DEVICE_FAILED'
    """
    if isinstance(error, _GONE):
        return ESignError(
            "TOKEN_REMOVED",
            Sentence(
                vi=f"Thiết bị {token} đã bị rút ra hoặc phiên làm việc đã hết; "
                "hãy cắm lại và đăng nhập lại",
                en=f"the token {token} was taken out or its session has ended; "
                "plug it in and log in again",
            ),
        )
    if isinstance(error, exceptions.SessionCount):
        return ESignError(
            "TOKEN_BUSY",
            Sentence(
                vi=f"Thiết bị {token} không mở thêm phiên được; hãy giảm số phiên",
                en=f"the token {token} opens no more sessions; ask for fewer",
            ),
        )
    what = type(error).__name__ if type(error) is not pkcs11.PKCS11Error else str(error)
    return ESignError(
        "DEVICE_FAILED",
        Sentence(
            vi=f"Thiết bị {token} báo lỗi {what}; hãy rút ra cắm lại, thử lại, rồi báo nơi cấp",
            en=f"the token {token} reports {what}; "
            "plug it in again, retry, then turn to whoever issued it",
        ),
    )
