"""What the app raises, grouped by what the one who catches would do.

    ClusteringError
    ├── EncoderUnavailable    the model cannot be loaded: choose another one
    ├── UnsafeCheckpoint      the checkpoint needs unpickling: allow it or convert it
    ├── Undecodable           one item cannot be turned into a picture: report it and go on
    ├── StoreError            the feature store cannot do that
    │   ├── NoFeatures        there are no vectors or no such run yet: extract or run first
    │   ├── StoreUnreachable  the bucket cannot be used: see to it, and try again
    │   └── ModelMismatch     vectors of two models would be mixed
    ├── DemoUnavailable       the demo's images are not installed: install the extra
    └── InvalidParameters     the parameters of a run make no sense: names the parameter

Every error has a stable `code`, a message of one line that a user may read, and pickles.
"""

from __future__ import annotations

from typing import ClassVar


class ClusteringError(Exception):
    """Base of all errors of the app."""

    code: ClassVar[str] = "clustering_error"


class EncoderUnavailable(ClusteringError):
    """The model or its weights cannot be had; says which option works offline."""

    code = "encoder_unavailable"


class UnsafeCheckpoint(ClusteringError):
    """Loading the checkpoint would run code from it."""

    code = "unsafe_checkpoint"


class Undecodable(ClusteringError, ValueError):
    """The bytes of an item are no picture that can be decoded; says why."""

    code = "undecodable"


class StoreError(ClusteringError):
    """The feature store cannot do what was asked."""

    code = "store_error"


class NoFeatures(StoreError, LookupError):
    """The feature set or run does not exist."""

    code = "no_features"


class StoreUnreachable(StoreError):
    """The bucket is not there, does not answer, or refuses the credentials."""

    code = "store_unreachable"


class ModelMismatch(StoreError, ValueError):
    """The vectors come from another model than those already in the feature set."""

    code = "model_mismatch"


class DemoUnavailable(ClusteringError):
    """The package with the demo's images is missing; says how to install it."""

    code = "demo_unavailable"


class InvalidParameters(ClusteringError, ValueError):
    """A parameter of a run is out of its range; names it and the range."""

    code = "invalid_parameters"
