"""An address says the state of the tab, and is not trusted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clustering_app.projector.address import (
    LONGEST,
    MOST_ITEMS,
    Address,
    Group,
    Search,
    fragment,
    read_fragment,
)
from host_contract.errors import InvalidInput

texts = st.text(st.characters(codec="utf-8"), max_size=40)
named = texts.filter(bool)
ids = st.text("0123456789abcdef", min_size=1, max_size=32)
groups = st.none() | st.builds(
    Group, item_ids=st.lists(ids, max_size=5).map(tuple)
) | st.builds(Group, saved=named)  # fmt: skip
numbers = st.lists(st.integers(-(10**5), 10**5).map(float), max_size=6).map(tuple)
searches = st.builds(Search, texts, texts, texts, st.integers(0, 999), groups).filter(
    lambda search: search.text or search.like is not None
)
addresses = st.builds(
    Address, run=texts, color_by=texts, label_by=texts, selected=groups, isolated=groups,
    search=st.none() | searches, seen=numbers, pictures=st.booleans(), described=texts,
)  # fmt: skip


@given(addresses)
def test_what_is_written_is_read_again(address: Address) -> None:
    written = fragment(address)
    assert written.isascii()
    assert read_fragment(written) == address


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused_in_one_line(text: str) -> None:
    try:
        read_fragment(text)
    except InvalidInput as error:
        assert "This address" in str(error)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("map=1&map=2", "'map' 2 times"),
        ("colour=label", "'colour', which is not known"),
        ("seen=1,2,up", "numbers"),
        ("seen=1,nan", "numbers"),
        ("&".join(["selected=a"] * (MOST_ITEMS + 1)), "more than 100 items"),
        ("map=" + "x" * LONGEST, "longer than 20,000 characters"),
    ],
)
def test_a_wrong_address_is_refused(text: str, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        read_fragment(text)
