"""The truth says what differs: judged here from the texts alone, by other means than made them."""

from __future__ import annotations

import datetime
import re
import unicodedata

import pytest

from lamsach.synthetic.truth import CODES

TONES = "\u0300\u0301\u0303\u0309\u0323"


def plain(text: str) -> str:
    """What is left of a name without any mark, in small letters."""
    letters = unicodedata.normalize("NFD", text.lower().replace("đ", "d").replace("ð", "d"))
    return "".join(c for c in letters.replace("ƀ", "b") if not unicodedata.combining(c))


def written(text: str) -> tuple:
    """A name but for what carries no information: form, case, blanks, place of the tone mark."""
    text = unicodedata.normalize("NFD", text.replace("\u00d0", "Đ").lower())
    words = text.split()
    return tuple(
        (
            unicodedata.normalize("NFC", "".join(c for c in word if c not in TONES)),
            "".join(sorted(c for c in word if c in TONES)),
        )
        for word in words
    )


def birth(text: str | None) -> tuple[int, ...]:
    """Year, month, day as far as given; day-first and ISO forms."""
    if text is None:
        return ()
    parts = [int(part) for part in re.split(r"[-/]", text)]
    return tuple(parts if len(str(parts[0])) == 4 else parts[::-1])


def sex(text: str | None) -> str:
    men, women = {"M", "Nam", "male", "1"}, {"F", "Nữ", "female", "0"}
    return "" if text is None else "M" if text in men else "F" if text in women else "?"


def only(nation, *codes: str) -> list[tuple]:
    """Typed and true name, birth, sex, number and previous number where just these codes hold."""
    wanted = ", ".join(f"'{code}'" for code in codes)
    return nation.sql(
        f"""select p.full_name, r.full_name, p.birth_date, r.birth_date, p.sex, r.sex,
            p.personal_id, r.personal_id, r.previous_id
        from truth t join persons p using (person_id)
        join register r on r.personal_id = t.true_personal_id
        where list_sort(differences) = list_sort([{wanted}]::varchar[])"""
    )


def rows(nation, code: str) -> list[tuple]:
    found = only(nation, code)
    assert found, f"no record differs by {code} alone"
    return found


def test_every_code_of_the_contract_occurs(nation) -> None:
    found = {code for (code,) in nation.sql("select distinct unnest(differences) from truth")}
    assert found == set(CODES)


def test_right_records_say_what_the_register_says(nation) -> None:
    right = nation.sql(
        """select p.full_name, r.full_name, p.birth_date, r.birth_date, p.sex, r.sex,
            p.personal_id, r.personal_id
        from truth t join persons p using (person_id)
        join register r on r.personal_id = t.true_personal_id
        where outcome_class = 'right'"""
    )
    assert len(right) > 50_000
    for name, true_name, born, true_born, gender, true_gender, number, true_number in right:
        assert written(name) == written(true_name)
        assert birth(born) == birth(true_born)
        assert sex(gender) == true_gender
        assert number == true_number
    assert any(name != true for name, true, *_ in right)  # some differ in form alone


def test_wrong_records_do_not(nation) -> None:
    wrong = nation.sql(
        """select p.full_name, r.full_name, p.birth_date, r.birth_date, p.sex, r.sex,
            p.personal_id, r.personal_id
        from truth t join persons p using (person_id)
        join register r on r.personal_id = t.true_personal_id
        where len(differences) > 0"""
    )
    for name, true_name, born, true_born, gender, true_gender, number, true_number in wrong:
        same = (
            written(name) == written(true_name)
            and birth(born) == birth(true_born)
            and sex(gender) == true_gender
            and number == true_number
        )
        assert not same


def test_lost_accents_leave_the_letters(nation) -> None:
    for name, true_name, *_ in rows(nation, "name.accents"):
        assert plain(name).split() == plain(true_name).split()
        marks = [c for c in unicodedata.normalize("NFD", name) if unicodedata.combining(c)]
        true_marks = [
            c for c in unicodedata.normalize("NFD", true_name) if unicodedata.combining(c)
        ]
        assert set(marks) <= set(true_marks)
        assert len(marks) < len(true_marks) or "đ" in true_name.lower()


def test_damaged_encodings_come_back_when_read_rightly(nation) -> None:
    readable = 0
    for name, true_name, *_ in rows(nation, "name.encoding"):
        assert written(name) != written(true_name)
        try:
            decoded = name.encode("cp1252").decode("utf-8")
        except UnicodeError:
            continue
        readable += written(decoded) == written(true_name)
    assert readable > 0  # UTF-8 read as CP1252 is among them


def test_keys_left_in_are_ascii_and_spell_the_letters(nation) -> None:
    for name, true_name, *_ in rows(nation, "name.typing"):
        typed, true = plain(name), plain(true_name)
        assert typed != true
        letters = iter(typed)
        assert all(any(c == d for d in letters) for c in true)  # the letters stand in their order


def test_moved_missing_and_extra_words(nation) -> None:
    for name, true_name, *_ in rows(nation, "name.order"):
        assert written(name) != written(true_name)
        assert sorted(plain(name).split()) == sorted(plain(true_name).split())
    for name, true_name, *_ in rows(nation, "name.missing_part"):
        assert len(plain(name)) < len(plain(true_name))
        words = iter(written(true_name))
        assert all(any(w == v for v in words) for w in written(name))
    for name, true_name, *_ in rows(nation, "name.extra_part"):
        words = iter(written(name))
        assert all(any(w == v for v in words) for w in written(true_name))


def test_spelling_keeps_the_number_of_words_and_changes_few(nation) -> None:
    for name, true_name, *_ in rows(nation, "name.spelling"):
        typed, true = written(name), written(true_name)
        assert len(typed) == len(true)
        assert 1 <= sum(a != b for a, b in zip(typed, true, strict=True)) <= 2


def _days_apart(one: tuple[int, ...], other: tuple[int, ...]) -> list[str]:
    names = ("year", "month", "day")
    return [n for n, a, b in zip(names, one, other, strict=True) if a != b]


def test_births(nation) -> None:
    for part in ("day", "month", "year"):
        for *_, typed, true, _, _, _, _, _ in rows(nation, f"birth_date.{part}"):
            if len(birth(true)) == 3:
                assert _days_apart(birth(typed), birth(true)) == [part]
    for _, _, typed, true, *_ in rows(nation, "birth_date.day_month_swapped"):
        year, month, day = birth(true)
        assert birth(typed) == (year, day, month)
    for _, _, typed, true, *_ in rows(nation, "birth_date.year_only"):
        assert birth(typed) == birth(true)[:1] != birth(true)
    for _, _, typed, true, *_ in rows(nation, "birth_date.placeholder"):
        assert birth(typed) == (birth(true)[0], 1, 1) != birth(true)
    assert {typed for _, _, typed, *_ in rows(nation, "birth_date.missing")} == {None}
    for _, _, typed, true, *_ in rows(nation, "birth_date.other"):
        if len(birth(typed)) == len(birth(true)) == 3:
            assert len(_days_apart(birth(typed), birth(true))) >= 2
            assert birth(typed)[1:] != (1, 1)
        else:
            assert len(birth(typed)) != len(birth(true))


def test_impossible_days_are_typed_too(nation) -> None:
    impossible = 0
    for (text,) in nation.sql(
        "select distinct birth_date from persons where length(birth_date)=10"
    ):
        try:
            datetime.date(*birth(text))
        except ValueError:
            impossible += 1
    assert impossible > 0


def test_sexes(nation) -> None:
    for *_, typed, true, _, _, _ in rows(nation, "sex"):
        assert {sex(typed), true} == {"M", "F"}
    assert {typed for *_, typed, _, _, _, _ in rows(nation, "sex.missing")} == {None}


def test_numbers(nation) -> None:
    held = {number for (number,) in nation.sql("select personal_id from register")}
    previous = {number for (number,) in nation.sql("select previous_id from register")}

    def pairs(code: str) -> list[tuple[str, str, str]]:
        return [(typed, true, old) for *_, typed, true, old in rows(nation, code)]

    assert all(t is None or not re.search(r"\d", t) for t, _, _ in pairs("personal_id.missing"))
    assert all(typed == old for typed, _, old in pairs("personal_id.previous_id"))
    assert all(typed == true.lstrip("0") for typed, true, _ in pairs("personal_id.leading_zero"))
    for typed, true, _ in pairs("personal_id.digit"):
        assert len(typed) == 12
        assert sum(a != b for a, b in zip(typed, true, strict=True)) == 1
    for typed, true, _ in pairs("personal_id.transposed"):
        at = [i for i in range(12) if typed[i] != true[i]]
        assert at == [at[0], at[0] + 1]
        assert typed[at[0]] + typed[at[1]] == true[at[1]] + true[at[0]]
    assert all(len(typed) in {10, 11, 13} for typed, _, _ in pairs("personal_id.length"))
    for typed, true, _ in pairs("personal_id.other_person"):
        assert typed in held
        assert typed != true
    for typed, _, _ in pairs("personal_id.not_in_register"):
        assert typed not in held
        assert typed not in previous


def test_a_neighbours_number_is_one_digit_away_and_somebodys(nation) -> None:
    held = {number for (number,) in nation.sql("select personal_id from register")}
    found = only(nation, "personal_id.digit", "personal_id.other_person")
    assert found
    for *_, typed, true, _ in found:
        assert typed in held
        assert sum(a != b for a, b in zip(typed, true, strict=True)) == 1


def test_errors_meet(nation) -> None:
    assert nation.one("select count(*) from truth where len(differences) > 1") > 1000
    assert nation.one("select count(*) from truth where len(differences) > 2") > 100


def test_people_the_register_does_not_hold(nation) -> None:
    assert nation.sql(
        """select count(*) > 200, sum(len(differences)), bool_and(outcome_class <> 'right')
        from truth where true_personal_id is null and outcome_class <> 'exempt'"""
    ) == [(True, 0, True)]
    # some of them have a living namesake born on the same day
    namesakes = nation.one(
        """select count(*) from truth t join persons p using (person_id)
        where trap = 'absent_namesake' and p.personal_id is not null and exists (
            select 1 from register r
            where r.full_name = p.full_name and r.birth_date = p.birth_date)"""
    )
    assert namesakes > 10


def test_truth_and_register_fit(nation) -> None:
    assert nation.one("select count(*) from truth anti join persons using (person_id)") == 0
    assert nation.one("select count(*) - count(distinct person_id) from truth") == 0
    lost = nation.one(
        """select count(*) from truth t anti join register r on r.personal_id = true_personal_id
        where true_personal_id is not null"""
    )
    assert lost == 0
    twice = nation.one(
        "select max(n) from (select count(*) n, count(distinct true_personal_id) from truth"
        " group by human_id)"
    )
    assert twice == 2


@pytest.mark.parametrize("column", ["sex", "age", "region", "outcome_class", "household_id"])
def test_truth_is_complete(nation, column: str) -> None:
    assert nation.one(f"select count(*) from truth where {column} is null") == 0
