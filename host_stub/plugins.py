"""The installed apps. Each is called by itself, so that one app's failure is never another's.

What is installed by path and what is switched off is kept in the database, and read again at every
look: the server and its workers follow without being started again.
"""

from __future__ import annotations

import builtins
import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from sqlalchemy import select

from host_contract import hookspecs
from host_contract.context import Host
from host_contract.errors import InvalidInput, NotFound
from host_contract.manifest import Manifest, Panel, Toolbar
from host_stub.app_loading import App, Source, app_in, forget, in_time, load
from host_stub.database import AppRow, Database

log = logging.getLogger(__name__)

HOOK_SECONDS = 60.0
"""A hook that takes longer is left behind, and its app not called again before it is back."""


@dataclass(frozen=True)
class Failure:
    """The last thing that went wrong in an app, in this process."""

    what: str
    at: datetime


class Apps:
    """All apps found by entry point, installed by path, or named by module."""

    def __init__(
        self, database: Database, modules: Sequence[str] = (), *, hook_seconds: float = HOOK_SECONDS
    ) -> None:
        """Find the apps; one that is broken is listed with its error."""
        self._database = database
        self._hook_seconds = hook_seconds
        points = {point.name: Source(point.value) for point in entry_points(group=hookspecs.GROUP)}
        named = {module.rpartition(".")[2]: Source(module) for module in modules}
        self._fixed = points | named
        self._apps: dict[str, App] = {}
        self._disabled: frozenset[str] = frozenset()
        self._failures: dict[str, Failure] = {}
        self._busy: dict[str, threading.Event] = {}
        """Apps in a hook that was left behind; set when it is back."""
        self._started: set[str] = set()
        self._host_of: Callable[[str], Host] | None = None
        self._lock = threading.Lock()

    def open(self, host_of: Callable[[str], Host]) -> None:
        """Start every app that works, and from now on those that are switched on later."""
        self._host_of = host_of
        self.list()

    def close(self) -> None:
        """Stop the apps that were started."""
        self._stop(self._started)

    def list(self) -> builtins.list[App]:
        """Every app, by name."""
        with self._lock:  # reading too: what was read earlier must not be taken for the latest
            with self._database.session() as session:
                rows = session.scalars(select(AppRow)).all()
            by_path = {row.name: Path(row.path) for row in rows if row.path}
            found = {name: Source(name.replace("-", "_"), path) for name, path in by_path.items()}
            found |= self._fixed
            self._disabled = frozenset(row.name for row in rows if not row.enabled)
            for name, app in tuple(self._apps.items()):
                if found.get(name) != app.source:
                    forget(app.source)
                    del self._apps[name]
            for name, source in found.items():
                if name not in self._apps:
                    self._apps[name] = load(name, source, seconds=self._hook_seconds)
            apps = [self._apps[name] for name in sorted(self._apps)]
            before = self._started
            if self._host_of is not None:
                self._started = {app.name for app in apps if self.works(app)}
            new, gone = self._started - before, before - self._started
        self._start(new)
        self._stop(gone)
        return apps

    def working(self) -> builtins.list[App]:
        """Every app that can be used and is switched on, by name."""
        return [app for app in self.list() if self.works(app)]

    def works(self, app: App) -> bool:
        """Whether an app can be used and is switched on."""
        return app.manifest is not None and app.name not in self._disabled

    def enabled(self, app: App) -> bool:
        """Whether an app is switched on."""
        return app.name not in self._disabled

    def failure(self, name: str) -> Failure | None:
        """The last failure of an app in this process."""
        return self._failures.get(name)

    def failed(self, name: str, what: str) -> None:
        """Keep this as the last failure of an app. Waits for nothing."""
        self._failures[name] = Failure(what, datetime.now(UTC))

    def owner(self, module: str) -> str | None:
        """Name of the app that a Python module is part of, if it is of any. Waits for nothing."""
        package = module.partition(".")[0]
        return next(
            (
                app.name
                for app in tuple(self._apps.values())
                if app.source.module.partition(".")[0] == package
            ),
            None,
        )

    def enable(self, name: str, enabled: bool) -> None:
        """Switch an app on or off, for good; a broken one is tried again. Raises `NotFound`."""
        app = {app.name: app for app in self.list()}.get(name)
        if app is None:
            raise NotFound(f"App {name!r} is not installed.")
        if app.error is not None:
            with self._lock:
                self._apps.pop(name, None)
        with self._database.changing() as session:
            row = session.get(AppRow, name) or AppRow(name=name, path=None)
            row.enabled = enabled
            session.add(row)
        self._failures.pop(name, None)
        self.list()

    def install(self, folder: Path) -> str:
        """Install the app in a folder, which must stay there; returns its name.

        Raises:
            InvalidManifest: its manifest.json is missing or wrong.
            InvalidInput: its module is missing, or an app of this name comes from elsewhere.
        """
        name, source = app_in(folder)
        if name in self._fixed:
            raise InvalidInput(f"App {name!r} is installed already, from {self._fixed[name]}.")
        with self._database.changing() as session:
            session.merge(AppRow(name=name, path=str(source.folder), enabled=True))
        return name

    def uninstall(self, name: str) -> None:
        """Forget an app that was installed by path. Raises `NotFound`."""
        with self._database.changing() as session:
            row = session.get(AppRow, name)
            if row is None or row.path is None:
                raise NotFound(f"App {name!r} was not installed by path.")
            session.delete(row)

    def manifest(self, name: str) -> Manifest:
        """Manifest of an app that works. Raises `NotFound`."""
        app = {app.name: app for app in self.list()}.get(name)
        if app is not None and app.manifest is not None and self.works(app):
            return app.manifest
        reason = "it is not installed"
        if app is not None:
            reason = app.error or "it is switched off"
        raise NotFound(f"App {name!r} cannot be used: {reason}")

    def name_of(self, app: str, function: str) -> str:
        """The name that a manifest gives to a function; the function's own without one."""
        found = self._apps.get(app)
        declared = found.manifest.functions() if found and found.manifest else {}
        return declared[function].display_name if function in declared else function

    def tabs(self, slot: str) -> builtins.list[tuple[App, Toolbar, Panel]]:
        """Every panel that an app puts in a tab of this slot."""
        return [
            (app, toolbar, panel)
            for app in self.working()
            if app.manifest
            for toolbar in app.manifest.components.toolbars
            if toolbar.location == f"{slot}Tab" and toolbar.invoke.type == "panel"
            for panel in app.manifest.components.panels
            if panel.name == toolbar.invoke.namespace
        ]

    def run_function(self, name: str, **arguments: Any) -> Any:
        """Run a function of an app, for as long as it takes. Raises what the app does."""
        self.manifest(name)
        plugin = self._apps[name].plugin
        assert plugin is not None  # noqa: S101 - an app with a manifest has been loaded
        return plugin.hook.run_function(**arguments)

    def call(self, name: str, hook: str, **arguments: Any) -> Any:
        """Call a hook of an app; what the app raises is raised here.

        Raises:
            NotFound: the app cannot be used.
            TimeoutError: it does not come back, or has not from an earlier call.
        """
        self.manifest(name)
        return self._call(name, hook, **arguments)

    def each(self, call: Callable[[App], None]) -> None:
        """Do something with every app that works; a failure is logged and stops no other."""
        for app in self.working():
            try:
                call(app)
            except Exception:
                log.exception("App %s failed", app.name)

    def _call(self, name: str, hook: str, **arguments: Any) -> Any:
        plugin = self._apps[name].plugin
        assert plugin is not None  # noqa: S101 - an app with a manifest has been loaded
        if (busy := self._busy.get(name)) is not None and not busy.is_set():
            raise TimeoutError(f"{name} has not come back from an earlier call")
        back = threading.Event()

        def call() -> Any:
            try:
                return getattr(plugin.hook, hook)(**arguments)
            finally:
                back.set()

        try:
            return in_time(call, f"{hook} of {name}", self._hook_seconds)
        except Exception as error:
            if not back.is_set():
                self._busy[name] = back
            self.failed(name, f"{hook}: {type(error).__name__}: {error}")
            raise

    def _start(self, names: set[str]) -> None:
        for name in sorted(names):
            if self._host_of is not None:
                _safely(partial(self._call, name, "startup", host=self._host_of(name)), name)

    def _stop(self, names: set[str]) -> None:
        for name in sorted(names & self._apps.keys()):
            if self._host_of is not None:
                _safely(partial(self._call, name, "shutdown", host=self._host_of(name)), name)


def _safely(call: Callable[[], object], name: str) -> None:
    try:
        call()
    except Exception:
        log.exception("App %s failed", name)
