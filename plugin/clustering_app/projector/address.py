"""The state of the tab as the fragment of an address, so that a view is shared by copying it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, urlencode

from host_contract.errors import InvalidInput

MOST_ITEMS = 100
"""Items named one by one; more are named by a saved selection or by a search."""
LONGEST = 20_000
"""Characters of an address that is read."""
LONGEST_VALUE = 1_000
NONE = "none"
BY_EXAMPLE = "By example"
"""How a search goes that asks for what is like some items."""


@dataclass(frozen=True)
class Group:
    """Some items: a few by id, or those of a saved selection; nothing when neither is given."""

    item_ids: tuple[str, ...] = ()
    saved: str = ""
    """Id of the saved selection."""


@dataclass(frozen=True)
class Search:
    """A search as the search box makes it, or by example."""

    mode: str
    text: str
    field: str = ""
    count: int = 0
    """How many are wanted, where that is asked."""
    like: Group | None = None
    """The examples."""


@dataclass(frozen=True, kw_only=True)
class Address:
    """What an address says of the tab; what it does not say is as when the tab is opened."""

    run: str = ""
    color_by: str = ""
    label_by: str = ""
    selected: Group | None = None
    isolated: Group | None = None
    search: Search | None = None
    described: str = ""
    """The level of clusters that were named."""
    pictures: bool = False
    """Whether points are drawn as pictures."""
    seen: tuple[float, ...] = ()
    """From where the map is seen, as `MapView.seen` has it."""


def fragment(address: Address) -> str:
    """The address as the text behind '#'."""
    said = [("map", address.run), ("color", address.color_by), ("label", address.label_by)]
    if address.search is not None:
        one = address.search
        said += [("search", one.text), ("how", one.mode), ("in", one.field)]
        said += [("count", str(one.count))] if one.count else []
    like = address.search.like if address.search is not None else None
    groups = (("selected", address.selected), ("isolated", address.isolated), ("like", like))
    for name, group in groups:
        if group is not None and group.saved:
            said.append((f"{name}-saved", group.saved))
        elif group is not None:
            said += [(name, item_id) for item_id in group.item_ids or (NONE,)]
    said.append(("described", address.described))
    said.append(("pictures", "yes" if address.pictures else ""))
    said.append(("seen", ",".join(f"{number:.6g}" for number in address.seen)))
    return urlencode([(name, value) for name, value in said if value], quote_via=quote)


def read_fragment(text: str) -> Address:
    """Read what `fragment` wrote; nothing about the text is trusted.

    Raises:
        InvalidInput: it is too long, says something unknown, or something twice.
    """
    if len(text) > LONGEST:
        raise InvalidInput(f"This address is longer than {LONGEST:,} characters.")
    said: dict[str, list[str]] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        said.setdefault(name, []).append(value[:LONGEST_VALUE])

    def one(name: str) -> str:
        values = said.pop(name, [""])
        if len(values) > 1:
            raise InvalidInput(f"This address says {name!r} {len(values)} times.")
        return values[0]

    def group(name: str) -> Group | None:
        saved, item_ids = one(f"{name}-saved"), said.pop(name, [])
        if saved:
            return Group(saved=saved)
        if item_ids == [NONE]:
            return Group()
        if len(item_ids) > MOST_ITEMS:
            raise InvalidInput(f"This address names more than {MOST_ITEMS} items one by one.")
        return Group(item_ids=tuple(item_ids)) if item_ids else None

    text, mode, field, count = one("search"), one("how"), one("in"), one("count")
    wanted, like = int(count) if count.isdecimal() else 0, group("like")
    address = Address(
        run=one("map"),
        color_by=one("color"),
        label_by=one("label"),
        selected=group("selected"),
        isolated=group("isolated"),
        search=Search(mode, text, field, wanted, like) if text or like is not None else None,
        described=one("described"),
        pictures=one("pictures") == "yes",
        seen=_numbers(one("seen")),
    )
    if said:
        raise InvalidInput(f"This address says {next(iter(said))[:40]!r}, which is not known.")
    return address


def _numbers(text: str) -> tuple[float, ...]:
    try:
        numbers = tuple(float(part) for part in text.split(",")) if text else ()
    except ValueError:
        numbers = (math.nan,)
    if not all(map(math.isfinite, numbers)):
        raise InvalidInput("This address does not say in numbers from where the map is seen.")
    return numbers
