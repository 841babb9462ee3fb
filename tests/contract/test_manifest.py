"""manifest.json is what the models say it may be, and a bad one is refused by field and reason."""

import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clustering_app import functions, settings
from clustering_app.projection.run import RunParameters
from host_contract.errors import InvalidManifest
from host_contract.manifest import read_manifest

ROOT = Path(__file__).parents[2]


def content() -> dict[str, Any]:
    return json.loads((ROOT / "manifest.json").read_text(encoding="utf-8"))


def test_there_is_one_manifest_and_it_is_valid() -> None:
    assert settings.manifest_path() == ROOT / "manifest.json"
    manifest = settings.manifest()
    assert manifest.components.panels[0].supported_slots[0].type == "datasetBrowser"
    assert [t.location for t in manifest.components.toolbars] == [
        "datasetBrowserTab",
        "datasetBrowserApps",
    ]


def test_every_declared_function_exists_and_no_other() -> None:
    assert set(settings.manifest().functions()) == set(functions.FUNCTIONS)


def test_declared_defaults_are_those_of_the_run_record() -> None:
    declared = {i.name: i.default for i in settings.manifest().functions()["run_projection"].input}
    for field in fields(RunParameters):
        assert declared[field.name] == field.default


def test_version_is_the_packages() -> None:
    from clustering_app import __version__

    assert settings.manifest().version == __version__


@pytest.mark.parametrize(
    ("path", "value", "reason"),
    [
        (["name"], "No Spaces", "name"),
        (["version"], "1", "version"),
        (["contractVersion"], 99, "contractVersion 99"),
        (["colour"], "red", "colour"),
        (["components", "panels", 0, "supportedSlots"], [], "supportedSlots"),
        (["components", "panels", 0, "supportedSlots", 0, "type"], "moon", "supportedSlots.0.type"),
        (["components", "toolbars", 0, "invoke", "namespace"], "gone", "toolbars[0]"),
        (["components", "toolbars", 1, "invoke", "namespace"], "a.b.c", "toolbars[1]"),
        (["components", "services", 0, "moduleName"], "gone", "services[0].moduleName"),
        (["components", "services", 0, "maxAttempts"], 0, "maxAttempts"),
        (["components", "triggers", 0, "namespace"], "services.gone", "triggers[0].namespace"),
        (
            ["components", "triggers", 0, "spec", "operation", "functionName"],
            "gone",
            "triggers[0].spec.operation.functionName",
        ),
        (
            ["components", "triggers", 1, "spec", "operation", "functionName"],
            "items_created",
            "triggers[1].spec.operation.functionName",
        ),
    ],
)
def test_bad_manifest_is_refused_by_field(
    tmp_path: Path, path: list[str | int], value: Any, reason: str
) -> None:
    manifest = content()
    place: Any = manifest
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    file = tmp_path / "manifest.json"
    file.write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(InvalidManifest) as caught:
        read_manifest(file)
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)


@given(text=st.text())
def test_anything_else_is_refused_in_one_line(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    file = tmp_path_factory.mktemp("manifest") / "manifest.json"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidManifest, match="manifest"):
        read_manifest(file)


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidManifest, match="nowhere"):
        read_manifest(tmp_path / "nowhere.json")
