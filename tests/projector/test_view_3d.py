"""The map in space in a real browser: mouse, keys, colours, labels, pictures, and what is sent."""

import io
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from fastapi import FastAPI, Response
from numpy.typing import NDArray
from PIL import Image

from clustering_app.projector.camera import Camera
from clustering_app.projector.colours import CATEGORIES, MISSING_COLOUR, NUMBERS, colouring
from clustering_app.projector.view import MapView
from clustering_app.projector.view_3d import MapView3D
from tests.projector.open_map import HEIGHT, WIDTH, OpenMap, browser_page, open_map
from tests.projector.seen_map import seen

SIZE = (WIDTH, HEIGHT)
TRIANGLE = np.array([(0, 0, 0), (2, 0, 0), (0, 2, 0)], np.float32)
FROM_AHEAD = Camera(target=(0, 0, 0), yaw=0, pitch=0, span=6)
LOSE_CONTEXT = """(canvas) => {
  window.canvas = canvas
  canvas.getContext("webgl2").getExtension("WEBGL_lose_context").loseContext()
}"""
asked_pictures: list[int] = []


def application() -> FastAPI:
    """Gives a red picture for every row."""
    app = FastAPI()

    @app.get("/thumbnails/{row}")
    def thumbnail(row: int) -> Response:
        asked_pictures.append(row)
        content = io.BytesIO()
        Image.new("RGB", (40, 20), (255, 0, 0)).save(content, "PNG")
        return Response(content.getvalue(), media_type="image/png")

    return app


@pytest.fixture(scope="module")
def opened() -> Iterator[OpenMap]:
    with browser_page() as page, open_map(page, app=application()) as opened:
        yield opened


def seen_pixels(opened: OpenMap) -> NDArray[np.uint8]:
    """(HEIGHT, WIDTH, 3) what the user sees."""
    left, top = opened.corner()
    shot = opened.page.screenshot(clip={"x": left, "y": top, "width": WIDTH, "height": HEIGHT})
    return np.asarray(Image.open(io.BytesIO(shot)).convert("RGB"))


def colour_at(opened: OpenMap, x: float, y: float) -> str:
    """What is seen at a pixel: the palette's nearest colour, or white, or #rrggbb if none is near.

    On its way to a screenshot a colour may shift by some steps of 255.
    """
    seen_colour = seen_pixels(opened)[round(y), round(x)].astype(int)
    for known in ("#ffffff", "#ff0000", "#102030", MISSING_COLOUR, *CATEGORIES, *NUMBERS):
        colour = [int(known[at : at + 2], 16) for at in (1, 3, 5)]
        if np.abs(seen_colour - colour).max() <= 12:
            return known
    red, green, blue = seen_colour
    return f"#{red:02x}{green:02x}{blue:02x}"


def inked(opened: OpenMap) -> int:
    """Number of pixels that are not paper."""
    pixels = seen_pixels(opened).astype(int)
    return int((np.abs(pixels - pixels[2, 2]).sum(axis=2) > 30).sum())


def place(opened: OpenMap, row: int, coordinates: NDArray[np.float32] = TRIANGLE) -> Any:
    """Where a point is, in pixels."""
    assert opened.view.camera is not None
    return seen(coordinates, opened.view.camera, SIZE)[0][row]


@pytest.fixture
def triangle(opened: OpenMap) -> OpenMap:
    """Three points seen from ahead, all of one colour."""
    opened.show(TRIANGLE)
    opened.take("orbit")
    opened.look(FROM_AHEAD)
    return opened


def test_it_is_a_map_view() -> None:
    view: MapView = MapView3D()
    assert isinstance(view, MapView3D)


@pytest.mark.parametrize("dimensions", [2, 3])
def test_fits_every_point(opened: OpenMap, dimensions: int) -> None:
    cloud = np.random.default_rng(0).standard_normal((300, dimensions)) * 50 + 1000
    opened.show(cloud)
    camera = opened.view.camera
    assert camera is not None
    pixels, _ = seen(np.float32(cloud), camera, SIZE)
    assert ((pixels >= 0) & (pixels <= SIZE)).all()
    assert np.ptp(pixels, axis=0).max() > 300, "they fill the map"
    opened.wait(lambda: opened.in_view[-1:] == [300])


def test_nothing_and_one_point_and_what_is_no_number(opened: OpenMap) -> None:
    opened.show(np.array([(np.nan, 0, 0), (3, 4, 5), (np.inf, 0, 0)]))
    camera = opened.view.camera
    assert camera is not None
    assert camera.target == (3, 4, 5)
    opened.take("box")
    chosen = opened.selection(lambda: opened.drag((1, 1), (799, 599)))
    assert chosen.tolist() == [1]
    nothing = np.empty((0, 3), np.float32)
    opened.do(lambda: opened.view.show(nothing, colouring([])))
    opened.wait(lambda: inked(opened) == 0)


def test_dragging_orbits(triangle: OpenMap) -> None:
    camera = triangle.acted(lambda: triangle.drag((400, 300), (450, 300), (500, 350)))
    assert camera.yaw == pytest.approx(100 * np.pi / 500)
    assert camera.pitch == pytest.approx(50 * np.pi / 500)
    assert camera.target == FROM_AHEAD.target
    assert camera.span == FROM_AHEAD.span


@pytest.mark.parametrize(
    "how", [{"button": "right"}, {"keys": ("Control",)}], ids=["right", "control"]
)
def test_dragging_otherwise_moves(triangle: OpenMap, how: dict[str, Any]) -> None:
    before = place(triangle, 1)
    triangle.acted(lambda: triangle.drag((400, 300), (420, 300), (460, 270), **how))
    assert place(triangle, 1) == pytest.approx(before + np.array([60, -30]))


def test_dragging_moves_in_the_plane(opened: OpenMap) -> None:
    plane = np.float32([(0, 0), (3, 1)])
    opened.take("orbit")
    opened.show(plane)
    before = place(opened, 1, plane)
    camera = opened.acted(lambda: opened.drag((400, 300), (410, 300), (430, 320)))
    assert place(opened, 1, plane) == pytest.approx(before + np.array([30, 20]))
    assert (camera.yaw, camera.pitch) == (0, 0)


@pytest.mark.parametrize("dimensions", [2, 3])
def test_the_wheel_zooms_to_the_pointer(opened: OpenMap, dimensions: int) -> None:
    """What lies under the pointer, in space at the target's depth, stays there."""
    triangle = TRIANGLE[:, :dimensions]
    opened.show(triangle)
    opened.look(FROM_AHEAD)
    x, y = place(opened, 1, triangle)
    left, top = opened.corner()
    opened.page.mouse.move(left + round(x), top + round(y))
    camera = opened.acted(lambda: opened.page.mouse.wheel(0, -200))
    assert camera.span == pytest.approx(FROM_AHEAD.span * np.exp(-0.4))
    assert place(opened, 1, triangle) == pytest.approx((x, y), abs=1)


def test_keys_turn_zoom_and_fit(triangle: OpenMap) -> None:
    keyboard = triangle.page.keyboard
    fitted = triangle.acted(lambda: triangle.page.locator(".cloud").press("0"))
    assert fitted.span < FROM_AHEAD.span
    turned = triangle.acted(lambda: keyboard.press("ArrowRight"))
    assert turned.yaw == pytest.approx(fitted.yaw + np.pi / 36)
    tilted = triangle.acted(lambda: keyboard.press("ArrowUp"))
    assert tilted.pitch == pytest.approx(fitted.pitch - np.pi / 36)
    nearer = triangle.acted(lambda: keyboard.press("+"))
    assert nearer.span == pytest.approx(fitted.span / 1.2)
    assert triangle.acted(lambda: keyboard.press("-")).span == pytest.approx(fitted.span)
    assert triangle.acted(lambda: keyboard.press("0")) == fitted


def test_a_double_click_and_python_fit(triangle: OpenMap) -> None:
    left, top = triangle.corner()
    fitted = triangle.acted(lambda: triangle.page.mouse.dblclick(left + 20, top + 20))
    assert fitted != FROM_AHEAD
    triangle.look(FROM_AHEAD)
    assert triangle.acted(lambda: triangle.do(triangle.view.fit)) == fitted


def test_hover_tells_row_and_pixel_once(triangle: OpenMap) -> None:
    triangle.hovers.clear()
    left, top = triangle.corner()
    x, y = place(triangle, 1).round()
    triangle.page.mouse.move(left + 30, top + 30)
    triangle.page.mouse.move(left + x, top + y)
    triangle.wait(lambda: triangle.hovers)
    triangle.page.mouse.move(left + x + 1, top + y)
    triangle.page.wait_for_timeout(100)
    triangle.page.mouse.move(left + 30, top + 30)
    triangle.wait(lambda: len(triangle.hovers) > 1)
    assert triangle.hovers == [(1, x, y), (None, 30, 30)]


def test_colours_are_those_of_the_legend(opened: OpenMap) -> None:
    cloud = np.float32([(-1, 0), (0, 0), (1, 0), (2, 0)])
    opened.show(cloud, colouring(["a", "a", "b", "c"]))
    middles = [place(opened, row, cloud) for row in range(4)]
    expected = [CATEGORIES[0], CATEGORIES[0], CATEGORIES[1], CATEGORIES[2]]
    assert [colour_at(opened, *middle) for middle in middles] == expected
    numbers = colouring([0.0, 1.0, None, 0.34])
    opened.do(lambda: opened.view.recolour(numbers))
    expected = [numbers.palette[0], numbers.palette[-1], MISSING_COLOUR, numbers.palette[3]]
    opened.wait(lambda: [colour_at(opened, *middle) for middle in middles] == expected)


def test_the_nearest_point_is_drawn_over_the_others(opened: OpenMap) -> None:
    """Whatever the order of the rows; and the chosen ones over all."""
    opened.show(np.array([(0, 0, 1), (0, 0, 0), (0, 0, -1)]), colouring(["a", "b", "c"]))
    opened.look(FROM_AHEAD)
    assert colour_at(opened, 400, 300) == CATEGORIES[0]
    opened.do(lambda: opened.view.select(np.array([2])))
    opened.wait(lambda: colour_at(opened, 400, 300) == CATEGORIES[2])


def test_hidden_points_are_neither_drawn_nor_met(triangle: OpenMap) -> None:
    x, y = place(triangle, 1)
    assert colour_at(triangle, x, y) == CATEGORIES[0]
    triangle.do(lambda: triangle.view.set_visible(np.array([0, 2])))
    triangle.wait(lambda: colour_at(triangle, x, y) == "#ffffff")
    triangle.take("box")
    assert triangle.selection(lambda: triangle.drag((1, 1), (799, 599))).tolist() == [0, 2]
    triangle.wait(lambda: triangle.in_view[-1] == 2)
    triangle.do(lambda: triangle.view.set_visible(None))
    triangle.settled()
    assert triangle.selection(lambda: triangle.drag((1, 1), (799, 599))).tolist() == [0, 1, 2]


def test_labels_stand_beside_their_points_and_cover_none(triangle: OpenMap) -> None:
    bare = inked(triangle)
    triangle.do(lambda: triangle.view.label(np.array([1]), ["שלום <b>мир</b>"]))
    triangle.wait(lambda: inked(triangle) > bare + 100)
    x, y = place(triangle, 1).astype(int)
    pixels = seen_pixels(triangle).astype(int)
    assert (pixels[y - 8 : y + 8, x + 7 : x + 80] < 128).all(axis=2).sum() > 60
    one = inked(triangle)
    triangle.do(lambda: triangle.view.label(np.array([1, 1, 1]), ["שלום <b>мир</b>"] * 3))
    triangle.settled()
    assert abs(inked(triangle) - one) < 60, "the second would add some hundred"
    triangle.do(lambda: triangle.view.label(np.array([], int), []))
    triangle.wait(lambda: inked(triangle) == bare)


def test_thumbnails_stand_for_the_points_in_view(triangle: OpenMap) -> None:
    x, y = place(triangle, 1)
    paths = {0: "/thumbnails/0", 1: "/thumbnails/1", 2: "https://elsewhere.example/2"}
    triangle.do(lambda: triangle.view.show_thumbnails(paths.__getitem__))
    triangle.wait(lambda: colour_at(triangle, x - 15, y) == "#ff0000")
    triangle.wait(lambda: len(asked_pictures) > 1)  # one may be drawn before the other is asked for
    assert sorted(asked_pictures) == [0, 1], "each once, and only from this origin"
    triangle.do(lambda: triangle.view.show_thumbnails(None))
    triangle.wait(lambda: colour_at(triangle, x - 15, y) == "#ffffff")


@pytest.mark.parametrize("dimensions", [2, 3])
def test_of_many_points_the_nearest_are_pictures(opened: OpenMap, dimensions: int) -> None:
    cloud = np.random.default_rng(1).uniform(-1, 1, (1000, dimensions)).astype(np.float32)
    opened.show(cloud)
    opened.look(Camera(target=(0, 0, 0), yaw=0, pitch=0, span=9))
    asked: list[int] = []

    def address(row: int) -> None:
        asked.append(row)

    opened.do(lambda: opened.view.show_thumbnails(address))
    opened.wait(lambda: len(asked) >= 400)
    away = -cloud[:, 2] if dimensions == 3 else np.hypot(*cloud.T)
    assert sorted(asked) == sorted(np.argsort(away)[:400].tolist())
    opened.do(lambda: opened.view.show_thumbnails(None))


def test_the_page_s_dark_colours_are_taken(triangle: OpenMap) -> None:
    style = "document.documentElement.style.setProperty('--mui-palette-background-paper', '%s')"
    triangle.page.evaluate(style % "#102030")
    triangle.wait(lambda: colour_at(triangle, 20, 20) == "#102030")
    triangle.page.evaluate(style % "#ffffff")
    triangle.wait(lambda: colour_at(triangle, 20, 20) == "#ffffff")


def test_a_lost_context_is_replaced(triangle: OpenMap) -> None:
    x, y = place(triangle, 1)
    canvas = triangle.page.locator(".cloud > canvas").first
    canvas.evaluate(LOSE_CONTEXT)
    triangle.page.wait_for_function("() => !window.canvas.isConnected")
    triangle.wait(lambda: triangle.page.locator(".cloud > canvas").count() == 2)
    triangle.wait(lambda: colour_at(triangle, x, y) == CATEGORIES[0])
    assert triangle.view.camera == FROM_AHEAD


def test_what_the_browser_sends_is_not_trusted(triangle: OpenMap) -> None:
    told = len(triangle.hovers), len(triangle.in_view)
    heard = triangle.view.pane()._handle_msg
    for message in (None, [], "row", {"row": "1"}, {"row": 1}, {"row": [], "x": 1, "y": 1}):
        heard(message)
    assert (len(triangle.hovers), len(triangle.in_view)) == told
    heard({"row": 10**9, "x": 1.0, "y": 2.0})
    assert triangle.hovers[-1] == (None, 1.0, 2.0)
    heard({"in_view": 10**9, "drawing": -1})
    assert len(triangle.in_view) == told[1]
    drawing = triangle.view.pane().drawing
    heard({"in_view": 10**9, "drawing": drawing, "thumbnails": [5, "x", -1]})
    assert triangle.in_view[-1] == 3


@pytest.mark.parametrize("wrong", [{}, {"target": [1, 2], "yaw": 0, "pitch": 0, "span": 1}])
def test_a_camera_that_is_none_is_not_taken(wrong: dict[str, Any]) -> None:
    view = MapView3D()
    view.pane().camera = wrong
    assert view.camera is None
    with pytest.raises(ValueError, match="span above 0"):
        Camera(target=(0, 0, 0), yaw=0, pitch=0, span=0)
