"""Moments in the words of those who read them: Vietnam's clock in Vietnamese, UTC in English.

This room only writes times.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

__all__ = ["english", "vietnamese"]

# Vietnam keeps UTC+7 the year round, so no time zone data are needed.
_VIETNAM = timezone(timedelta(hours=7))
_LAST = datetime.max.replace(tzinfo=_VIETNAM)


def vietnamese(moment: datetime) -> str:
    """A moment as Vietnamese readers write it.

    >>> vietnamese(datetime(2022, 4, 19, 20, 30, tzinfo=UTC))
    '03:30:00 ngày 20/04/2022 (giờ Việt Nam)'
    """
    # 9999-12-31, which certificates write for "no end" (RFC 5280, 4.1.2.5), has no next day.
    shown = min(moment.astimezone(UTC), _LAST).astimezone(_VIETNAM)
    return shown.strftime("%H:%M:%S ngày %d/%m/%Y (giờ Việt Nam)")


def english(moment: datetime) -> str:
    """A moment in UTC.

    >>> english(datetime(2022, 4, 19, 20, 30, tzinfo=UTC))
    '2022-04-19 20:30:00 UTC'
    """
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
