"""The worker: takes jobs from the queue, and puts back those whose worker has died.

procrastinate does not retry a dead worker's jobs by itself; each worker looks for them a few times
in the span after which a silent worker counts as dead. Looking is no job of the queue, so it never
waits behind long work.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import Final

from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import connections
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import DeleteJobCondition

from lamsach.jobs import actions, registry, tasks

__all__ = ["run_worker"]

log = logging.getLogger(__name__)
_CONCURRENCY: Final = 4


def run_worker(
    *, queues: Sequence[str] = (), concurrency: int = _CONCURRENCY, until_empty: bool = False
) -> None:
    """Work until a signal comes, or with `until_empty` until nothing is left in the queue.

    Without `queues` it takes from all of them.
    """
    connector = app.connector
    if not isinstance(connector, DjangoConnector):
        raise TypeError("a worker runs in this process already")
    for name, cron in registry.periodics().items():
        if (tasks.CLOCK_TASK, name) not in app.periodic_registry.periodic_tasks:
            timed = app.periodic(cron=cron, periodic_id=name, task_kwargs={"name": name})
            timed(tasks.start_periodic_job)  # type: ignore[arg-type]  # its moment is an int
    connections.close_all()
    with app.replace_connector(connector.get_worker_connector()):
        asyncio.run(_work(list(queues), concurrency, until_empty))


async def _work(queues: list[str], concurrency: int, until_empty: bool) -> None:
    patience = settings.WORKER_PATIENCE
    async with app.open_async():
        rescuer = asyncio.create_task(_rescue_for_ever(patience))
        try:
            await app.run_worker_async(
                queues=queues or None,  # type: ignore[arg-type]  # None: all of them
                concurrency=concurrency,
                wait=not until_empty,
                fetch_job_polling_interval=min(5.0, patience / 3),
                update_heartbeat_interval=patience / 3,
                stalled_worker_timeout=patience,
                delete_jobs=DeleteJobCondition.SUCCESSFUL,
            )
        finally:
            rescuer.cancel()


async def _rescue_for_ever(patience: float) -> None:
    while True:
        try:
            await _rescue(patience)
        except Exception:  # whatever it was: a worker that looks no more would look alive
            log.warning("stalled jobs could not be looked for; soon again", exc_info=True)
        await asyncio.sleep(patience / 3)


async def _rescue(patience: float) -> None:
    """Put back the jobs of workers that have been silent for too long."""
    manager = app.job_manager
    for queued in await manager.get_stalled_jobs(seconds_since_heartbeat=patience):
        try:
            await manager.retry_job(queued)
        except ConnectorException:
            continue  # of several workers that see it, one puts it back
        identifier = queued.task_kwargs.get("job")
        if identifier is not None:
            await sync_to_async(_count)(str(identifier))


def _count(public_id: str) -> None:
    try:
        actions.count_rescue(public_id=public_id)
    finally:
        connections.close_all()
