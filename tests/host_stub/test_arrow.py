"""Vectors in bulk over the REST API, and whatever else could be sent in their place."""

import io
from collections.abc import Iterator, Sequence

import httpx
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from clustering_app.vectors.feature_set import ModelFingerprint
from clustering_app.vectors.store import FeatureStore
from host_stub.app import create_app
from host_stub.platform import LocalPlatform
from tests.host_stub.conftest import png
from tests.host_stub.pages.served_pages import running

D = 3


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalPlatform]:
    with LocalPlatform(tmp_path_factory.mktemp("data")) as opened:
        yield opened


@pytest.fixture(scope="module")
def client(held: LocalPlatform) -> Iterator[httpx.Client]:
    with (
        running(create_app(held, max_upload_bytes=100_000)) as origin,
        httpx.Client(base_url=f"{origin}/api/v1", timeout=60) as client,
    ):
        yield client


@pytest.fixture(scope="module")
def item_ids(held: LocalPlatform) -> list[str]:
    dataset = held.datasets.create("vectors").id
    return [held.datasets.add(dataset, f"{n}.png", png()).id for n in range(4)]


@pytest.fixture
def vectors(client: httpx.Client) -> str:
    """Where the vectors of a new feature set are."""
    made = client.post("/feature-sets", json={"name": "mine", "size": D})
    return f"/feature-sets/{made.raise_for_status().json()['id']}/vectors"


def stream(
    item_ids: Sequence[str | None],
    numbers: NDArray[np.floating],
    *,
    rows: int | None = None,
    options: pa.ipc.IpcWriteOptions | None = None,
) -> bytes:
    """What any writer of Arrow makes of vectors (N, D), so many rows a batch."""
    flat = pa.array(numbers.reshape(-1))
    columns = [pa.array(item_ids, pa.string()), pa.FixedSizeListArray.from_arrays(flat, D)]
    return as_stream(pa.record_batch(columns, ["item_id", "vector"]), rows, options)


def as_stream(
    batch: pa.RecordBatch,
    rows: int | None = None,
    options: pa.ipc.IpcWriteOptions | None = None,
) -> bytes:
    content = io.BytesIO()
    with pa.ipc.new_stream(content, batch.schema, options=options) as writer:
        for start in range(0, len(batch), rows or len(batch)):
            writer.write_batch(batch.slice(start, rows or len(batch)))
    return content.getvalue()


def read(client: httpx.Client, vectors: str) -> dict[str, list[float]]:
    answer = client.get(vectors).raise_for_status()
    assert answer.headers["content-type"] == "application/vnd.apache.arrow.stream"
    table = pa.ipc.open_stream(answer.content).read_all()
    assert table.schema.field("vector").type == pa.list_(pa.float32(), D)
    return dict(zip(*table.to_pydict().values(), strict=True))


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64])
def test_what_is_written_is_read(
    client: httpx.Client, vectors: str, item_ids: list[str], kind: type[np.floating]
) -> None:
    assert read(client, vectors) == {}
    numbers = np.arange(6, dtype=kind).reshape(2, D)
    sent = client.put(vectors, content=stream(item_ids[:2], numbers))
    assert sent.json() == {"count": 2}
    assert read(client, vectors) == {item_ids[0]: [0, 1, 2], item_ids[1]: [3, 4, 5]}
    again = client.put(vectors, content=stream(item_ids[1:3], 10 + numbers))
    assert again.json() == {"count": 2}
    assert read(client, vectors) == {
        item_ids[0]: [0, 1, 2], item_ids[1]: [10, 11, 12], item_ids[2]: [13, 14, 15],
    }  # fmt: skip
    client.delete(vectors.removesuffix("/vectors")).raise_for_status()
    assert client.get(vectors).status_code == 404


def test_vectors_of_an_app_are_read_and_not_written(
    client: httpx.Client, held: LocalPlatform, item_ids: list[str]
) -> None:
    dataset_id = held.datasets.item(item_ids[0]).dataset_id
    host = held.host("clustering")
    store = FeatureStore(host.storage(dataset_id))
    fingerprint = ModelFingerprint(
        model="tiny", weights_source=None, architecture="{}", weights="a", preprocessing="{}",
        dimension=D,
    )  # fmt: skip
    store.create("tiny", fingerprint)
    numbers = np.arange(6, dtype=np.float32).reshape(2, D)
    store.append("tiny", item_ids[:2], ["v"] * 2, numbers)
    kept = host.save_feature_set(dataset_id, "tiny", size=D, model="tiny", fingerprint="f", count=2)
    vectors = f"/feature-sets/{kept.id}/vectors"
    assert read(client, vectors) == {item_ids[0]: [0, 1, 2], item_ids[1]: [3, 4, 5]}
    for refused in (
        client.put(vectors, content=stream(item_ids[:2], numbers)),
        client.delete(f"/feature-sets/{kept.id}"),
    ):
        assert (refused.status_code, refused.json()["code"]) == (403, "not_allowed")


ONES = np.ones((2, D), np.float32)


def broken(item_ids: list[str]) -> dict[str, tuple[bytes, str]]:
    """What is sent, and a part of the answer."""
    good = stream(item_ids[:2], ONES)
    ids = pa.array(item_ids[:2], pa.string())
    nothing = np.array([[1, np.nan, 1], [1, 1, 1]], np.float32)
    lists = pa.array([[1.0] * D] * 2)
    named = {"item_id": ids, "vector": lists}
    wide = pa.FixedSizeListArray.from_arrays(pa.array(np.ones(8, np.float32)), 4)
    return {
        "nothing": (b"", "no whole Arrow"),
        "text": (b"no stream at all" * 20, "no whole Arrow"),
        "cut in a batch": (good[: len(good) // 2], "no whole Arrow"),
        "cut before its end": (good[:-8], "cut off"),
        "without its schema": (good[good.index(b"\xff\xff\xff\xff", 4) :], "schema is missing"),
        "another dimension": (
            as_stream(pa.record_batch({"item_id": ids, "vector": wide})), "these have 4"
        ),
        "lists of any length": (as_stream(pa.record_batch(named)), "Send the columns"),
        "another column": (
            as_stream(pa.record_batch({"id": ids, "vector": wide})), "Send the columns"
        ),
        "not a number": (stream(item_ids[:2], nothing), item_ids[0]),
        "too large for float32": (stream(item_ids[:2], np.full((2, D), 1e300)), "finite"),
        "no id": (stream([item_ids[0], None], ONES), "missing (null)"),
        "twice": (stream([item_ids[0]] * 2, ONES), "comes twice"),
        "twice, batches apart": (stream([item_ids[0]] * 2, ONES, rows=1), "comes twice"),
        "compressed": (
            stream(item_ids[:2], ONES, options=pa.ipc.IpcWriteOptions(compression="zstd")),
            "not compressed",
        ),
        "a dictionary": (
            as_stream(pa.record_batch({"item_id": ids.dictionary_encode(), "vector": lists})),
            "Send the columns",
        ),
    }  # fmt: skip


@pytest.mark.parametrize("case", broken(["a", "b"]))
def test_what_is_no_such_stream_is_refused_and_changes_nothing(
    client: httpx.Client, vectors: str, item_ids: list[str], case: str
) -> None:
    before = np.full((2, D), 7, np.float32)
    client.put(vectors, content=stream(item_ids[:2], before)).raise_for_status()
    content, said = broken(item_ids)[case]
    answer = client.put(vectors, content=content)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_input"), answer.text
    assert said in answer.json()["detail"]
    assert read(client, vectors) == {item_id: [7, 7, 7] for item_id in item_ids[:2]}


def test_unknown_items_and_too_much_are_refused(
    client: httpx.Client, vectors: str, item_ids: list[str]
) -> None:
    unknown = client.put(vectors, content=stream([item_ids[0], "../../x"], ONES))
    assert (unknown.status_code, unknown.json()["code"]) == (404, "not_found")
    assert "'../../x'" in unknown.json()["detail"]
    large = client.put(vectors, content=stream(["a"] * 10_000, np.ones((10_000, D))))
    assert (large.status_code, large.json()["code"]) == (413, "too_large")
    assert read(client, vectors) == {}
    nowhere = client.put("/feature-sets/nowhere/vectors", content=stream(item_ids[:2], ONES))
    assert nowhere.status_code == 404


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_a_damaged_stream_is_never_a_server_error(
    client: httpx.Client, item_ids: list[str], data: st.DataObject
) -> None:
    made = client.post("/feature-sets", json={"name": "damaged", "size": D}).json()["id"]
    content = bytearray(stream(item_ids[:2], ONES))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at] = data.draw(st.integers(0, 255))
    answer = client.put(f"/feature-sets/{made}/vectors", content=bytes(content))
    assert answer.status_code in (200, 400, 404), answer.text
