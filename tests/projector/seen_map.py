"""Where points lie on the screen and which a box or a lasso holds, in plain numpy. N points."""

import numpy as np
from numpy.typing import NDArray

from clustering_app.projector.camera import Camera

FIELD_OF_VIEW = np.pi / 4
EYE = 1 / (2 * np.tan(FIELD_OF_VIEW / 2))
NEAREST = 0.05
UNSURE = 1e-3
"""Pixels from a border within which a point may count as inside or outside."""

Path = list[tuple[float, float]]


def seen(
    coordinates: NDArray[np.float32], camera: Camera, size: tuple[int, int]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(N, 2) pixels from the top left corner, NaN if not shown; (N,) distances from the eye."""
    coordinates_N3 = np.zeros((len(coordinates), 3))
    coordinates_N3[:, : coordinates.shape[1]] = coordinates
    cos, sin = np.cos(camera.yaw), np.sin(camera.yaw)
    around = np.array([[cos, 0, sin], [0, 1, 0], [-sin, 0, cos]])
    cos, sin = np.cos(camera.pitch), np.sin(camera.pitch)
    over = np.array([[1, 0, 0], [0, cos, -sin], [0, sin, cos]])
    placed = (coordinates_N3 - camera.target) @ (over @ around).T
    scale = np.full(len(coordinates), min(size) / camera.span)
    distance = np.zeros(len(coordinates))
    if coordinates.shape[1] == 3:
        distance = EYE * camera.span - placed[:, 2]
        with np.errstate(divide="ignore"):
            scale *= EYE * camera.span / distance
        scale[distance <= NEAREST * EYE * camera.span] = np.nan
    pixels = np.stack([placed[:, 0] * scale, -placed[:, 1] * scale], axis=1)
    return pixels + np.array(size) / 2, distance


def in_box(pixels: NDArray[np.float64], corners: Path) -> NDArray[np.bool_]:
    """(N,) whether each lies in the box, borders included."""
    low, high = np.min(corners, axis=0), np.max(corners, axis=0)
    return np.asarray(((pixels >= low) & (pixels <= high)).all(axis=1))


def in_lasso(pixels: NDArray[np.float64], path: Path) -> NDArray[np.bool_]:
    """(N,) whether each lies inside, by the number of edges to its right: even or odd."""
    x, y = pixels.T
    odd = np.zeros(len(pixels), bool)
    for (x1, y1), (x2, y2) in zip(path, [*path[1:], path[0]], strict=True):
        if y1 != y2:
            odd ^= ((y1 > y) != (y2 > y)) & (x < x1 + (y - y1) * (x2 - x1) / (y2 - y1))
    return odd


def unsure(pixels: NDArray[np.float64], path: Path) -> NDArray[np.bool_]:
    """(N,) whether each lies on the outline."""
    near = np.zeros(len(pixels), bool)
    for start, end in zip(np.array(path), np.array([*path[1:], path[0]]), strict=True):
        along = end - start
        share = np.clip((pixels - start) @ along / max(along @ along, 1e-12), 0, 1)
        near |= np.linalg.norm(pixels - start - share[:, None] * along, axis=1) < UNSURE
    return near


def visible_pixels(
    pixels: NDArray[np.float64],
    distances: NDArray[np.float64],
    diameter: float,
    camera: Camera,
    size: tuple[int, int],
) -> NDArray[np.intp]:
    """(N,) number of screen pixels in which each round dot is the nearest."""
    nearness = EYE * camera.span / distances
    radii = diameter * np.clip(nearness, 0.5, 2.5) / 2
    owner = np.full(size[::-1], -1)
    for row in np.argsort(-distances):  # the nearest last
        if ((pixels[row] < 0) | (pixels[row] > size)).any():
            continue  # a point whose centre is outside is not drawn
        left, top = np.maximum(pixels[row] - radii[row] - 1, 0).astype(int)
        right, bottom = (pixels[row] + radii[row] + 2).astype(int)
        part = owner[top:bottom, left:right]
        ys, xs = np.indices(part.shape) + 0.5
        away = np.hypot(xs + left - pixels[row, 0], ys + top - pixels[row, 1])
        part[away <= radii[row]] = row
    return np.bincount(owner[owner >= 0], minlength=len(pixels))
