"""/apps: what is installed, and whether it works."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter
from pydantic import BaseModel

from host_contract.errors import NotFound
from host_contract.manifest import Manifest

if TYPE_CHECKING:
    from host_stub.app_loading import App
    from host_stub.platform import LocalPlatform


class InstalledApp(BaseModel):
    """An installed app."""

    name: str
    enabled: bool
    error: str | None
    """Why it cannot be used."""
    last_failure: str | None
    """What went wrong last, since the server was started."""
    manifest: Manifest | None


class Switch(BaseModel):
    """Whether an app is on."""

    enabled: bool


def router(platform: LocalPlatform) -> APIRouter:
    """The routes of apps."""
    found = APIRouter(prefix="/apps", tags=["apps"])

    @found.get("")
    def list_apps() -> list[InstalledApp]:
        """Every installed app."""
        return [_installed(platform, app) for app in platform.apps.list()]

    @found.patch("/{name}")
    def switch_app(name: str, switch: Switch) -> InstalledApp:
        """Switch an app on or off; one that was broken is tried again."""
        platform.apps.enable(name, switch.enabled)
        for app in platform.apps.list():
            if app.name == name:
                return _installed(platform, app)
        raise NotFound(f"App {name!r} is not installed.")

    return found


def _installed(platform: LocalPlatform, app: App) -> InstalledApp:
    failure = platform.apps.failure(app.name)
    return InstalledApp(
        name=app.name,
        enabled=platform.apps.enabled(app),
        error=app.error,
        last_failure=failure.what if failure else None,
        manifest=app.manifest,
    )
