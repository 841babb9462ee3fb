"""In a narrow window nothing lies beside it: no page is scrolled sideways."""

from collections.abc import Iterator

import pytest

from host_contract.entities import Dataset
from host_stub.app import create_app
from host_stub.platform import LocalPlatform
from tests.host_stub.pages.conftest import Served, made_dataset
from tests.host_stub.pages.served_pages import running

WIDTHS = """() => {
  const wide = [];
  const look = (root) => root.querySelectorAll("*").forEach((element) => {
    const scrolls = ["auto", "scroll"].includes(getComputedStyle(element).overflowX);
    if (scrolls && element.scrollWidth > element.clientWidth) wide.push(element.className);
    if (element.shadowRoot) look(element.shadowRoot);
  });
  look(document);
  return {page: document.documentElement.scrollWidth, window: innerWidth, wide};
}"""
"""How wide the page is, and which of its parts can be scrolled sideways, in shadow trees too."""


@pytest.fixture(scope="module")
def signs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, Dataset]]:
    """A platform of its own, since an execution is seen on all pages."""
    data_dir = tmp_path_factory.mktemp("data")
    with (
        LocalPlatform(data_dir, modules=["counting"]) as platform,
        running(create_app(platform)) as origin,
        made_dataset(served := Served(origin, platform)) as dataset,
    ):
        platform.run("counting", "count_dataset", {"dataset": dataset.id})
        yield served, dataset


@pytest.fixture
def narrow_page(chromium):
    page = chromium.new_page()
    page.set_viewport_size({"width": 700, "height": 800})
    yield page
    page.close()


@pytest.mark.parametrize(
    ("path", "ready"),
    [("/", "signs <img"), ("/executions", "Count dataset ·"), ("/apps", "Counting 1.0.0")],
)
def test_page_is_no_wider_than_its_window(narrow_page, signs, path: str, ready: str) -> None:
    served, _ = signs
    narrow_page.goto(served.origin + path)
    narrow_page.get_by_text(ready).first.wait_for()
    found = narrow_page.evaluate(WIDTHS)
    assert found == {"page": 700, "window": 700, "wide": []}


def test_data_tab_is_no_wider_than_its_window(narrow_page, signs) -> None:
    served, dataset = signs
    narrow_page.goto(f"{served.origin}/datasets/{dataset.id}")
    narrow_page.get_by_text("sign-00.png").first.wait_for()
    found = narrow_page.evaluate(WIDTHS)
    assert found == {"page": 700, "window": 700, "wide": []}
