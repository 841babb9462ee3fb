"""The installed apps. Each is called by itself, so that one app's failure is never another's."""

from __future__ import annotations

import builtins
import importlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import entry_points
from typing import Any

import pluggy

from host_contract import hookspecs
from host_contract.errors import InvalidManifest, NotFound
from host_contract.manifest import Manifest, Panel, Toolbar, read_manifest

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class App:
    """An installed app, whether or not it works."""

    name: str
    manifest: Manifest | None
    error: str | None
    """Why it cannot be used; None when it can."""
    plugin: pluggy.PluginManager | None


class Apps:
    """All apps found by entry point, and those named by module."""

    def __init__(self, modules: Sequence[str] = ()) -> None:
        """Find the apps; one that is broken is listed with its error."""
        found = {point.name: point.value for point in entry_points(group=hookspecs.GROUP)}
        found |= {module.rpartition(".")[2]: module for module in modules}
        self._apps = {name: _load(name, module) for name, module in sorted(found.items())}

    def list(self) -> builtins.list[App]:
        """Every app, by name."""
        return builtins.list(self._apps.values())

    def manifest(self, name: str) -> Manifest:
        """Manifest of an app that works. Raises `NotFound`."""
        app = self._apps.get(name)
        if app is None or app.manifest is None:
            reason = app.error if app else "it is not installed"
            raise NotFound(f"App {name!r} cannot be used: {reason}")
        return app.manifest

    def name_of(self, app: str, function: str) -> str:
        """The name that a manifest gives to a function; the function's own without one."""
        found = self._apps.get(app)
        declared = found.manifest.functions() if found and found.manifest else {}
        return declared[function].display_name if function in declared else function

    def tabs(self, slot: str) -> builtins.list[tuple[App, Toolbar, Panel]]:
        """Every panel that an app puts in a tab of this slot."""
        return [
            (app, toolbar, panel)
            for app in self._apps.values()
            if app.manifest
            for toolbar in app.manifest.components.toolbars
            if toolbar.location == f"{slot}Tab" and toolbar.invoke.type == "panel"
            for panel in app.manifest.components.panels
            if panel.name == toolbar.invoke.namespace
        ]

    def call(self, name: str, hook: str, **arguments: Any) -> Any:
        """Call one hook of one app; what the app raises is raised here. Raises `NotFound`."""
        self.manifest(name)
        plugin = self._apps[name].plugin
        assert plugin is not None  # noqa: S101 - an app with a manifest has been loaded
        return getattr(plugin.hook, hook)(**arguments)

    def each(self, call: Callable[[App], None]) -> None:
        """Do something with every app that works; a failure is logged and stops no other."""
        for app in self._apps.values():
            if app.manifest is not None:
                try:
                    call(app)
                except Exception:
                    log.exception("App %s failed", app.name)


def _load(name: str, module: str) -> App:
    plugin = pluggy.PluginManager(hookspecs.GROUP)
    plugin.add_hookspecs(hookspecs)
    try:
        plugin.register(importlib.import_module(module), name)
        plugin.check_pending()
        manifest = read_manifest(plugin.hook.manifest_path())
        if manifest.name != name:
            raise InvalidManifest(f"name: it is {manifest.name!r}, but installed as {name!r}")
    except Exception as error:
        log.exception("App %s cannot be used", name)
        return App(name=name, manifest=None, error=f"{type(error).__name__}: {error}", plugin=None)
    return App(name=name, manifest=manifest, error=None, plugin=plugin)
