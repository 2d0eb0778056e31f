"""The whole: namesake density, the same data from the same seed, and nothing half-written."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from lamsach.synthetic import nation as whole
from lamsach.synthetic import people, synthesize_nation
from lamsach.synthetic.density import NATION, namesakes


def test_a_small_sample_has_the_nations_namesakes(nation) -> None:
    """matching.md's table, at a thousandth of the nation."""
    found = namesakes(nation.folder / "register.parquet")
    for key, expected in NATION.items():
        assert expected / 1.7 < found[key] < expected * 1.7, key


def test_the_sample_keeps_near_namesakes_too(nation) -> None:
    """As many agree on family and given name and year as in the nation (some 800), roughly."""
    near = nation.one(
        """select sum(n * (n - 1)) / sum(n) from (
            select count(*) as n from register where length(birth_date) = 10
            group by split_part(full_name, ' ', 1), split_part(full_name, ' ', -1),
                substr(birth_date, 1, 4), sex)"""
    )
    assert near > 60


def test_a_province_has_its_own_namesakes(province) -> None:
    """Names are compressed as far as its own people are fewer than there are."""
    found = namesakes(province.folder / "register.parquet")
    assert found["full_name", "birth_date"] == found["full_name", "birth_date", "province_code"]
    assert found["full_name", "birth_date"] < 0.05
    assert 0.2 < found["full_name", "year"] < 3


def _hashes(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


def test_the_same_seed_gives_the_same_bytes_on_any_number_of_threads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(people, "CHUNK", 4_000)
    for name, seed, threads in (("one", 5, 1), ("three", 5, 3), ("other", 6, 2)):
        synthesize_nation(10_000, seed, tmp_path / name, threads=threads)
    assert _hashes(tmp_path / "one") == _hashes(tmp_path / "three")
    assert _hashes(tmp_path / "one") != _hashes(tmp_path / "other")
    register = pq.ParquetFile(tmp_path / "one" / "register.parquet")
    assert register.num_row_groups == 3
    numbers = register.read(["personal_id"])["personal_id"]
    assert len(numbers.unique()) == 10_000  # chunks do not give out one another's numbers


def test_a_failure_leaves_nothing_half_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(whole, "_facilities", broken)
    with pytest.raises(OSError, match="disk is full"):
        synthesize_nation(1_000, 1, tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"people": 10}, "too few"),
        ({"people": 1000, "mix": "gentle"}, "no mix of errors is called 'gentle'"),
        ({"people": 1000, "province": "99"}, "no province has the code '99'"),
    ],
)
def test_what_cannot_be_made_is_said(tmp_path: Path, arguments: dict, sentence: str) -> None:
    numbers = arguments.pop("people")
    with pytest.raises(ValueError, match=sentence):
        synthesize_nation(numbers, 1, tmp_path / "out", **arguments)
    assert not (tmp_path / "out").exists()


def test_the_readme_says_what_was_made(nation) -> None:
    text = (nation.folder / "README.txt").read_text(encoding="utf-8")
    assert "100,000 people of the nation, seed 7, mix of errors april2022" in text
    assert "register: 100,000 rows" in text
