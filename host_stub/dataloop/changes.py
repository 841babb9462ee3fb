"""What a client changes of an item."""

from __future__ import annotations

import json
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from host_contract.entities import Metadata
from host_contract.errors import InvalidInput


class ChangedMetadata(BaseModel):
    """A client's metadata, `user`, and what comes along of those that the host writes."""

    model_config = ConfigDict(extra="forbid")
    user: dict[str, Any] = Field(default_factory=dict)
    system: dict[str, Any] = Field(default_factory=dict)


class ChangedItem(BaseModel):
    """What differs from the item that the client read; fields without a value differ in nothing."""

    model_config = ConfigDict(extra="allow")
    metadata: ChangedMetadata = Field(default_factory=ChangedMetadata)
    filename: str | None = None
    dir: str | None = None

    @model_validator(mode="after")
    def _nothing_else(self) -> Self:
        named = [name for name, value in (self.model_extra or {}).items() if value is not None]
        if self.metadata.system:
            named.append("metadata.system")
        if named:
            raise ValueError(f"this host cannot change {', '.join(named)} of an item")
        return self


def read_metadata(text: str) -> Metadata:
    """The user metadata in the metadata that come with an upload. Raises `InvalidInput`."""
    try:
        return ChangedMetadata.model_validate(json.loads(text)).user
    except (ValueError, RecursionError):
        raise InvalidInput(
            "An item's metadata are JSON with the one key 'user', an object of your own."
        ) from None
