"""The numbers that a model computes pictures in, by what the device is quick in."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


def fast_precision(device: str) -> torch.dtype:
    """What pictures are encoded in on a device of torch's, such as `cpu` or `cuda`.

    float16 on a graphics card: five times as fast as float32, cosine to it at least 0.999998.
    bfloat16 on a processor that has instructions for it: up to four times, cosine at least 0.9998.
    float32 elsewhere. The figures are in docs/performance.md.
    """
    import torch

    kind = torch.device(device).type
    if kind == "cuda":
        return torch.float16
    has = torch.cpu.get_capabilities()
    if kind == "cpu" and (has.get("avx512_bf16") or has.get("amx_bf16")):
        return torch.bfloat16
    return torch.float32
