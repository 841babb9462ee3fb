"""Names that tell things of one list apart."""

from __future__ import annotations

from collections.abc import Container
from itertools import count


def free_name(name: str, taken: Container[str | None], before_number: str = " ") -> str:
    """The name, with the least number from 2 on behind it where it is taken."""
    if name not in taken:
        return name
    numbered = (f"{name}{before_number}{number}" for number in count(2))
    return next(one for one in numbered if one not in taken)
