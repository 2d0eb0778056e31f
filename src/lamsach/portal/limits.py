"""Limits on attempts by people who have not signed in, counted for all processes together.

What is counted is known by a keyed digest only: no address and no number of anybody is kept. Counts
belong to fixed spans of time; an old span's count is of no use and is swept away.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from ipaddress import ip_address, ip_network
from typing import Final

from allauth.account.adapter import get_adapter
from django.db import connection
from django.http import HttpRequest

from lamsach.clock import now
from lamsach.portal.models import Tally
from lamsach.portal.sealing import digest

__all__ = ["Limit", "count_attempt", "network_of", "sweep_tallies"]

_HOST_BITS: Final = 64  # of an IPv6 address: what one household or phone may change at will


@dataclass(frozen=True, slots=True)
class _Bound:
    most: int
    span: timedelta


class Limit(Enum):
    """What is limited, how often in what span.

    Whole districts share one address of a mobile operator, so a network may do far more than a
    person; what protects a record is the limit on its identity.
    """

    UPLOAD_BY_NETWORK = _Bound(30, timedelta(minutes=1))
    LOOKUP_BY_NETWORK = _Bound(300, timedelta(hours=1))
    LOOKUP_BY_IDENTITY = _Bound(5, timedelta(hours=1))
    CODE_BY_NETWORK = _Bound(600, timedelta(hours=1))


def network_of(request: HttpRequest) -> str:
    """Where a request comes from: an IPv4 address, or an IPv6 network."""
    address = ip_address(get_adapter().get_client_ip(request))
    if address.version == 6:
        return str(ip_network((address, _HOST_BITS), strict=False))
    return str(address)


def count_attempt(attempts: Mapping[Limit, str]) -> bool:
    """Count an attempt by each of these names; whether any limit is exceeded with it.

    One statement, whatever is counted; an attempt that is refused counts as well.
    """
    moment = now()
    values: list[str | bytes | datetime] = []
    most = {}
    # In one order, so that two requests never wait for each other in a circle.
    for limit, who in sorted(attempts.items(), key=lambda pair: pair[0].name):
        span = limit.value.span
        begun = datetime.fromtimestamp(
            moment.timestamp() // span.total_seconds() * span.total_seconds(), UTC
        )
        values += [limit.name, digest("limits", limit.name, who), begun, begun + span]
        most[limit.name] = limit.value.most
    rows = ", ".join(["(%s, %s, %s, %s, 1)"] * len(attempts))
    with connection.cursor() as cursor:
        cursor.execute(
            f"insert into {Tally._meta.db_table} as known (name, digest, since, until, count)"
            f" values {rows} on conflict (name, digest, since)"
            " do update set count = known.count + 1 returning name, count",
            values,
        )
        return any(count > most[name] for name, count in cursor.fetchall())


def sweep_tallies() -> int:
    """Forget the counts of spans that are over; how many."""
    gone, _ = Tally.objects.filter(until__lt=now()).delete()
    return gone
