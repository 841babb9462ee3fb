"""The real FiftyOne: its library, database, server and App, all in temporary folders.

Its packages ask for other versions than the rest of the tests, so that these are collected only in
an environment that has it: `python -m tools.fiftyone` makes one. What FiftyOne reads from its
environment is set before it is imported; it tells nobody what it does.
"""

import os
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.hosts.loopback import sitecustomize

collect_ignore_glob = [] if find_spec("fiftyone") else ["test_*.py"]

ROOT = Path(__file__).parents[2]
LOOPBACK = Path(sitecustomize.__file__).parent


@pytest.fixture(scope="session", autouse=True)
def _stay_here() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        sitecustomize.refuse_others(patch.setattr)
        yield


@pytest.fixture(scope="session")
def fo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    """FiftyOne, with a database of its own."""
    assert "fiftyone" not in sys.modules, "it was imported before its folders were named"
    home = tmp_path_factory.mktemp("fiftyone")
    plugins = home / "plugins"
    plugins.mkdir()
    (plugins / "clustering").symlink_to(ROOT / "plugin" / "fiftyone_plugin")
    settings = {
        "HOME": home,
        "FIFTYONE_DATABASE_DIR": home / "database",
        "FIFTYONE_DATABASE_VALIDATION": "false",
        "FIFTYONE_DEFAULT_DATASET_DIR": home / "datasets",
        "FIFTYONE_PLUGINS_DIR": plugins,
        "FIFTYONE_DO_NOT_TRACK": "true",
        "CLUSTERING_FIFTYONE_STATE": home / "state",
        "PYTHONPATH": os.pathsep.join([str(LOOPBACK), str(ROOT / "plugin"), str(ROOT)]),
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in settings.items():
            patch.setenv(name, str(value))
        import fiftyone

        fiftyone.config.show_progress_bars = False
        yield fiftyone


@pytest.fixture(scope="session")
def state(fo: ModuleType) -> Path:
    """The folder where the plugin keeps vectors and maps."""
    return Path(os.environ["CLUSTERING_FIFTYONE_STATE"])


@pytest.fixture
def dataset(fo: ModuleType) -> Iterator[Any]:
    """An empty dataset."""
    made = fo.Dataset(persistent=True)
    yield made
    if not made.deleted:
        made.delete()
