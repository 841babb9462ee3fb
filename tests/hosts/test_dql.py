"""A filter in the client's language means the same here as on what the client reads."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host_contract.entities import Item
from host_contract.errors import InvalidQuery
from host_contract.query import matches, parse_query
from host_stub.dataloop.dql import of_items, of_records

TEXTS = ("a", "b", "ab", "a*", "*b", "**", "a.b", "[a]", "")
FOLDERS = ("/", "/a/", "/a/b/")
NUMBERS = (0, 1, 2.5, True)
VALUES = st.sampled_from((*TEXTS, *NUMBERS))


@st.composite
def items(draw: st.DrawFn) -> tuple[Item, dict[str, Any]]:
    """An item, and the same as the client reads it."""
    name, folder = draw(st.sampled_from(TEXTS[:3])), draw(st.sampled_from(FOLDERS))
    kept = st.one_of(VALUES, st.lists(VALUES, max_size=2), st.none())
    user = draw(st.dictionaries(st.sampled_from("xyz"), kept))
    item = Item.model_validate(
        {
            "id": draw(st.sampled_from(("1", "2"))),
            "dataset_id": "d",
            "name": name,
            "folder": folder,
            "mimetype": draw(st.sampled_from(("image/png", "text/plain"))),
            "size": draw(st.integers(0, 3)),
            "created": "2026-01-02T03:04:05+00:00",
            "content_version": "v",
            "user_metadata": user,
        }
    )
    seen = {
        "id": item.id,
        "name": name,
        "dir": folder.rstrip("/") or "/",
        "filename": folder + name,
        "type": "file",
        "hidden": False,
        "datasetId": "d",
        "metadata": {"system": {"size": item.size, "mimetype": item.mimetype}, "user": user},
    }
    return item, seen


TEXT_FIELDS = ("id", "name", "dir", "filename", "type", "datasetId", "metadata.system.mimetype")
FIELDS = (*TEXT_FIELDS, "hidden", "metadata.system.size", "metadata.user.x", "metadata.user.y")
OPERANDS = st.sampled_from((*TEXTS, *NUMBERS, "/a", "/a/b", "/a/**", "/*", "file", "image*", "d"))
EQUAL = st.one_of(
    OPERANDS,
    st.lists(OPERANDS, max_size=3),
    st.dictionaries(st.sampled_from(("$eq", "$ne")), OPERANDS),
    st.dictionaries(st.sampled_from(("$in", "$nin")), st.lists(OPERANDS, max_size=3)),
    st.fixed_dictionaries({"$exists": st.booleans()}),
)
IN_ORDER = st.dictionaries(st.sampled_from(("$gt", "$gte", "$lt", "$lte")), OPERANDS)
CONDITIONS = {field: EQUAL if field == "dir" else st.one_of(EQUAL, IN_ORDER) for field in FIELDS}
FILTERS = st.recursive(
    st.sampled_from(FIELDS).flatmap(
        lambda field: st.fixed_dictionaries({field: CONDITIONS[field]})
    ),
    lambda inner: st.fixed_dictionaries(
        {}, optional={"$and": st.lists(inner, max_size=3), "$or": st.lists(inner, max_size=3)}
    ),
    max_leaves=4,
)


@given(items(), FILTERS)
def test_items_pass_when_what_the_client_reads_does(
    item: tuple[Item, dict[str, Any]], dql: dict[str, Any]
) -> None:
    kept, seen = item
    assert matches(parse_query(of_items(dql, None, "d")), kept) == of_records(dql)(seen)


@pytest.mark.parametrize(
    ("dql", "record", "passes"),
    [
        ({}, {}, True),
        ({"a": 1}, {"a": 1}, True),
        ({"a": "1"}, {"a": 1}, False),
        ({"a": None}, {"b": 1}, True),
        ({"a.b": {"$gt": 1}}, {"a": {"b": 2}}, True),
        ({"a": {"$match": {"b": 2, "c": 3}}}, {"a": {"b": 2}}, False),
        ({"a": {"$match": "x*"}}, {"a": "xyz"}, True),
        ({"filename": "/a/*"}, {"filename": "/a/b/c"}, False),
        ({"filename": "/a/**"}, {"filename": "/a/b/c"}, True),
        ({"a": "x.z"}, {"a": "xyz"}, False),
        ({"$or": [{"a": 1}, {"b": 2}]}, {"b": 2}, True),
        ({"$not": {"a": 1}}, {"a": 1}, False),
        ({"a": ["x*", None, *map(str, range(5_000))]}, {"a": "4999"}, True),
        ({"a": ["x*", None, *map(str, range(5_000))]}, {"b": 1}, True),
        ({"a": {"$nin": ["x*", *map(str, range(5_000))]}}, {"a": "xyz"}, False),
    ],
)
def test_meaning(dql: dict[str, Any], record: dict[str, Any], passes: bool) -> None:
    assert of_records(dql)(record) is passes


NESTED: dict[str, Any] = {}
for _ in range(100):
    NESTED = {"$and": [NESTED]}
DEEP: Any = 1
for _ in range(400):
    DEEP = {"a": {"$match": DEEP}}


@pytest.mark.parametrize(
    "dql",
    [
        {"refs": 1},
        {"name": {"$near": 1}},
        {"$or": {"name": 1}},
        {"$and": [1]},
        {"name": {"$in": 3}},
        {"name": {"$gt": [1]}},
        {"name": {"$match": [1]}},
        {"name": {"$match": {"a": {"$match": {"b": 1}}}}},
        {"annotated": "yes"},
        {"createdAt": "yesterday"},
        {"dir": {"$regex": "x"}},
        {"dir": {"$gt": "/a"}},
        {'metadata.user.a"b': 1},
        {"metadata.user.": 1},
        NESTED,
        {"metadata.user.a": {"$match": DEEP}},
    ],
)
def test_what_cannot_be_asked_is_refused(dql: dict[str, Any]) -> None:
    with pytest.raises(InvalidQuery):
        parse_query(of_items(dql, None, "d"))
