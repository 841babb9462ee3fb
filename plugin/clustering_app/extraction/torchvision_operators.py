"""Let open_clip be imported next to a torchvision that was built for another torch.

The registries' torchvision is built for CUDA. Beside a CPU build of torch its compiled operators
cannot be loaded, and importing it fails with "operator torchvision::nms does not exist", because
it registers shapes for them. open_clip imports torchvision for its image transforms and calls
neither operator, so declaring them is enough. It does nothing where the operators are there.
"""

from __future__ import annotations

OPERATORS = {
    "nms": "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms": "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
}


def declare_missing_operators() -> None:
    """Declare torchvision's operators that no library has brought. Call before open_clip."""
    import importlib.util
    import sys
    from pathlib import Path

    import torch

    if "torchvision" in sys.modules:
        return
    found = importlib.util.find_spec("torchvision")
    if found is None or found.origin is None:
        return
    try:
        for library in Path(found.origin).parent.glob("_C*"):
            torch.ops.load_library(library)  # type: ignore[no-untyped-call]
    except OSError:
        for name, signature in OPERATORS.items():
            torch.library.define(f"torchvision::{name}", signature)
