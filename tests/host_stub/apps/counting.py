"""A tiny second app. It says what it heard in the bell, where a test can read it."""

import os
import signal
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from pydantic import JsonValue

from host_contract.context import BrowserSession, ExecutionContext, Host
from host_contract.entities import Dataset, Metadata
from host_contract.errors import Cancelled, InvalidInput
from host_contract.hookspecs import hookimpl


@hookimpl
def manifest_path() -> Path:
    return Path(__file__).with_suffix(".json")


@hookimpl
def startup(host: Host) -> None:
    host.notify("startup", str(os.getpid()))


@hookimpl
def shutdown(host: Host) -> None:
    host.notify("shutdown", str(os.getpid()))


@hookimpl
def dataset_tab(host: Host, dataset: Dataset, panel: str, session: BrowserSession) -> object:
    return f"{panel} of {dataset.name}, {host.count_items(dataset.id)} items"


@hookimpl
def items_created(host: Host, dataset_id: str, item_ids: Sequence[str]) -> None:
    host.notify("items_created", " ".join(item_ids), dataset_id=dataset_id)
    storage = Path(host.storage(dataset_id))
    storage.mkdir(parents=True, exist_ok=True)
    (storage / "heard").write_text("items_created")


@hookimpl
def items_updated(host: Host, dataset_id: str, item_ids: Sequence[str]) -> None:
    host.notify("items_updated", " ".join(item_ids), dataset_id=dataset_id)


@hookimpl
def items_deleted(host: Host, dataset_id: str, item_ids: Sequence[str]) -> None:
    host.notify("items_deleted", " ".join(item_ids), dataset_id=dataset_id)


@hookimpl
def dataset_deleted(host: Host, dataset_id: str) -> None:
    there = (Path(host.storage(dataset_id)) / "heard").exists()
    host.notify("dataset_deleted", "storage is still there" if there else "", dataset_id=dataset_id)


@hookimpl
def run_function(function: str, inputs: Metadata, context: ExecutionContext) -> JsonValue:
    if function == "count_dataset":
        return context.host.count_items(inputs["dataset"], inputs["query"])
    if function == "count_items":
        return len(inputs["items"])
    if function == "double":
        return list(context.map(double, range(inputs["count"])))
    if function == "where":
        found = list(context.map(process_after_a_while, range(inputs["count"])))
        processes, niceness = ([*each] for each in zip(*found, strict=True))
        niceness.append(os.getpriority(os.PRIO_PROCESS, 0))
        return {"workers": context.workers, "processes": processes, "niceness": niceness}
    if function == "nap":
        context.progress(0.1, "napping")
        return list(context.map(time.sleep, [2.0] * 100))
    if function == "fail_in_parts":
        return list(context.map(fail, [1, 2, 3]))
    if function == "fail":
        raise InvalidInput("nobody can do that") if inputs["known"] else RuntimeError("no luck")
    if function in ("sleep", "sleep_too_long"):
        time.sleep(600)
    if function == "take_memory":
        return len(take_memory(inputs["mib"]))
    if function == "take_memory_elsewhere":
        part = partial(take_memory_elsewhere, os.getpid(), Path(inputs["file"]), inputs["together"])
        return list(context.map(part, [inputs["mib"]] * 20))
    if function == "die":
        return die(Path(inputs["file"]), inputs["times"])
    return count(context, Path(str(inputs.get("file", "/nowhere/at/all"))))


def count(context: ExecutionContext, file: Path) -> int:
    context.log(f"counting in process {os.getpid()}")
    for number in range(10_000):
        if file.exists():
            return number
        if context.cancelled():
            raise Cancelled(f"stopped at {number}")
        context.progress(min(0.5, 0.1 + number / 1000), f"at {number}, process {os.getpid()}")
        time.sleep(0.05)
    raise TimeoutError("nobody stopped the count")


def die(file: Path, times: int) -> int:
    with file.open("a") as log:
        log.write("called\n")
    calls = len(file.read_text().splitlines())
    if calls <= times:
        os.kill(os.getpid(), signal.SIGKILL)
    return calls


def take_memory(mib: int) -> list[bytes]:
    held = []
    for _ in range(mib // 10):
        held.append(bytes(range(256)) * (10 << 12))
        time.sleep(0.01)
    return held


def take_memory_elsewhere(here: int, log: Path, together: int, mib: int) -> None:
    """Take memory in another process than here, and hold it until so many parts there do."""
    if os.getpid() == here:
        time.sleep(0.1)
        return
    with log.open("a") as calls:
        calls.write(f"{os.getpid()}\n")
    held = take_memory(mib)
    deadline = time.monotonic() + 60
    while held and log.read_text().splitlines().count(str(os.getpid())) < together:
        assert time.monotonic() < deadline, "the others did not come"
        time.sleep(0.05)
    time.sleep(60 if together > 1 else 0)  # more than a look, whatever the machine does


def double(number: int) -> int:
    return 2 * number


def process_after_a_while(number: int) -> tuple[int, int]:
    time.sleep(0.05)
    return os.getpid(), os.getpriority(os.PRIO_PROCESS, 0)


def fail(number: int) -> int:
    raise InvalidInput("nobody can do that")


def die_logged(log: Path) -> None:
    with log.open("a") as calls:
        calls.write("called\n")
    os.kill(os.getpid(), signal.SIGKILL)
