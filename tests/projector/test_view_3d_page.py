"""The map in its page: what crosses the wire, other sizes, taken away, several, and dark mode."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import panel as pn
import panel_material_ui as pmui
import pytest
from playwright.sync_api import Page, expect

from clustering_app.projector.camera import Camera
from clustering_app.projector.colours import colouring
from clustering_app.projector.view_3d import MapView3D
from tests.projector.open_map import HEIGHT, WIDTH, OpenMap, browser_page, open_map

LINE = np.float32([(-4, 0), (0, 0), (4, 0)])
NO_WEBGL = """
const {getContext} = HTMLCanvasElement.prototype
HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
  return kind === "webgl2" ? null : getContext.call(this, kind, ...rest)
}
"""
SLOW_FRAMES = """
const {requestAnimationFrame} = window
window.requestAnimationFrame = (draw) => setTimeout(() => requestAnimationFrame(draw), 400)
"""
EVERYTHING = ((1.0, 1.0), (WIDTH - 1.0, HEIGHT - 1.0))


@pytest.fixture
def page() -> Iterator[Page]:
    with browser_page() as page:
        yield page


def paper(page: Page) -> str:
    """The colour behind the points, as the overlay's owner has it."""
    return str(
        page.locator(".cloud").evaluate("(cloud) => getComputedStyle(cloud).backgroundColor")
    )


def test_nothing_of_a_point_crosses_as_text(page: Page) -> None:
    """16 bytes a point go down, a bit a point comes up, and nothing while nothing happens."""
    count = 40_000
    received: list[int] = []
    sent: list[int] = []
    network = page.context.new_cdp_session(page)
    network.send("Network.enable")
    network.on("Network.webSocketFrameReceived", lambda event: received.append(size(event)))
    network.on("Network.webSocketFrameSent", lambda event: sent.append(size(event)))
    with open_map(page) as opened:
        opened.settled()
        page_bytes = sum(received)
        opened.show(np.random.default_rng(0).standard_normal((count, 3)))
        assert 16 * count < sum(received) - page_bytes < 17 * count
        opened.take("box")
        sent.clear()
        opened.selection(lambda: opened.drag(*EVERYTHING))
        said = -1
        while said != len(sent):  # what the pointer left behind comes a moment later
            said = len(sent)
            page.wait_for_timeout(400)
        assert count / 8 < sum(sent) < count / 8 + 3000
        sent.clear()
        page.wait_for_timeout(400)
        assert sent == []
    network.detach()


def size(event: dict[str, Any]) -> int:
    """Bytes of a websocket frame; binary ones are told in base64."""
    frame = event["response"]
    length = len(frame["payloadData"])
    return length * 3 // 4 if frame["opcode"] == 2 else length


def put_into(column: pn.Column) -> Callable[[MapView3D], pn.Column]:
    """Makes a page of the column, with the map in it."""

    def build(view: MapView3D) -> pn.Column:
        column.append(view.pane())
        return column

    return build


def test_fits_again_when_its_place_changes(page: Page) -> None:
    column = pn.Column(width=WIDTH, height=HEIGHT, margin=0)
    with open_map(page, put_into(column)) as opened:
        opened.show(LINE)
        assert fitted_span(opened) == pytest.approx(8 * 1.1 * HEIGHT / WIDTH)
        opened.do(lambda: column.param.update(width=400))
        opened.wait(lambda: fitted_span(opened) == pytest.approx(8 * 1.1))


def fitted_span(opened: OpenMap) -> float:
    assert opened.view.camera is not None
    return opened.view.camera.span


def test_a_browser_that_draws_slowly_tells_how_it_fitted(page: Page) -> None:
    """No frame is drawn before the map is at rest."""
    page.add_init_script(SLOW_FRAMES)
    with open_map(page) as opened:
        opened.show(LINE)
        opened.look(Camera(target=(0, 0, 0), yaw=0, pitch=0, span=3))
        page.locator(".cloud").press("0")
        opened.wait(lambda: fitted_span(opened) == pytest.approx(8 * 1.1 * HEIGHT / WIDTH))


def test_a_map_that_is_not_drawn_in_its_new_size_yet_is_pointed_at(page: Page) -> None:
    page.add_init_script(SLOW_FRAMES)
    column = pn.Column(width=WIDTH, height=HEIGHT, margin=0)
    with open_map(page, put_into(column)) as opened:
        opened.show(LINE)
        opened.look(Camera(target=(0, 0, 0), yaw=0, pitch=0, span=3))
        opened.do(lambda: column.param.update(width=400))
        opened.wait(lambda: page.locator(".cloud").bounding_box()["width"] == 400)  # type: ignore[index]
        opened.tap(200, 300)
        opened.settled()


def test_gives_its_context_back_and_is_drawn_again(page: Page) -> None:
    """A browser keeps sixteen contexts, and says so on the console when one more is made."""
    column = pn.Column(width=WIDTH, height=HEIGHT, margin=0)
    with open_map(page, put_into(column)) as opened:
        opened.show(LINE)
        opened.take("box")
        pane = opened.view.pane()
        for _ in range(18):
            opened.do(column.clear)
            page.wait_for_selector(".cloud", state="detached")
            opened.do(lambda: column.append(pane))
            page.wait_for_selector(".cloud > canvas + canvas", state="attached")
        chosen = opened.selection(lambda: opened.drag(*EVERYTHING))
        assert chosen.tolist() == [0, 1, 2]


def test_a_map_shown_after_its_page_was_hidden(page: Page) -> None:
    """As in a tab that is not open: no size, so nothing is drawn until there is one."""
    column = pn.Column(width=WIDTH, height=HEIGHT, margin=0, visible=False)

    def build(view: MapView3D) -> pn.Column:
        placed = put_into(column)(view)
        view.show(LINE, colouring([1, 2, 3]))
        return placed

    with open_map(page, build, shown=False) as opened:
        opened.do(lambda: column.param.update(visible=True))
        opened.wait(lambda: opened.in_view)
        assert set(opened.in_view) == {3}, "told again when the place changes"


def test_says_what_to_do_where_there_is_no_webgl(page: Page) -> None:
    other = page.context.browser.new_page()  # type: ignore[union-attr]
    other.add_init_script(NO_WEBGL)
    with open_map(other) as opened:
        opened.do(lambda: opened.view.show(LINE, colouring([1, 2, 3])))
        expect(other.locator(".cloud")).to_contain_text("Switch on its hardware acceleration")
        other.mouse.move(300, 300)
        other.mouse.wheel(0, 100)
        other.locator(".cloud").press("0")
        opened.settled()
    other.close()


def test_a_screen_of_twice_as_many_pixels(page: Page) -> None:
    other = page.context.browser.new_page(device_scale_factor=2)  # type: ignore[union-attr]
    with open_map(other) as opened:
        opened.show(LINE)
        opened.take("box")
        opened.do(lambda: opened.view.set_front_only(True))
        opened.settled()
        chosen = opened.selection(lambda: opened.drag((300, 200), (790, 400)))
        assert chosen.tolist() == [1, 2]
        drawn = other.locator(".cloud > canvas").first.evaluate(
            "canvas => [canvas.width, canvas.height]"
        )
        assert drawn == [2 * WIDTH, 2 * HEIGHT]
    other.close()


def test_dark_mode_of_the_page(page: Page) -> None:
    def build(view: MapView3D) -> pmui.Page:
        return pmui.Page(main=[pn.Column(view.pane(), height=HEIGHT)], theme_toggle=True)

    with open_map(page, build) as opened:
        opened.show(LINE)
        light = paper(page)
        page.get_by_label("Toggle theme").click()
        opened.wait(lambda: paper(page) != light)
        assert light == "rgb(255, 255, 255)"
        dark = [int(part) for part in paper(page)[4:-1].split(",")]
        assert max(dark) < 80
