"""The worker processes, of Dask distributed; one that dies is started again."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from distributed import Client, Future, LocalCluster

log = logging.getLogger(__name__)

MAX_PROCESSES = 4
"""Worker processes of the local cluster at most, whatever the manifests allow."""
ENDING_SECONDS = 10.0

SETTINGS = {
    # How often a killed worker's execution is started again is the manifest's to say.
    "distributed.scheduler.allowed-failures": 100,
    # Dask's own web pages, where anybody could look into the worker.
    "distributed.scheduler.http.routes": [],
    "distributed.worker.http.routes": [],
}


class Workers:
    """A local cluster, started when the first call comes, or any other by its scheduler."""

    def __init__(self, scheduler: str | None) -> None:
        """Use the scheduler at this address; without one, start a cluster on loopback."""
        self._scheduler = scheduler
        self._lock = threading.Lock()
        self._cluster: LocalCluster | None = None
        self._client: Client | None = None

    def submit(
        self, function: Callable[..., None], *arguments: object, ended: Callable[[str], None]
    ) -> Future[None]:
        """Call a function in a worker; `ended` is told the status, 'finished' if all went well."""
        with self._lock:
            client = self._client or self._connect()
        future = client.submit(function, *arguments, pure=False)
        future.add_done_callback(lambda done: ended(done.status))  # type: ignore[no-untyped-call]
        return future

    def want(self, count: int) -> None:
        """See that so many calls can be under way at once, within `MAX_PROCESSES`."""
        wanted = min(count, MAX_PROCESSES)
        with self._lock:
            if self._cluster is not None and len(self._cluster.worker_spec) < wanted:
                self._cluster.scale(wanted)  # type: ignore[no-untyped-call]

    def end(self, future: Future[None]) -> None:
        """End the process that a call runs in, which is then started anew."""
        with self._lock:
            client = self._client
        if client is None:
            return
        busy = client.processing()  # type: ignore[no-untyped-call]
        there = [worker for worker, keys in busy.items() if future.key in keys]
        if there:
            client.restart_workers(there, timeout=ENDING_SECONDS, raise_for_error=False)

    def close(self) -> None:
        """Stop every process that was started."""
        with self._lock:
            for closing in (self._client, self._cluster):
                if closing is not None:
                    closing.close(timeout=10)
            self._client = self._cluster = None

    def _connect(self) -> Client:
        from distributed import Client

        if self._scheduler is None:
            self._cluster = _start_cluster()
        self._client = Client(self._scheduler or self._cluster)  # type: ignore[no-untyped-call]
        return self._client


def _start_cluster() -> LocalCluster:
    """Start a scheduler in this process and a worker in another, both on loopback alone.

    Other users of this machine reach loopback too: whoever reaches a scheduler can run code, so
    that both sides show a certificate that is made for this start and kept in memory.
    """
    import dask
    from distributed import LocalCluster

    dask.config.set(SETTINGS)
    return LocalCluster(  # type: ignore[no-untyped-call]
        n_workers=1,
        threads_per_worker=1,
        processes=True,
        host="127.0.0.1",
        protocol="tls://",
        security=True,
        dashboard_address="127.0.0.1:0",
        scheduler_kwargs={"dashboard": False},
        memory_limit=0,
        silence_logs=logging.CRITICAL,
    )
