"""Ids of what is kept beside the vectors: runs, saved selections."""

from __future__ import annotations

import secrets
from datetime import datetime


def new_record_id(kind: str, created: datetime) -> str:
    """An id that sorts in the order of creation; two of one microsecond differ still."""
    return f"{kind}-{created:%Y%m%dT%H%M%S%f}-{secrets.token_hex(2)}"
