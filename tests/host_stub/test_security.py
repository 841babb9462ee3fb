"""What docs/security.md promises: who gets in, what each role may, and that names do nothing."""

import csv
import io
import json
import logging
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import _IncludedRouter
from starlette.routing import BaseRoute, Mount
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from host_contract.errors import InvalidInput, NotAllowed, NotFound
from host_stub.app import create_app
from host_stub.permissions import RULES, needed
from host_stub.platform import LocalPlatform
from host_stub.security import APIS
from host_stub.users import Role, User, current_user
from tests.host_stub.conftest import png
from tests.host_stub.pages.served_pages import running
from tests.host_stub.pages.test_websockets import TOKEN


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalPlatform]:
    """A host with a user of each role."""
    with LocalPlatform(tmp_path_factory.mktemp("guarded"), modules=["counting"]) as platform:
        yield platform


@pytest.fixture(scope="module")
def tokens(guarded: LocalPlatform) -> dict[str, str]:
    return {role.value: guarded.users.add(f"{role.value}@work", role) for role in Role}


@pytest.fixture(scope="module")
def app(guarded: LocalPlatform) -> FastAPI:
    return create_app(guarded)


@pytest.fixture(scope="module")
def client(app: FastAPI, tokens: dict[str, str]) -> Iterator[httpx.Client]:
    with running(app) as origin, httpx.Client(base_url=origin, timeout=60) as opened:
        yield opened


def routes_of(routes: list[BaseRoute]) -> set[str]:
    """'METHOD path' of each route, those of routers that were included too."""
    found: set[str] = set()
    for route in routes:
        if isinstance(route, _IncludedRouter):
            found |= routes_of(route.effective_candidates())
        elif isinstance(route, Mount):
            path = "/static" if route.path.startswith("/static/extensions/") else route.path
            found.add(f"GET {path}/{{path:path}}")
        else:
            methods = getattr(route, "methods", None) or {"WEBSOCKET"}
            found |= {f"{method} {route.path}" for method in methods if method != "HEAD"}
    return found


def test_every_route_has_a_rule_and_every_rule_a_route(app: FastAPI) -> None:
    found = routes_of(app.routes)
    assert len(found) > 35
    assert found == set(RULES)


def test_a_route_without_a_rule_is_for_owners() -> None:
    assert needed("GET", "/api/v1/new") is Role.OWNER
    assert needed("PUT", "/api/v1/datasets") is Role.OWNER
    assert needed("GET", "/static/../api/v1/datasets") is not Role.OWNER, "no path is resolved here"


@pytest.mark.parametrize("rule", [rule for rule in RULES if not rule.startswith("WEBSOCKET")])
def test_each_role_at_each_route(client: httpx.Client, tokens: dict[str, str], rule: str) -> None:
    method, path = rule.split(" ")
    role = RULES[rule]
    path = path.replace("{path:path}", "nowhere").replace("{", "").replace("}", "")
    nobody = client.request(method, path)
    if role is None:
        assert nobody.status_code not in (401, 403, 500) or path == "/login"
        return
    page = method == "GET" and not path.startswith(APIS)
    assert nobody.status_code == (303 if page else 401)
    assert nobody.headers["location"] == "/login" if page else nobody.json()["code"]
    wrong = client.request(method, path, headers={"authorization": "Bearer wrong"})
    assert wrong.status_code == nobody.status_code
    for name, token in tokens.items():
        answer = client.request(method, path, headers={"authorization": f"Bearer {token}"})
        if Role(name).covers(role):
            assert answer.status_code not in (401, 403, 500), (name, answer.text)
        else:
            assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")


def test_nothing_is_imported_by_an_address(client: httpx.Client, tokens: dict[str, str]) -> None:
    headers = {"authorization": f"Bearer {tokens['viewer']}"}
    for module in ("leaving_at_once", "this", "unittest.__main__", "nowhere"):
        answer = client.get(f"/components/{module}/a/_css/c", headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (404, "http_error")
        assert module not in sys.modules
    shown = "/components/panel.theme.base/DefaultTheme/base_css/css/default.css"
    assert client.get(shown, headers=headers).status_code == 200


def test_an_origin_that_is_no_address_is_refused(client: httpx.Client) -> None:
    answer = client.post("/login", data={"token": "x"}, headers={"origin": "http://[::1"})
    assert answer.status_code == 403


def signed_in(token: str) -> dict[str, str]:
    return {"cookie": f"other=1; access={token}"}


def page_token(client: httpx.Client, token: str) -> str:
    found = TOKEN.search(client.get("/", headers=signed_in(token)).raise_for_status().text)
    assert found is not None
    return found.group(1)


def opened(client: httpx.Client, page: str, headers: dict[str, str]) -> Any:
    origin = str(client.base_url).rstrip("/")
    address = origin.replace("http", "ws") + "/ws"
    return connect(
        address,
        subprotocols=["bokeh", page],
        origin=origin,
        additional_headers=headers,  # type: ignore[arg-type, list-item]
    )


def test_websocket_is_of_the_user_whose_page_it_is(
    client: httpx.Client, tokens: dict[str, str]
) -> None:
    page = page_token(client, tokens["owner"])
    for headers in ({}, signed_in("wrong"), signed_in(tokens["viewer"])):
        with pytest.raises(InvalidStatus), opened(client, page, headers):
            pass
    with opened(client, page, signed_in(tokens["owner"])) as connection:
        connection.recv(timeout=60)


def test_page_token_is_signed(client: httpx.Client, tokens: dict[str, str]) -> None:
    page = page_token(client, tokens["owner"])
    head, _, signature = page.rpartition(".")
    forged = f"{head}.{signature[::-1]}"
    with pytest.raises(InvalidStatus), opened(client, forged, signed_in(tokens["owner"])):
        pass


def test_signing_in_keeps_the_token_out_of_reach_of_scripts(
    client: httpx.Client, tokens: dict[str, str]
) -> None:
    wrong = client.post("/login", data={"token": "<script>alert(1)</script>"})
    assert wrong.status_code == 401
    assert "nobody" in wrong.text and "<script" not in wrong.text
    right = client.post("/login", data={"token": tokens["viewer"]})
    assert (right.status_code, right.headers["location"]) == (303, "/")
    cookie = right.headers["set-cookie"].lower()
    assert "httponly" in cookie and "samesite=strict" in cookie
    client.cookies.clear()
    page = client.get("/", headers=signed_in(tokens["viewer"])).raise_for_status().text
    assert tokens["viewer"] not in page
    out = client.get("/logout")
    assert (out.status_code, out.headers["location"]) == (303, "/login")
    assert "max-age=0" in out.headers["set-cookie"].lower()


def test_users_come_and_go(guarded: LocalPlatform) -> None:
    first = guarded.users.add("somebody", Role.VIEWER)
    second = guarded.users.add("somebody", Role.EDITOR)
    assert guarded.users.of_token(first) is None
    assert guarded.users.of_token(second) == User("somebody", Role.EDITOR)
    guarded.users.remove("somebody")
    assert guarded.users.of_token(second) is None
    with pytest.raises(NotFound):
        guarded.users.remove("somebody")
    for name in ("", "a b", "<b>", "a\r\nx: y", "a" * 65):
        with pytest.raises(InvalidInput):
            guarded.users.add(name, Role.VIEWER)


def test_tokens_are_neither_kept_nor_logged(
    guarded: LocalPlatform,
    client: httpx.Client,
    tokens: dict[str, str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.DEBUG):
        for token in (*tokens.values(), "wrong-token"):
            client.get("/api/v1/apps", headers={"authorization": f"Bearer {token}"})
            client.get("/", headers=signed_in(token))
            client.post("/login", data={"token": token})
            client.cookies.clear()
    server = [
        r.getMessage() for r in caplog.records if not r.name.startswith(("httpx", "httpcore"))
    ]
    kept = b"".join(path.read_bytes() for path in guarded.data_dir.glob("host.sqlite*"))
    for token in (*tokens.values(), "wrong-token"):
        assert token not in "\n".join(server)
        assert token.encode() not in kept


def test_other_machines_are_never_let_in_without_a_token(tmp_path: Path) -> None:
    with LocalPlatform(tmp_path / "data") as platform:
        with pytest.raises(InvalidInput, match="python -m host_stub user"):
            platform.serve(address="0.0.0.0", port=0)
        with running(create_app(platform, allowed_host="0.0.0.0")) as origin:
            assert httpx.get(f"{origin}/api/v1/apps").status_code == 401
        with running(create_app(platform)) as origin:
            assert httpx.get(f"{origin}/api/v1/apps").status_code == 200
            platform.users.add("me", Role.OWNER)
            assert httpx.get(f"{origin}/api/v1/apps").status_code == 401, "now everybody signs in"


def test_data_directory_is_of_its_user_alone(tmp_path: Path) -> None:
    with LocalPlatform(tmp_path / "data") as platform:
        assert platform.data_dir.stat().st_mode & 0o777 == 0o700


def test_an_app_may_do_for_a_user_what_the_user_may(guarded: LocalPlatform) -> None:
    dataset = guarded.datasets.create("signs")
    item = guarded.datasets.add(dataset.id, "a.png", png())
    viewer = guarded.host("counting", User("v", Role.VIEWER))
    assert viewer.count_items(dataset.id) == 1
    assert {a.name for a in viewer.dataset_actions(dataset.id)} == {"export_csv", "export_json"}
    assert viewer.run_action("export_json", dataset.id, [item.id], {}).file_content
    about = {"size": 4, "model": "m", "fingerprint": "f", "count": 1}
    for change in (
        lambda: viewer.delete_items([item.id]),
        lambda: viewer.update_metadata([item.id], {"a": 1}),
        lambda: viewer.clone_items([item.id], dataset.id),
        lambda: viewer.run_action("delete", dataset.id, [item.id], {}),
        lambda: viewer.start_execution("double", {}),
        lambda: viewer.cancel_execution("nowhere"),
        lambda: viewer.save_feature_set(dataset.id, "set", **about),  # type: ignore[arg-type]
        lambda: viewer.delete_feature_set("nowhere"),
    ):
        with pytest.raises(NotAllowed, match="v is viewer"):
            change()
    editor = guarded.host("counting", User("e", Role.EDITOR))
    assert editor.delete_items([item.id]) == 1


def test_policy_lets_nothing_from_elsewhere_in(client: httpx.Client) -> None:
    page = client.get("/login").headers["content-security-policy"]
    rules = dict(rule.split(" ", 1) for rule in page.split("; "))
    assert rules["default-src"] == rules["script-src-attr"] == rules["base-uri"] == "'none'"
    sources = {source for value in rules.values() for source in value.split()}
    assert sources == {"'none'", "'self'", "blob:", "data:", "'unsafe-inline'", "'unsafe-eval'"}
    api = client.get("/api/v1/apps").headers["content-security-policy"]
    assert api == "default-src 'none'; frame-ancestors 'none'"


def test_context_is_of_one_request_alone() -> None:
    assert current_user.get().name == "local user"


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("a.html", png().getvalue(), "image/png"),
        ("a.png", b"<script>alert(1)</script>", None),
        ("a.png", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", None),
        ("a.gif", b"GIF89a/*", "image/gif"),
        ("a.png", b"", None),
    ],
)
def test_what_is_shown_is_what_the_bytes_are(
    client: httpx.Client, tokens: dict[str, str], name: str, content: bytes, kind: str | None
) -> None:
    headers = {"authorization": f"Bearer {tokens['editor']}"}
    made = client.post("/api/v1/datasets", json={"name": "sniffed"}, headers=headers).json()["id"]
    item = client.post(
        f"/api/v1/datasets/{made}/items", files={"file": (name, content)}, headers=headers
    ).json()
    answer = client.get(f"/api/v1/items/{item['id']}/stream", headers=headers)
    assert answer.content == content
    assert answer.headers["content-type"] == (kind or "application/octet-stream")
    assert answer.headers["content-disposition"].startswith("inline" if kind else "attachment")


HOSTILE = [
    "<img src=x onerror=alert(1)>",
    "<script>alert(1)</script>",
    "'; DROP TABLE items; --",
    "=cmd|'calc'!A1",
    "@SUM(1)",
    "{{7*7}}${7*7}",
    "../../escape",
    "\u202e" * 80,
    "a\r\nset-cookie: x=y",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_comes_out_as_it_went_in_and_is_never_run(
    client: httpx.Client, guarded: LocalPlatform, tokens: dict[str, str], text: str
) -> None:
    headers = {"authorization": f"Bearer {tokens['owner']}"}
    made = client.post("/api/v1/datasets", json={"name": "hostile"}, headers=headers).json()["id"]
    address = f"/api/v1/datasets/{made}"
    name = text.replace("\r\n", "").replace("/", "_")
    uploaded = client.post(
        f"{address}/items",
        files={"file": (name, png())},
        data={"label": text},
        headers=headers,
    )
    assert uploaded.status_code == 201, uploaded.text
    item = client.patch(
        f"/api/v1/items/{uploaded.json()['id']}", json={text: text}, headers=headers
    ).json()
    assert item["annotations"][0]["label"] == text
    assert item["user_metadata"] == {text: text}
    found = client.post(f"{address}/query", json={"label": text}, headers=headers).json()
    assert [one["id"] for one in found["items"]] == [item["id"]]
    stream = client.get(f"/api/v1/items/{item['id']}/stream", headers=headers)
    assert "set-cookie" not in stream.headers

    ids = [item["id"]]
    exported = guarded.actions.run("export_csv", made, ids, {}).file_content
    assert exported is not None
    rows = list(csv.reader(io.StringIO(exported.decode("utf-8"))))
    assert len(rows) == 2
    assert not [cell for row in rows for cell in row if cell[:1] in tuple("=+-@\t\r") and cell]
    exported = guarded.actions.run("export_json", made, ids, {}).file_content
    assert exported is not None
    (row,) = json.loads(exported)
    assert row["labels"] == text
    assert row["name"] == item["name"] == name
    files = {path.name for path in guarded.data_dir.rglob("*") if path.is_file()}
    assert not {name for name in files if "escape" in name}


@pytest.mark.parametrize(
    ("form", "named"),
    [
        ({"name": "\u202e" * 200}, "255 bytes"),
        ({"label": ["x" * 201]}, "200 characters"),
        ({"label": [" "]}, "200 characters"),
        ({"label": [str(n) for n in range(101)]}, "100 labels"),
        ({"folder": "/x" * 1000}, "folder"),
        ({"folder": "/../../escape"}, "folder"),
    ],
)
def test_what_is_too_much_is_refused(
    client: httpx.Client, tokens: dict[str, str], form: dict[str, Any], named: str
) -> None:
    headers = {"authorization": f"Bearer {tokens['editor']}"}
    made = client.post("/api/v1/datasets", json={"name": "limits"}, headers=headers).json()["id"]
    file = {"file": (form.pop("name", "a.png"), png())}
    answer = client.post(f"/api/v1/datasets/{made}/items", files=file, data=form, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_input")
    assert named in answer.json()["detail"]
    item = client.post(
        f"/api/v1/datasets/{made}/items", files={"file": ("a.png", png())}, headers=headers
    ).json()["id"]
    big = client.patch(f"/api/v1/items/{item}", json={"a": "x" * 100_001}, headers=headers)
    assert big.status_code == 400
