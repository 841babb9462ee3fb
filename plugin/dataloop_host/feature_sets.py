"""The app's records of feature sets, kept here: the service has no field for a fingerprint."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Mapping

from host_contract.dataset_records import Records
from host_contract.entities import FeatureSet
from host_contract.errors import NotFound

KIND = "records"


class FeatureSets:
    """Records by dataset and name. Safe to use from any thread."""

    def __init__(self, records: Records) -> None:
        self._records = records
        self._lock = threading.Lock()

    def of(self, dataset_id: str) -> dict[str, FeatureSet]:
        """The records of a dataset, by name."""
        kept = self._records.read(KIND, dataset_id) or {}
        return {name: FeatureSet.model_validate(one) for name, one in kept.items()}

    def save(
        self, dataset_id: str, name: str, *, size: int, model: str, fingerprint: str, count: int
    ) -> FeatureSet:
        """Create the record with this name, or bring it up to date."""
        with self._lock:
            kept = self.of(dataset_id)
            saved = FeatureSet(
                id=kept[name].id if name in kept else uuid.uuid4().hex,
                dataset_id=dataset_id,
                name=name,
                size=size,
                model=model,
                fingerprint=fingerprint,
                count=count,
            )
            self._write(dataset_id, kept | {name: saved})
        return saved

    def delete(self, feature_set_id: str) -> None:
        """Delete a record. Raises `NotFound`."""
        with self._lock:
            for dataset_id in self._records.datasets():
                kept = self.of(dataset_id)
                left = {name: one for name, one in kept.items() if one.id != feature_set_id}
                if len(left) < len(kept):
                    self._write(dataset_id, left)
                    return
        raise NotFound(f"There is no feature set {feature_set_id!r}.")

    def _write(self, dataset_id: str, kept: Mapping[str, FeatureSet]) -> None:
        content = {name: one.model_dump(mode="json") for name, one in kept.items()}
        self._records.write(KIND, dataset_id, content)
