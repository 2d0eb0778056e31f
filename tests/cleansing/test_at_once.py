"""A list is applied beside a recount: officers' decisions come in any order, people in one."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Any

import pytest
from cleansing_making import RegisterDouble, make_commune
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "signing"))

from other_making import Other

from lamsach.cleansing import actions
from lamsach.cleansing.actions import applying
from lamsach.cleansing.actions.deciding import Judgement
from lamsach.cleansing.models import DecisionKind, LookedAt
from lamsach.cleansing.queries import entries_of
from lamsach.ledger.actions import action
from lamsach.registry.models import Correction, Standing
from lamsach.registry.standing import rebuild_standing

pytestmark = [pytest.mark.db, pytest.mark.usefixtures("committed")]


def test_a_list_is_applied_while_everybody_is_projected_anew(
    committed: None, register: RegisterDouble, superuser: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    commune = make_commune()
    later = commune.wrong(full_name="Nguyễn Văn Bửu Yên")
    sooner = commune.wrong(full_name="Nguyễn Văn Bửu An")
    made = commune.listed()
    entries = list(entries_of(made))
    assert [one.person for one in entries] == [sooner, later]
    for entry, officer in zip(entries, (commune.hoang, commune.khanh), strict=True):
        changes = {"full_name": entry.person.full_name.replace("Bửu", "Bảo")}
        actions.decide_entries(
            officer=officer,
            cleansing_list=made,
            judgements=[Judgement(entry.public_id, DecisionKind.CORRECTED, changes)],
            looked_at=LookedAt.SINGLY,
        )
    out = io.BytesIO()
    Image.new("RGB", (40, 60), "white").save(out, "PNG")
    actions.return_with_scan(officer=commune.hoang, cleansing_list=made, scan=out.getvalue())
    Standing.objects.filter(person=later).delete()  # so that the recount has something to write
    request, others = applying.request_corrections, []

    def slow(*given: Any, **more: Any) -> Any:
        done = request(*given, **more)
        others.append(Other(rebuild_standing))
        others[-1].until_it_ends_or_waits(superuser)
        return done

    monkeypatch.setattr(applying, "request_corrections", slow)
    actions.apply_list(officer=commune.country.dung, cleansing_list=made)
    with action() as act:
        applying.apply_part(act, officer=commune.country.dung, cleansing_list=made, most=10)
    for one in others:
        one.well()
    assert set(Correction.objects.values_list("state", flat=True)) == {"approved"}
    left = set(Standing.objects.values_list("person", "obstacle", "responsible"))
    rebuild_standing()
    assert set(Standing.objects.values_list("person", "obstacle", "responsible")) == left
