"""The host of docs/hosts.md, cut out of the page: the suite passes on it, and the app extracts."""

import re
from pathlib import Path
from typing import Any

import pytest

from clustering_app import hooks
from host_contract.conformance import HostConformance, Workbench
from host_contract.entities import Dataset, Item, Metadata
from host_contract.errors import NotFound, NotSupported
from tests.host_stub.conftest import png

PAGE = Path(__file__).parents[2] / "docs" / "hosts.md"
CODE = re.compile(r"^`folder_host\.py`:\n\n```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)
USE = re.compile(r"sub-folder `cats/`:\n\n```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)


@pytest.fixture(scope="module")
def page() -> dict[str, Any]:
    """What the page's module defines."""
    (code,) = CODE.findall(PAGE.read_text(encoding="utf-8"))
    defined: dict[str, Any] = {"__name__": "folder_host"}
    exec(compile(code, str(PAGE), "exec"), defined)
    return defined


class TestFolderHost(HostConformance):
    """The suite without what a read-only folder rules out."""

    test_metadata_are_merged = None  # type: ignore[assignment]
    test_deleted_items_are_gone = None  # type: ignore[assignment]
    test_clones_are_items_of_their_own = None  # type: ignore[assignment]
    test_content_version_is_of_the_bytes = None  # type: ignore[assignment]
    test_bytes_come_back_as_they_were = None  # type: ignore[assignment]

    @pytest.fixture
    def workbench(self, page: dict[str, Any], tmp_path: Path) -> Workbench:
        folder = tmp_path / "pictures"
        folder.mkdir()
        host = page["FolderHost"](folder, tmp_path / "state")

        def new_dataset() -> Dataset:
            name = f"dataset {len(list(folder.iterdir()))}"
            (folder / name).mkdir()
            return host.dataset(name)

        def add_item(
            dataset_id: str, name: str, content: bytes, labels: tuple[str, ...], metadata: Metadata
        ) -> Item:
            (folder / dataset_id / name).write_bytes(content)
            return host.item(f"{dataset_id}/{name}")

        return Workbench(host=host, new_dataset=new_dataset, add_item=add_item)


def test_app_extracts_from_the_folder_and_leaves_it_alone(
    page: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    cats = tmp_path / "pictures" / "cats"
    cats.mkdir(parents=True)
    for colour in ("red", "blue"):
        (cats / f"{colour}.png").write_bytes(png(colour).getvalue())
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("pictures/**/*")}
    (use,) = USE.findall(PAGE.read_text(encoding="utf-8"))
    known = page | {"hooks": hooks}
    exec(compile(use, str(PAGE), "exec"), known)
    assert sorted(known["vectors"]) == ["cats/blue.png", "cats/red.png"]
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("pictures/**/*")} == before

    host = known["host"]
    for outside in ("../state", "cats/../../state", "/etc/hostname", "cats/../cats/red.png"):
        with pytest.raises(NotFound):
            host.item(outside)
    with pytest.raises(NotSupported, match="only read"):
        host.delete_items(["cats/red.png"])
