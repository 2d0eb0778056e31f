"""Builds the compact tables of `lamsach.synthetic` from the shared reference data.

Run from the project root: `python tools/build_synthetic_tables.py`. It reads
`../shared/data/vn` and rewrites `src/lamsach/synthetic/data/*.csv`; the folder's `ORIGIN.md`
says where each table comes from and under which licence. What no source gives (where the
54 ethnic groups live, the given words of ethnic name styles) is stated here, as estimates.
"""

from __future__ import annotations

import csv
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT.parent / "shared" / "data" / "vn"
TARGET = ROOT / "src" / "lamsach" / "synthetic" / "data"

# Where the groups live: per cent of the group by province code. Estimates after the published
# results of the 2019 census (State facts), rounded; what is missing from 100 lives elsewhere,
# in proportion to the population.
HOMES = {
    "Tày": "20:15 04:12 08:11 02:10 06:9 15:9 19:8 10:6 24:3 66:3 22:2 67:2 68:1",
    "Thái": "14:36 40:18 38:13 11:12 12:8 15:4 17:2 66:1",
    "Hoa": "79:51 75:12 94:9 96:1 95:2 91:3 24:2 22:1 92:2 68:2 89:1 20:1",
    "Khơ-me": "94:30 84:24 91:16 89:6 95:6 96:2 92:2 70:2 74:5 79:4 86:2 75:2 93:1",
    "Mường": "17:38 38:26 25:15 14:6 37:2 01:4 66:1 15:1 64:1",
    "Nùng": "20:31 04:15 24:9 02:7 66:7 19:6 10:3 67:3 15:2 70:2 68:2 06:2 08:1 75:2 22:1",
    "HMông": "02:21 11:16 14:14 10:13 12:9 15:8 04:4 40:2 67:2 66:3 08:2 38:1 06:2",
    "Dao": "02:14 08:12 10:12 15:12 22:8 04:6 12:6 17:2 06:6 20:3 19:3 25:2 14:2 66:2 67:2",
    "Gia-rai": "64:90 62:5 66:4",
    "Ngái": "19:48 24:10 75:10 22:5 60:10",
    "Ê-đê": "66:88 54:6 67:2 56:1 64:1",
    "Ba-na": "64:66 62:24 52:7 54:2",
    "Xơ-Đăng": "62:64 49:22 66:5 64:1",
    "Sán Chay": "08:35 19:18 24:14 22:7 66:6 25:2 04:4 20:3",
    "Cơ-ho": "68:87 60:6 56:3 58:1",
    "Chăm": "58:38 60:22 54:12 89:7 79:6 52:4 75:4 91:1 84:1",
    "Sán Dìu": "26:25 19:30 24:18 22:11 08:8 30:1 66:1",
    "Hrê": "51:90 62:2 52:7",
    "Mnông": "66:38 67:40 68:8 49:11 70:1",
    "Ra-glai": "58:48 56:38 60:12",
    "Xtiêng": "70:95 72:2 75:2",
    "Bru-Vân Kiều": "45:73 44:20 66:4 46:1",
    "Thổ": "40:78 38:13",
    "Giáy": "10:47 02:24 12:18 15:4 04:2",
    "Cơ-tu": "49:75 46:23 48:2",
    "Gié-Triêng": "62:62 49:36",
    "Mạ": "68:78 67:16 75:5",
    "Khơ-mú": "40:47 11:22 14:18 12:9 15:1 38:1",
    "Co": "51:83 49:16",
    "Tà-ôi": "46:66 45:32",
    "Chơ-ro": "75:58 77:30 60:10",
    "Kháng": "14:60 11:32 12:6",
    "Xinh-mun": "14:91 11:8",
    "Hà Nhì": "12:62 10:18 11:18",
    "Chu-ru": "68:97 58:2",
    "Lào": "12:42 11:29 14:23",
    "La Chí": "02:92 10:5",
    "La Ha": "14:97 12:1",
    "Phù Lá": "10:80 02:7 15:8 11:2",
    "La Hủ": "12:99",
    "Lự": "12:99",
    "Lô Lô": "04:58 02:35 12:1",
    "Chứt": "44:90 42:4",
    "Mảng": "12:98",
    "Pà Thẻn": "02:80 08:17",
    "Cơ Lao": "02:91",
    "Cống": "12:50 11:44",
    "Bố Y": "10:57 02:38",
    "Si La": "12:75 11:21",
    "Pu Péo": "02:83",
    "Brâu": "62:95",
    "Ơ Đu": "40:90",
    "Rơ-măm": "62:96",
}

# How a group makes names (see ethnic_name_patterns.csv); groups not listed: "kinh".
STYLES = {
    "HMông": "hmong",
    "Ê-đê": "ede",
    "Mnông": "ede",
    "Ba-na": "bana",
    "Xơ-Đăng": "bana",
    "Gié-Triêng": "bana",
    "Brâu": "bana",
    "Rơ-măm": "bana",
    "Gia-rai": "jarai",
    "Cơ-ho": "koho",
    "Mạ": "koho",
    "Chu-ru": "koho",
    "Xtiêng": "xtieng",
    "Chơ-ro": "xtieng",
    "Khơ-me": "khmer",
    "Chăm": "cham",
    "Ra-glai": "raglai",
    "Cơ-tu": "katu",
    "Hà Nhì": "hanhi",
    "La Hủ": "hanhi",
}

# Given words by style and sex: common words of the languages as they are written in Vietnamese
# papers; general knowledge, no list of persons behind it and no frequencies.
GIVEN = {
    ("hmong", "M"): "Páo Dơ Chía Tủa Sinh Vừ Dê Pó Chư Chá Sùng Dình Lử Tồng Say Của Sử Phử Vảng "
    "Páng Nủ Thào Giống Chứ Khua Lầu Mua Nếnh Pao Phía Sàng Tráng Vàng Xà Dìa Hồng Cang Chu Páy "
    "Lồng Sếnh Thắng Tính Hừ Rùa Sấu Tếnh Già Dính Súa Sáu Phổng Chính Sình Và Dủa",
    ("hmong", "F"): "Mỷ Dở Súa Máy Cở Xua Mo Pàng Ca Dua Sua Mai Ly Dợ Chở Pà Sông Ông Chi Mào "
    "Dế Sáng Xông Sinh Dí Mái Dung Chư Va Cha Sầu Kía Dia Mế Vá Pla Nhìa Chà Lia Mảy Dúa Sao",
    ("ede", "M"): "Moan Bhiông Djuang Blôk Khoan Wuăn Kuê Nguyên Ksor Thin Bliêt Dhin Khuyên Djôk "
    "Wăn Thuyên Bhem Êñu Krông Tlê Sương Duk Nhuê Phôn Gông Lơi Suôp Brêč Dăm Khăm Jôn Kông "
    "Thiăng Tuân Luyên Mlan Ngun Yăk Sôn Hoan Djan Bun Wit Bhŏk Pluih Riu Tĭng Nuê",
    ("ede", "F"): "Hen Bia Duyên Nhi Lina Mai Linh Ruê Wai Nguôm Dlĭm Bliă Yer Blă Juê Đăp Hương "
    "Zim Rô Yuôm Ngoan Khuê Mlâo Luăn Nga Thu Lan Uyên Đoan Wiêt Thôn Bloi Jŭk Nhơ Lên Ƀlan "
    "Djuan Ngăm Yŭ Niêm Klă Ñop Dlông Phuôn Kŏk Mloi Suê Hoa",
    ("bana", "M"): "Thưm Byưng Hnhăn Ngưk Đôp Khuyêt Blưi Hyuk Djưng Kmăn Hrinh Bôk Yưk Đơi Khôi "
    "Thôn Lưk Nghĩa Brê Bring Phiên Hùng Dũng Thành Blong Kuk Núp Lim Hmưnh Ngãi Nhớ Thức Hnoch "
    "Chưng Đê Klưi Pưh Xuân Kram Vé Đương Hiếu Nhất Tuấn",
    ("bana", "F"): "Blet Phưn Yưt Hlan Nhớ Thưi Byen Đưm Hmlưk Ring Bleng Prưk Thim Ngơi Nga Lan "
    "Chung Hiền Dung Xôi Hnheo Hồng Yên Kluih Thảo Bích Thu Hyuih Đel Rơi Thoa Sương Vân Hà Ngọc "
    "Mlik Nhung Trang Loan Bơi Pyưn Hường Nun",
    ("jarai", "M"): "Blưt Thoan Hoan Nga Bình Phơi Hlut Kril Djit Ngơi Hyưk Dơk Phin Tơ Khuê Lul "
    "Chăm Bom Thin Hmrik Blơn Yơng Suen Pham Phiêu Kơr Hlơi Đức Wel Hrum Nguk Pin Loai Thanh Nhan "
    "Ben Alêh Thul Brơk Blim",
    ("jarai", "F"): "Lan Nhung Yến Bia Nga Phin Thoa Phyin Blơn Thủy Ngân Duyên Lươn Hlim Yuin "
    "Lai Bluin Mrơi Hồng Oanh Ngơn Thiên Uyên Mên Phiếu Chim Chuyên Ly Bơp Hương Sinh Hnưn Bước "
    "Alơ Nghưng Tuyết Luyn Hiêm",
    ("koho", "M"): "Brếu Brểu Brẹ Brèm Brôh Brồi Tếu Tuấn Thanh Tiêng Thuân Thông Lộc Long Nhài "
    "Ndong Đỏi Hai Hoan Huệ Kra Minh Niêng Nhem Sương Sung Brình Ế Bes Dip Jim Jôi Krăng Lang "
    "Lịch Mbrong Ngọc Nhiên Poh Têh Yang Rồi Sép",
    (
        "koho",
        "F",
    ): "Thúy Hiền Điệp Nga Hòa Hạnh Hương Nhiên Nhoan Brết Lâm Loan Tuyền Đim Thủy Liêng "
    "Thơm Nhung Gluyn Nhọi Nhũ Rin Mẩm Thim Ngân Hoài Dũng Duyên Sương Tham Thiếp Phượng Brem "
    "Ngoạch Nhất Phi Phúc Vinh Yến Đúp Dép Thèo",
    ("xtieng", "M"): "Linh Hùng Dũng Lai Hiếu Thanh Tuấn Sơn Mái Lon Ông Bé Phước Hà Quang Lên "
    "Krét Brét Đố Khoen Bối Nhó Cân Mới Minh Xuân Bá Kiêu Phong Đuồng Rỗi Sang Nghiên Luốt Nhung "
    "Hoàng Điệp Tiêng Nhôi Sroi Gióp Tân Ký Mân Song",
    ("xtieng", "F"): "Bé Hương Hoa Hồng Lan Mai Nga Thủy Xuân Duyên Hạnh Út Lên Nhung Phương Thảo "
    "Nhé Dâm Rôn Nhơn Pích Brơm Mới Liên Loan Sương Đào Thiên Yến Giang Minh Rươi Đêm Ngọc Nhiên "
    "Thi Vân Hà Blớt Grôn Den Hiên Thu",
    (
        "khmer",
        "M",
    ): "Sô Phi|Sóc Kha|Phách Sa|Ra|Thươne|Sa Rinh|Ngọc Sơn|Đa|Som Nang|Sâm Bô|Chanh Đa|"
    "Sà Rươl|Hiên|Sương|Chane Thi|Sa Vuth|Ni|Quyên|Na Ra|Thane|Suôl|Sóc Thia|Vanh Na|Pho La|"
    "Đara|Sâm Nang|Sa Mươl|Chanh Thu|Hoàng|Minh|Tuấn|Bình|Phol|Sê Ha|Sa Oan|Ret|Sươl|Chan Rích|"
    "Bô Ra|Sô Khom|Khêl|Rích Thy|Vũ|Thái|Thành|Dương|Út|Vinh|Thạnh|Sang",
    ("khmer", "F"): "Sô Phia|Sa Rươn|Thi|Chanh Tha|Sóc Khêng|Sà Quên|Phol La|Sa Vy|Đa Ni|Sóc Kha|"
    "Sa Phone|Ươne|Nal|Sà Phép|Ngọc Hà|Ngọc Lan|Sa Ra|Hương|Lan|Chanh Ni|Sâm Phone|Sô Phi|Ni Ta|"
    "Rô Mi|Sa Linh|Na Quy|Rane|Rinh|Thu Hà|Hồng|Sà Bươl|Ly|Srây Mum|Bích|Khuône|Tha|Kim Thi|"
    "Sô Pha|Liêng|Út|Nga|Thúy|Diễm|Ngọc Bích|Phương|Trúc|Yến|Sươne",
    ("cham", "M"): "Mohamad|Abdol Halim|Sa Ly|Ysa|Ro Him|Mách|Ha Sim|Sa Leh|Dol|A Mine|Minh|Ta Lép|"
    "Mu Sa|Rô Phi|Ka Rim|Thành|Hữu|Quang|Phú|Du Sô|Ma Lích|Gia Phar|Tuấn|Sơn|Bình|Đại|Nghĩa|"
    "Thạch|Đạo|Hùng|Trượng|Ngọc|Tài|Lộc|Minh Tuấn|Quang Đại|Ngọc Sang|Tỷ|Món|Phước|Xuân",
    ("cham", "F"): "Mari Yam|Sa Ki Nah|Khotijah|A Mi Nah|Ro Mah|Sa Ly Hah|Phatimah|Ha Ly Mah|Xa Ra|"
    "Ai Sah|Lan|Hương|Nga|Hạnh|Thu|Mỹ|Đào|Bích|Lệ|Thủy|Kim|Ngọc|Xuân|Hồng|Sô Phi Yah|Mai|"
    "Na Phi Sah|Ru Kay Yah|Nhung|Liên|Diễm|Thông|Hiền|Tuyết|Trinh|Sen|Lựu|Chanh|Thẩm|Hoa",
    ("raglai", "M"): "Thạnh Thiếu Ya Tiến Tý Hiền Quốc Minh Bảo Hai Xuân Đông Thuận Mang Bền "
    "Nghiệp Hùng Lợi Khiêm Lực Chót Xa Liễu Danh Hoàng Viên Nhất Vinh Phúc Thái Đức Đạt Điệp Sơn",
    ("raglai", "F"): "Mai Thanh Lành Bích Hoa Đào Nga Hiền Sáu Thủy Liên Hương Én Phin Thơm "
    "Nhung Hạnh Xuân Lan Tiên Nữ Nhị Út Mừng Diễm Kiều Ngọc Hồng Duyên Kim Phượng Thảo Vân Yến",
    ("katu", "M"): "Nhiên Ngước Bảy Quang Hùng Hôn Lơ Mai Năm Nhân Nhấp Phước Pố Rích Thái Trăng "
    "Tiến Viết Vôn Zal Bút Chiến Dương Đắc Đông Giáp Hiếu Lợi Minh Nghĩa Nhút Pươi Sơn Thành Ưng",
    ("katu", "F"): "Hoa Bích Nữa Nga Mai Lan Thủy Nhung Ly Hôn Ngát Nhân Phượng Pơi Thơm Tiên "
    "Trôm Vân Xuân Yên Dung Đào Hà Hạnh Hiền Hương Liên Mười Nhớ Nhiên Sương Thảo Trinh Út",
    ("hanhi", "M"): "Go Xè Cà Hừ Xá Lòng Hù Pó Sừ Ché Po Xú Gạ Ly Ha Cá Mé Sinh Gió Dừ Chừ Lù Phà "
    "Giá Hờ Xó Tư Lò Xì Sì Khò Á Hà Bó",
    ("hanhi", "F"): "Mì Nu De Xó Bơ Mơ Sơ Na Me Gừ Pư Mé Bế Xu Lé Ló Hừ Chù Gió Phì Cò Sư Gơ Né Mờ "
    "Pé Do Xi Bò Sì Đa Là Nù",
}


# Letters that a name word can hold once its marks are off; a few words of the counts are damaged.
LETTERS = set("abcdefghijklmnopqrstuvwxyzđ'’ ")


def read(name: str) -> list[dict[str, str]]:
    with (SOURCE / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def is_word(text: str) -> bool:
    """Whether a counted word is one, and not what a wrong encoding left of it."""
    plain = unicodedata.normalize("NFD", text.lower())
    return {c for c in plain if not unicodedata.combining(c)} <= LETTERS


def write(name: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with (TARGET / name).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def places() -> None:
    units = read("admin_units_2022.csv")
    population = {r["province_code"]: r["population_census_2019"] for r in
                  read("population_province.csv")}  # fmt: skip
    write(
        "provinces.csv",
        ["code", "name", "region", "population"],
        [
            (u["code"], u["name_full"], u["region"], population[u["code"]])
            for u in units
            if u["level"] == "1"
        ],
    )
    write(
        "districts.csv",
        ["code", "name", "province_code"],
        [(u["code"], u["name_full"], u["province_code"]) for u in units if u["level"] == "2"],
    )
    kinds = {"Phường": "P", "Thị trấn": "T", "Xã": "X"}
    write(
        "communes.csv",
        ["code", "kind", "name", "district_code"],
        [
            (u["code"], kinds[u["type"]], u["name"], u["district_code"])
            for u in units
            if u["level"] == "3"
        ],
    )


def people() -> None:
    ages: dict[int, dict[str, str]] = {}
    for row in read("population_single_year_2021.csv"):
        ages.setdefault(int(row["age"]), {})[row["sex"]] = row["population"]
    write("ages.csv", ["age", "male", "female"],
          [(a, ages[a]["M"], ages[a]["F"]) for a in sorted(ages)])  # fmt: skip
    write(
        "surnames.csv",
        ["surname", "weight", "north", "central", "highlands", "south"],
        [
            (
                r["surname"],
                r["weight"],
                r["pct_student_lists_male"],
                r["pct_nghean"],
                r["pct_daklak_1991_2002"],
                r["pct_uit_students"],
            )
            for r in read("surnames.csv")
            if is_word(r["surname"])
        ],
    )
    write(
        "given_names.csv",
        ["given", "sex", "n", "born_1991_2002", "born_2007_2011"],
        [
            (
                r["given_name"],
                r["sex"],
                r["n"],
                r["pct_daklak_born_1991_2002"],
                r["pct_hcmc_born_2007_2011"],
            )
            for r in read("given_names.csv")
            if is_word(r["given_name"])
        ],
    )
    write(
        "middle_names.csv",
        ["middle", "sex", "position", "n"],
        [
            (r["middle_name"], r["sex"], r["position"], r["n"])
            for r in read("middle_names.csv")
            if is_word(r["middle_name"])
        ],
    )
    write(
        "middle_given_pairs.csv",
        ["sex", "middle", "given", "n"],
        [
            (r["sex"], r["last_middle"], r["given_name"], r["n"])
            for r in read("middle_given_pairs.csv")
            if is_word(r["last_middle"]) and is_word(r["given_name"])
        ],
    )


def groups() -> None:
    census = [r for r in read("ethnic_groups.csv") if r["population_2019_census"]]
    write(
        "ethnic_groups.csv",
        ["name", "population", "style", "homes"],
        [
            (
                r["name"],
                r["population_2019_census"],
                STYLES.get(r["name"], "kinh"),
                HOMES.get(r["name"], ""),
            )
            for r in census
        ],
    )
    unknown = set(HOMES) - {r["name"] for r in census}
    if unknown:
        sys.exit(f"HOMES names groups that the census table does not hold: {sorted(unknown)}")
    write(
        "ethnic_surnames.csv",
        ["group", "surname"],
        [(r["ethnic_group"], r["surname_or_marker"]) for r in read("ethnic_surnames.csv")],
    )
    write(
        "ethnic_given.csv",
        ["style", "sex", "words"],
        [
            (style, sex, "|".join(words.split("|") if "|" in words else words.split()))
            for (style, sex), words in GIVEN.items()
        ],
    )


def numbers() -> None:
    codes = {r["province_name"]: r["province_code"] for r in read("population_province.csv")}
    aliases = {"TP. Hồ Chí Minh": "79", "Hà Tây (cũ)": "01", "Hòa Bình": "17"}
    prefixes: dict[str, list[str]] = {}
    for row in read("cmnd_prefixes.csv"):
        name = row["province_name"]
        code = aliases.get(name) or codes[name]
        prefixes.setdefault(code, []).extend(row["prefix"].split(";"))
    prefixes["62"] = ["233"]  # Kon Tum; plain 23 would take in Gia Lai's 230 and 231
    prefixes["74"].append("281")  # 280 alone is too small for Bình Dương's people
    write("cmnd_prefixes.csv", ["province_code", "prefixes"],
          [(code, " ".join(prefixes[code])) for code in sorted(prefixes)])  # fmt: skip
    write(
        "phone_prefixes.csv",
        ["prefix", "old_prefix"],
        [(r["prefix"], r["old_11_digit_prefix_until_2018"]) for r in read("phone_prefixes.csv")],
    )
    # Doses received until 4/12/2021 (million): the table gives Pfizer and Moderna together; the
    # split, and the products without a figure, are estimates.
    shares = {
        "AstraZeneca": 46.7,
        "Sputnik V": 1.5,
        "Vero Cell": 48.7,
        "Pfizer": 40.0,
        "Moderna": 6.6,
        "Janssen": 0.2,
        "Hayat-Vax": 0.5,
        "Abdala": 5.2,
        "Covaxin": 0.2,
    }
    write(
        "vaccines.csv",
        ["code", "name", "million_doses", "primary_series", "min_interval_days"],
        [
            (
                r["eu_product_mp"],
                r["name_vn"],
                shares[r["name_vn"]],
                r["doses_primary_series"],
                r["min_interval_days"],
            )
            for r in read("vaccines.csv")
        ],
    )


def writing() -> None:
    names = ["TCVN3", "VNI-Windows", "VPS", "VISCII", "VIQR", "CP1258", "UTF8-as-single-byte",
             "UTF8-twice", "QUESTION-MARK"]  # fmt: skip
    table: dict[str, dict[str, str]] = {}
    for row in read("legacy_encodings.csv"):
        if row["encoding"] in names:
            table.setdefault(row["unicode_char"], {})[row["encoding"]] = row["seen_as_cp1252"]
    write(
        "legacy_encodings.csv",
        ["char", *names],
        [(char, *(seen.get(n, char) for n in names)) for char, seen in table.items()],
    )
    write(
        "typing_keys.csv",
        ["char", "telex", "vni"],
        [(r["char"], r["telex"], r["vni"]) for r in read("typing_rules.csv")],
    )
    write("tone_placement.csv", ["old", "new"],
          [(r["old_style"], r["new_style"]) for r in read("tone_placement_pairs.csv")])  # fmt: skip


if __name__ == "__main__":
    TARGET.mkdir(exist_ok=True)
    for build in (places, people, groups, numbers, writing):
        build()
    sizes = {path.name: path.stat().st_size for path in sorted(TARGET.glob("*.csv"))}
    print("\n".join(f"{size:8,d} {name}" for name, size in sizes.items()))
    print(f"{sum(sizes.values()):8,d} bytes")
