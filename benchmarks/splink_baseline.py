"""Splink on the same inputs: the peer to stand beside, set up as a careful user would.

Runs alone, with what requirements/bench.txt installs and nothing of ours: cleaning, blocking, term
frequencies, parameters by expectation maximisation without labels, prediction. Writes, for each
person, its best candidate, once with Splink's own probability of the pair and once with the
probability shared between the candidates of one person (a user who reads Splink's manual well
would do that). Must not know the truth.

Usage: python splink_baseline.py PERSONS REGISTER OUT
"""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb
import splink.comparison_level_library as levels
import splink.comparison_library as comparisons
from splink import Linker, SettingsCreator, block_on
from splink.backends.duckdb import DuckDBAPI

SEED = 1
PAIRS_FOR_U = 5e6
KEPT_FROM = 0.01  # less probable pairs change no proposal

_NAME = r"trim(regexp_replace(lower(nfc_normalize(full_name)), '\s+', ' ', 'g'))"
_ASCII = f"translate(strip_accents({_NAME}), 'đð', 'dd')"
_DIGITS = r"regexp_replace(coalesce(personal_id, ''), '[^0-9]', '', 'g')"
# Ten or eleven digits are most likely a number whose leading zeros a spreadsheet ate.
_NUMBER = f"case when length({_DIGITS}) between 10 and 12 then lpad({_DIGITS}, 12, '0') end"
_BIRTH = (
    "coalesce(try_strptime(trim(birth_date), '%Y-%m-%d'),"
    " try_strptime(trim(birth_date), '%d/%m/%Y'))::date"
)
_YEAR = r"regexp_extract(birth_date, '\d{4}')"


def clean(connection: duckdb.DuckDBPyConnection, persons: str, register: str) -> None:
    """Make the tables `persons` and `register` in the form that Splink compares."""
    common = f"""{_NAME} as name, {_ASCII} as name_ascii,
        split_part({_ASCII}, ' ', -1) as given, {_NUMBER} as number,
        strftime({_BIRTH}, '%Y-%m-%d') as birth, nullif({_YEAR}, '') as year,
        nullif(province_code, '') as province, nullif(district_code, '') as district,
        nullif(commune_code, '') as commune"""
    connection.execute(
        f"""create table persons as select person_id as unique_id, {common},
            case lower(sex) when 'm' then 'M' when 'nam' then 'M' when 'f' then 'F'
                when 'nữ' then 'F' end as sex,
            case when length({_DIGITS}) = 9 then {_DIGITS} end as old_number
        from read_parquet(?) where coalesce(nationality, '') in ('', 'VN', 'VNM')""",
        [persons],
    )
    connection.execute(
        f"""create table register as select personal_id as unique_id, {common}, sex,
            nullif(previous_id, '') as old_number
        from read_parquet(?)""",
        [register],
    )


def settings(people: int) -> SettingsCreator:
    """The comparisons and blocking rules; all but two parameters are learned later.

    No random sample of pairs holds two equal numbers, so that chance cannot be learned: it is
    one in the `people` of the register.
    """
    chance = {"u_probability": 1 / people, "fix_u_probability": True}
    number = comparisons.CustomComparison(
        output_column_name="number",
        comparison_levels=[
            levels.CustomLevel("coalesce(number_l, old_number_l) is null", "no number").configure(
                is_null_level=True
            ),
            levels.CustomLevel("number_l = number_r", "the number").configure(**chance),
            levels.CustomLevel("old_number_l = old_number_r", "the previous number").configure(
                **chance
            ),
            levels.CustomLevel("levenshtein(number_l, number_r) <= 2", "nearly the number"),
            levels.ElseLevel(),
        ],
    )
    name = comparisons.CustomComparison(
        output_column_name="name",
        comparison_levels=[
            levels.NullLevel("name"),
            levels.ExactMatchLevel("name", term_frequency_adjustments=True),
            levels.ExactMatchLevel("name_ascii", term_frequency_adjustments=True),
            levels.JaroWinklerLevel("name_ascii", 0.92),
            levels.JaroWinklerLevel("name_ascii", 0.8),
            levels.ElseLevel(),
        ],
    )
    birth = comparisons.CustomComparison(
        output_column_name="birth",
        comparison_levels=[
            levels.NullLevel("year"),
            levels.ExactMatchLevel("birth"),
            levels.CustomLevel(
                "birth_l = year_r || '-' || substr(birth_r, 9, 2) || '-' || substr(birth_r, 6, 2)",
                "day and month swapped",
            ),
            levels.CustomLevel(
                "levenshtein(birth_l, birth_r) <= 2 and year_l = year_r", "day or month differs"
            ),
            levels.CustomLevel("year_l = year_r", "the year"),
            levels.CustomLevel("levenshtein(birth_l, birth_r) <= 1", "one digit of the year"),
            levels.ElseLevel(),
        ],
    )
    residence = comparisons.CustomComparison(
        output_column_name="residence",
        comparison_levels=[
            levels.NullLevel("province"),
            levels.ExactMatchLevel("commune"),
            levels.ExactMatchLevel("district"),
            levels.ExactMatchLevel("province"),
            levels.ElseLevel(),
        ],
    )
    return SettingsCreator(
        link_type="link_only",
        comparisons=[number, name, birth, comparisons.ExactMatch("sex"), residence],
        blocking_rules_to_generate_predictions=[
            block_on("number"),
            block_on("old_number"),
            block_on("name_ascii", "birth"),
            block_on("name_ascii", "commune"),
            block_on("birth", "commune"),
            block_on("birth", "province", "given"),
            block_on("name_ascii", "year", "province"),
        ],
        retain_matching_columns=False,
    )


def predict(connection: duckdb.DuckDBPyConnection) -> str:
    """Train without labels and predict; the name of the table of pairs."""
    api = DuckDBAPI(connection=connection)
    tables = [
        api.register("persons", dataset_display_name="a_persons"),
        api.register("register", dataset_display_name="b_register"),
    ]
    people = connection.sql("select count(*) from register").fetchall()[0][0]
    linker = Linker(tables, settings(people), log_level=None)
    linker.training.estimate_probability_two_random_records_match(
        [block_on("number", "name"), block_on("name", "birth", "commune")], recall=0.8
    )
    linker.training.estimate_u_using_random_sampling(max_pairs=PAIRS_FOR_U, seed=SEED)
    for rule in (block_on("number"), block_on("name_ascii", "birth", "commune")):
        linker.training.estimate_parameters_using_expectation_maximisation(rule)
    return str(linker.inference.predict(threshold_match_probability=KEPT_FROM).physical_name)


def write(connection: duckdb.DuckDBPyConnection, pairs: str, out: Path) -> None:
    """For each person its best candidate, plain and shared; ties fall by number."""
    connection.execute(
        f"""copy (
            with pair as (
                select case when source_dataset_l = 'a_persons' then unique_id_l
                        else unique_id_r end as person_id,
                    case when source_dataset_l = 'a_persons' then unique_id_r
                        else unique_id_l end as personal_id,
                    least(match_probability, 1 - 1e-12) as p
                from {pairs}),
            best as (
                select person_id, min_by(personal_id, (-p, personal_id)) as personal_id,
                    max(p) as probability, sum(p / (1 - p)) as odds
                from pair group by person_id)
            select person_id, personal_id, probability,
                probability / (1 - probability) / (1 + odds) as shared_probability
            from best) to '{out}' (format parquet)"""
    )


def main(persons: str, register: str, out: str) -> None:
    with duckdb.connect(config={"threads": 2}) as connection:
        clean(connection, persons, register)
        write(connection, predict(connection), Path(out))


if __name__ == "__main__":
    main(*sys.argv[1:])
