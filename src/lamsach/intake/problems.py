"""What can be wrong with a row, and what to do about it: one code, a reason and a fix for each.

A problem sends the row back; a remark lets it in and says what will be in its way. The database
keeps codes and places only; the sentences are made where somebody reads them. No value of a cell
is ever part of a sentence.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

__all__ = ["PROBLEMS", "REMARKS", "Finding", "Said", "WrongError"]


class Said(NamedTuple):
    """A problem in words: what is wrong, and what to do."""

    reason: Promise
    fix: Promise


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found in a row: the column's identifier ("" for the whole row) and the code."""

    column: str
    code: str


class WrongError(Exception):
    """A cell that cannot be taken, by its code in `PROBLEMS`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


PROBLEMS: Final[Mapping[str, Said]] = {
    "missing": Said(_("Nothing is written here"), _("Fill in this cell.")),
    "too_long": Said(_("The text is too long"), _("Shorten it; leave out what is not asked for.")),
    "name_unreadable": Said(
        _("This is no name"), _("Write the family name, middle names and given name.")
    ),
    "birth_unreadable": Said(
        _("This is no date"),
        _("Write day/month/year, for example 04/05/1963; or the year alone, if no more is known."),
    ),
    "birth_future": Said(_("The birth lies in the future"), _("Check the year.")),
    "sex_unreadable": Said(_("This is no sex"), _("Write Nam or Nữ.")),
    "nationality_unknown": Said(
        _("No country is called so"),
        _("Write the country's name or its code of two letters; leave it empty for Vietnam."),
    ),
    "travel_name": Said(
        _("A travel document has only the letters A to Z"),
        _("Copy the lines of the travel document: family name, <<, given names."),
    ),
    "email": Said(_("This is no e-mail address"), _("Write name@place, or leave it empty.")),
    "commune_unknown": Said(
        _("No commune is called so there"),
        _("Write province, district and commune as the catalogue does, or the commune's code."),
    ),
    "commune_ambiguous": Said(
        _("Several communes are called so"),
        _("Write the province and the district too, with the words Xã, Phường or Thị trấn."),
    ),
    "commune_missing": Said(
        _("The place is given without its commune"), _("Write the commune, or leave all empty.")
    ),
    "campaign_unknown": Said(
        _("No campaign has this code"), _("Copy the code from the sheet of instructions.")
    ),
    "vaccine_unknown": Said(
        _("This campaign has no such vaccine"),
        _("Choose one from the list in the sheet of instructions."),
    ),
    "dose_number": Said(_("This is no dose number"), _("Write 1, 2, 3, …, at most 20.")),
    "day_unreadable": Said(
        _("This is no full date"), _("Write day/month/year, for example 19/04/2022.")
    ),
    "day_future": Said(_("The day has not come yet"), _("Write the day of the vaccination.")),
    "day_before_birth": Said(
        _("The dose was given before the birth"), _("Check the birth and the day of the dose.")
    ),
    "day_outside_campaign": Said(
        _("The campaign had not begun yet, or was over"),
        _("Check the day, or choose the right campaign."),
    ),
    "facility_unknown": Said(
        _("This is not your facility, nor a site of yours"),
        _("Leave it empty for your own facility, or write your mobile site's code."),
    ),
    "presence_unknown": Said(
        _("This is no way of checking the identity"), _("Choose one from the cell's list.")
    ),
    "numbers_vary": Said(
        _("The same name and birth stand here with several numbers"),
        _("One person has one number: keep the row with the number on the identity card."),
    ),
    "nothing": Said(
        _("The row names nobody"), _("Fill in at least the full name, or delete the row.")
    ),
}

REMARKS: Final[Mapping[str, Promise]] = {
    "id_missing": _("No personal number: no passport until it is added"),
    "id_malformed": _("The personal number has not 12 (or 9) digits: no passport until corrected"),
    "number_contradicts": _("The personal number says another sex or year of birth than the row"),
    "birth_missing": _("No date of birth: the record cannot be checked against the register"),
    "sex_missing": _("No sex: the record cannot be checked against the register"),
    "no_residence": _("No commune of residence: no health station is responsible"),
    "lot_missing": _("No lot number"),
    "repeated": _("The same dose stands in the file twice; it goes in once"),
    "no_dose": _("A person without a dose"),
}
