"""People who look through a dataset, each in an open page: what a browser sends, without one.

`python -m benchmarks.host_users ADDRESS DATASET_ID USERS ARRIVAL VISITS PAGES PAUSE` lets users
come at random within ARRIVAL seconds. On each of their visits they open a page, and then scroll to
so many random places of the grid, with a pause in between that is PAUSE seconds in the mean. Each
time three screens of tiles come, and the thumbnails of half of them are fetched, six at a time as
browsers do. It prints how long everything took, as JSON, in milliseconds.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from websockets.asyncio.client import ClientConnection, connect

TOKEN = re.compile(r'"token":"([^"]+)"')
AT_ONCE = 6
TILES, PICTURES = 96, 48
READY = {"type": "event", "name": "document_ready", "values": {"type": "map"}}


class Times:
    """What was seen, in milliseconds, in the order in which it came."""

    def __init__(self) -> None:
        self.opened: list[float] = []
        self.turned: list[float] = []
        self.thumbnails: list[float] = []
        self.failed = 0


class Person:
    """One open page."""

    def __init__(self, socket: ClientConnection, http: aiohttp.ClientSession, times: Times) -> None:
        self._socket, self._http, self._times = socket, http, times
        self._tiles: asyncio.Queue[list[str]] = asyncio.Queue()
        self._opened = asyncio.Event()
        self._grid = ""
        self._count = 1

    async def open(self) -> None:
        """Take the document in, say so, and wait for the first page of the grid."""
        await self._message()
        await self._send("PULL-DOC-REQ", {})
        _, document = await self._message()
        grid = grid_in(document)
        assert grid is not None
        self._grid = grid["id"]
        await self._say(READY)
        self._listening = asyncio.create_task(self._listen())
        await asyncio.wait_for(self._opened.wait(), 60)

    async def turn(self, chance: random.Random) -> None:
        """To another place of the grid, with its thumbnails."""
        first = chance.randrange(max(1, self._count - TILES))
        while not self._tiles.empty():
            self._tiles.get_nowait()
        started = time.perf_counter()
        wanted = {"type": "map", "entries": [["show", first], ["count", TILES]]}
        values = {"type": "map", "entries": [["model", {"id": self._grid}], ["data", wanted]]}
        await self._say({"type": "event", "name": "data_event", "values": values})
        pictures = await asyncio.wait_for(self._tiles.get(), 60)
        self._times.turned.append(1000 * (time.perf_counter() - started))
        gate = asyncio.Semaphore(AT_ONCE)
        await asyncio.gather(*(self._fetch(picture, gate) for picture in pictures[:PICTURES]))

    def close(self) -> None:
        """Listen no longer."""
        self._listening.cancel()

    async def _fetch(self, picture: str, gate: asyncio.Semaphore) -> None:
        async with gate:
            started = time.perf_counter()
            async with self._http.get(picture) as answer:
                good = len(await answer.read()) > 0 and answer.status == 200
            self._times.thumbnails.append(1000 * (time.perf_counter() - started))
            self._times.failed += not good

    async def _listen(self) -> None:
        while True:
            kind, content = await self._message()
            for event in content["events"] if kind == "PATCH-DOC" else []:
                if event.get("attr") == "shown":
                    shown = json.loads(event["new"])
                    self._count = shown["count"]
                    self._tiles.put_nowait([tile["picture"] for tile in shown["tiles"]])
                    self._opened.set()

    async def _say(self, event: object) -> None:
        sent = {"kind": "MessageSent", "msg_type": "bokeh_event", "msg_data": event}
        await self._send("PATCH-DOC", {"events": [sent]})

    async def _send(self, kind: str, content: object) -> None:
        header = {"msgid": "0", "msgtype": kind}
        for part in (header, {}, content):
            await self._socket.send(json.dumps(part))

    async def _message(self) -> tuple[str, Any]:
        header = json.loads(await self._socket.recv())
        await self._socket.recv()
        content = json.loads(await self._socket.recv())
        for _ in range(2 * header.get("num_buffers", 0)):
            await self._socket.recv()
        return header["msgtype"], content


def grid_in(part: object) -> dict[str, Any] | None:
    """The model of the grid, in a part of a message."""
    if isinstance(part, dict):
        attributes = part.get("attributes")
        if isinstance(attributes, dict) and attributes.get("class_name") == "Tiles":
            return part
        part = list(part.values())
    if isinstance(part, list):
        return next((found for one in part if (found := grid_in(one))), None)
    return None


@asynccontextmanager
async def opened(address: str, dataset_id: str, times: Times) -> AsyncIterator[Person]:
    """A page as a browser opens it."""
    path = f"/datasets/{dataset_id}"
    async with aiohttp.ClientSession(address) as http:
        started = time.perf_counter()
        async with http.get(path) as answer:
            found = TOKEN.search(await answer.text())
        assert found is not None
        async with connect(
            address.replace("http", "ws") + path + "/ws",
            subprotocols=["bokeh", found.group(1)],  # type: ignore[list-item]
            origin=address,  # type: ignore[arg-type]
            max_size=None,
            compression=None,
        ) as socket:
            person = Person(socket, http, times)
            await person.open()
            times.opened.append(1000 * (time.perf_counter() - started))
            yield person
            person.close()


async def main() -> None:
    """All of them."""
    address, dataset_id = sys.argv[1:3]
    users, visits, pages = (int(sys.argv[number]) for number in (3, 5, 6))
    arrival, pause = float(sys.argv[4]), float(sys.argv[7])
    times = Times()

    async def look(chance: random.Random) -> None:
        await asyncio.sleep(chance.random() * arrival)
        for _ in range(visits):
            begun = time.perf_counter()
            async with opened(address, dataset_id, times) as person:
                for number in range(pages):
                    due = begun + (number + chance.random()) * pause
                    await asyncio.sleep(max(0.0, due - time.perf_counter()))
                    await person.turn(chance)

    begun = time.perf_counter()
    await asyncio.gather(*(look(random.Random(seed)) for seed in range(users)))
    print(json.dumps(vars(times) | {"seconds": time.perf_counter() - begun}))


if __name__ == "__main__":
    asyncio.run(main())
