"""What the issuance linter says: one sentence a code, in Vietnamese and in English.

A sentence tells the issuer what is wrong and what to do. It never quotes the payload.
"""

from __future__ import annotations

from typing import Final

__all__ = ["MESSAGES"]

MESSAGES: Final = {
    "event.count": (
        "Chứng nhận phải có đúng một sự kiện: một mũi tiêm, một xét nghiệm hoặc một lần khỏi bệnh.",
        "A certificate states exactly one event: give one of v, t or r with exactly one entry.",
    ),
    "field.missing": (
        "Thiếu trường bắt buộc: hãy điền giá trị.",
        "A compulsory field is missing: fill it in.",
    ),
    "field.unknown": (
        "Lược đồ 1.3.3 không có trường này: hãy bỏ đi, chứng nhận chỉ chứa dữ liệu cần thiết.",
        "Schema 1.3.3 does not name this field: leave it out, a certificate carries no more data.",
    ),
    "field.type": (
        "Giá trị sai kiểu hoặc rỗng (null): hãy ghi đúng kiểu theo lược đồ 1.3.3.",
        "The value has the wrong type or is null: write the type that schema 1.3.3 names.",
    ),
    "field.length": (
        "Giá trị dài quá 80 ký tự: hãy rút gọn.",
        "The value is longer than 80 characters: shorten it.",
    ),
    "text.not_nfc": (
        "Chữ chưa ở dạng Unicode dựng sẵn (NFC): hãy chuẩn hoá trước khi ký.",
        "The text is not in composed Unicode (NFC): normalise it before signing.",
    ),
    "text.whitespace": (
        "Thừa khoảng trắng ở đầu hoặc cuối: hãy bỏ đi.",
        "There is white space at an end of the text: remove it.",
    ),
    "text.invisible": (
        "Có ký tự điều khiển hoặc ký tự ẩn trong chữ: hãy gõ lại.",
        "The text holds control or invisible characters: type it again.",
    ),
    "version.form": (
        "Phiên bản lược đồ phải có dạng 1.3.0: hãy sửa trường ver.",
        "The schema version has the form 1.3.0: correct it.",
    ),
    "name.form": (
        "Tên theo ICAO 9303 chỉ gồm A-Z và '<': hãy sửa hoặc để trống cho hệ thống điền.",
        "A Latin name holds A-Z and '<' only: correct it, or leave it out to have it filled in.",
    ),
    "name.missing": (
        "Thiếu tên theo ICAO 9303 (fnt hoặc gnt): hãy điền.",
        "The Latin form of the name is missing (fnt or gnt): give it.",
    ),
    "name.transliteration": (
        "Tên theo ICAO 9303 không khớp với tên đã ghi: hãy sửa một trong hai.",
        "The Latin form contradicts the name as written: correct one of the two.",
    ),
    "birth.form": (
        "Ngày sinh phải có dạng YYYY-MM-DD, YYYY-MM, YYYY hoặc để trống: hãy sửa.",
        "A birth date is YYYY-MM-DD, YYYY-MM, YYYY or empty: correct it.",
    ),
    "birth.after_issue": (
        "Ngày sinh sau ngày cấp chứng nhận: hãy kiểm tra lại.",
        "The birth date lies after the day of issue: check it.",
    ),
    "date.form": (
        "Ngày phải có thật và có dạng YYYY-MM-DD: hãy sửa.",
        "A date is a real day written YYYY-MM-DD: correct it.",
    ),
    "time.form": (
        "Thời điểm phải có dạng YYYY-MM-DDThh:mm:ss kèm múi giờ: hãy sửa.",
        "A time is written YYYY-MM-DDThh:mm:ss with its offset: correct it.",
    ),
    "event.before_birth": (
        "Sự kiện xảy ra trước ngày sinh: hãy kiểm tra cả hai ngày.",
        "The event lies before the birth date: check both dates.",
    ),
    "event.after_issue": (
        "Sự kiện xảy ra sau thời điểm cấp chứng nhận: hãy kiểm tra ngày.",
        "The event lies after the time of issue: check the date.",
    ),
    "dose.before_licence": (
        "Ngày tiêm trước ngày vắc xin này được phép sử dụng: hãy kiểm tra ngày và loại vắc xin.",
        "The dose was given before this vaccine was licensed: check the date and the product.",
    ),
    "dose.number": (
        "Số mũi (dn, sd) phải là số nguyên từ 1 đến 99: hãy sửa.",
        "Dose numbers (dn, sd) are whole numbers from 1 to 99: correct them.",
    ),
    "dose.booster": (
        "Mũi nhắc phải ghi n/n (ví dụ 3/3), hoặc n/1 sau vắc xin một mũi (ví dụ 2/1): hãy sửa.",
        "A booster is n/n (3/3 after two doses), or n/1 (2/1) after a single-dose course.",
    ),
    "dose.single_dose_vaccine": (
        "Vắc xin này chỉ cần một mũi: ghi 1/1, mũi nhắc ghi 2/1, hoặc 3/3 sau liệu trình hai mũi.",
        "This vaccine's course is one dose: write 1/1, 2/1 for a booster, 3/3 after two others.",
    ),
    "dose.series": (
        "Tổng số mũi không đúng liệu trình của vắc xin này: hãy kiểm tra sd và loại vắc xin.",
        "The series is not this vaccine's course: check sd and the product.",
    ),
    "dose.count": (
        "Số mũi không khớp với số mũi người này đã nhận; mũi nhắc không bao giờ là 1/1: hãy sửa.",
        "The dose number is not how many the person had; a booster is never 1/1: correct it.",
    ),
    "code.unknown": (
        "Mã không có trong bộ giá trị hiện hành: hãy chọn mã đúng.",
        "The value sets do not know this code: choose one of theirs.",
    ),
    "code.inactive": (
        "Mã đã ngừng sử dụng, không cấp mới được: hãy dùng mã thay thế.",
        "The code is deprecated and must not be issued any more: use the one that replaced it.",
    ),
    "vaccine.maker": (
        "Nhà sản xuất không phải của vắc xin này: hãy kiểm tra mp và ma.",
        "This maker does not make this product: check mp and ma against Annex A.",
    ),
    "vaccine.prophylaxis": (
        "Loại vắc xin (vp) không đi với sản phẩm này: hãy dùng mã theo Phụ lục A.",
        "This prophylaxis code does not belong to this product: use Annex A's.",
    ),
    "uvci.form": (
        "Mã chứng nhận rỗng hoặc có ký tự lạ: hãy sửa, hoặc để trống cho hệ thống cấp mã.",
        "The identifier is empty or holds odd characters: correct it, or leave ci out to get one.",
    ),
    "uvci.check": (
        "Ký tự kiểm tra của mã chứng nhận sai: hãy sửa hoặc để trống cho hệ thống cấp mã.",
        "The identifier's check character is wrong: correct it, or leave ci out to get a new one.",
    ),
    "recovery.dates": (
        "Thứ tự ngày sai: ngày dương tính, rồi hiệu lực từ, rồi hiệu lực đến.",
        "The dates are out of order: first positive test, then valid from, then valid until.",
    ),
}
"""Every code with its sentence in Vietnamese and English."""
