"""A cluster as others run it: a scheduler and workers as processes of their own."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

STARTS_WITHIN = 120.0


class Cluster:
    """A Dask scheduler on all addresses of this machine, and workers that are started by hand."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._processes: list[subprocess.Popen[bytes]] = []
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]
        self.address = f"tcp://127.0.0.1:{self.port}"

    def start_scheduler(self) -> None:
        """Start it, on the same port as before, and wait until it answers."""
        options = ["--host", "0.0.0.0", "--port", str(self.port), "--no-dashboard"]
        scheduler = self._start("dask_scheduler", options)
        end = time.monotonic() + STARTS_WITHIN
        while True:
            assert scheduler.poll() is None, "the scheduler did not start"
            assert time.monotonic() < end, "the scheduler does not answer"
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            except OSError:
                time.sleep(0.1)
            else:
                return

    def start_worker(
        self,
        within: Sequence[str] = (),
        *,
        scheduler: str = "127.0.0.1",
        host: str = "127.0.0.1",
    ) -> None:
        """Start one at an address; `within` is the command that runs it somewhere else."""
        options = ["--host", host, "--nthreads", "1", "--no-dashboard", "--no-nanny"]
        self._start("dask_worker", [f"tcp://{scheduler}:{self.port}", *options], within)

    def kill(self) -> None:
        """Kill all of it, as when its machines lose their power."""
        self._end(self._processes)
        self._processes = []

    def kill_scheduler(self) -> None:
        """Kill it alone; its workers hear of that and stop by themselves."""
        self._end(self._processes[:1])
        for worker in self._processes[1:]:
            worker.wait(timeout=60)
        self._processes = []

    def _end(self, processes: Sequence[subprocess.Popen[bytes]]) -> None:
        for process in processes:
            process.kill()
            process.wait(timeout=60)

    def _start(
        self, module: str, options: Sequence[str], within: Sequence[str] = ()
    ) -> subprocess.Popen[bytes]:
        with (self._folder / f"{module}.log").open("ab") as log:
            process = subprocess.Popen(
                [*within, sys.executable, "-m", f"distributed.cli.{module}", *options],
                stdout=log,
                stderr=log,
                cwd=self._folder,
                env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            )
        self._processes.append(process)
        return process


@contextmanager
def cluster_by_hand(folder: Path) -> Iterator[Cluster]:
    """A cluster with its scheduler, and no worker yet; all of it is gone at the end."""
    cluster = Cluster(folder)
    try:
        cluster.start_scheduler()
        yield cluster
    finally:
        cluster.kill()
