"""/feature-sets: the apps' records of vectors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter

from host_contract.entities import FeatureSet

if TYPE_CHECKING:
    from host_stub.platform import LocalPlatform


def router(platform: LocalPlatform) -> APIRouter:
    """The routes of feature sets."""
    found = APIRouter(prefix="/feature-sets", tags=["feature sets"])

    @found.get("")
    def list_feature_sets(dataset_id: str) -> list[FeatureSet]:
        """The feature sets of a dataset."""
        return platform.feature_sets.list(dataset_id)

    return found
