"""What a certificate can be refused for: one code, and a sentence in Vietnamese and English.

The codes are the contract's, in the order in which the checks run. A sentence tells the person at
the counter what to do; the detail after it tells the engineer what was found. No sentence and no
detail quotes what a certificate says of a person.
"""

from __future__ import annotations

from enum import StrEnum

__all__ = ["Code", "HcertError", "IssueError", "Refused", "TrustListError", "sentence"]


class HcertError(Exception):
    """Whatever this package refuses: the message is a sentence for the person who can act."""


class TrustListError(HcertError):
    """A file that is no trust list, or one that nothing can be trusted from."""


class IssueError(HcertError):
    """A certificate that must not be issued, or a signing key that must not sign it.

    `code` is stable; `vi` says the same as the message in Vietnamese.
    """

    def __init__(self, code: str, en: str, vi: str) -> None:
        self.code = code
        self.vi = vi
        self.en = en
        super().__init__(f"{code}: {en}")

    def __reduce__(self) -> tuple[type[IssueError], tuple[str, str, str]]:
        return type(self), (self.code, self.en, self.vi)


class Code(StrEnum):
    """Why a certificate is refused; the first failing check gives the code.

    >>> Code.CWT_EXPIRED
    <Code.CWT_EXPIRED: 'CWT_EXPIRED'>
    """

    INVALID_SCHEME_PREFIX = "INVALID_SCHEME_PREFIX"
    BASE_45_DECODING_FAILED = "BASE_45_DECODING_FAILED"
    DECOMPRESSION_FAILED = "DECOMPRESSION_FAILED"
    CBOR_DESERIALIZATION_FAILED = "CBOR_DESERIALIZATION_FAILED"
    KEY_NOT_IN_TRUST_LIST = "KEY_NOT_IN_TRUST_LIST"
    SIGNATURE_INVALID = "SIGNATURE_INVALID"
    PUBLIC_KEY_NOT_YET_VALID = "PUBLIC_KEY_NOT_YET_VALID"
    PUBLIC_KEY_EXPIRED = "PUBLIC_KEY_EXPIRED"
    UNSUITABLE_PUBLIC_KEY_TYPE = "UNSUITABLE_PUBLIC_KEY_TYPE"
    CWT_NOT_YET_VALID = "CWT_NOT_YET_VALID"
    CWT_EXPIRED = "CWT_EXPIRED"
    SCHEMA_VALIDATION_FAILED = "SCHEMA_VALIDATION_FAILED"
    REVOKED = "REVOKED"


class Refused(HcertError):
    """A certificate that does not pass: `code`, and `detail` for the engineer (English).

    >>> str(Refused(Code.DECOMPRESSION_FAILED, "the stream ends early"))
    'DECOMPRESSION_FAILED: the stream ends early'
    """

    def __init__(self, code: Code, detail: str) -> None:
        self.code = code
        self.detail = detail
        super().__init__(f"{code.value}: {detail}")

    def __reduce__(self) -> tuple[type[Refused], tuple[Code, str]]:
        return type(self), (self.code, self.detail)


_SENTENCES: dict[Code | None, tuple[str, str]] = {
    None: (
        "Chứng nhận hợp lệ.",
        "The certificate is valid.",
    ),
    Code.INVALID_SCHEME_PREFIX: (
        "Đây không phải mã chứng nhận sức khỏe HC1. Hãy quét đúng mã QR của chứng nhận.",
        "This is not an HC1 health certificate. Scan the QR code of the certificate itself.",
    ),
    Code.BASE_45_DECODING_FAILED: (
        "Mã bị đọc sai hoặc bị cắt mất một phần. Hãy quét lại, hoặc xin bản in rõ hơn.",
        "The code was misread or part of it is missing. Scan it again, or ask for a clearer print.",
    ),
    Code.DECOMPRESSION_FAILED: (
        "Không giải nén được nội dung mã. Hãy quét lại; nếu vẫn lỗi, đề nghị cơ quan cấp cấp lại.",
        "The content cannot be decompressed. Scan again; if it stays so, the issuer must reissue.",
    ),
    Code.CBOR_DESERIALIZATION_FAILED: (
        "Nội dung mã không đúng cấu trúc của chứng nhận. Đề nghị cơ quan cấp cấp lại chứng nhận.",
        "The content is not built as a certificate must be. Ask the issuer for a new certificate.",
    ),
    Code.KEY_NOT_IN_TRUST_LIST: (
        "Không có khóa của cơ quan cấp trong danh sách tin cậy. Hãy cập nhật danh sách rồi thử lại;"
        " nếu vẫn không có, không chấp nhận chứng nhận này.",
        "The issuer's key is not in the trust list. Update the list and try again; if it is still"
        " missing, do not accept the certificate.",
    ),
    Code.SIGNATURE_INVALID: (
        "Chữ ký số không đúng: chứng nhận bị sửa đổi hoặc giả mạo. Không chấp nhận chứng nhận này.",
        "The signature is wrong: the certificate was altered or forged. Do not accept it.",
    ),
    Code.PUBLIC_KEY_NOT_YET_VALID: (
        "Chứng thư số của cơ quan cấp chưa có hiệu lực. Hãy kiểm tra ngày giờ của thiết bị.",
        "The issuer's signing certificate is not valid yet. Check the date of this device.",
    ),
    Code.PUBLIC_KEY_EXPIRED: (
        "Chứng thư số của cơ quan cấp đã hết hạn. Người có chứng nhận cần xin cấp lại.",
        "The issuer's signing certificate has expired. The holder needs a newly issued one.",
    ),
    Code.UNSUITABLE_PUBLIC_KEY_TYPE: (
        "Khóa ký không được phép cấp loại chứng nhận này. Không chấp nhận chứng nhận này.",
        "The signing key may not issue certificates of this kind. Do not accept it.",
    ),
    Code.CWT_NOT_YET_VALID: (
        "Chứng nhận chưa có hiệu lực. Hãy kiểm tra ngày giờ của thiết bị.",
        "The certificate is not valid yet. Check the date of this device.",
    ),
    Code.CWT_EXPIRED: (
        "Chứng nhận đã hết hạn. Người có chứng nhận cần xin cấp lại.",
        "The certificate has expired. The holder needs a newly issued one.",
    ),
    Code.SCHEMA_VALIDATION_FAILED: (
        "Nội dung chứng nhận thiếu mục hoặc sai quy định. Đề nghị cơ quan cấp sửa và cấp lại.",
        "The content lacks a field or breaks the rules. Ask the issuer to correct and reissue it.",
    ),
    Code.REVOKED: (
        "Chứng nhận đã bị thu hồi hoặc tạm đình chỉ. Không chấp nhận; người có chứng nhận liên hệ"
        " cơ quan cấp.",
        "The certificate has been revoked or suspended. Do not accept it; the holder should ask"
        " the issuer.",
    ),
}


def sentence(code: Code | None) -> dict[str, str]:
    """What to tell people, in both languages; None stands for a valid certificate.

    >>> sentence(Code.CWT_EXPIRED)["en"]
    'The certificate has expired. The holder needs a newly issued one.'
    """
    vi, en = _SENTENCES[code]
    return {"vi": vi, "en": en}
