"""Why a file was refused, in a sentence for whoever sent it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

__all__ = ["REFUSALS", "FileRefusedError"]

#: What is kept of a refusal is its code; what is shown, its sentence.
REFUSALS: Final[Mapping[str, Promise]] = {
    "empty": _("The file is empty. Choose the workbook that you filled in."),
    "too_large": _("The file is too large. Split it: at most 32 MB and 200,000 rows a file."),
    "old_format": _(
        "This is an old Excel file (.xls) or one with a password. Save it as “Excel workbook"
        " (.xlsx)” without a password and send that."
    ),
    "no_workbook": _(
        "This is no Excel workbook (.xlsx). Download the template, fill it in and send that."
    ),
    "macros": _("The workbook has macros. Save it as “Excel workbook (.xlsx)”, without macros."),
    "disguised": _(
        "The file has something hidden in front of or behind the workbook. Save it anew in Excel."
    ),
    "bomb": _(
        "The workbook unpacks to far more than it shows. Copy its cells into the template and"
        " send that."
    ),
    "damaged": _("The workbook is damaged. Open it in Excel, save it anew and send that."),
    "too_many_rows": _("The workbook has more than 200,000 rows. Split it into several files."),
    "too_many_columns": _(
        "The workbook has more than 100 columns. Delete those that are not in the template."
    ),
    "too_many_sheets": _("The workbook has more than 20 sheets. Delete those not in the template."),
    "no_headings": _(
        "No sheet has the template's headings. Download the template and copy your rows into it."
    ),
    "headings_twice": _(
        "A heading stands twice in the sheet. Delete one of the two columns and send it again."
    ),
    "headings_missing": _(
        "A column that must be there is missing. Download the template and compare its headings."
    ),
    "other_office": _("This workbook was returned to another office. Send it from there."),
    "other_list": _("This workbook belongs to another list. Open that list and send it there."),
    "scan_too_large": _("The scan is too large: at most 15 MB. Scan it at 200 dpi."),
    "not_accepted": _(
        "Only PDF, JPEG and PNG files are taken here. Scan the paper as one of them."
    ),
}


class FileRefusedError(Exception):
    """A file that is not taken, by its code in `REFUSALS`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code

    @property
    def sentence(self) -> str:
        """What happened and what to do, in the reader's language."""
        return str(REFUSALS[self.code])
