"""Box, lasso and tap select exactly the points that numpy finds, from any camera, in every mode."""

from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from clustering_app.projector.camera import Camera
from tests.projector.open_map import HEIGHT, WIDTH, OpenMap, browser_page, open_map
from tests.projector.seen_map import (
    Path,
    in_box,
    in_lasso,
    seen,
    unsure,
    visible_pixels,
)

SIZE = (WIDTH, HEIGHT)
KEYS = {"add": ("Shift",), "subtract": ("Alt",), "intersect": ("Shift", "Alt")}
COMBINED = {
    "replace": lambda old, hit: hit,
    "add": lambda old, hit: old | hit,
    "subtract": lambda old, hit: old & ~hit,
    "intersect": lambda old, hit: old & hit,
}


@pytest.fixture(scope="module")
def opened() -> Iterator[OpenMap]:
    with browser_page() as page, open_map(page) as opened:
        yield opened


def random_cloud(random: np.random.Generator, dimensions: int) -> NDArray[np.float32]:
    """Some clusters, at any place and of any size."""
    count = int(random.integers(1, 3000))
    centres = random.standard_normal((5, dimensions)) * 3
    cloud = centres[random.integers(5, size=count)] + random.standard_normal((count, dimensions))
    return np.float32(cloud * 10 ** random.uniform(-2, 2) + random.standard_normal(dimensions))


def random_camera(random: np.random.Generator, cloud: NDArray[np.float32]) -> Camera:
    """From inside the cloud or from far away."""
    target = np.zeros(3)
    target[: cloud.shape[1]] = cloud[random.integers(len(cloud))]
    extent = float(np.ptp(cloud, axis=0).max()) or 1.0
    turns = cloud.shape[1] == 3
    return Camera(
        target=(target[0], target[1], target[2]),
        yaw=random.uniform(-3, 3) if turns else 0.0,
        pitch=random.uniform(-1.5, 1.5) if turns else 0.0,
        span=extent * random.uniform(0.2, 2),
    )


def random_path(random: np.random.Generator, tool: str) -> Path:
    """Two corners, or a lasso that may cross itself."""
    corners = random.integers((2, 2), (WIDTH - 2, HEIGHT - 2), (2 if tool == "box" else 12, 2))
    return [(float(x), float(y)) for x, y in corners]


def mask(rows: NDArray[np.intp], count: int) -> NDArray[np.bool_]:
    found = np.zeros(count, bool)
    found[rows] = True
    return found


@pytest.mark.parametrize("mode", COMBINED)
@pytest.mark.parametrize("tool", ["box", "lasso"])
@pytest.mark.parametrize(("dimensions", "by_key"), [(2, False), (3, True)])
def test_selects_what_numpy_finds(
    opened: OpenMap, dimensions: int, tool: str, mode: str, by_key: bool
) -> None:
    random = np.random.default_rng([dimensions, len(tool), len(mode), by_key])
    cloud, path = random_cloud(random, dimensions), random_path(random, tool)
    before = np.flatnonzero(random.random(len(cloud)) < 0.4)
    visible = np.flatnonzero(random.random(len(cloud)) < 0.8)
    opened.show(cloud)
    camera = random_camera(random, cloud)

    def prepare() -> None:
        opened.view.set_tool(tool)
        opened.view.set_mode("replace" if by_key else mode)
        opened.view.select(before)
        opened.view.set_visible(visible)
        opened.view.camera = camera

    opened.do(prepare)
    opened.settled()
    keys = KEYS.get(mode, ()) if by_key else ()
    opened.drag(*path, keys=keys)
    pixels, _ = seen(cloud, camera, SIZE)
    inside = in_box(pixels, path) if tool == "box" else in_lasso(pixels, path)
    hit = inside & mask(visible, len(cloud))
    expected = COMBINED[mode](mask(before, len(cloud)), hit)
    sure = ~unsure(pixels, [path[0], (path[0][0], path[1][1]), path[1], (path[1][0], path[0][1])]
                   if tool == "box" else path)  # fmt: skip
    opened.wait(lambda: (mask(opened.view.selected(), len(cloud)) == expected)[sure].all())


def test_a_box_holds_its_borders(opened: OpenMap) -> None:
    """One unit is one pixel, and the middle of the map is at (0, 0)."""
    edge = np.array([(-100, -50), (-100, 0), (0, 50), (100, 50), (-101, 0), (0, 51), (101, 50)])
    opened.show(edge)
    opened.take("box")
    opened.do(lambda: opened.view.set_mode("replace"))
    opened.look(Camera(target=(0, 0, 0), yaw=0, pitch=0, span=HEIGHT))
    chosen = opened.selection(lambda: opened.drag((300, 250), (500, 350)))
    assert chosen.tolist() == [0, 1, 2, 3]


def test_the_camera_looks_where_it_was_told(opened: OpenMap) -> None:
    random = np.random.default_rng(0)
    opened.show(random.standard_normal((50, 3)))
    camera = Camera(target=(1.5, -2.0, 0.25), yaw=1.0, pitch=-0.5, span=7.0)
    opened.look(camera)
    assert opened.view.camera == camera


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_front_only_passes_over_what_is_covered(opened: OpenMap, seed: int) -> None:
    random = np.random.default_rng(seed)
    cloud = np.float32(random.standard_normal((500, 3)) * (0.3, 0.3, 1.0))
    opened.show(cloud)
    fitted = opened.view.camera
    assert fitted is not None
    camera = Camera(target=(0, 0, 0), yaw=0.1, pitch=0.1, span=6)
    diameter = opened.view.pane().diameter * (fitted.span / camera.span) ** 0.3
    opened.take("box")
    opened.do(lambda: opened.view.set_mode("replace"))
    opened.do(lambda: opened.view.set_front_only(True))
    opened.look(camera)
    path = [(250.0, 200.0), (520.0, 420.0)]
    try:
        front = mask(opened.selection(lambda: opened.drag(*path)), len(cloud))
    finally:
        opened.do(lambda: opened.view.set_front_only(False))
    pixels, distances = seen(cloud, camera, SIZE)
    inside = in_box(pixels, path)
    shown = visible_pixels(pixels, distances, diameter, camera, SIZE)
    assert not front[~inside].any()
    assert front[shown == 0].sum() <= 2, "a pixel at a dot's rim may go either way"
    assert front[inside & (shown > 3)].all()
    assert (inside & ~front).sum() > 20, "the cloud was to hide some"


def test_a_tap_selects_the_nearest_to_the_eye_of_the_dots_under_it(opened: OpenMap) -> None:
    cloud = np.array([(0, 0, -1), (0, 0, 1), (0, 0, 0), (1, 1, 0)])
    opened.show(cloud)
    opened.take("orbit")
    opened.look(Camera(target=(0, 0, 0), yaw=0, pitch=0, span=6))
    assert opened.selection(lambda: opened.tap(400, 300)).tolist() == [1]
    right = seen(cloud, opened.view.camera, SIZE)[0][3]  # type: ignore[arg-type]
    assert opened.selection(lambda: opened.tap(*right.round(), keys=("Shift",))).tolist() == [1, 3]
    assert opened.selection(lambda: opened.tap(400, 300, keys=("Alt",))).tolist() == [3]


def test_a_tap_beside_the_points_changes_nothing(opened: OpenMap) -> None:
    opened.show(np.array([(0, 0), (1, 1)]))
    opened.take("box")
    everything = opened.selection(lambda: opened.drag((1, 1), (799, 599)))
    assert everything.tolist() == [0, 1]
    opened.tap(30, 300)
    told = len(opened.selections)
    chosen = opened.selection(lambda: opened.drag((1, 1), (799, 300)))
    assert len(opened.selections) == told + 1
    assert chosen.tolist() == [1]


def test_python_may_select_the_same_again(opened: OpenMap) -> None:
    """What the user selected in between is not forgotten, and Python does not hear itself."""
    opened.show(np.array([(0, 0), (1, 1), (2, 2)]))
    opened.take("box")
    opened.do(lambda: opened.view.select(np.array([0])))
    assert opened.selection(lambda: opened.drag((1, 1), (799, 599))).tolist() == [0, 1, 2]
    told = len(opened.selections)
    opened.do(lambda: opened.view.select(np.array([0])))
    opened.settled()
    added = opened.selection(lambda: opened.drag((500, 1), (799, 200), keys=("Shift",)))
    assert added.tolist() == [0, 2]
    assert len(opened.selections) == told + 1
    left = opened.selection(lambda: opened.drag((500, 1), (799, 200), keys=("Alt",)))
    assert left.tolist() == [0], "told, although Python had set the same"


def test_escape_clears(opened: OpenMap) -> None:
    opened.show(np.array([(0, 0), (1, 1)]))
    opened.take("lasso")
    path = [(1.0, 1.0), (799.0, 1.0), (799.0, 599.0), (1.0, 599.0)]
    assert opened.selection(lambda: opened.drag(*path)).tolist() == [0, 1]
    assert opened.selection(lambda: opened.page.keyboard.press("Escape")).tolist() == []
