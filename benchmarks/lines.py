"""What every benchmark prints: one JSON object a line."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from typing import TypeVar

T = TypeVar("T")
quick = False
"""Whether this run is a smoke test on small workloads: each then says so."""


def timed(work: Callable[[], T]) -> tuple[T, float]:
    """The result, and the seconds it took."""
    started = time.perf_counter()
    return work(), time.perf_counter() - started


def tell(
    case: str,
    value: float,
    unit: str,
    against: Mapping[str, float | None],
    bar: str,
    ok: bool,
    workload: str,
) -> bool:
    """Print a case; gives whether it is ok.

    Args:
        case: what is measured.
        value: ours.
        unit: of all figures.
        against: those of peers in the same run; None of one that could not do it.
        bar: what ours must reach, in words.
        ok: whether it did.
        workload: on what, with its size.
    """
    line = {
        "case": case,
        "value": round(float(value), 4),
        "unit": unit,
        "against": {
            peer: None if figure is None else round(float(figure), 4)
            for peer, figure in against.items()
        },
        "bar": bar,
        "ok": bool(ok),
        "workload": f"quick: {workload}" if quick else workload,
    }
    print(json.dumps(line, ensure_ascii=False), flush=True)
    return bool(ok)
