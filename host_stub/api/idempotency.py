"""The header Idempotency-Key: a creation that is asked for again makes nothing new.

The answer is then what the first call made, whatever the second one brings. A key is its user's.
"""

from __future__ import annotations

from typing import Annotated, TypeAlias

from fastapi import Depends, Header

from host_stub.users import current_user


def _key(
    idempotency_key: Annotated[str | None, Header(min_length=1, max_length=200)] = None,
) -> str | None:
    return None if idempotency_key is None else f"{current_user.get().name} {idempotency_key}"


CreationKey: TypeAlias = Annotated[str | None, Depends(_key)]
"""What a creation takes as its key."""
