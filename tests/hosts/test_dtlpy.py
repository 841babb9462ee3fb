"""What Dataloop's unmodified client does on this host, as its users write it."""

import io
import json
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import numpy as np
import pytest

from host_stub.platform import LocalPlatform
from tests.host_stub.conftest import png
from tests.hosts.conftest import OWNER, VIEWER


def upload(dataset: Any, name: str, content: bytes = b"x", **more: Any) -> Any:
    buffer = io.BytesIO(content)
    buffer.name = name  # type: ignore[misc]
    return dataset.items.upload(local_path=buffer, **more)


def classification(dl: ModuleType, label: str, **more: Any) -> Any:
    return dl.Annotation.new(annotation_definition=dl.Classification(label=label, **more))


@pytest.fixture
def dataset(project: Any) -> Any:
    return project.datasets.create(dataset_name="signs")


@pytest.fixture(scope="module")
def seven(dl: ModuleType) -> Any:
    """A dataset of seven items that nobody changes."""
    dataset = dl.projects.create(project_name="seven").datasets.create(dataset_name="seven")
    for number in range(7):
        metadata = {"user": {"n": number, "tags": ["even" if number % 2 == 0 else "odd"]}}
        where = {"remote_path": "/a/deep" if number < 3 else "/b", "item_metadata": metadata}
        content = png().getvalue() if number == 6 else bytes(number)
        item = upload(dataset, f"{number}.{'png' if number == 6 else 'bin'}", content, **where)
        if number == 1:
            box = dl.Annotation.new(annotation_definition=dl.Box(0, 0, 2, 3, label="cat"))
            item.annotations.upload([box])
            item.annotations.upload(classification(dl, "seen"))
    return dataset


def names(pages: Any) -> str:
    return "".join(item.name[0] for item in pages.all())


def test_the_page_of_the_docs_signs_in(dl: ModuleType, origin: str, tokens: dict[str, str]) -> None:
    page = (Path(__file__).parents[2] / "docs" / "hosts.md").read_text(encoding="utf-8")
    (code,) = re.findall(
        r"with `clustering serve`, then\n\n```python\n(.*?)^```$", page, re.S | re.M
    )
    for written, here in (
        ("http://127.0.0.1:8400", origin),
        ("NAME", OWNER),
        ("TOKEN", tokens[OWNER]),
    ):
        assert written in code
        code = code.replace(written, here)
    dl.logout()
    exec(code, {})
    assert dl.info()["user_email"] == OWNER and dl.projects.list()


def test_signing_in_with_every_kind_of_token(dl: ModuleType, tokens: dict[str, str]) -> None:
    assert dl.info()["user_email"] == OWNER and not dl.token_expired()
    key = dl.client_api.generate_api_key(description="a key")
    dl.login_api_key(key)
    assert dl.info()["user_email"] == OWNER
    dl.login_token(dl.token())
    assert dl.login_m2m(email=OWNER, password=tokens[OWNER], force=True)
    assert dl.client_api._renew_token_with_refresh_token()
    assert dl.info()["user_email"] == OWNER and dl.projects.list()


def test_wrong_password_and_a_forged_token_are_refused(
    dl: ModuleType, tokens: dict[str, str]
) -> None:
    from host_stub.dataloop.tokens import jwt

    before, refresh = dl.token(), dl.client_api.refresh_token
    try:
        for name, password in ((OWNER, "wrong"), (OWNER, tokens[VIEWER]), ("nobody", "")):
            assert not dl.login_m2m(email=name, password=password, force=True)
        with pytest.raises(ValueError, match="not_signed_in"):
            dl.login_token(jwt(OWNER, "wrong", 1))
    finally:
        dl.client_api.token, dl.client_api.refresh_token = before, refresh


def test_viewer_may_look_and_change_nothing(
    dl: ModuleType, tokens: dict[str, str], seven: Any
) -> None:
    before, refresh = dl.token(), dl.client_api.refresh_token
    try:
        assert dl.login_m2m(email=VIEWER, password=tokens[VIEWER], force=True)
        assert seven.items.list().items_count == 7
        everything = dl.Filters()
        for forbidden in (
            lambda: seven.items.update(filters=everything, update_values={"n": 0}),
            lambda: seven.items.delete(filters=everything),
            lambda: seven.delete(sure=True, really=True),
            lambda: dl.projects.create(project_name="mine"),
        ):
            with pytest.raises(dl.exceptions.Forbidden, match="needs the role"):
                forbidden()
    finally:
        dl.client_api.token, dl.client_api.refresh_token = before, refresh
    assert seven.items.list().items_count == 7


def test_projects_and_datasets(dl: ModuleType, project: Any) -> None:
    assert dl.projects.get(project_id=project.id).name == project.name
    assert dl.projects.get(project_name=project.name).id == project.id
    assert project.id in {one.id for one in dl.projects.list()}
    with pytest.raises(dl.exceptions.NotFound):
        dl.projects.get(project_name="nowhere")
    made = [project.datasets.create(dataset_name=name) for name in ("one", "two")]
    assert [one.name for one in project.datasets.list()] == ["one", "two"]
    assert project.datasets.get(dataset_name="two").id == made[1].id
    made[1].name = "second"
    made[1].update()
    assert project.datasets.get(dataset_id=made[1].id).name == "second"
    assert project.datasets.delete(dataset_id=made[0].id, sure=True, really=True)
    with pytest.raises(dl.exceptions.NotFound, match="There is no dataset"):
        project.datasets.get(dataset_id=made[0].id)


def test_upload_download_and_what_is_known(dl: ModuleType, dataset: Any, tmp_path: Path) -> None:
    folder = tmp_path / "up"
    (folder / "in").mkdir(parents=True)
    content = png().getvalue()
    for name in ("a.png", "in/b.png"):
        (folder / name).write_bytes(content)
    assert len(list(dataset.items.upload(local_path=str(folder / "*")))) == 2
    item = dataset.items.get(filepath="/in/b.png")
    assert (item.dir, item.name, item.mimetype, item.width) == ("/in", "b.png", "image/png", 24)
    assert item.download(save_locally=False).read() == content
    dataset.items.download(local_path=str(tmp_path / "down"))
    found = sorted(path.name for path in (tmp_path / "down").rglob("*.png"))
    assert found == ["a.png", "b.png"]
    changed = upload(dataset, "b.png", b"new", remote_path="/in", overwrite=True)
    assert changed.id == item.id and changed.download(save_locally=False).read() == b"new"
    assert upload(dataset, "b.png", b"wen", remote_path="/in").id == item.id
    assert upload(dataset, "b.png", b"ne", remote_path="/in") is None, "its path is taken"
    assert dataset.items.get(item_id=item.id).download(save_locally=False).read() == b"new"


def test_one_item_changes_at_any_depth(dl: ModuleType, dataset: Any) -> None:
    metadata = {"user": {"box": {"w": 1, "h": 2}, "drop": 1}}
    item = upload(dataset, "a.txt", item_metadata=metadata)
    item.metadata["user"]["box"]["w"] = 5
    item.metadata["user"]["new"] = [1, "x"]
    del item.metadata["user"]["drop"]
    item.update()
    now = dataset.items.get(item_id=item.id)
    assert now.metadata["user"] == {"box": {"w": 5, "h": 2}, "new": [1, "x"]}
    now.metadata["system"]["size"] = 7
    with pytest.raises(dl.exceptions.BadRequest, match="system"):
        now.update(system_metadata=True)
    now = dataset.items.get(item_id=item.id)
    now.filename = "/moved/a.txt"
    now.update()
    assert dataset.items.get(item_id=item.id).dir == "/moved"
    assert dataset.items.delete(item_id=item.id)
    assert dataset.items.list().items_count == 0


def test_changes_of_one_item_at_the_same_time_are_all_kept(
    platform: LocalPlatform, origin: str, tokens: dict[str, str], dataset: Any
) -> None:
    item = upload(dataset, "a.txt", item_metadata={"user": {"x": 0, "y": 0}})
    address = f"{origin}/dataloop/api/v1/items/{item.id}"
    headers = {"authorization": f"Bearer {tokens[OWNER]}"}

    def change(field: str) -> None:
        with httpx.Client(headers=headers, timeout=60) as client:
            for number in range(1, 31):
                body = {"metadata": {"user": {field: number}}}
                assert client.patch(address, json=body).status_code == 200
                now = platform.datasets.item(item.id).user_metadata
                assert now[field] == number

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(change, ("x", "y")))


@pytest.mark.parametrize(
    ("conditions", "found"),
    [
        ({}, "0123456"),
        ({"dir": "/b"}, "3456"),
        ({"dir": "/a/*"}, "012"),
        ({"filename": "/a"}, "012"),
        ({"filename": "/b/*.png"}, "6"),
        ({"filename": "/b/4.bin"}, "4"),
        ({"name": ["1.bin", "5*"]}, "15"),
        ({"metadata.system.mimetype": "image*"}, "6"),
        ({"metadata.system.size": ("lt", 3)}, "012"),
        ({"metadata.user.n": ("gt", 4)}, "56"),
        ({"metadata.user.n": ("in", [1, 6])}, "16"),
        ({"metadata.user.n": ("nin", [1, 6])}, "02345"),
        ({"metadata.user.n": ("ne", 3)}, "012456"),
        ({"metadata.user.tags": "odd"}, "135"),
        ({"metadata.user.none": ("exists", False)}, "0123456"),
        ({"metadata.user": ("match", {"n": 2})}, "2"),
        ({"annotated": True}, "1"),
        ({"createdAt": ("gt", "2020-01-01T00:00:00.000Z")}, "0123456"),
        ({"hidden": True}, ""),
    ],
)
def test_filters(dl: ModuleType, seven: Any, conditions: dict[str, Any], found: str) -> None:
    filters = dl.Filters()
    for field, value in conditions.items():
        operator, value = value if isinstance(value, tuple) else (None, value)
        filters.add(field=field, values=value, operator=operator)
    pages = seven.items.list(filters=filters)
    assert pages.items_count == len(found)
    assert names(pages) == found


def test_or_and_joins_and_orders(dl: ModuleType, seven: Any) -> None:
    either = dl.Filters()
    either.add(field="metadata.user.n", values=0, method="or")
    either.add(field="metadata.user.n", values=6, method="or")
    assert names(seven.items.list(filters=either)) == "06"
    labelled = dl.Filters()
    labelled.add_join(field="label", values="cat")
    assert names(seven.items.list(filters=labelled)) == "1"
    newest = dl.Filters()
    newest.sort_by(field="metadata.system.size", value="descending")
    assert names(seven.items.list(filters=newest)) == "6543210"


def test_both_kinds_of_paging(dl: ModuleType, seven: Any) -> None:
    by_id = seven.items.list(page_size=3)
    assert [len(page) for page in by_id] == [3, 3, 1]
    assert names(by_id) == "0123456"
    sorted_by_name = dl.Filters()
    sorted_by_name.sort_by(field="name")
    by_number = seven.items.list(filters=sorted_by_name, page_size=3)
    assert (by_number.total_pages_count, names(by_number)) == (3, "0123456")
    assert [item.name[0] for item in seven.items.list(page_offset=1, page_size=3).items] == [*"345"]


def test_what_cannot_be_asked_is_refused_by_name(dl: ModuleType, seven: Any) -> None:
    for custom, named in (
        ({"filter": {"refs": 1}}, "refs"),
        ({"filter": {"name": {"$near": 1}}}, "near"),
        ({"filter": {}, "sort": {"refs": "ascending"}}, "sorted"),
        ({"filter": {}, "join": {"filter": {"$and": [{"label": "a"}, {"label": "b"}]}}}, "join"),
        ({"filter": {}, "join": {"filter": {"type": "box"}}}, "join"),
        ({"filter": {"$and": 1}}, "and"),
        ({"filter": {}, "pageSize": 100_000}, "pageSize"),
    ):
        success, answer = dl.client_api.gen_request(
            req_type="post", path=f"/datasets/{seven.id}/query", json_req=custom
        )
        assert (success, answer.status_code) == (False, 400)
        assert named in answer.json()["message"]


def test_items_are_changed_and_deleted_by_filter(dl: ModuleType, dataset: Any) -> None:
    for number in range(4):
        upload(dataset, f"{number}.txt", item_metadata={"user": {"n": number}})
    big = dl.Filters(field="metadata.user.n", values=1, operator="gt")
    dataset.items.update(filters=big, update_values={"big": True})
    assert names(dataset.items.list(dl.Filters(field="metadata.user.big", values=True))) == "23"
    dataset.items.delete(filters=big)
    assert names(dataset.items.list()) == "01"


def test_annotations(dl: ModuleType, seven: Any) -> None:
    (item,) = seven.items.list(dl.Filters(field="name", values="1.bin")).items
    found = {one.label: one for one in item.annotations.list()}
    assert {label: one.type for label, one in found.items()} == {"cat": "box", "seen": "class"}
    assert (found["cat"].left, found["cat"].bottom) == (0, 3)
    item.annotations.upload(classification(dl, "gone"))
    (gone,) = [one for one in item.annotations.list() if one.label == "gone"]
    assert gone.delete()
    assert [one.label for one in item.annotations.list()].count("gone") == 0
    assert seven.annotations.list().items_count == 2
    labelled = dl.Filters(resource="annotations", field="label", values="cat")
    with pytest.raises(dl.exceptions.BadRequest, match="annotations"):
        seven.annotations.delete(filters=labelled)
    assert seven.annotations.list(filters=labelled).items_count == 1


def test_attributes_are_refused_rather_than_lost(dl: ModuleType, dataset: Any) -> None:
    item = upload(dataset, "a.txt")
    with pytest.raises(TypeError):  # the client takes the refusal for the annotations
        item.annotations.upload(classification(dl, "cat", attributes={"1": "furry"}))
    assert "attributes" in dl.client_api.last_response.json()["message"]
    assert not list(item.annotations.list())


def test_vectors_of_a_client(dl: ModuleType, project: Any, dataset: Any, tmp_path: Path) -> None:
    items = [upload(dataset, f"{number}.txt") for number in range(5)]
    made = project.feature_sets.create(name="mine", size=3, set_type="clip", entity_type="item")
    values = np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32)
    kept = made.features.create(value=values.tolist(), entity=items)
    assert [one.entity_id for one in kept] == [item.id for item in items]
    assert project.feature_sets.get(feature_set_name="mine").id == made.id
    assert [one.name for one in dataset.feature_sets.list().items] == ["mine"]
    page_of_two = dl.Filters(resource=dl.FiltersResource.FEATURE, page_size=2)
    read = list(made.features.list(filters=page_of_two).all())
    assert [one.entity_id for one in read] == [item.id for item in items]
    np.testing.assert_array_equal(np.array([one.value for one in read], np.float32), values)
    assert [one.id for one in items[2].features.list().all()] == [kept[2].id]

    path = dataset.export(
        local_path=str(tmp_path), include_feature_vectors=True, include_annotations=True
    )
    exported = json.loads(Path(path).read_text(encoding="utf-8"))
    by_id = {item["id"]: item for item in exported}
    assert by_id.keys() == {item.id for item in items}
    (vector,) = by_id[items[0].id]["itemVectors"]
    assert vector["featureSetId"] == made.id
    assert vector["value"] == pytest.approx(values[0].tolist())
    assert dataset.items.list().items_count == 5, "an export is no item of the dataset"

    for value in ([1.0], [1e300] * 3, ["x"] * 3):
        with pytest.raises(dl.exceptions.BadRequest):
            made.features.create(value=value, entity=items[0])
    assert kept[0].delete()
    assert len(list(made.features.list().all())) == 4
    made.delete()
    with pytest.raises(dl.exceptions.NotFound):
        project.feature_sets.get(feature_set_id=made.id)
    assert not list(items[2].features.list().all())


def test_a_message_of_the_bell(dl: ModuleType, platform: LocalPlatform, dataset: Any) -> None:
    platform.notifications.add("A title", "A text", dataset_id=dataset.id)
    newest = dl.messages._list()[0]
    assert (newest.title, newest.description, newest.new) == ("A title", "A text", True)
    assert (newest.resource_type, newest.resource_id) == ("dataset", dataset.id)
