"""The local worker: one process of Dask distributed, started again when it dies."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from distributed import LocalCluster

SETTINGS = {
    # How often a killed worker's execution is started again is the manifest's to say.
    "distributed.scheduler.allowed-failures": 100,
    # Dask's own web pages, where anybody could look into the worker.
    "distributed.scheduler.http.routes": [],
    "distributed.worker.http.routes": [],
}


def start_cluster() -> LocalCluster:
    """Start a scheduler in this process and a worker in another, both on loopback alone."""
    import dask
    from distributed import LocalCluster

    dask.config.set(SETTINGS)
    return LocalCluster(  # type: ignore[no-untyped-call]
        n_workers=1,
        threads_per_worker=1,
        processes=True,
        host="127.0.0.1",
        dashboard_address="127.0.0.1:0",
        scheduler_kwargs={"dashboard": False},
        memory_limit=0,
        silence_logs=logging.CRITICAL,
    )
