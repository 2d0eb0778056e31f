"""The platform's records: the contract's columns, the piles of April 2022, facilities' habits."""

from __future__ import annotations

import pyarrow.parquet as pq
import pytest

from lamsach.synthetic import MIXES, synthesize_nation

PERSONS = ["person_id", "personal_id", "full_name", "birth_date", "sex", "nationality",
           "passport_number", "phone", "insurance_number", "province_code", "district_code",
           "commune_code"]  # fmt: skip
REGISTER = ["personal_id", "previous_id", "full_name", "sex", "birth_date", "province_code",
            "district_code", "commune_code"]  # fmt: skip
DOSES = ["dose_id", "person_id", "dose_number", "vaccine_code", "lot", "vaccinated_on",
         "facility_code"]  # fmt: skip


@pytest.mark.parametrize(
    ("file", "columns"), [("persons", PERSONS), ("register", REGISTER), ("doses", DOSES)]
)
def test_files_have_the_contracts_columns_as_text(nation, file: str, columns: list[str]) -> None:
    schema = pq.read_schema(nation.folder / f"{file}.parquet")
    assert schema.names == columns
    assert {str(field.type) for field in schema} == {"string"}


def test_person_ids_are_random_keys(nation) -> None:
    assert nation.sql(
        """select count(*) = count(distinct person_id),
            bool_and(regexp_full_match(person_id, '[0-9a-f]{32}')) from persons"""
    ) == [(True, True)]


def test_piles_are_those_of_april_2022(nation) -> None:
    piles = dict(
        nation.sql(
            """select outcome_class, count(*) / sum(count(*)) over ()
            from truth where outcome_class <> 'exempt' group by 1"""
        )
    )
    assert abs(piles["right"] - 0.662) < 0.012
    assert abs(piles["wrong"] - 0.230) < 0.012
    assert abs(piles["id_missing"] + piles["id_malformed"] - 0.108) < 0.008
    assert 0.82 < nation.one("select count(*) / 100000 from persons") < 0.86


def test_piles_follow_from_the_field(nation) -> None:
    """`id_missing` has no digits, `id_malformed` neither 9 nor 12, the others 9 or 12."""
    odd = nation.one(
        r"""select count(*) from truth join persons using (person_id)
        where outcome_class <> case
            when outcome_class = 'exempt' then 'exempt'
            when coalesce(personal_id, '') not similar to '.*[0-9].*' then 'id_missing'
            when not regexp_full_match(personal_id, '[0-9]{9}|[0-9]{12}') then 'id_malformed'
            when len(differences) = 0 and true_personal_id is not null then 'right'
            else 'wrong' end"""
    )
    assert odd == 0


def test_errors_cluster_by_facility(nation) -> None:
    wrong = dict(
        nation.sql(
            """select habit, avg((list_contains(differences, 'name.accents'))::int)
            from truth group by 1"""
        )
    )
    assert wrong["no accents"] > 0.6
    assert wrong["ordinary"] < 0.1
    january = dict(
        nation.sql(
            """select habit, avg((list_contains(differences, 'birth_date.placeholder'))::int)
            from truth group by 1"""
        )
    )
    assert january["first of January"] > 5 * january["ordinary"]


def test_who_types_no_accents_types_none_anywhere(nation) -> None:
    """Where the habit is at work, a name keeps all of its marks or none."""
    whole, some = nation.sql(
        r"""select count(*) filter (ascii_only), count(*) filter (not ascii_only)
        from (select regexp_full_match(p.full_name, '[ -~]*') as ascii_only
            from truth join persons p using (person_id)
            where habit = 'no accents' and list_contains(differences, 'name.accents'))"""
    )[0]
    assert whole > 20 * some


def test_some_people_live_elsewhere_than_the_register_says(nation) -> None:
    moved = nation.one(
        """select avg((p.commune_code <> r.commune_code)::int) from truth t
        join persons p using (person_id) join register r on r.personal_id = t.true_personal_id"""
    )
    assert 0.09 < moved < 0.13


def test_a_childs_borrowed_number_is_a_parents(nation) -> None:
    older = nation.sql(
        """select count(*) > 50, avg((2022 - substr(r.birth_date, 1, 4)::int > t.age + 15)::int)
        from truth t join persons p using (person_id)
        join register r on r.personal_id = p.personal_id
        where trap = 'household_number' and t.age < 14"""
    )[0]
    assert older[0]
    assert older[1] > 0.9


def test_foreigners_have_passports_and_no_register_row(nation) -> None:
    foreign = nation.sql(
        """select count(*) > 100, count(passport_number) = count(*), count(true_personal_id),
            bool_and(nationality not in ('VN', 'VNM'))
        from truth join persons using (person_id) where outcome_class = 'exempt'"""
    )
    assert foreign == [(True, True, 0, True)]


def test_families_share_phones(nation) -> None:
    shared = nation.one(
        """select avg((a.phone = b.phone)::int) from truth t
        join truth u on t.household_id = u.household_id and t.human_id < u.human_id
        join persons a on a.person_id = t.person_id join persons b on b.person_id = u.person_id
        where a.phone is not null and b.phone is not null"""
    )
    assert 0.1 < shared < 0.7


@pytest.mark.parametrize("mix", sorted(MIXES))
def test_each_mix_keeps_its_shares(mix: str, tmp_path) -> None:
    made = synthesize_nation(40_000, 3, tmp_path, mix=mix, doses=False)
    citizens = sum(count for name, count in made.classes.items() if name != "exempt")
    piled = made.classes["id_missing"] + made.classes["id_malformed"]
    assert abs(made.classes["wrong"] / citizens - MIXES[mix].wrong) < 0.025
    assert abs(piled / citizens - MIXES[mix].piled) < 0.02
    assert "doses" not in made.rows
    assert not (tmp_path / "doses.parquet").exists()
