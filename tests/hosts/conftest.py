"""Dataloop's own client against this host, on loopback before it is imported.

The client's default address is a production service, its state a file in the home directory: both
are set here first, for this process and for those that tests start.
"""

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from host_stub.app import create_app
from host_stub.dataloop.address import PREFIX
from host_stub.platform import LocalPlatform
from host_stub.users import Role
from tests.host_stub.pages.served_pages import running
from tests.hosts.loopback import sitecustomize

LOOPBACK = Path(sitecustomize.__file__).parent
OWNER, VIEWER = "owner@work", "viewer@work"


@pytest.fixture(scope="package", autouse=True)
def _stay_here() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        sitecustomize.refuse_others(patch.setattr)
        yield


@pytest.fixture(scope="package")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalPlatform]:
    """The host, with the app that the package brings."""
    with LocalPlatform(tmp_path_factory.mktemp("data")) as opened:
        yield opened


@pytest.fixture(scope="package")
def tokens(platform: LocalPlatform) -> dict[str, str]:
    """Tokens of an owner and a viewer, by name."""
    roles = {OWNER: Role.OWNER, VIEWER: Role.VIEWER}
    return {name: platform.users.add(name, role) for name, role in roles.items()}


@pytest.fixture(scope="package")
def origin(platform: LocalPlatform) -> Iterator[str]:
    with running(create_app(platform)) as origin:
        yield origin


@pytest.fixture(scope="package")
def client_state(origin: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the client's settings, which name this host alone."""
    folder = tmp_path_factory.mktemp("dataloop")
    address = origin + PREFIX
    here = {"alias": "here", "gate_url": address, "url": origin, "verify_ssl": True}
    here |= dict.fromkeys(("audience", "client_id", "auth0_url", "token", "refresh_token"))
    settings = {"url": address, "login_parameters": {address: here}}
    (folder / "cookie.json").write_text(json.dumps(settings), encoding="utf-8")
    return folder


@pytest.fixture(scope="package")
def dl(
    client_state: Path, tokens: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ModuleType]:
    """The client, signed in as owner."""
    assert "dtlpy" not in sys.modules, "the client was imported before its address was set"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATALOOP_PATH", str(client_state))
        patch.chdir(tmp_path_factory.mktemp("work"))
        import dtlpy

        assert dtlpy.environment().startswith("http://127.0.0.1:")
        dtlpy.client_api.verbose.disable_progress_bar = True
        assert dtlpy.login_m2m(email=OWNER, password=tokens[OWNER])
        yield dtlpy
        dtlpy.logout()


@pytest.fixture
def project(dl: ModuleType, request: pytest.FixtureRequest) -> Any:
    """A project of the test's own."""
    return dl.projects.create(project_name=request.node.name)


@pytest.fixture(scope="package")
def process_environment(client_state: Path) -> dict[str, str]:
    """For a process that runs the client."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(client_state),
        "DATALOOP_PATH": str(client_state),
        "PYTHONPATH": str(LOOPBACK),
        "NO_PROXY": "*",
    }
