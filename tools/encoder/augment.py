"""Random views of pictures, a whole batch at a time. B pictures of S by S pixels."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

MEAN = torch.tensor((0.48145466, 0.4578275, 0.40821073)).view(1, 3, 1, 1)
DEVIATION = torch.tensor((0.26862954, 0.26130258, 0.27577711)).view(1, 3, 1, 1)
"""open_clip's normalisation of an image in 0..1."""


def augmented(pictures_BSS4: Tensor, flippable_B: Tensor) -> Tensor:
    """Random views on random backgrounds.

    Args:
        pictures_BSS4: uint8, RGBA.
        flippable_B: bool; a mirrored arrow or letter is another thing.

    Returns:
        float32 (B, 3, S, S), normalised.
    """
    rgba = pictures_BSS4.permute(0, 3, 1, 2).float() / 255.0
    rgba = _moved(torch.cat((rgba[:, :3] * rgba[:, 3:], rgba[:, 3:]), 1), flippable_B)
    alpha = rgba[:, 3:]
    drawing = rgba[:, :3] / alpha.clamp(min=1e-3)
    image = _coloured(drawing) * alpha + _background(drawing, alpha) * (1.0 - alpha)
    return (_degraded(image).clamp(0.0, 1.0) - MEAN) / DEVIATION


def _uniform(count: int, low: float, high: float) -> Tensor:
    return torch.empty(count).uniform_(low, high)


def _chance(count: int, probability: float) -> Tensor:
    return (torch.rand(count) < probability).view(-1, 1, 1, 1)


def _moved(rgba_B4SS: Tensor, flippable_B: Tensor) -> Tensor:
    count = len(rgba_B4SS)
    angle = _uniform(count, -0.35, 0.35)
    scale = _uniform(count, 0.8, 1.4)
    stretch = _uniform(count, 0.8, 1.25)
    mirror = torch.where(flippable_B & (torch.rand(count) < 0.3), -1.0, 1.0)
    cosine, sine = angle.cos() * scale, angle.sin() * scale
    x, y = _uniform(count, -0.15, 0.15), _uniform(count, -0.15, 0.15)
    matrix = torch.stack(
        (
            torch.stack((cosine * stretch * mirror, -sine, x), 1),
            torch.stack((sine * stretch * mirror, cosine, y), 1),
        ),
        1,
    )
    grid = functional.affine_grid(matrix, list(rgba_B4SS.shape), align_corners=False)
    return functional.grid_sample(rgba_B4SS, grid, align_corners=False)


def _coloured(rgb_B3SS: Tensor) -> Tensor:
    count = len(rgb_B3SS)
    grey = rgb_B3SS.mean(1, keepdim=True)
    saturation = torch.where(_chance(count, 0.15), 0.0, _uniform(count, 0.4, 1.5).view(-1, 1, 1, 1))
    rgb = grey + (rgb_B3SS - grey) * saturation
    rgb = rgb + _uniform(3 * count, -0.12, 0.12).view(count, 3, 1, 1)
    contrast = _uniform(count, 0.7, 1.3).view(-1, 1, 1, 1)
    return ((rgb - 0.5) * contrast + 0.5 + _uniform(count, -0.12, 0.12).view(-1, 1, 1, 1)).clamp(
        0, 1
    )


def _background(rgb_B3SS: Tensor, alpha_B1SS: Tensor) -> Tensor:
    """White most often; a colour far from the drawing's own brightness where it would vanish."""
    count = len(rgb_B3SS)
    background = torch.rand(count, 3, 1, 1)
    background = torch.where(_chance(count, 0.2), 0.05 * background, background)
    background = torch.where(_chance(count, 0.5), 1.0, background)
    covered = alpha_B1SS.sum((2, 3), keepdim=True).clamp(min=1.0)
    brightness = (rgb_B3SS.mean(1, keepdim=True) * alpha_B1SS).sum((2, 3), keepdim=True) / covered
    vanishes = (brightness - background.mean(1, keepdim=True)).abs() < 0.3
    contrary = torch.where(brightness > 0.5, 0.1, 0.95) * torch.ones_like(background)
    return torch.where(vanishes, contrary, background)


def _degraded(image_B3SS: Tensor) -> Tensor:
    count, size = len(image_B3SS), image_B3SS.shape[-1]
    small = functional.interpolate(image_B3SS, scale_factor=0.45, mode="area")
    small = functional.interpolate(small, size=(size, size), mode="bilinear", align_corners=False)
    image = torch.where(_chance(count, 0.15), small, image_B3SS)
    return image + _chance(count, 0.3) * 0.04 * torch.randn_like(image)
