"""Apps: found, refused with a reason, and kept apart."""

import re
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from host_contract.entities import Dataset, ExecutionStatus
from host_contract.errors import InvalidInput, NotFound
from host_stub.pages.session import Session
from host_stub.platform import LocalPlatform
from tests.host_stub.conftest import APPS, png
from tests.host_stub.pages.served_pages import wait_for

Heard = Callable[[str], list[Any]]


def test_installed_app_is_found_by_entry_point(tmp_path: Path) -> None:
    with LocalPlatform(tmp_path) as platform:
        assert any(app.error is None for app in platform.apps.list())


def test_app_named_by_module_is_found(platform: LocalPlatform) -> None:
    found = {app.name: app for app in platform.apps.list()}
    assert found["counting"].error is None
    assert len(found) >= 2


@pytest.mark.parametrize(
    ("module", "reason"),
    [
        ("not_importable", "its library is missing"),
        ("unknown_hook", "items_painted"),
        ("bad_manifest", "version"),
        ("old_contract", "contractVersion 99"),
        ("no_such_module", "no_such_module"),
        ("leaving_at_once", "SystemExit: no licence"),
    ],
)
def test_broken_app_is_listed_with_the_reason_and_breaks_nothing(
    tmp_path: Path, module: str, reason: str
) -> None:
    with LocalPlatform(tmp_path, modules=[module, "counting"]) as platform:
        found = {app.name: app for app in platform.apps.list()}
        error = found[module].error
        assert error is not None
        assert reason in error
        assert found["counting"].error is None
        with pytest.raises(NotFound, match=re.escape(module)):
            platform.host(module)
        assert "counting" in {app.name for app, _, _ in platform.apps.tabs("datasetBrowser")}


@pytest.mark.parametrize("app", ["raising", "leaving"])
def test_app_that_fails_in_every_hook_stops_nobody(tmp_path: Path, app: str) -> None:
    with LocalPlatform(tmp_path, modules=[app, "counting"]) as platform:
        dataset = platform.datasets.create("signs")
        platform.datasets.add(dataset.id, "a.png", png())
        platform.datasets.delete(dataset.id)
        titles = {told.title for told in platform.notifications.list(1000)}
        assert {"startup", "items_created", "dataset_deleted"} <= titles
        failure = platform.apps.failure(app)
        assert failure is not None and f"dataset_deleted of {app}" in failure.what


def test_app_whose_function_leaves_ends_its_execution_alone(tmp_path: Path) -> None:
    with LocalPlatform(tmp_path, modules=["leaving"]) as platform:
        ended = platform.run("leaving", "nothing", {})
        assert (ended.status, ended.attempts) == (ExecutionStatus.FAILED, 1)
        assert ended.error == "SystemExit: function of leaving"


def test_failing_hook_is_told_in_the_bell(tmp_path: Path) -> None:
    with LocalPlatform(tmp_path, modules=["raising"]) as platform:
        dataset = platform.datasets.create("signs")
        platform.datasets.add(dataset.id, "a.png", png())
        told = [n for n in platform.notifications.list(1000) if n.level == "error"]
        assert any("items_created of raising" in n.text for n in told)


def test_app_that_hangs_is_left_behind_and_not_called_again_before_it_is_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HANGING_UNTIL", str(tmp_path / "back"))
    modules = ["hanging", "counting"]
    with LocalPlatform(tmp_path / "data", modules=modules, hook_seconds=5) as platform:
        dataset = platform.datasets.create("signs")
        items = [platform.datasets.add(dataset.id, f"{n}.png", png()).id for n in range(2)]
        told = [n.text for n in platform.notifications.list() if n.level == "error"]
        assert "has not come back" in told[0]
        assert "items_created of hanging took longer than 5 s" in told[1]
        heard = [n.text for n in platform.notifications.list() if n.title == "items_created"]
        assert heard == [items[1], items[0]], "the other app was told of both"
        failure = platform.apps.failure("hanging")
        assert failure is not None and "items_created" in failure.what
        (tmp_path / "back").touch()

        def works_again() -> bool:
            before = len([n for n in platform.notifications.list(1000) if n.level == "error"])
            platform.datasets.add(dataset.id, "a.png", png())
            return before == len(
                [n for n in platform.notifications.list(1000) if n.level == "error"]
            )

        wait_for(works_again)


def test_app_is_switched_off_and_on_again(platform: LocalPlatform, dataset: Dataset) -> None:
    def tabs() -> set[str]:
        return {app.name for app, _, _ in platform.apps.tabs("datasetBrowser")}

    def labels() -> set[str]:
        return {action.label for action in platform.actions.list(dataset.id)}

    assert "counting" in tabs() and "Count dataset" in labels()
    platform.apps.enable("counting", False)
    assert "counting" not in tabs() and "Count dataset" not in labels()
    platform.datasets.add(dataset.id, "a.png", png())
    with pytest.raises(NotFound, match="switched off"):
        platform.executions.start("counting", "double", {})
    with LocalPlatform(platform.data_dir, modules=["counting"]) as other:
        with pytest.raises(NotFound, match="switched off"):
            other.host("counting")
        other.apps.enable("counting", True)
    assert "counting" in tabs(), "a server follows what another process did"
    titles = [told.title for told in reversed(platform.notifications.list(1000))]
    assert titles == ["startup", "shutdown", "startup", "shutdown", "startup"]
    with pytest.raises(NotFound):
        platform.apps.enable("nowhere", True)


def test_app_starts_and_stops_once_however_many_look(platform: LocalPlatform, heard: Heard) -> None:
    """As the pages that are open do all the time."""
    done = threading.Event()

    def look() -> None:
        while not done.is_set():
            platform.apps.list()

    looking = [threading.Thread(target=look) for _ in range(4)]
    for thread in looking:
        thread.start()
    for _ in range(10):
        platform.apps.enable("counting", False)
        platform.apps.enable("counting", True)
    done.set()
    for thread in looking:
        thread.join()
    assert (len(heard("startup")), len(heard("shutdown"))) == (11, 10)


APP_IN_A_FOLDER = """
from pathlib import Path
from host_contract.hookspecs import hookimpl

@hookimpl
def manifest_path():
    return Path(__file__).with_name("manifest.json")

@hookimpl
def dataset_tab(dataset):
    return f"hello {dataset.name}"
"""


def test_app_is_installed_by_path_while_the_host_runs(
    platform: LocalPlatform, dataset: Dataset, tmp_path: Path
) -> None:
    folder = tmp_path / "greeting"
    folder.mkdir()
    manifest = (APPS / "raising.json").read_text().replace("raising", "greet-ing")
    (folder / "manifest.json").write_text(manifest)
    with pytest.raises(InvalidInput, match=r"greet_ing\.py"):
        platform.apps.install(folder)
    (folder / "greet_ing.py").write_text(APP_IN_A_FOLDER)
    command = [sys.executable, "-m", "host_stub"]
    data_dir = ["--data-dir", str(platform.data_dir)]
    done = subprocess.run([*command, "install", folder, *data_dir], capture_output=True, text=True)
    assert done.stdout == "Installed greet-ing.\n", done.stderr
    host = platform.host("greet-ing")
    arguments = {"host": host, "dataset": dataset, "panel": "never", "session": None}
    assert platform.apps.call("greet-ing", "dataset_tab", **arguments) == "hello signs"
    done = subprocess.run([*command, "install", APPS, *data_dir], capture_output=True, text=True)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "manifest.json" in done.stderr
    done = subprocess.run([*command, "uninstall", "greet-ing", *data_dir], capture_output=True)
    assert done.returncode == 0
    with pytest.raises(NotFound, match="not installed"):
        platform.host("greet-ing")
    with pytest.raises(NotFound, match="by path"):
        platform.apps.uninstall("counting")


def write_app(folder: Path, says: str) -> Path:
    """An app that is a package, whose tab says something."""
    (folder / "moving").mkdir(parents=True)
    manifest = (APPS / "raising.json").read_text().replace("raising", "moving")
    (folder / "manifest.json").write_text(manifest)
    (folder / "moving" / "words.py").write_text(f"WORD = {says!r}")
    code = APP_IN_A_FOLDER.replace('with_name("', 'parents[1].joinpath("')
    code = code.replace("from pathlib", "from moving.words import WORD\nfrom pathlib")
    (folder / "moving" / "__init__.py").write_text(code.replace("hello", "{WORD}"))
    return folder


def test_app_is_installed_again_from_where_it_lies_by_then(
    platform: LocalPlatform, dataset: Dataset, tmp_path: Path
) -> None:
    """Moved, then another one from beside it, then the first again with other code."""

    def uninstall(*, looked: bool) -> None:
        platform.apps.uninstall("moving")
        if looked:  # as each page does
            platform.apps.list()

    def install(folder: Path) -> str:
        platform.apps.install(folder)
        arguments = {"host": platform.host("moving"), "dataset": dataset, "panel": "any"}
        return str(platform.apps.call("moving", "dataset_tab", session=None, **arguments))

    first, moved, other = tmp_path / "first", tmp_path / "moved", tmp_path / "other"
    assert install(write_app(first, "one")) == "one signs"
    first.rename(moved)
    uninstall(looked=False)
    assert install(moved) == "one signs"
    uninstall(looked=True)
    assert install(write_app(other, "two")) == "two signs"
    uninstall(looked=False)
    assert install(moved) == "one signs"
    uninstall(looked=True)
    assert install(write_app(first, "three")) == "three signs"
    uninstall(looked=True)
    assert {str(first), str(moved), str(other)}.isdisjoint(sys.path)


def test_hook_manifest_path(platform: LocalPlatform) -> None:
    assert platform.apps.manifest("counting").display_name == "Counting"


def test_hook_startup(heard: Heard) -> None:
    assert len(heard("startup")) == 1


def test_hook_shutdown(tmp_path: Path) -> None:
    with LocalPlatform(tmp_path, modules=["counting"]):
        pass
    with LocalPlatform(tmp_path, modules=["counting"]) as again:
        titles = [told.title for told in again.notifications.list(1000)]
    assert titles == ["startup", "shutdown", "startup"]


def test_hook_dataset_tab(platform: LocalPlatform, dataset: Dataset) -> None:
    (found,) = [t for t in platform.apps.tabs("datasetBrowser") if t[0].name == "counting"]
    app, toolbar, panel = found
    assert toolbar.display_name == "Counter"
    tab = platform.apps.call(
        app.name,
        "dataset_tab",
        host=platform.host(app.name),
        dataset=dataset,
        panel=panel.name,
        session=Session("somebody", lambda item_ids: None),
    )
    assert tab == "counter of signs, 0 items"


def test_hook_items_created(platform: LocalPlatform, dataset: Dataset, heard: Heard) -> None:
    item = platform.datasets.add(dataset.id, "a.png", png())
    assert [told.text for told in heard("items_created")] == [item.id]


def test_hook_items_updated(platform: LocalPlatform, dataset: Dataset, heard: Heard) -> None:
    item = platform.datasets.add(dataset.id, "a.png", png())
    platform.datasets.update_metadata([item.id], {"seen": True})
    platform.datasets.replace_content(item.id, png("blue"))
    assert [told.text for told in heard("items_updated")] == [item.id, item.id]


def test_hook_items_deleted(platform: LocalPlatform, dataset: Dataset, heard: Heard) -> None:
    items = [platform.datasets.add(dataset.id, f"{n}.png", png()) for n in range(3)]
    platform.datasets.delete_items([items[0].id, items[2].id, "gone"])
    (told,) = heard("items_deleted")
    assert sorted(told.text.split()) == [items[0].id, items[2].id]


def test_hook_dataset_deleted(platform: LocalPlatform, dataset: Dataset, heard: Heard) -> None:
    platform.datasets.add(dataset.id, "a.png", png())
    storage = Path(platform.host("counting").storage(dataset.id))
    assert (storage / "heard").exists()
    platform.datasets.delete(dataset.id)
    (told,) = heard("dataset_deleted")
    assert told.text == "storage is still there", "the app is told before its storage goes"
    assert not storage.exists()


def test_records_of_one_app_are_out_of_reach_of_another(platform: LocalPlatform) -> None:
    dataset = platform.datasets.create("shared")
    mine, other = platform.host("counting"), platform.host("clustering")
    about = {"size": 4, "model": "m", "fingerprint": "f", "count": 1}
    record = mine.save_feature_set(dataset.id, "set", **about)
    assert other.feature_sets(dataset.id) == []
    with pytest.raises(NotFound):
        other.delete_feature_set(record.id)
    assert mine.feature_sets(dataset.id) == [record]
    assert mine.storage(dataset.id) != other.storage(dataset.id)


def test_host_knows_no_app_by_name(platform: LocalPlatform) -> None:
    source = Path(__file__).parents[2] / "host_stub"
    pages = [path for path in source.rglob("*") if path.suffix in (".py", ".js", ".css")]
    assert pages
    installed = [app.name for app in platform.apps.list()]
    for path in pages:
        words = re.findall(r"[a-z]+", path.read_text(encoding="utf-8").lower())
        assert not set(words) & set(installed), path
