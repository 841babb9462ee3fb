"""The record of a run: a map with everything needed to believe it and to make it again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from clustering_app.errors import InvalidParameters
from clustering_app.projection.custom_axes import AXES, AxisName, CustomAxis
from clustering_app.projection.pca import Axes
from clustering_app.projection.spherize import Spherize, Spherizer

Method: TypeAlias = Literal["umap", "tsne", "pca", "axes"]

CLUSTERS = ("clusters", "broad_clusters", "fine_clusters")
"""Arrays of a run that say which cluster a point is in, by name."""
ARRAYS = (*CLUSTERS, "coordinates", "outlier_scores", "reach", "neighbours_kept", "trust")
"""Arrays of a run that have a row for each point, by name."""
Metric: TypeAlias = Literal["euclidean", "cosine"]

METHOD_NAMES: dict[Method, str] = {
    "umap": "UMAP", "tsne": "t-SNE", "pca": "PCA", "axes": "Custom axes",
}  # fmt: skip
WHOLE_NUMBERS = (
    "dimensions", "neighbours", "iterations", "component_x", "component_y", "component_z", "seed",
    "fit_on",
)  # fmt: skip
NUMBERS = ("min_dist", "perplexity", "learning_rate")
KNOWN_COMPONENTS = 10
"""Principal components that a map can show, and whose share of the variance a run keeps."""


@dataclass(frozen=True, kw_only=True)
class RunParameters:
    """What the user chose. Everything that decides about the picture, besides the vectors."""

    method: Method = "umap"
    dimensions: int = 2
    """2 or 3."""
    spherize: Spherize = "centre"
    """`centre` shifts by the mean and scales rows to unit length; `off` changes nothing."""
    metric: Metric = "euclidean"
    """UMAP, t-SNE: of the spherized vectors; `cosine` compares their directions alone."""
    neighbours: int = 15
    """UMAP: neighbours of a point, from 2 to 200."""
    min_dist: float = 0.1
    """UMAP: least distance of two points on the map, from 0.0 to 0.99."""
    perplexity: float = 30.0
    """t-SNE: how many neighbours of a point count, from 2.0 to 100.0."""
    iterations: int = 750
    """t-SNE: steps of the optimisation, from 500 to 5,000."""
    learning_rate: float = 0.0
    """t-SNE: from 0.0 to 100,000.0; 0.0 chooses by the number of points."""
    component_x: int = 1
    """PCA: number of the principal component along x, from 1, which varies most, to 10."""
    component_y: int = 2
    component_z: int = 3
    axes: Mapping[AxisName, CustomAxis] | None = None
    """Custom axes: one for each dimension."""
    seed: int = 0
    """From 0 to 2**32 - 1."""
    fit_on: int = 0
    """UMAP, t-SNE: items to fit the map on, all others being placed on it; 0 fits it on all."""

    def __post_init__(self) -> None:
        for names, kind, said in (
            (WHOLE_NUMBERS, int, "a whole number"),
            (NUMBERS, (int, float), "a number"),
        ):
            for name in names:
                if not isinstance(getattr(self, name), kind):
                    raise InvalidParameters(
                        f"{name} is {getattr(self, name)!r}; it must be {said}."
                    )
        checks = (
            (self.method in METHOD_NAMES, "method", "umap, tsne, pca or axes"),
            (self.dimensions in (2, 3), "dimensions", "2 or 3"),
            (
                self.spherize in ("off", "centre", "standardize", "whiten"),
                "spherize",
                "off, centre, standardize or whiten",
            ),
            (self.metric in ("euclidean", "cosine"), "metric", "euclidean or cosine"),
            (2 <= self.neighbours <= 200, "neighbours", "from 2 to 200"),
            (0.0 <= self.min_dist <= 0.99, "min_dist", "from 0.0 to 0.99"),
            (2.0 <= self.perplexity <= 100.0, "perplexity", "from 2.0 to 100.0"),
            (500 <= self.iterations <= 5000, "iterations", "from 500 to 5000"),
            (0.0 <= self.learning_rate <= 1e5, "learning_rate", "from 0.0 to 100000.0"),
            *(
                (
                    1 <= getattr(self, f"component_{axis}") <= KNOWN_COMPONENTS,
                    f"component_{axis}",
                    f"from 1 to {KNOWN_COMPONENTS}",
                )
                for axis in AXES
            ),
            (0 <= self.seed < 2**32, "seed", "from 0 to 4294967295"),
            (self.fit_on == 0 or self.fit_on >= 100, "fit_on", "0, or at least 100"),
        )
        for valid, name, allowed in checks:
            if not valid:
                raise InvalidParameters(f"{name} is {getattr(self, name)!r}; it must be {allowed}.")
        if self.method == "axes" and set(self.axes or ()) != set(AXES[: self.dimensions]):
            wanted = ", ".join(AXES[: self.dimensions])
            raise InvalidParameters(f"Choose both ends of each of the axes {wanted}.")

    @property
    def components(self) -> tuple[int, ...]:
        """PCA: numbers of the components drawn, one for each dimension."""
        return (self.component_x, self.component_y, self.component_z)[: self.dimensions]


@dataclass(frozen=True, kw_only=True)
class Quality:
    """How far the picture can be believed. Both from 0.0 to 1.0, more is better."""

    trustworthiness: float
    """Venna and Kaski 2001: points near on the map are near in the vectors."""
    neighbours_kept: float
    """Share of the 15 nearest vectors that are among the 15 nearest on the map."""
    measured_on: int
    """Points that the two figures were measured on."""


@dataclass(frozen=True, kw_only=True)
class RunInfo:
    """What is known of a run without reading its arrays."""

    id: str
    """Sorts in the order of creation."""
    feature_set: str
    """Name of the feature set."""
    snapshot: str
    """Snapshot of the store that the vectors were read from."""
    parameters: RunParameters
    quality: Quality | None
    """None when there were too few points to measure."""
    explained_variance: tuple[float, ...]
    """PCA: share of the variance of the first ten components, drawn or not, from 0.0 to 1.0, as far
    as there are so many; empty for other methods."""
    count: int
    """N, points on the map."""
    created: datetime
    seconds: float
    """Time the run took."""
    versions: dict[str, str]
    """Versions of the libraries that computed it."""
    placed: int = 0
    """How many of the points were placed on the map later, without moving the others."""


@dataclass(frozen=True, kw_only=True)
class Run:
    """A run with its arrays; N points."""

    info: RunInfo
    item_ids: tuple[str, ...]
    """N ids, each once, in the order of the rows."""
    coordinates: NDArray[np.float32]
    """(N, 2) or (N, 3), finite."""
    clusters: NDArray[np.int32]
    """(N,), from 0; -1 for a point in no cluster."""
    broad_clusters: NDArray[np.int32]
    """(N,), the same in fewer and larger clusters."""
    fine_clusters: NDArray[np.int32]
    """(N,), the same in more and smaller clusters."""
    outlier_scores: NDArray[np.float32]
    """(N,), from 0.0 (typical) to 1.0 (farthest from its neighbours)."""
    reach: NDArray[np.float32]
    """(N,), distance to the farthest of the 15 nearest vectors, which the scores are made of."""
    neighbours_kept: NDArray[np.float32]
    """(N,), how far each point's surroundings can be believed: see `PointQuality`."""
    trust: NDArray[np.float32]
    """(N,), the same by distance."""
    spherizer: Spherizer
    """What was done to the vectors."""
    axes: Axes
    """Through the spherized vectors, as many as the map has dimensions: those that are drawn by PCA
    and by custom axes, else the principal ones."""

    def __post_init__(self) -> None:
        count = len(self.item_ids)
        shapes = {
            "coordinates": (count, self.info.parameters.dimensions),
            **dict.fromkeys(CLUSTERS, (count,)),
            "outlier_scores": (count,),
            "reach": (count,),
            "neighbours_kept": (count,),
            "trust": (count,),
        }
        for name, shape in shapes.items():
            found = getattr(self, name).shape
            if found != shape:
                raise ValueError(f"{name} have shape {found}, not {shape}")
        if not np.isfinite(self.coordinates).all():
            raise ValueError("coordinates must be finite")


def say_points(count: int) -> str:
    """A number of points in words."""
    return f"{count:,} point{'' if count == 1 else 's'}"
