"""Bokeh's box and lasso select exactly the points that numpy finds, in any part, in every mode."""

from collections.abc import Iterator

import numpy as np
import pytest
from bokeh.models import BoxSelectTool, LassoSelectTool
from numpy.typing import NDArray

from clustering_app.projector.colours import colouring
from clustering_app.projector.view_2d import MapView2D
from tests.browser.map_page import map_box, ranges
from tests.projector.open_map import OpenMap, browser_page, open_map
from tests.projector.seen_map import Path, in_box, in_lasso, unsure
from tests.projector.test_view_3d_selection import COMBINED, mask, random_cloud

READY = """([points, selected, tool]) => {
  const page = Bokeh.documents[0]
  const data = page.get_model_by_name('points')
  return data.get_length() === points && data.selected.indices.length === selected
    && page.get_model_by_name('plane').toolbar.active_drag.id === tool
}"""
"""Whether the browser has drawn so many points, selected so many, and uses the tool."""
TOOLS = {"box": BoxSelectTool, "lasso": LassoSelectTool}


@pytest.fixture(scope="module")
def opened() -> Iterator[OpenMap]:
    with browser_page() as page, open_map(page, make=MapView2D) as opened:
        yield opened


def prepare(
    opened: OpenMap, cloud: NDArray[np.float32], before: NDArray[np.intp], tool: str, mode: str
) -> None:
    """Draw the points with some of them selected, and give the user a tool; seen somewhere."""
    random = np.random.default_rng(len(cloud))
    low, high = np.quantile(cloud, random.uniform((0.0, 0.8), (0.2, 1.0)), axis=0)
    margin = 0.01 * np.ptp(cloud, axis=0) + 1e-3
    seen = (low[0] - margin[0], high[0] + margin[0], low[1] - margin[1], high[1] + margin[1])
    figure = opened.view.pane().object
    wanted = next(one for one in figure.tools if isinstance(one, TOOLS[tool]))
    opened.do(lambda: opened.view.show(cloud, colouring(["all"] * len(cloud))))
    opened.do(lambda: opened.view.select(before))
    opened.do(lambda: opened.view.look(seen))
    opened.do(lambda: opened.view.set_mode(mode))
    opened.do(lambda: opened.view.in_page(lambda: figure.toolbar.update(active_drag=wanted)))
    opened.wait(lambda: np.allclose(ranges(opened.page), seen))
    opened.wait(lambda: opened.page.evaluate(READY, [len(cloud), len(before), wanted.id]))


def random_path(
    random: np.random.Generator, tool: str, pixels: NDArray[np.float64], size: tuple[float, float]
) -> tuple[Path, NDArray[np.bool_]]:
    """Two corners, or a lasso that may cross itself, around some points; which, (N,)."""
    while True:
        corners = random.uniform(3, np.array(size) - 3, (2 if tool == "box" else 12, 2)).round()
        path = [(float(x), float(y)) for x, y in corners]
        inside = in_box(pixels, path) if tool == "box" else in_lasso(pixels, path)
        if inside.sum() > len(pixels) / 20:
            return path, inside


def outline(tool: str, path: Path) -> Path:
    if tool == "lasso":
        return path
    (x1, y1), (x2, y2) = path
    return [(x1, y1), (x1, y2), (x2, y2), (x2, y1)]


@pytest.mark.parametrize("mode", COMBINED)
@pytest.mark.parametrize("tool", TOOLS)
def test_selects_what_numpy_finds(opened: OpenMap, tool: str, mode: str) -> None:
    random = np.random.default_rng([len(tool), len(mode)])
    cloud = random_cloud(random, 2)
    before = np.flatnonzero(random.random(len(cloud)) < 0.4)
    prepare(opened, cloud, before, tool, mode)
    left, top, width, height = map_box(opened.page)
    x_start, x_end, y_start, y_end = ranges(opened.page)
    low, high = np.array([x_start, y_end]), np.array([x_end, y_start])
    pixels = (cloud - low) / (high - low) * (width, height)
    path, inside = random_path(random, tool, pixels, (width, height))
    opened.selections.clear()
    opened.page.mouse.move(left + path[0][0], top + path[0][1])
    opened.page.mouse.down()
    for x, y in path[1:]:
        opened.page.mouse.move(left + x, top + y)
    opened.page.mouse.up()
    expected = COMBINED[mode](mask(before, len(cloud)), inside)
    sure = ~unsure(pixels, outline(tool, path))

    def known() -> NDArray[np.bool_]:
        return mask(opened.selections[-1] if opened.selections else before, len(cloud))

    opened.wait(lambda: (known() == expected)[sure].all())
