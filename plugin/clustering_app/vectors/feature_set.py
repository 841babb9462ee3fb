"""What one model made of the items of one dataset. N items, D embedding dimensions."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from clustering_app.errors import ModelMismatch

IMPORTED = "imported"
"""Stands for the architecture of a model that nobody told: its vectors came in a file."""

Vectors: TypeAlias = NDArray[np.float16] | NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class ModelFingerprint:
    """Identity of the model behind a feature set; vectors mix only when the `id` is equal."""

    model: str
    """Name by which the encoder loads it again, such as `mini-clip` or `ViT-B-32`."""
    weights_source: str | None
    """open_clip tag or path of a checkpoint; None for the bundled weights."""
    architecture: str
    """What the network is, as canonical JSON of its configuration."""
    weights: str
    """SHA-256 of the weights, hexadecimal."""
    preprocessing: str
    """What is done to an image before the network, as canonical JSON."""
    dimension: int
    """D, length of a vector."""

    def __post_init__(self) -> None:
        if self.dimension < 1:
            raise ValueError(f"dimension must be at least 1, not {self.dimension}")

    @property
    def imported(self) -> bool:
        """Whether the vectors came in a file: nothing more can be encoded to compare with them."""
        return self.architecture == IMPORTED

    @property
    def id(self) -> str:
        """Twelve hexadecimal digits over all that decides about a vector; names are left out."""
        decisive = {
            key: value
            for key, value in asdict(self).items()
            if key not in ("model", "weights_source")
        }
        return hashlib.sha256(json.dumps(decisive, sort_keys=True).encode()).hexdigest()[:12]


@dataclass(frozen=True, kw_only=True)
class FeatureSetInfo:
    """What is known of a feature set without reading its vectors."""

    name: str
    fingerprint: ModelFingerprint
    count: int
    """N, vectors in the set."""

    def check_model(self, fingerprint: ModelFingerprint) -> None:
        """Refuse vectors of another model.

        Raises:
            ModelMismatch: names both models.
        """
        if self.fingerprint.id != fingerprint.id:
            raise ModelMismatch(
                f"Feature set {self.name!r} was made by another model ({self.fingerprint.model}, "
                f"{self.fingerprint.id}) than {fingerprint.model} ({fingerprint.id}); vectors of "
                f"two models cannot be mixed. Delete the feature set, or use the other model."
            )


@dataclass(frozen=True, kw_only=True)
class FeatureSet:
    """A feature set as it was at one snapshot of the store."""

    info: FeatureSetInfo
    item_ids: tuple[str, ...]
    """N ids, each once, in the order of the rows."""
    vectors: Vectors
    """(N, D), finite."""
    snapshot: str
    """Id of the snapshot of the store that was read."""

    def __post_init__(self) -> None:
        expected = (len(self.item_ids), self.info.fingerprint.dimension)
        if self.vectors.shape != expected:
            raise ValueError(f"vectors have shape {self.vectors.shape}, not {expected}")
        if self.vectors.dtype not in (np.float16, np.float32):
            raise ValueError(f"vectors are {self.vectors.dtype}, not float16 or float32")

    def by_item(self, item_ids: Sequence[str] | None = None) -> dict[str, Any]:
        """(D,) of each item, or of those of these items that are in the set."""
        rows = {item_id: row for row, item_id in enumerate(self.item_ids)}
        wanted = rows if item_ids is None else [one for one in item_ids if one in rows]
        return {item_id: self.vectors[rows[item_id]] for item_id in wanted}

    def in_order_of_ids(self) -> FeatureSet:
        """The same in the order of item ids; itself when it is in that order."""
        order = sorted(range(len(self.item_ids)), key=self.item_ids.__getitem__)
        if order == list(range(len(order))):
            return self
        return self.of_rows(order)

    def of_rows(self, rows: Sequence[int] | NDArray[np.intp]) -> FeatureSet:
        """The same of some of the items, in this order."""
        item_ids = tuple(self.item_ids[row] for row in rows)
        return replace(self, item_ids=item_ids, vectors=self.vectors[rows])
