"""The REST interface and the checks before it, over HTTP from a real server on a free port."""

import io
import re
import zipfile
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from host_stub.app import create_app
from host_stub.platform import LocalPlatform
from tests.host_stub.conftest import png
from tests.host_stub.pages.served_pages import running


@pytest.fixture(scope="module")
def app(working: LocalPlatform) -> FastAPI:
    return create_app(working)


@pytest.fixture(scope="module")
def client(app: FastAPI) -> Iterator[httpx.Client]:
    with running(app) as origin, httpx.Client(base_url=origin + "/api/v1", timeout=60) as opened:
        yield opened


@pytest.fixture
def dataset_id(client: httpx.Client) -> str:
    answer = client.post("/datasets", json={"name": "signs"})
    assert answer.status_code == 201
    return str(answer.json()["id"])


def upload(client: httpx.Client, dataset_id: str, name: str, content: bytes, **form: Any) -> Any:
    return client.post(f"/datasets/{dataset_id}/items", files={"file": (name, content)}, data=form)


def test_dataset_and_items_from_upload_to_deletion(client: httpx.Client, dataset_id: str) -> None:
    content = png().getvalue()
    item = upload(client, dataset_id, "a.png", content, folder="/x/", label=["stop"]).json()
    assert client.get(f"/items/{item['id']}").json() == item
    assert client.get(f"/items/{item['id']}/stream").content == content
    thumbnail = client.get(f"/items/{item['id']}/thumbnail")
    assert thumbnail.headers["content-type"] == "image/webp"

    changed = client.patch(f"/items/{item['id']}", json={"score": 1})
    assert changed.json()["user_metadata"] == {"score": 1}
    found = client.post(f"/datasets/{dataset_id}/query", json={"metadata.score": {"$gte": 1}})
    assert [one["id"] for one in found.json()["items"]] == [item["id"]]

    assert client.delete(f"/items/{item['id']}").status_code == 204
    assert client.get(f"/items/{item['id']}").status_code == 404
    assert client.delete(f"/datasets/{dataset_id}").status_code == 204
    assert client.get(f"/datasets/{dataset_id}").status_code == 404


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ('"cut \\ud83d"', "half a character"),
        ("1e999", "infinite"),
        ("-Infinity", "infinite"),
        ("NaN", "infinite"),
        ("[" * 101 + "]" * 101, "levels deep"),
    ],
)
def test_what_json_cannot_say_is_refused_and_breaks_no_listing(
    client: httpx.Client, dataset_id: str, said: str, reason: str
) -> None:
    item = upload(client, dataset_id, "a.png", png().getvalue()).json()
    body = {"content": f'{{"a": {said}}}', "headers": {"content-type": "application/json"}}
    refused = client.patch(f"/items/{item['id']}", **body)
    assert (refused.status_code, refused.json()["code"]) == (400, "invalid_input")
    assert reason in refused.json()["detail"]
    call = f'{{"app": "counting", "function": "fail", "inputs": {{"known": {said}}}}}'
    assert client.post("/executions", **body | {"content": call}).status_code in (400, 422)
    assert client.post(f"/datasets/{dataset_id}/query", json={}).json()["items"] == [item]
    assert client.get("/executions").status_code == 200


def test_many_messages_are_read_at_once(client: httpx.Client) -> None:
    [told, *_] = client.get("/notifications").json()
    ids = [f"other {number}" for number in range(300_000)]
    assert client.post("/notifications/read", json=[*ids, told["id"]]).status_code == 204
    assert client.get("/notifications").json()[0]["read"]


def test_project_from_creation_to_deletion(client: httpx.Client) -> None:
    project = client.post("/projects", json={"name": " roads "})
    assert project.status_code == 201
    address = f"/projects/{project.json()['id']}"
    assert client.get(address).json() == project.json() == {**project.json(), "name": "roads"}
    assert project.json() in client.get("/projects").json()
    assert client.patch(address, json={"name": "rails"}).json()["name"] == "rails"
    assert client.get(address).json()["name"] == "rails"

    inside = {"name": "signs", "project_id": project.json()["id"]}
    dataset = client.post("/datasets", json=inside).json()
    listed = client.get("/datasets", params={"project_id": project.json()["id"]}).json()
    assert listed == [dataset]
    feature_set = client.post("/feature-sets", json={**inside, "size": 2}).json()
    for kind, held in (("datasets", dataset), ("feature-sets", feature_set)):
        refused = client.delete(address)
        assert (refused.status_code, refused.json()["code"]) == (400, "invalid_input")
        assert f"'rails' holds 1 {kind.replace('-', ' ')[:-1]}" in refused.json()["detail"]
        assert client.delete(f"/{kind}/{held['id']}").status_code == 204
    assert client.delete(address).status_code == 204
    assert client.get(address).status_code == client.delete(address).status_code == 404


def test_default_project_is_there_and_stays(client: httpx.Client) -> None:
    assert client.get("/projects/default").json()["id"] == "default"
    assert client.delete("/projects/default").json()["code"] == "invalid_input"
    assert "default" in {one["id"] for one in client.get("/projects").json()}


def packed(files: dict[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, one in files.items():
            archive.writestr(name, one)
    return content.getvalue()


def test_zip_becomes_items_and_sent_again_changes_only_what_changed(
    client: httpx.Client, dataset_id: str
) -> None:
    files = {f"signs/{label}/a.png": png(label).getvalue() for label in ("red", "blue")}
    files["signs/metadata.csv"] = b"file_name,year\nred/a.png,1990\nnone.png,1\n"
    files["__MACOSX/signs/._a"] = files[".DS_Store"] = b"x"

    def send(files: dict[str, bytes]) -> httpx.Response:
        content = packed(files)
        return client.post(f"/datasets/{dataset_id}/archive", files={"file": ("in.zip", content)})

    passed_over = ["'none.png': there is metadata for this, but no such file."]
    assert send(files).json() == {"taken": 2, "passed_over": passed_over}
    before = client.post(f"/datasets/{dataset_id}/query", json={}).json()["items"]
    assert {item["folder"]: item["annotations"][0]["label"] for item in before} == {
        "/red/": "red",
        "/blue/": "blue",
    }
    assert {item["user_metadata"].get("year") for item in before} == {1990, None}
    assert send(files).json()["taken"] == 0
    assert send({**files, "signs/red/a.png": png("white").getvalue()}).json()["taken"] == 1
    after = client.post(f"/datasets/{dataset_id}/query", json={}).json()["items"]
    assert [item["id"] for item in after] == [item["id"] for item in before]


def test_zip_that_is_none_or_leads_out_is_refused(client: httpx.Client, dataset_id: str) -> None:
    for content in (b"PK no zip", packed({}), packed({"../../up.png": b"x"})):
        answer = client.post(f"/datasets/{dataset_id}/archive", files={"file": ("a.zip", content)})
        assert answer.status_code == 422 or answer.status_code == 400, answer.text
        assert answer.json()["code"] == "invalid_input"
    whole = packed({"a.png": b"x", "metadata.csv": b"file_name,n\na.png,1\n"})
    encrypted = whole.replace(b"PK\x01\x02\x14\x03\x14\0\0", b"PK\x01\x02\x14\x03\x14\0\1")
    answer = client.post(f"/datasets/{dataset_id}/archive", files={"file": ("a.zip", encrypted)})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_input")
    assert "metadata.csv: cannot be read: " in answer.json()["detail"]
    nowhere = {"file": ("a.zip", packed({"a.png": b"x"}))}
    assert client.post("/datasets/nowhere/archive", files=nowhere).status_code == 404


def test_pages_of_items(client: httpx.Client, dataset_id: str) -> None:
    for number in range(5):
        upload(client, dataset_id, f"{number}.txt", b"x")
    names: list[str] = []
    after: dict[str, str] = {}
    while True:
        page = client.post(
            f"/datasets/{dataset_id}/query", json={}, params={"limit": 2, **after}
        ).json()
        assert page["total"] == 5
        names += [item["name"] for item in page["items"]]
        if page["next_after"] is None:
            break
        after = {"after": page["next_after"]}
    assert names == [f"{number}.txt" for number in range(5)]


def test_execution_from_start_to_output(client: httpx.Client, dataset_id: str) -> None:
    inputs = {"dataset": dataset_id}
    answer = client.post(
        "/executions", json={"app": "counting", "function": "count_dataset", "inputs": inputs}
    )
    assert answer.status_code == 201
    address = f"/executions/{answer.json()['id']}"
    while (now := client.get(address).json())["status"] in ("created", "running"):
        pass
    assert (now["status"], now["output"]) == ("success", 0)
    assert client.get(f"{address}/log").json() == []
    assert client.post(f"{address}/terminate").json()["status"] == "success"
    assert client.post(f"{address}/retry").json()["code"] == "invalid_input"
    listed = client.get("/executions", params={"dataset_id": dataset_id, "limit": 1}).json()
    assert listed == [now]
    older = client.get("/executions", params={"dataset_id": dataset_id, "before": now["id"]})
    assert older.json() == []


def test_creation_with_a_key_is_done_once(client: httpx.Client) -> None:
    key = {"idempotency-key": "a key"}
    first = client.post("/datasets", json={"name": "once"}, headers=key).json()
    assert client.post("/datasets", json={"name": "once"}, headers=key).json() == first
    address, file = f"/datasets/{first['id']}/items", {"file": ("a.png", png().getvalue())}
    item = client.post(address, files=file, headers=key).json()
    assert client.post(address, files=file, headers=key).json() == item
    assert client.post(f"/datasets/{first['id']}/query", json={}).json()["total"] == 1
    call = {"app": "counting", "function": "count_dataset", "inputs": {"dataset": first["id"]}}
    started = client.post("/executions", json=call, headers=key).json()["id"]
    assert client.post("/executions", json=call, headers=key).json()["id"] == started
    other = client.post("/datasets", json={"name": "once"}, headers={"idempotency-key": "b"})
    assert other.json()["id"] != first["id"]
    assert client.post("/datasets", json={"name": "once"}).json()["id"] != first["id"]
    project = client.post("/projects", json={"name": "once"}, headers=key).json()
    assert client.post("/projects", json={"name": "once"}, headers=key).json() == project
    assert client.post("/projects", json={"name": "once"}).json() != project
    wrong = client.post("/datasets", json={"name": "a"}, headers={"idempotency-key": "x" * 201})
    assert (wrong.status_code, wrong.json()["code"]) == (400, "invalid_input")


def test_lists_are_read_page_by_page(client: httpx.Client, working: LocalPlatform) -> None:
    for number in range(3):
        client.post("/datasets", json={"name": str(number)})
        working.notifications.add(str(number))
    for address, cursor, everything in (
        ("/datasets", "after", [one.id for one in working.datasets.list()]),
        ("/notifications", "before", [one.id for one in working.notifications.list(1000)]),
    ):
        seen: list[str] = []
        while page := client.get(
            address, params={"limit": 2, **({cursor: seen[-1]} if seen else {})}
        ).json():
            assert len(page) <= 2
            seen += [one["id"] for one in page]
        assert seen == everything


def test_lists(client: httpx.Client, dataset_id: str) -> None:
    assert client.get("/projects").json()
    assert dataset_id in {one["id"] for one in client.get("/datasets").json()}
    assert client.get("/feature-sets", params={"dataset_id": dataset_id}).json() == []
    apps = {one["name"]: one for one in client.get("/apps").json()}
    assert apps["counting"]["manifest"]["version"] == "1.0.0"
    assert client.patch("/apps/counting", json={"enabled": False}).json()["enabled"] is False
    assert client.patch("/apps/counting", json={"enabled": True}).json()["error"] is None
    assert client.patch("/apps/nowhere", json={"enabled": True}).status_code == 404
    assert client.get("/notifications").json()
    assert client.post("/notifications/read").status_code == 204
    assert all(told["read"] for told in client.get("/notifications").json())


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("GET", "/datasets/nowhere", None, 404, "not_found"),
        ("GET", "/items/nowhere", None, 404, "not_found"),
        ("GET", "/items/nowhere/stream", None, 404, "not_found"),
        ("DELETE", "/items/nowhere", None, 404, "not_found"),
        ("GET", "/executions/nowhere", None, 404, "not_found"),
        ("GET", "/feature-sets?dataset_id=nowhere", None, 404, "not_found"),
        ("GET", "/nothing", None, 404, "http_error"),
        ("PUT", "/datasets", None, 405, "http_error"),
        ("POST", "/datasets", {"name": " "}, 400, "invalid_input"),
        ("POST", "/datasets", {"name": 3}, 400, "invalid_input"),
        ("POST", "/datasets", {"name": "a", "project_id": "nowhere"}, 404, "not_found"),
        ("POST", "/projects", {"name": "\n"}, 400, "invalid_input"),
        ("POST", "/projects", {}, 400, "invalid_input"),
        ("GET", "/projects/nowhere", None, 404, "not_found"),
        ("PATCH", "/projects/nowhere", {"name": "a"}, 404, "not_found"),
        ("DELETE", "/projects/nowhere", None, 404, "not_found"),
        ("POST", "/datasets/nowhere/query", {}, 404, "not_found"),
        ("POST", "/executions", {"app": "x", "function": "y"}, 404, "not_found"),
        ("POST", "/executions", {"app": "counting", "function": "y"}, 404, "not_found"),
        ("GET", "/datasets/nowhere/actions", None, 404, "not_found"),
        ("GET", "/notifications?limit=0", None, 400, "invalid_input"),
    ],
)
def test_every_error_has_one_shape(
    client: httpx.Client, method: str, path: str, body: Any, status: int, code: str
) -> None:
    answer = client.request(method, path, json=body)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem.keys() == {"title", "status", "detail", "code"}
    assert (problem["status"], problem["code"]) == (status, code)
    assert problem["detail"] and "\n" not in problem["detail"]


def test_wrong_query_names_the_field(client: httpx.Client, dataset_id: str) -> None:
    answer = client.post(f"/datasets/{dataset_id}/query", json={"nmae": 1})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_query")
    assert "nmae" in answer.json()["detail"]


def test_upload_is_limited(client: httpx.Client, working: LocalPlatform, dataset_id: str) -> None:
    with running(create_app(working, max_upload_bytes=1000)) as origin:
        address = f"{origin}/api/v1/datasets/{dataset_id}/items"
        answer = httpx.post(address, files={"file": ("a.bin", b"x" * 5000)})
        assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
        assert answer.headers["content-type"] == "application/problem+json"
        assert httpx.post(address, files={"file": ("a.bin", b"x" * 500)}).status_code == 201

        def chunks() -> Iterator[bytes]:
            yield b'--b\r\ncontent-disposition: form-data; name="file"; filename="a.bin"\r\n\r\n'
            yield from [b"x" * 500] * 10

        kind = {"content-type": "multipart/form-data; boundary=b"}
        assert httpx.post(address, content=chunks(), headers=kind).status_code == 413


@pytest.mark.parametrize("name", ["a.html", "a.svg", "a.js", "a.pdf", "a.xml", "a.swf", "noend"])
def test_only_pictures_are_shown_and_all_else_is_a_download(
    client: httpx.Client, dataset_id: str, name: str
) -> None:
    item = upload(client, dataset_id, name, b"<script>alert(1)</script>").json()
    answer = client.get(f"/items/{item['id']}/stream")
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]


def test_picture_is_shown(client: httpx.Client, dataset_id: str) -> None:
    item = upload(client, dataset_id, 'a"\r\nx: y.png', png().getvalue()).json()
    answer = client.get(f"/items/{item['id']}/stream")
    assert answer.headers["content-disposition"].startswith("inline")
    assert "x" not in answer.headers
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "..", "a\0b"])
def test_upload_cannot_choose_a_place(client: httpx.Client, dataset_id: str, name: str) -> None:
    answer = upload(client, dataset_id, name, b"x")
    if answer.status_code == 201:
        assert "/" not in answer.json()["name"]
    else:
        assert answer.status_code == 400


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", ""])
def test_request_for_another_name_is_refused(client: httpx.Client, host: str) -> None:
    answer = client.get("/datasets", headers={"host": host})
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1"])
def test_change_from_another_site_is_refused(client: httpx.Client, origin: str) -> None:
    answer = client.post("/datasets", json={"name": "x"}, headers={"origin": origin})
    assert answer.status_code == 403
    assert client.get("/datasets", headers={"origin": origin}).status_code == 200


def test_change_from_the_own_pages_is_accepted(client: httpx.Client) -> None:
    origin = str(client.base_url).removesuffix("/api/v1/")
    answer = client.post("/datasets", json={"name": "x"}, headers={"origin": origin})
    assert answer.status_code == 201


def test_browser_is_told_nothing_of_other_origins(client: httpx.Client) -> None:
    answer = client.get("/datasets", headers={"origin": "http://evil.example"})
    assert not [name for name in answer.headers if name.startswith("access-control")]
    assert answer.headers["x-frame-options"] == "SAMEORIGIN"


@pytest.mark.parametrize(
    ("host", "origin"),
    [("evil.example", "http://evil.example"), (None, "http://evil.example"), (None, None)],
)
def test_websocket_from_elsewhere_is_refused(
    client: httpx.Client, host: str | None, origin: str | None
) -> None:
    headers = {
        "connection": "Upgrade",
        "upgrade": "websocket",
        "sec-websocket-version": "13",
        "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
        "sec-websocket-protocol": "bokeh, token",
    }
    headers |= {"host": host} if host else {}
    headers |= {"origin": origin} if origin else {}
    answer = client.get(str(client.base_url).replace("/api/v1/", "/ws"), headers=headers)
    assert answer.status_code == 403


def test_documentation_works_without_any_other_machine(client: httpx.Client, app: FastAPI) -> None:
    page = client.get(str(client.base_url).replace("/api/v1/", "/docs"))
    assert page.status_code == 200
    assert re.findall(r"https?://", page.text) == []
    assert "<script" not in page.text
    operations = [
        (method.upper(), path)
        for path, methods in app.openapi()["paths"].items()
        for method in methods
    ]
    assert len(operations) > 20
    for method, path in operations:
        assert f"{method} {path}" in page.text
    assert client.get("/openapi.json").json()["paths"]


def test_every_operation_says_what_it_does(app: FastAPI) -> None:
    for path, methods in app.openapi()["paths"].items():
        for method, operation in methods.items():
            assert operation.get("description"), (method, path)


def test_thumbnail_of_what_has_none(client: httpx.Client, dataset_id: str) -> None:
    item = upload(client, dataset_id, "a.txt", io.BytesIO(b"x").read()).json()
    answer = client.get(f"/items/{item['id']}/thumbnail")
    assert (answer.status_code, answer.json()["code"]) == (404, "item_unreadable")
