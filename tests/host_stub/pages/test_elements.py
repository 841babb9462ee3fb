"""Nothing that a user wrote can become markup, a script, or a link that leads away."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host_stub.pages.elements import Element, is_own_address, text


@pytest.mark.parametrize("tag", ["script", "iframe", "style", "svg", "object", "form", "x"])
def test_elements_that_could_run_code_do_not_exist(tag):
    with pytest.raises(ValueError, match=tag):
        Element(tag=tag)


@pytest.mark.parametrize("name", ["onclick", "onerror", "style"])
def test_attributes_that_could_run_code_are_refused(name):
    with pytest.raises(ValueError, match=name):
        Element(tag="div", attributes={name: "alert(1)"})


@pytest.mark.parametrize(
    "address",
    ["javascript:alert(1)", "https://example.com/", "//example.com", "/\\example.com", "data:,x"],
)
def test_links_and_pictures_stay_on_this_origin(address):
    for attribute in ("href", "src"):
        with pytest.raises(ValueError, match=attribute):
            Element(tag="a", attributes={attribute: address})


@given(st.text())
def test_an_address_is_our_own_only_from_one_slash_on(address):
    if is_own_address(address):
        assert address[0] == "/"
        assert address[1:2] not in ("/", "\\")


@given(st.text())
def test_text_goes_to_the_browser_as_it_is(content):
    assert text(content).as_json()["text"] == content
