"""The register holds people as the rules make them."""

from __future__ import annotations

import datetime

from lamsach.synthetic import tables


def test_every_number_follows_the_rules(nation) -> None:
    rows = nation.sql("select personal_id, sex, birth_date from register")
    provinces = {"0" + row["code"] for row in tables.rows("provinces")}
    assert len({number for number, _, _ in rows}) == len(rows) == 100_000
    for number, sex, birth in rows:
        year = int(birth[:4])
        assert len(number) == 12
        assert number.isdigit()
        assert number[:3] in provinces
        assert int(number[3]) == 2 * (year // 100 - 19) + (sex == "F")
        assert number[4:6] == birth[2:4]


def test_births_are_possible_and_some_are_years_only(nation) -> None:
    births = [birth for (birth,) in nation.sql("select birth_date from register")]
    for birth in births:
        if len(birth) == 10:
            assert datetime.date.fromisoformat(birth) <= datetime.date(2022, 4, 25)
    years_only = sum(len(birth) == 4 for birth in births) / len(births)
    first_of_january = sum(birth.endswith("-01-01") for birth in births) / len(births)
    assert 0.01 < years_only < 0.05
    assert 0.02 < first_of_january < 0.06
    old = nation.one(
        "select avg((length(birth_date) = 4)::int) from register where birth_date < '1945'"
    )
    assert old > 5 * years_only


def test_previous_numbers_belong_to_the_old_enough_and_few_are_shared(nation) -> None:
    assert nation.sql(
        """select bool_and(regexp_full_match(previous_id, '[0-9]{9}')),
            max(substr(birth_date, 1, 4))
        from register where previous_id is not null"""
    ) == [(True, "2004")]
    shared = nation.one(
        """select sum(n) / (select count(previous_id) from register)
        from (select count(*) as n from register group by previous_id having n > 1)
        where n < 10"""
    )
    assert 0 < shared < 0.02


def test_people_live_in_real_communes_of_their_districts(nation) -> None:
    districts = {row["code"]: row["province_code"] for row in tables.rows("districts")}
    communes = {row["code"]: row["district_code"] for row in tables.rows("communes")}
    homes = nation.sql(
        "select province_code, district_code, commune_code, count(*) from register group by all"
    )
    for province, district, commune, _ in homes:
        assert communes[commune] == district
        assert districts[district] == province
    assert len(homes) > 9_000  # small samples spread over the whole land


def test_provinces_are_as_large_as_counted(nation) -> None:
    lived = dict(nation.sql("select province_code, count(*) / 100000 from register group by 1"))
    counted = {row["code"]: float(row["population"]) for row in tables.rows("provinces")}
    total = sum(counted.values())
    for code, people in counted.items():
        assert abs(lived[code] - people / total) < 0.15 * people / total + 0.001


def test_men_and_women_of_each_age_are_as_many_as_counted(nation) -> None:
    rows = nation.sql(
        """select sex, (2022 - substr(birth_date, 1, 4)::int) // 10 as decade, count(*) / 100000
        from register group by 1, 2"""
    )
    made = {(sex, decade): share for sex, decade, share in rows}
    total = sum(float(r["male"]) + float(r["female"]) for r in tables.rows("ages"))
    for sex, column in (("M", "male"), ("F", "female")):
        for decade in range(8):
            counted = sum(
                float(r[column]) for r in tables.rows("ages") if int(r["age"]) // 10 == decade
            )
            # a year of birth is up to a year off the age in years
            assert abs(made[sex, decade] - counted / total) < 0.12 * counted / total + 0.003


def test_a_province_is_its_own_people_only(province) -> None:
    assert province.sql("select distinct province_code from register") == [("70",)]
    assert province.one("select count(distinct commune_code) from register") == 111
    xtieng = province.one("select avg((ethnic_group = 'Xtiêng')::int) from truth")
    assert 0.06 < xtieng < 0.14  # 96,000 of a million in 2019


def test_peoples_name_in_their_own_ways(nation) -> None:
    def share(group: str, pattern: str) -> float:
        return nation.one(
            f"""select avg(regexp_matches(full_name, '{pattern}')::int)
            from truth join register on personal_id = true_personal_id
            where ethnic_group = '{group}'"""
        )

    assert share("Kinh", "^(Nguyễn|Trần|Lê|Phạm) ") > 0.5
    assert share("HMông", "^(Giàng|Vàng|Sùng|Lầu|Thào|Mùa|Hạng|Vừ|Lý|Lỳ|Hờ|[^ ]+) (A|Thị) ") > 0.6
    assert share("Ê-đê", "^(Y |H)") > 0.95
    assert share("Ê-đê", "(Niê|Mlô|Êban|Ayun|Byă)$") > 0.2
    assert share("Xơ-Đăng", "^(A|Y) ") > 0.7
    assert share("Khơ-me", "^(Thạch|Sơn|Kim|Danh|Lâm|Châu|Chau) ") > 0.3


def test_households_hold_families(nation) -> None:
    sizes = dict(
        nation.sql(
            """select members, count(*) from (select count(distinct human_id) as members
            from truth group by household_id) group by 1"""
        )
    )
    assert sizes[1] > 0
    assert sizes[2] > 0
    assert sizes[4] > 0
    same_family_name = nation.one(
        """select avg((split_part(a.full_name, ' ', 1) = split_part(b.full_name, ' ', 1))::int)
        from truth t join truth u using (household_id)
        join register a on a.personal_id = t.true_personal_id
        join register b on b.personal_id = u.true_personal_id
        where t.age < 18 and u.age > 25 and u.sex = 'M'"""
    )
    assert same_family_name > 0.8
    # twins and fathers with a son of their name are among them
    traps = {trap for (trap,) in nation.sql("select distinct trap from truth")}
    assert {"twin", "father_and_son"} <= traps
    twins = nation.one(
        """select count(*) from truth t join truth u using (household_id)
        join register a on a.personal_id = t.true_personal_id
        join register b on b.personal_id = u.true_personal_id
        where t.trap = 'twin' and t.human_id < u.human_id and a.birth_date = b.birth_date"""
    )
    assert twins > 20
