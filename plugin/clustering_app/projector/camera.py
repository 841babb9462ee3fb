"""From where a map in space is seen, and where its points lie then. N points."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FIELD_OF_VIEW = math.pi / 4
EYE = 1 / (2 * math.tan(FIELD_OF_VIEW / 2))
"""From eye to target, in spans."""
NEAREST = 0.05
"""Points nearer to the eye, as a share of that distance, are not seen."""


@dataclass(frozen=True, kw_only=True)
class Camera:
    """From where a map is seen; the same for every size of the page."""

    target: tuple[float, float, float]
    """The place in the middle, in the coordinates' unit; its last number is 0 in the plane."""
    yaw: float
    """Radians that the points are turned around the upright axis; 0 in the plane."""
    pitch: float
    """Radians that they are then tilted towards the eye, -pi/2 to pi/2; 0 in the plane."""
    span: float
    """What the smaller side of the map shows at the target, in the coordinates' unit; above 0."""

    def __post_init__(self) -> None:
        numbers = (*self.target, self.yaw, self.pitch, self.span)
        if len(numbers) != 6 or not all(math.isfinite(one) for one in numbers) or self.span <= 0:
            raise ValueError(f"{self} is no camera: six finite numbers, a span above 0")


def seen_whole(coordinates: NDArray[np.float32]) -> Camera:
    """A camera that sees all points, (N, 2) or (N, 3), as none told by a browser is known yet."""
    points_N3 = _in_space(coordinates)
    low, high = points_N3.min(axis=0), points_N3.max(axis=0)
    x, y, z = (low + high) / 2
    span = 1.1 * float(np.linalg.norm(high - low)) or 1.0
    yaw, pitch = (0.5, 0.35) if coordinates.shape[1] == 3 else (0.0, 0.0)
    return Camera(target=(float(x), float(y), float(z)), yaw=yaw, pitch=pitch, span=span)


def projected(
    coordinates: NDArray[np.float32], camera: Camera, size: tuple[int, int]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Where points lie in a picture, by the same sums as in view_3d_camera.js.

    Returns:
        (N, 2) pixels from the left and the top, NaN for points too near to the eye; (N,) distances
        from the eye as a share of that of the target, 1.0 in the plane.
    """
    points_N3 = _in_space(coordinates) - np.array(camera.target)
    cos_yaw, sin_yaw = math.cos(camera.yaw), math.sin(camera.yaw)
    cos_pitch, sin_pitch = math.cos(camera.pitch), math.sin(camera.pitch)
    right = np.array([cos_yaw, 0, sin_yaw])
    up = np.array([sin_pitch * sin_yaw, cos_pitch, -sin_pitch * cos_yaw])
    to_eye = np.array([-cos_pitch * sin_yaw, sin_pitch, cos_pitch * cos_yaw])
    distances = np.ones(len(points_N3))
    if coordinates.shape[1] == 3:
        distances = 1 - points_N3 @ to_eye / (EYE * camera.span)
    scale = np.where(distances > NEAREST, min(size) / camera.span / distances, np.nan)
    pixels = np.stack([points_N3 @ right, -(points_N3 @ up)], axis=1) * scale[:, None]
    return pixels + np.array(size) / 2, distances


def _in_space(coordinates: NDArray[np.float32]) -> NDArray[np.float64]:
    points_N3 = np.zeros((len(coordinates), 3))
    points_N3[:, : coordinates.shape[1]] = coordinates
    return points_N3
