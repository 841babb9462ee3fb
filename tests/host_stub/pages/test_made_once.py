"""What is made once is what would be made for each page."""

import json

import httpx
import panel as pn
import param
from bokeh.core.serialization import Serializer
from bokeh.document import Document
from fastapi import FastAPI
from panel.custom import JSComponent
from panel.io.fastapi import add_applications

from host_stub.pages.made_once import make_once
from tests.host_stub.pages.served_pages import running


def kind_of(name: str) -> type[JSComponent]:
    """A new kind of component."""
    return type(name, (JSComponent,), {"value": param.List(["a"]), "_esm": "export {}"})


def written_down() -> dict[str, object]:
    """The definitions that a page gets, by name."""
    content = json.loads(json.dumps(Document().to_json().content["defs"]))
    return {one["name"]: one for one in content}


def test_definitions_are_those_that_bokeh_writes() -> None:
    kind_of("Earlier")
    theirs = written_down()
    make_once()
    assert written_down() == theirs
    assert written_down() == theirs


def test_a_kind_that_comes_later_is_defined_too() -> None:
    make_once()
    before = set(written_down())
    made = kind_of("Later")
    assert {name.partition(".")[0] for name in set(written_down()) - before} == {"Later1"}
    again = Serializer()
    data_model = made._data_model
    assert again.encode([data_model, data_model])[1] == {"id": data_model.__qualified_model__}


def test_pages_at_other_depths_find_their_scripts() -> None:
    make_once()
    app = FastAPI()
    pages = {"/": lambda: pn.pane.Str("a"), "/one/two/{id}": lambda: pn.pane.Str("b")}
    add_applications(pages, app=app)
    with running(app) as origin:
        for path in ("/", "/one/two/3", "/", "/one/two/3"):
            page = httpx.get(origin + path, timeout=60).raise_for_status()
            script = page.text.partition('src="')[2].partition('"')[0]
            found = httpx.get(page.url.join(script), timeout=60)
            assert found.status_code == 200, script
            assert "javascript" in found.headers["content-type"]
