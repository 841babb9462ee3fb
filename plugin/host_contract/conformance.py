"""What every host must do, as tests that the writer of a host runs against it.

    class TestMyHost(HostConformance):
        @pytest.fixture
        def workbench(self): ...

Each test uses only the protocol, a new dataset, and items that the workbench adds to it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import BinaryIO

from host_contract.context import Host
from host_contract.entities import Dataset, Item, Metadata
from host_contract.errors import ContractError, InvalidInput, InvalidQuery, NotFound
from host_contract.query import matches, parse_query

NOWHERE = "there-is-no-such-id"


@dataclass(frozen=True)
class Workbench:
    """A host to be tested, and what the protocol cannot do: make datasets and items."""

    host: Host
    new_dataset: Callable[[], Dataset]
    add_item: Callable[[str, str, bytes, tuple[str, ...], Metadata], Item]
    """Adds an item: dataset id, file name, bytes, labels, user metadata."""


class HostConformance:
    """The promises of `host_contract.context.Host`, one a test."""

    def test_dataset_is_found_again(self, workbench: Workbench) -> None:
        """A dataset is in the lists of all and of its project."""
        dataset = workbench.new_dataset()
        host = workbench.host
        _expect(host.dataset(dataset.id) == dataset, "dataset() differs")
        _expect(dataset in host.datasets(), "datasets() lacks it")
        _expect(dataset in host.datasets(dataset.project_id), "its project lacks it")
        projects = {project.id for project in host.projects()}
        _expect(dataset.project_id in projects, "projects() lacks its project")

    def test_bytes_come_back_as_they_were(self, workbench: Workbench) -> None:
        """`open()` gives the bytes, and can be called again."""
        dataset = workbench.new_dataset()
        content = bytes(range(256)) * 100
        added = workbench.add_item(dataset.id, "a.bin", content, ("x",), {"n": 1})
        item = workbench.host.item(added.id)
        for _ in range(2):
            _expect(_read(item.open()) == content, "the bytes differ")
        _expect(item.size == len(content), "size differs")
        _expect((item.name, item.labels) == ("a.bin", ("x",)), "name or labels differ")
        _expect(item.user_metadata == {"n": 1}, "user metadata differ")

    def test_content_version_is_of_the_bytes(self, workbench: Workbench) -> None:
        """Metadata do not change it."""
        dataset = workbench.new_dataset()
        item = workbench.add_item(dataset.id, "a.bin", b"1", (), {})
        workbench.host.update_metadata([item.id], {"n": 2})
        now = workbench.host.item(item.id)
        _expect(now.content_version == item.content_version, "it changed with metadata")

    def test_pages_hold_every_item_once_in_order(self, workbench: Workbench) -> None:
        """Cursors lead through all items, in the order of ids, which is that of creation."""
        dataset = workbench.new_dataset()
        added = [
            workbench.add_item(dataset.id, f"{number}.txt", b"", (), {}).id for number in range(7)
        ]
        seen: list[str] = []
        after: str | None = None
        while True:
            page = workbench.host.items(dataset.id, after=after, limit=3)
            _expect(page.total == 7, f"total is {page.total}, not 7")
            seen += [item.id for item in page.items]
            if (after := page.next_after) is None:
                break
        _expect(seen == added, "the pages do not hold every item once in order")

    def test_queries_mean_what_the_contract_says(self, workbench: Workbench) -> None:
        """A host's own filter finds what `host_contract.query.matches` does."""
        dataset = workbench.new_dataset()
        workbench.add_item(dataset.id, "a.png", b"12", ("cat",), {"n": 1, "tags": ["x", "y"]})
        workbench.add_item(
            dataset.id, "b.txt", b"123", ("dog", "cat"), {"n": 2.5, "deep": {"k": 1}}
        )
        workbench.add_item(dataset.id, "C.PNG", b"", (), {"n": "1", "flag": True})
        items = workbench.host.items(dataset.id).items
        for query in QUERIES:
            tree = parse_query(query)
            expected = [item.id for item in items if matches(tree, item)]
            found = workbench.host.items(dataset.id, query)
            _expect([item.id for item in found.items] == expected, f"{query} finds others")
            count = workbench.host.count_items(dataset.id, query)
            _expect(count == found.total == len(expected), f"{query} counts {count}")

    def test_wrong_query_is_refused(self, workbench: Workbench) -> None:
        """An unknown field or operator is an error, never an empty answer."""
        dataset = workbench.new_dataset()
        wrong: tuple[Metadata, ...] = (
            {"nmae": "x"},
            {"name": {"$like": "x"}},
            {"name": {"$regex": "("}},
        )
        for query in wrong:
            _expect_error(InvalidQuery, partial(workbench.host.items, dataset.id, query))

    def test_metadata_are_merged(self, workbench: Workbench) -> None:
        """A null removes a field; ids that are gone are passed over."""
        dataset = workbench.new_dataset()
        item = workbench.add_item(dataset.id, "a.txt", b"", (), {"keep": 1, "drop": 2})
        changed = workbench.host.update_metadata([item.id, NOWHERE], {"drop": None, "new": [3]})
        _expect(changed == 1, f"{changed} items changed, not 1")
        metadata = workbench.host.item(item.id).user_metadata
        _expect(metadata == {"keep": 1, "new": [3]}, f"user metadata are {metadata}")

    def test_deleted_items_are_gone(self, workbench: Workbench) -> None:
        """Deleting tells how many there were."""
        dataset = workbench.new_dataset()
        item = workbench.add_item(dataset.id, "a.txt", b"1", (), {})
        kept = workbench.add_item(dataset.id, "b.txt", b"1", (), {})
        _expect(workbench.host.delete_items([item.id, NOWHERE]) == 1, "one item existed")
        _expect_error(NotFound, lambda: workbench.host.item(item.id))
        _expect(_read(workbench.host.item(kept.id).open()) == b"1", "equal bytes went too")

    def test_clones_are_items_of_their_own(self, workbench: Workbench) -> None:
        """A clone keeps bytes, labels and metadata, and outlives the original."""
        dataset, target = workbench.new_dataset(), workbench.new_dataset()
        item = workbench.add_item(dataset.id, "a.txt", b"1", ("x",), {"n": 1})
        _expect(workbench.host.clone_items([item.id], target.id) == 1, "one item is cloned")
        workbench.host.delete_items([item.id])
        (clone,) = workbench.host.items(target.id).items
        _expect(_read(clone.open()) == b"1", "the bytes differ")
        _expect((clone.labels, clone.user_metadata) == (("x",), {"n": 1}), "what is known differs")

    def test_feature_sets_are_kept_by_name(self, workbench: Workbench) -> None:
        """Saving again brings the record up to date."""
        host, dataset = workbench.host, workbench.new_dataset()
        first = host.save_feature_set(dataset.id, "a", size=4, model="m", fingerprint="f", count=1)
        again = host.save_feature_set(dataset.id, "a", size=4, model="m", fingerprint="f", count=9)
        _expect(again.id == first.id and again.count == 9, "there are two records of one name")
        _expect(host.feature_sets(dataset.id) == [again], "feature_sets() differs")
        host.delete_feature_set(again.id)
        _expect(host.feature_sets(dataset.id) == [], "the record is still there")

    def test_storage_is_of_one_dataset(self, workbench: Workbench) -> None:
        """The same place each time, another one for another dataset."""
        one, other = workbench.new_dataset(), workbench.new_dataset()
        storage = workbench.host.storage
        _expect(storage(one.id) == storage(one.id) != storage(other.id), "places are mixed")

    def test_what_is_not_there_is_not_found(self, workbench: Workbench) -> None:
        """Every method says so with `NotFound`."""
        host = workbench.host
        calls: tuple[Callable[[], object], ...] = (
            lambda: host.dataset(NOWHERE),
            lambda: host.items(NOWHERE),
            lambda: host.count_items(NOWHERE),
            lambda: host.item(NOWHERE),
            lambda: host.thumbnail(NOWHERE),
            lambda: host.item_url(NOWHERE),
            lambda: host.feature_sets(NOWHERE),
            lambda: host.delete_feature_set(NOWHERE),
            lambda: host.clone_items([], NOWHERE),
            lambda: host.start_execution(NOWHERE, {}),
            lambda: host.execution(NOWHERE),
            lambda: host.cancel_execution(NOWHERE),
            lambda: host.dataset_actions(NOWHERE),
        )
        for call in calls:
            _expect_error(NotFound, call)

    def test_actions_refuse_wrong_calls(self, workbench: Workbench) -> None:
        """An unknown action is `NotFound`; each action has a label and a name of its own."""
        dataset = workbench.new_dataset()
        actions = workbench.host.dataset_actions(dataset.id)
        _expect(len({action.name for action in actions}) == len(actions), "names are not unique")
        _expect_error(
            (NotFound, InvalidInput),
            lambda: workbench.host.run_action(NOWHERE, dataset.id, [], {}),
        )


QUERIES: tuple[Metadata, ...] = (
    {},
    {"label": "cat"},
    {"label": {"$ne": "cat"}},
    {"label": {"$exists": False}},
    {"name": {"$regex": r"\.png$"}},
    {"name": {"$contains": "PNG"}},
    {"path": "/b.txt"},
    {"path": {"$regex": r"^/[^/]*\.png$"}},
    {"name": ["a.png", "b.txt"]},
    {"size": {"$gt": 1, "$lte": 3}},
    {"metadata.n": 1},
    {"metadata.n": {"$gt": 1}},
    {"metadata.n": {"$exists": True}},
    {"metadata.tags": "y"},
    {"metadata.deep.k": 1},
    {"metadata.flag": True},
    {"metadata.n": {"$nin": [1, 2.5]}},
    {"$or": [{"label": "dog"}, {"metadata.n": "1"}]},
    {"$and": [{"label": "cat"}, {"$not": {"label": "dog"}}]},
)


def _read(stream: BinaryIO) -> bytes:
    with stream:
        return stream.read()


def _expect(holds: bool, otherwise: str) -> None:
    if not holds:
        raise AssertionError(otherwise)


def _expect_error(
    expected: type[ContractError] | tuple[type[ContractError], ...], call: Callable[[], object]
) -> None:
    try:
        call()
    except expected as error:
        _expect(bool(str(error)) and "\n" not in str(error), f"not one line: {error!r}")
        return
    raise AssertionError(f"nothing was raised, but {expected} is promised")
