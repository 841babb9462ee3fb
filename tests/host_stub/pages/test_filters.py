"""What is typed into the filter becomes a query that the host understands."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host_contract.entities import Annotation, Item
from host_contract.errors import InvalidQuery
from host_contract.query import matches, parse_query
from host_stub.pages.filters import KINDS, Filter


def item(name="cat.png", mimetype="image/png", label="animal"):
    return Item(
        id="1",
        dataset_id="d",
        name=name,
        mimetype=mimetype,
        size=1,
        created=datetime(2026, 1, 1, tzinfo=UTC),
        content_version="1",
        annotations=(Annotation(label=label),),
        user_metadata={"split": "train"},
    )


def passes(wanted, tested):
    return matches(parse_query(wanted.as_query()), tested)


def test_an_empty_filter_lets_everything_through():
    assert Filter().as_query() == {}
    assert passes(Filter(), item())


@given(st.text(min_size=1).filter(str.strip))
def test_any_name_finds_the_item_of_that_name(name):
    assert passes(Filter(name=name), item(name=name.strip()))


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (Filter(name="CAT"), True),
        (Filter(name=".*"), False),
        (Filter(label="anim"), True),
        (Filter(label="plant"), False),
        (Filter(kind="Images"), True),
        (Filter(kind="Other files"), False),
        (Filter(query='{"metadata.split": "train"}'), True),
        (Filter(name="cat", kind="Images", query='{"metadata.split": "test"}'), False),
    ],
)
def test_all_conditions_hold_together(wanted, expected):
    assert passes(wanted, item()) is expected


def test_every_kind_is_a_valid_query():
    for kind in KINDS:
        parse_query(Filter(kind=kind, name="x").as_query())


@pytest.mark.parametrize("query", ["{oops", "[1]", "7", "nonsense"])
def test_a_query_that_is_no_json_object_says_how_to_write_one(query):
    with pytest.raises(InvalidQuery, match=r"Not JSON|is an object"):
        Filter(query=query).as_query()
