from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from lamsach.esign.moments import english, vietnamese


@given(st.datetimes(timezones=st.just(UTC)))
def test_any_moment_can_be_written(moment: datetime) -> None:
    assert str(moment.year) in english(moment)
    assert "giờ Việt Nam" in vietnamese(moment)


def test_a_certificate_without_end_is_written_with_its_last_day() -> None:
    # RFC 5280, 4.1.2.5: 99991231235959Z
    assert "31/12/9999" in vietnamese(datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC))
