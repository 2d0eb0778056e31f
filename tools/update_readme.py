"""Print the README's two sheets anew, from a made-up record and the program that explains it.

Usage: python tools/update_readme.py    (rewrites README.md; a test says when it is out of date)
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from lamsach.identity.explain import Explanation, Proposal, compare_fields
from lamsach.identity.explain_sheet import Language, render

README: Final = Path(__file__).resolve().parent.parent / "README.md"
TYPED: Final = {
    "full_name": "Nguyen Van Duc",
    "birth_date": "03/12/1963",
    "sex": "Nam",
    "personal_id": "70063000123",
    "commune_code": "25195",
}
REGISTER: Final = {
    "full_name": "Nguyễn Văn Đức",
    "birth_date": "1963-03-12",
    "sex": "M",
    "personal_id": "070063000123",
    "commune_code": "25195",
}


def sheet(language: Language) -> str:
    """The sheet of the README's record."""
    fields = compare_fields(TYPED, REGISTER)
    proposal = Proposal(1, REGISTER["personal_id"], 0.99998, fields)
    explanation = Explanation(
        person_id="0f3c9a52",
        outcome="correctable",
        id_status="malformed",
        typed=TYPED,
        proposals=(proposal,),
        others=(),
        rivals=0,
        threshold=0.99,
        made_at="2022-04-25",
    )
    return render(explanation, language)


def with_sheets(text: str) -> str:
    """The README with both sheets as they are printed today."""
    languages: tuple[Language, ...] = ("vi", "en")
    for language in languages:
        before, opening, rest = text.partition(f"<!-- sheet:{language} -->\n```text\n")
        _, closing, after = rest.partition("```\n")
        text = f"{before}{opening}{sheet(language)}\n{closing}{after}"
    return text


if __name__ == "__main__":
    README.write_text(with_sheets(README.read_text(encoding="utf-8")), encoding="utf-8")
