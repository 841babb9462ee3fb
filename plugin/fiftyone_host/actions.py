"""What can be done to a selection in FiftyOne: its own tags, and deleting samples."""

from __future__ import annotations

from collections.abc import Sequence

from fiftyone_host.ids import load
from host_contract.entities import ActionInput, ActionResult, DatasetAction, Metadata
from host_contract.errors import InvalidInput, NotFound

TAG, UNTAG, DELETE = "tag", "untag", "delete"
_TAG_INPUT = (ActionInput(name="tag", label="Tag"),)
ACTIONS = (
    DatasetAction(name=TAG, label="Tag samples", inputs=_TAG_INPUT),
    DatasetAction(name=UNTAG, label="Remove tag", inputs=_TAG_INPUT),
    DatasetAction(name=DELETE, label="Delete samples", destructive=True),
)


def tag(name: str, dataset_id: str, sample_ids: Sequence[str], inputs: Metadata) -> ActionResult:
    """Tag samples, or take a tag away. Raises `InvalidInput` without one."""
    if name not in (TAG, UNTAG):
        raise NotFound(f"There is no action {name!r}.")
    given = inputs.get("tag")
    if not isinstance(given, str) or not given.strip():
        raise InvalidInput("Write a tag.")
    samples = load(dataset_id).select(list(sample_ids))
    count = len(samples)
    (samples.tag_samples if name == TAG else samples.untag_samples)(given.strip())
    did = "were tagged" if name == TAG else "lost the tag"
    return ActionResult(message=f"{count:,} samples {did} {given.strip()!r}.")
