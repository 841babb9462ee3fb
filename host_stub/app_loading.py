"""An app is read and imported: what is wrong with it becomes its error, and hurts nobody else."""

from __future__ import annotations

import contextvars
import importlib
import logging
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TypeVar

import pluggy

from host_contract import hookspecs
from host_contract.errors import InvalidInput, InvalidManifest
from host_contract.manifest import Manifest, read_manifest

log = logging.getLogger(__name__)

T = TypeVar("T")

_added: set[str] = set()
"""Folders of apps that are on Python's path because of them."""


@dataclass(frozen=True)
class Source:
    """Where an app comes from."""

    module: str
    """What to import."""
    folder: Path | None = None
    """Where the module lies, when the app is not a package that pip installed."""

    def __str__(self) -> str:
        """As a person reads it."""
        return str(self.folder) if self.folder else f"Python module {self.module}"


@dataclass(frozen=True)
class App:
    """An installed app, whether or not it works."""

    name: str
    source: Source
    manifest: Manifest | None
    error: str | None
    """Why it cannot be used; None when it can."""
    plugin: pluggy.PluginManager | None


def load(name: str, source: Source, *, seconds: float) -> App:
    """Import an app, and check its hooks and manifest; never raises what the app does.

    Args:
        name: Under which it is installed.
        source: Where it is.
        seconds: How long importing it may take.
    """
    try:
        plugin, manifest = in_time(lambda: _loaded(name, source), f"importing {name}", seconds)
    except Exception as error:
        log.exception("App %s cannot be used", name)
        return App(name, source, None, f"{type(error).__name__}: {error}", None)
    return App(name, source, manifest, None, plugin)


def app_in(folder: Path) -> tuple[str, Source]:
    """Name and source of the app in a folder, found without running it.

    Raises:
        InvalidManifest: its manifest.json is missing or wrong.
        InvalidInput: there is no module with the app's name beside the manifest.
    """
    folder = folder.expanduser().resolve()
    name = read_manifest(folder / "manifest.json").name
    module = name.replace("-", "_")
    if not ((folder / f"{module}.py").is_file() or (folder / module / "__init__.py").is_file()):
        raise InvalidInput(f"{folder} holds neither {module}.py nor {module}/__init__.py.")
    return name, Source(module, folder)


def forget(source: Source) -> None:
    """Let the app in a folder be imported anew, from there or from where it lies by then.

    Other modules of its folder stay as they are: they may be anybody's.
    """
    if source.folder is None:
        return
    if str(source.folder) in _added:
        _added.remove(str(source.folder))
        sys.path.remove(str(source.folder))
    own = (source.module, f"{source.module}.")
    for name, module in tuple(sys.modules.items()):
        if (name == own[0] or name.startswith(own[1])) and _lies_in(source.folder, module):
            del sys.modules[name]
    importlib.invalidate_caches()  # a folder may have come back with other files


def in_time(call: Callable[[], T], what: str, seconds: float) -> T:
    """Call in a thread that is left behind when it takes too long. Raises `TimeoutError`."""
    done: Future[T] = Future()
    context = contextvars.copy_context()

    def run() -> None:
        try:
            done.set_result(context.run(call))
        except Exception as error:  # noqa: BLE001 - raised again where it is waited for
            done.set_exception(error)
        except BaseException as error:  # noqa: BLE001 - sys.exit in an app is the app's own end
            done.set_exception(RuntimeError(f"{type(error).__name__}: {error}"))

    threading.Thread(target=run, name=what, daemon=True).start()
    try:
        return done.result(seconds)
    except TimeoutError as error:
        if done.done():
            raise
        raise TimeoutError(f"{what} took longer than {seconds:g} s") from error


def _loaded(name: str, source: Source) -> tuple[pluggy.PluginManager, Manifest]:
    plugin = pluggy.PluginManager(hookspecs.GROUP)
    plugin.add_hookspecs(hookspecs)
    plugin.register(_module(source), name)
    plugin.check_pending()
    manifest = read_manifest(plugin.hook.manifest_path())
    if manifest.name != name:
        raise InvalidManifest(f"name: it is {manifest.name!r}, but installed as {name!r}")
    return plugin, manifest


def _module(source: Source) -> object:
    folder = source.folder
    if folder is not None and str(folder) not in sys.path:
        sys.path.append(str(folder))
        _added.add(str(folder))
    module = importlib.import_module(source.module)
    if folder is not None and not _lies_in(folder, module):
        raise InvalidInput(f"Another module is called {source.module!r}; give the app another name")
    return module


def _lies_in(folder: Path, module: ModuleType) -> bool:
    file = getattr(module, "__file__", None)
    return Path(file or "/").resolve().is_relative_to(folder)
