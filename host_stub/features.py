"""Feature sets and vectors of apps and of clients, as one.

An app keeps its vectors itself and hands them out through a hook; those of clients are in the
database. The id of an app's vector is that of its set and that of its item.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from host_contract.entities import Dataset, FeatureSet
from host_contract.errors import NotAllowed, NotFound
from host_stub.client_vectors import ClientFeatureSet, VectorPlace

if TYPE_CHECKING:
    from host_stub.platform import LocalPlatform


@dataclass(frozen=True)
class AppFeatureSet:
    """A feature set whose vectors an app keeps."""

    app: str
    dataset: Dataset
    record: FeatureSet


@dataclass(frozen=True)
class Vector:
    """A vector of an item."""

    place: VectorPlace
    numbers: NDArray[np.floating] | None
    """(D,); None where they were not read yet."""


class Features:
    """All feature sets and vectors of a platform."""

    def __init__(self, platform: LocalPlatform) -> None:
        self._platform = platform

    def of_apps(self, dataset_id: str | None = None) -> list[AppFeatureSet]:
        """Feature sets that apps keep, of all datasets or of one."""
        platform = self._platform
        apps = [app.name for app in platform.apps.working()]
        return [
            AppFeatureSet(app, dataset, record)
            for dataset in platform.datasets.list()
            if dataset_id in (None, dataset.id)
            for app in apps
            for record in platform.feature_sets.list(dataset.id, app)
        ]

    def of_clients(self) -> list[ClientFeatureSet]:
        """Feature sets whose vectors the host keeps."""
        return self._platform.client_vectors.list()

    def vectors(
        self,
        *,
        dataset_id: str | None = None,
        feature_set_id: str | None = None,
        item_ids: Sequence[str] | None = None,
    ) -> list[Vector]:
        """Vectors in the order of ids; numbers of clients' vectors are not read yet.

        Args:
            dataset_id: Only those of items of this dataset.
            feature_set_id: Only those of this feature set.
            item_ids: Only those of these items.
        """
        places = self._platform.client_vectors.places(dataset_id=dataset_id, item_ids=item_ids)
        found = [Vector(place, None) for place in places]
        for kept in self.of_apps(dataset_id):
            if feature_set_id in (None, kept.record.id):
                found += self._read(kept, item_ids)
        wanted = [one for one in found if feature_set_id in (None, one.place.feature_set_id)]
        return sorted(wanted, key=lambda one: one.place.id)

    def with_numbers(self, vectors: Sequence[Vector]) -> list[Vector]:
        """The same with all their numbers; one that was deleted meanwhile is left out."""
        missing = [one.place.id for one in vectors if one.numbers is None]
        values = self._platform.client_vectors.values(missing)
        read = (
            one if one.numbers is not None else replace(one, numbers=values.get(one.place.id))
            for one in vectors
        )
        return [one for one in read if one.numbers is not None]

    def counts(self, dataset_ids: Sequence[str]) -> dict[str, int]:
        """Number of vectors of these datasets, by feature set."""
        of_apps = {
            kept.record.id: len(self._read(kept, None))
            for dataset_id in dataset_ids
            for kept in self.of_apps(dataset_id)
        }
        return self._platform.client_vectors.counts(dataset_ids) | of_apps

    def must_be_a_clients(self, feature_set_id: str) -> None:
        """Raise `NotAllowed` for a set that an app keeps, `NotFound` for none."""
        if any(one.id == feature_set_id for one in self.of_clients()):
            return
        for kept in self.of_apps():
            if kept.record.id == feature_set_id:
                raise NotAllowed(
                    f"App {kept.app!r} keeps the vectors of {kept.record.name!r}: delete items, "
                    "their dataset, or the set in the app."
                )
        raise NotFound(f"There is no feature set {feature_set_id!r}.")

    def _read(self, kept: AppFeatureSet, item_ids: Sequence[str] | None) -> list[Vector]:
        handed: Mapping[str, Sequence[float]] | None = self._platform.apps.call(
            kept.app,
            "read_features",
            host=self._platform.host(kept.app),
            dataset_id=kept.dataset.id,
            feature_set=kept.record.name,
            item_ids=item_ids,
        )
        return [
            Vector(
                VectorPlace(kept.record.id + item_id, kept.record.id, item_id, kept.dataset.id),
                np.asarray(numbers, np.float32),
            )
            for item_id, numbers in (handed or {}).items()
        ]
