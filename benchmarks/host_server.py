"""The host in a process of its own that watches its event loop.

`python -m benchmarks.host_server DATA_DIR` prints its address, and then for each line that it is
sent how late the event loop was since the line before, in milliseconds, and its memory in MiB.
`python -m benchmarks.host_server --idle` watches an event loop that has nothing else to do.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import uvicorn

EVERY_SECONDS = 0.01


class Watch:
    """How late an event loop comes back to what it was to do."""

    def __init__(self) -> None:
        self._late: list[float] = [0.0]

    async def run(self) -> None:
        """Look again and again."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + EVERY_SECONDS
            await asyncio.sleep(EVERY_SECONDS)
            self._late.append(1000 * (loop.time() - due))

    def take(self) -> dict[str, float]:
        """What was seen since the last time."""
        late, self._late = self._late, [0.0]
        memory = psutil.Process().memory_info().rss / 2**20
        return {
            "latest": max(late),
            "over 100 ms": sum(one > 100 for one in late),
            "looks": len(late),
            "MiB": memory,
        }


async def answer(watch: Watch) -> None:
    """A line for each line."""
    while await asyncio.to_thread(sys.stdin.readline):
        print(json.dumps(watch.take()), flush=True)


async def idle() -> None:
    """Watch until standard input ends."""
    watch = Watch()
    looking = asyncio.create_task(watch.run())
    print("idle", flush=True)
    await answer(watch)
    looking.cancel()


async def serve(server: uvicorn.Server) -> None:
    """Serve, and watch, until standard input ends."""
    watch = Watch()
    looking = asyncio.create_task(watch.run())
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.05)
    port = server.servers[0].sockets[0].getsockname()[1]
    print(f"http://127.0.0.1:{port}", flush=True)
    await answer(watch)
    looking.cancel()
    server.should_exit = True
    await serving


def main() -> None:
    """Serve a data directory, or nothing."""
    if sys.argv[1] == "--idle":
        asyncio.run(idle())
        return
    from host_stub.app import create_app
    from host_stub.platform import LocalPlatform
    from host_stub.serving import configuration, settle

    with LocalPlatform(Path(sys.argv[1])) as platform:
        app = create_app(platform)
        settle()
        asyncio.run(serve(uvicorn.Server(configuration(app, port=0))))


class Watched:
    """The process, from outside."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.address = self._line().strip()

    def take(self) -> dict[str, float]:
        """What it saw since the last time."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return dict(json.loads(self._line()))

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()


@contextmanager
def watching(*arguments: str) -> Iterator[Watched]:
    """A process that serves and watches until the block ends."""
    command = [sys.executable, "-m", "benchmarks.host_server", *arguments]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield Watched(process)


if __name__ == "__main__":
    main()
