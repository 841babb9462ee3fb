"""The query language: what a query means, what is refused, and that SQL means the same."""

import io
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from host_contract.entities import Annotation, Item
from host_contract.errors import InvalidQuery
from host_contract.query import (
    FIELDS,
    MAX_CONDITIONS,
    MAX_DEPTH,
    MAX_PATTERN,
    matches,
    parse_query,
)
from host_stub.platform import LocalPlatform, open_platform

ITEM = Item.model_validate(
    {
        "id": "a1",
        "dataset_id": "d",
        "name": "Cat.png",
        "folder": "/cats/",
        "mimetype": "image/png",
        "size": 1000,
        "created": "2026-01-02T03:04:05+00:00",
        "content_version": "v",
        "user_metadata": {
            "score": 0.5,
            "year": 2020,
            "tags": ["furry", "small"],
            "camera": {"model": "X100"},
            "checked": True,
            "nothing": None,
        },
        "annotations": (Annotation(label="cat"), Annotation(label="pet")),
    }
)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, True),
        (None, True),
        ({"name": "Cat.png"}, True),
        ({"name": "cat.png"}, False),
        ({"name": ["a", "Cat.png"]}, True),
        ({"name": {"$contains": "CAT"}}, True),
        ({"path": "/cats/Cat.png"}, True),
        ({"path": {"$regex": "^/cats/[^/]*$"}}, True),
        ({"path": "Cat.png"}, False),
        ({"mimetype": {"$regex": "^image/"}}, True),
        ({"mimetype": {"$regex": "^video/"}}, False),
        ({"label": "pet"}, True),
        ({"label": {"$ne": "pet"}}, False),
        ({"label": {"$nin": ["dog", "bird"]}}, True),
        ({"label": {"$exists": True}}, True),
        ({"size": {"$gt": 999, "$lt": 1001}}, True),
        ({"size": {"$gte": 1000}, "folder": "/dogs/"}, False),
        ({"size": "1000"}, False),
        ({"created": {"$gt": "2026-01-01"}}, True),
        ({"metadata.score": {"$lte": 0.5}}, True),
        ({"metadata.camera.model": "X100"}, True),
        ({"metadata.tags": "small"}, True),
        ({"metadata.year": {"$gt": "2019"}}, False),
        ({"metadata.missing": {"$ne": 1}}, True),
        ({"metadata.missing": {"$exists": False}}, True),
        ({"metadata.nothing": {"$exists": False}}, True),
        ({"metadata.checked": True}, True),
        ({"$or": [{"label": "dog"}, {"size": 1000}]}, True),
        ({"$or": []}, False),
        ({"$and": []}, True),
        ({"$and": [{"label": "cat"}, {"label": "pet"}]}, True),
        ({"$not": {"label": "cat"}}, False),
        ({"id": {"$in": []}}, False),
    ],
)
def test_meaning(query: Any, expected: bool) -> None:
    assert matches(parse_query(query), ITEM) is expected


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ({"nmae": "x"}, "nmae"),
        ({"metadata.": 1}, "metadata."),
        ({'metadata.a"b': 1}, "metadata."),
        ({"$where": "sleep(1)"}, "$where"),
        ({"name": {"$like": "x"}}, "$like"),
        ({"name": {"$in": "x"}}, "$in"),
        ({"name": {"$in": [["x"]]}}, "$in"),
        ({"name": None}, "$eq"),
        ({"name": {"$regex": "("}}, "$regex"),
        ({"name": {"$regex": "a" * (MAX_PATTERN + 1)}}, "$regex"),
        ({"name": {"$exists": 1}}, "$exists"),
        ({"$or": {"name": "x"}}, "$or"),
        ({"$and": ["x"]}, "'x'"),
        (["name"], "name"),
        ({"name": "cut \ud83d"}, "\\ud83d"),
        ({"name": {"$regex": "\ud83d"}}, "\\ud83d"),
        ({"size": {"$gt": float("nan")}}, "nan"),
        ({"size": [1, float("inf")]}, "inf"),
        ({"$or": [{"size": number} for number in range(MAX_CONDITIONS + 1)]}, "$in"),
    ],
)
def test_refused_by_name(query: Any, named: str) -> None:
    with pytest.raises(InvalidQuery) as error:
        parse_query(query)
    assert named in str(error.value)
    assert "\n" not in str(error.value)


def test_nesting_is_limited() -> None:
    query: dict[str, Any] = {"name": "x"}
    for _ in range(MAX_DEPTH + 1):
        query = {"$not": query}
    with pytest.raises(InvalidQuery, match="deep"):
        parse_query(query)


def test_refusal_names_all_fields() -> None:
    with pytest.raises(InvalidQuery) as error:
        parse_query({"x": 1})
    assert all(field in str(error.value) for field in FIELDS)


NAMES = ("n", "o'", "p q", "$", "0", "größe", "a\\b", "🦊", "a\tb")

scalars = st.one_of(
    st.integers(-3, 3),
    st.sampled_from([0.5, -0.5, 1e300, 2**53, 2.0, 2**63, -(2**63) - 1, 10**40, -(10**400)]),
    st.booleans(),
    st.sampled_from(["", "a", "A", "ab", "É", "é", "1", "x'y", "%", "_", "a\nb", "日本"]),
)
fields = st.sampled_from(
    ["name", "folder", "mimetype", "size", "label", "id", "created"]
    + [f"metadata.{path}" for path in ("m", "m.p", "m.p.q", "cut \ud83d", *NAMES)]
)
conditions = st.one_of(
    scalars,
    st.lists(scalars, max_size=3),
    st.dictionaries(st.sampled_from(["$eq", "$ne", "$gt", "$gte", "$lt", "$lte"]), scalars),
    st.fixed_dictionaries({"$nin": st.lists(scalars, max_size=3)}),
    st.fixed_dictionaries({"$exists": st.booleans()}),
    st.fixed_dictionaries({"$contains": st.sampled_from(["", "A", "é", "b", "_", "1"])}),
    st.fixed_dictionaries({"$regex": st.sampled_from(["^a", "b$", ".", "[0-9]", "(?i)É"])}),
)
queries = st.recursive(
    st.dictionaries(fields, conditions, max_size=2),
    lambda inner: st.one_of(
        st.fixed_dictionaries({"$and": st.lists(inner, max_size=3)}),
        st.fixed_dictionaries({"$or": st.lists(inner, max_size=3)}),
        st.fixed_dictionaries({"$not": inner}),
    ),
    max_leaves=4,
)


VALUES = [0, 1, -2, 0.5, 2.0, 2**53, 1e300, True, False, None, "", "a", "A", "ab", "É", "é", "1"]
VALUES += ["x'y", "%", "_", "a\nb", "日本", [], [1, "a", None], [[1]], [{"p": 1}], {}]
VALUES += [{"p": 1, "q": "a"}, {"p": None}, {"p": {"q": True}}, {"p": ["b", 2]}]


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalPlatform]:
    with open_platform(tmp_path_factory.mktemp("data")) as opened:
        yield opened


@pytest.fixture(scope="module")
def items(platform: LocalPlatform) -> tuple[Item, ...]:
    """Items with every kind of value, and some with none."""
    dataset = platform.datasets.create("asked")
    names, folders = ["a", "ab.png", "É.txt", "x'y"], ["/", "/a/", "/a b/"]
    labels = [(), ("a",), ("É", "a"), ("1",)]
    platform.datasets.add_many(
        dataset.id,
        [
            (
                names[number % 4],
                folders[number % 3],
                io.BytesIO(b"12"[: number % 3]),
                labels[number // 3 % 4],
                {"m": value, NAMES[number % len(NAMES)]: VALUES[-number]},
            )
            for number, value in enumerate(VALUES)
        ],
    )
    return platform.datasets.items(dataset.id).items


@settings(max_examples=200, deadline=None)
@given(query=queries)
def test_sql_finds_what_matches(
    platform: LocalPlatform, items: tuple[Item, ...], query: dict[str, Any]
) -> None:
    tree = parse_query(query)
    expected = [item.id for item in items if matches(tree, item)]
    assert platform.datasets.item_ids(items[0].dataset_id, query) == expected


def test_as_many_conditions_and_values_as_there_may_be(
    platform: LocalPlatform, items: tuple[Item, ...]
) -> None:
    dataset_id, ids = items[0].dataset_id, [item.id for item in items]
    either = [{"$not": {"size": {"$nin": [number, "x"]}}} for number in range(MAX_CONDITIONS)]
    assert platform.datasets.item_ids(dataset_id, {"$or": either}) == ids
    assert platform.datasets.item_ids(dataset_id, {"$and": [{"metadata.m": 1}, *either[1:]]}) == []
    others = [f"other {number}" for number in range(300_000)]
    assert platform.datasets.item_ids(dataset_id, {"id": [*others, *ids]}) == ids
    assert platform.datasets.item_ids(dataset_id, {"label": [*others, "a"]}) == (
        platform.datasets.item_ids(dataset_id, {"label": "a"})
    )


def test_slow_pattern_is_refused_not_waited_for(platform: LocalPlatform) -> None:
    dataset = platform.datasets.create("slow")
    platform.datasets.add(dataset.id, "a" * 60 + "b", io.BytesIO(b""))
    with pytest.raises(InvalidQuery, match="regex"):
        platform.datasets.item_ids(dataset.id, {"name": {"$regex": "^(a|a|aa)+$"}})


def test_value_is_never_sql(platform: LocalPlatform) -> None:
    dataset = platform.datasets.create("quotes")
    platform.datasets.add(dataset.id, "a.txt", io.BytesIO(b""), metadata={"k": "v"})
    for text in ("' OR 1=1 --", '"; DROP TABLE items; --', "%", "\x00"):
        for field in ("name", "metadata.k", "label", "metadata.' OR 1=1 --"):
            assert platform.datasets.item_ids(dataset.id, {field: text}) == []
    assert platform.datasets.count_items(dataset.id) == 1
