"""The store against a plain dictionary: any order of writes, deletions and reopening."""

import tempfile
from contextlib import ExitStack

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from clustering_app.vectors import columns
from clustering_app.vectors.feature_set import ModelFingerprint
from clustering_app.vectors.store import FeatureStore
from tests.buckets import new_bucket

IDS = st.lists(st.integers(0, 30).map("item-{}".format), min_size=1, max_size=12, unique=True)


class StoreMachine(RuleBasedStateMachine):
    """Every rule does the same to the store and to the dictionary."""

    def __init__(self) -> None:
        super().__init__()
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr(columns, "ROWS_PER_CHUNK", 4)  # so that few rows fill several chunks
        self.at_the_end = ExitStack()
        self.location = self.place()
        self.store = FeatureStore(self.location)
        fingerprint = ModelFingerprint(
            model="tiny", weights_source=None, architecture="{}", weights="aa",
            preprocessing="{}", dimension=2,
        )  # fmt: skip
        self.store.create("tiny", fingerprint)
        self.truth: dict[str, float] = {}
        self.past: dict[str, dict[str, float]] = {}

    def place(self) -> str:
        """An empty place."""
        return self.at_the_end.enter_context(tempfile.TemporaryDirectory())

    def teardown(self) -> None:
        self.patch.undo()
        self.at_the_end.close()

    @rule(ids=IDS, value=st.integers(-100, 100))
    def append(self, ids: list[str], value: int) -> None:
        vectors = np.full((len(ids), 2), value, np.float32)
        self.store.append("tiny", ids, [str(value)] * len(ids), vectors)
        self.truth |= dict.fromkeys(ids, float(value))

    @rule(ids=IDS)
    def delete(self, ids: list[str]) -> None:
        there = [item_id for item_id in ids if item_id in self.truth]
        assert self.store.delete_items(ids) == len(there)
        for item_id in there:
            del self.truth[item_id]

    @rule()
    def reopen(self) -> None:
        self.store = FeatureStore(self.location)

    @rule()
    def remember(self) -> None:
        self.past[self.store.snapshot()] = dict(self.truth)

    @precondition(lambda self: self.past)
    @rule(choice=st.data())
    def look_back(self, choice: st.DataObject) -> None:
        snapshot, truth = choice.draw(st.sampled_from(list(self.past.items())))
        found = self.store.read("tiny", snapshot=snapshot)
        assert dict(zip(found.item_ids, found.vectors[:, 0].tolist(), strict=True)) == truth

    @invariant()
    def agrees(self) -> None:
        found = self.store.read("tiny")
        assert len(found.item_ids) == len(set(found.item_ids)) == self.store.count("tiny")
        assert dict(zip(found.item_ids, found.vectors[:, 0].tolist(), strict=True)) == self.truth
        versions = {item_id: str(int(value)) for item_id, value in self.truth.items()}
        assert self.store.content_versions("tiny") == versions


StoreMachine.TestCase.settings = settings(max_examples=12, stateful_step_count=12)
TestStoreAgainstADictionary = StoreMachine.TestCase


def test_store_in_a_bucket_against_a_dictionary(s3_server: str) -> None:
    class InABucket(StoreMachine):
        def place(self) -> str:
            return new_bucket(s3_server)

    run_state_machine_as_test(InABucket, settings=settings(max_examples=3, stateful_step_count=8))
