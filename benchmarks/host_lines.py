"""What the benchmarks of the host share: time, and one JSON object a line."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from typing import TypeVar

T = TypeVar("T")


def timed(work: Callable[[], T]) -> tuple[T, float]:
    """The result, and the seconds it took."""
    started = time.perf_counter()
    return work(), time.perf_counter() - started


def tell(
    case: str, value: float, unit: str, against: Mapping[str, float], bar: str, ok: bool, work: str
) -> bool:
    """Print a case."""
    line = {
        "case": case,
        "value": round(float(value), 4),
        "unit": unit,
        "against": {peer: round(float(figure), 4) for peer, figure in against.items()},
        "bar": bar,
        "ok": bool(ok),
        "workload": work,
    }
    print(json.dumps(line), flush=True)
    return bool(ok)
