"""Tests stay on this machine, and nothing that a client sends is a server error."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from host_stub.dataloop.address import PREFIX
from host_stub.permissions import RULES
from host_stub.platform import LocalPlatform
from tests.hosts.conftest import OWNER

ELSEWHERE = "192.0.2.1"  # of a range that is nobody's
ROUTES = [rule for rule in RULES if PREFIX in rule]
HOSTILE = [
    b"",
    b"{}",
    b"\xff",
    b'[{"entityId": 1}]',
    b'{"filter": {"name": "' + b"*a" * 400 + b'"}}',
    b'{"filter": {"$or": [{"metadata.user.\\u0000": "x"}, {"id": null}]}}',
    b'{"filter": ' + b'{"$and":[' * 500 + b"{}" + b"]}" * 500 + b"}",
    b"[" * 5000 + b"]" * 5000,
    b'{"page": 999999999, "sort": {"name": "ascending"}}',
    b'{"update": {"metadata": {"user": {"a": {"b": [null]}}, "x": 1}}}',
    b'{"name": "\\ud800", "projects": ["default"], "username": "\\ud800"}',
    b'{"name": "a", "size": 1e9, "type": "", "project": "x", "entityType": "item"}',
    b'{"exportType": "json", "itemsQuery": {"filter": {"refs": 1}}}',
    b'{"functionName": "extract_dataset", "input": {"dataset": {"dataset_id": [1]}}}',
]


def test_no_connection_leaves_this_process() -> None:
    with socket.socket() as connection:
        for connect in (connection.connect, connection.connect_ex):
            with pytest.raises(PermissionError, match=ELSEWHERE):
                connect((ELSEWHERE, 9))
    with pytest.raises(PermissionError, match=r"gate\.invalid"):
        socket.getaddrinfo("gate.invalid", 443)


def test_no_connection_leaves_a_process_that_tests_start(
    process_environment: dict[str, str],
) -> None:
    code = f"import socket; socket.socket().connect(('{ELSEWHERE}', 9))"
    done = subprocess.run(
        [sys.executable, "-c", code], env=process_environment, capture_output=True, text=True
    )
    assert f"PermissionError: a test tried to connect to {ELSEWHERE}" in done.stderr


@pytest.fixture(scope="module")
def client(origin: str, tokens: dict[str, str]) -> Iterator[httpx.Client]:
    headers = {"authorization": f"Bearer {tokens[OWNER]}"}
    with httpx.Client(base_url=origin, headers=headers, timeout=60) as opened:
        yield opened


@pytest.mark.parametrize("rule", ROUTES)
def test_nothing_that_is_sent_is_a_server_error(
    client: httpx.Client, platform: LocalPlatform, rule: str
) -> None:
    method, path = rule.split(" ")
    dataset = platform.datasets.create("hostile").id
    for parameter, value in {"{dataset_id}": dataset, "{item_id}": "0" * 24}.items():
        path = path.replace(parameter, value)
    path = path.replace("{", "").replace("}", "")
    for body in HOSTILE if method not in ("GET", "DELETE") else [b""]:
        headers = {"content-type": "application/json"}
        answer = client.request(method, path, content=body, headers=headers)
        assert answer.status_code < 500, (body[:60], answer.text)
        if answer.status_code >= 400:
            assert answer.json()["message"] == answer.json()["detail"]


def test_uploads_to_one_path_at_once_make_one_item(
    client: httpx.Client, platform: LocalPlatform
) -> None:
    dataset = platform.datasets.create("at once").id
    address = f"{PREFIX}/datasets/{dataset}/items"

    def upload(number: int) -> str:
        path, content = f"/{number // 4}.bin", bytes([number // 4])
        answer = client.post(address, files={"file": ("x", content)}, data={"path": path})
        return f"{answer.status_code} {answer.headers['x-item-op']}"

    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(upload, range(80)))
    assert platform.datasets.count_items(dataset) == 20
    assert (done.count("200 created"), done.count("200 skip")) == (20, 60)
