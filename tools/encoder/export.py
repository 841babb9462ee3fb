"""Put the trained weights into the package: `python -m tools.encoder.export`."""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from safetensors.torch import save_file

from clustering_app.extraction.mini_clip import WEIGHTS
from tools.encoder.gather import WORK

LARGEST_BYTES = 16 * 1024 * 1024


def main() -> None:
    """Write the weights of the last checkpoint as float16 safetensors."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--work", type=Path, default=WORK)
    options = arguments.parse_args()
    state = torch.load(options.work / "checkpoint.pt", weights_only=True)
    weights = {name: value.half().contiguous() for name, value in state["model"].items()}
    save_file(weights, WEIGHTS, metadata={"steps": str(state["step"])})
    size = WEIGHTS.stat().st_size
    print(f"{WEIGHTS.name}: {size:,} bytes after {state['step']:,} steps")
    if size > LARGEST_BYTES:
        raise SystemExit(f"That is more than {LARGEST_BYTES:,} bytes.")


if __name__ == "__main__":
    main()
