"""The worker processes, of Dask distributed; one that dies is started again."""

from __future__ import annotations

import logging
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import islice
from multiprocessing import resource_tracker
from typing import TYPE_CHECKING, TypeVar

from host_contract.errors import WorkerLost

if TYPE_CHECKING:
    from distributed import Client, Future, LocalCluster

log = logging.getLogger(__name__)

T = TypeVar("T")
R = TypeVar("R")

MAX_PROCESSES = 4
"""Worker processes of the local cluster at most, whatever the manifests allow."""
ENDING_SECONDS = 10.0
PARTS_AHEAD = 2
"""Parts of an execution that a worker has or waits for, so that none is idle between two."""
LOOK_SECONDS = 0.25
MAX_LOST_WORKERS = 5
"""Workers that die of one call, or of one part of it, before it is given up."""

SETTINGS = {
    # Below it, how often a killed worker's execution is started again is the manifest's to say.
    "distributed.scheduler.allowed-failures": MAX_LOST_WORKERS - 1,
    # Dask's own web pages, where anybody could look into the worker.
    "distributed.scheduler.http.routes": [],
    "distributed.worker.http.routes": [],
    "distributed.worker.preload": ["host_stub.worker"],
}


class SchedulerLost(ConnectionError):
    """The scheduler cannot be reached (any more): what ran by it is to be handed over again."""


class Workers:
    """A local cluster, or any other by its scheduler. Safe to use from any thread."""

    def __init__(self, scheduler: str | None, count: int) -> None:
        """Of the scheduler at this address; without one, of so many processes on loopback."""
        self._scheduler = scheduler
        self._count = count
        self._lock = threading.Lock()
        self._cluster: LocalCluster | None = None
        self._client: Client | None = None

    @property
    def waited_for(self) -> str:
        """What a call has to wait for, in words; nothing when the workers are there."""
        client = self._client  # without the lock, which is held all the while
        if client is not None and client.status != "closed":
            return ""
        if self._scheduler is None:
            return "Starting the workers"
        return f"Connecting to the scheduler {self._scheduler}"

    def start(self) -> None:
        """Start the processes, or connect to the scheduler, if need be; that takes seconds.

        Raises:
            SchedulerLost: the scheduler does not answer.
            Exception: the processes cannot be started, for whatever reason.
        """
        with self._lock:
            if self.waited_for:
                self._client = self._connect()

    def submit(
        self, function: Callable[..., None], *arguments: object, ended: Callable[[str], None]
    ) -> Future[None]:
        """Call a function in a worker; `ended` is told the status, 'finished' if all went well.

        They must have been started.
        """
        with self._lock:
            client = self._client
        assert client is not None  # noqa: S101 - or it would have been raised by `start`
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

        if self._scheduler is not None:
            try:
                return Client(self._scheduler)  # type: ignore[no-untyped-call]
            except (OSError, ValueError) as error:
                raise SchedulerLost(str(error)) from error
        self._cluster = self._cluster or start_cluster(self._count)
        return Client(self._cluster)  # type: ignore[no-untyped-call]


def on_workers(
    client: Client, function: Callable[[T], R], values: Iterable[T], look: Callable[[], None]
) -> Iterator[R]:
    """Apply a function to each value in the workers; the results in the order of the values.

    A part whose worker died is done again by another.

    Args:
        client: Of the workers, all of which can import the function.
        function: Can be pickled.
        values: Taken as the workers come to them.
        look: Called every quarter of a second meanwhile; what it raises ends the whole.

    Raises:
        WorkerLost: `MAX_LOST_WORKERS` workers died of one part.
        SchedulerLost: it is gone, and with it what the workers have done.
    """
    from distributed import CancelledError, KilledWorker, wait
    from distributed.client import ClosedClientError
    from distributed.comm.core import CommClosedError

    rest = iter(values)
    ahead: deque[Future[R]] = deque()
    try:
        while True:
            look()
            room = PARTS_AHEAD * max(workers_of(client), 1)  # none may be there for a moment
            for value in islice(rest, max(room - len(ahead), 0)):
                ahead.append(client.submit(function, value, pure=False))
            if not ahead:
                return
            while not ahead[0].done():  # type: ignore[no-untyped-call]
                try:
                    wait(ahead[0], timeout=LOOK_SECONDS)  # type: ignore[no-untyped-call]
                except TimeoutError:
                    look()
            yield ahead[0].result()
            ahead.popleft()
    except KilledWorker:
        raise WorkerLost(
            f"{MAX_LOST_WORKERS} workers died of one part of the work, most likely for lack of "
            "memory. What was committed is kept; start it again to go on."
        ) from None
    except (CancelledError, ClosedClientError, CommClosedError) as error:
        raise SchedulerLost(str(error)) from error
    finally:
        with suppress(ClosedClientError):
            client.cancel([*ahead])  # type: ignore[no-untyped-call]


def workers_of(client: Client) -> int:
    """How many there are now. Raises `SchedulerLost`."""
    try:
        return len(client.nthreads())  # type: ignore[no-untyped-call]
    except OSError as error:
        raise SchedulerLost(str(error)) from error


def start_cluster(count: int) -> LocalCluster:
    """Start a scheduler in this process and workers in others, all on loopback alone.

    Other users of this machine reach loopback too: whoever reaches a scheduler can run code, so
    that both sides show a certificate that is made for this start and kept in memory.
    """
    import dask
    from dask.system import CPU_COUNT
    from distributed import LocalCluster

    # Dask gives a worker's libraries one thread each: this is the share of its process instead.
    threads = max(CPU_COUNT // count, 1)
    names = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
    environment = dict.fromkeys(names, threads)
    dask.config.set(SETTINGS | {"distributed.nanny.pre-spawn-environ": environment})
    with _interrupts_held_back():
        return LocalCluster(  # type: ignore[no-untyped-call]
            n_workers=count,
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


@contextmanager
def _interrupts_held_back() -> Iterator[None]:
    """Let what starts here, and all that it starts later, hear nothing of a Ctrl-C.

    A terminal sends it to every process, also to the workers, which are this one's to end: they
    would die of it, each with a trace, and take with them what is to go on at the next start.
    """
    if not hasattr(signal, "pthread_sigmask"):  # on Windows
        yield
        return
    # Started later, as the first process needs it, it would let the signal through from then on.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
