"""What all pages share: title bar, colours, favicon, and a page for what went wrong."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import panel as pn
import panel_material_ui as pmui
import param

from host_stub.pages.elements import Element, Elements, box, icon, text

PLATFORM_NAME = "Dataset Browser"
FAVICON = Path(__file__).parent / "favicon.svg"

THEME = {
    "light": {
        "palette": {
            "primary": {"main": "#1d5fbf"},
            "background": {"default": "#f6f7f9", "paper": "#ffffff"},
        }
    },
    "dark": {
        "palette": {
            "primary": {"main": "#7fb0ff"},
            "background": {"default": "#14161a", "paper": "#1b1e23"},
        }
    },
}

TITLE_BAR = "#1b5299"
"""Colour of the title bar, light and dark alike."""

ON_TITLE_BAR = {"color": "#fff", "textTransform": "none"}
"""Style of a button in the title bar."""

MENU_THEME = {
    mode: {
        "palette": {
            "background": {"paper": colours["palette"]["background"]["paper"]},
            "text": {"primary": text_colour},
        }
    }
    for (mode, colours), text_colour in zip(THEME.items(), ("#1b1e23", "#ffffff"), strict=True)
}
"""Colours of a menu that opens from the title bar; without them it would take the bar's own."""


def page(main: object, *, title: str = PLATFORM_NAME, header: Sequence[object] = ()) -> pmui.Page:
    """A whole page. The title may hold text from users: the browser gets it as text.

    The page's meta tags are not escaped by panel-material-ui, so they never see that title.
    """
    made = pmui.Page(
        title=title,
        meta_title=PLATFORM_NAME,
        meta_name=PLATFORM_NAME,
        favicon=FAVICON,
        header=list(header),
        main=[main],
        theme_config=THEME,
        theme_toggle=True,
        busy_indicator=None,
        sx={
            "& .MuiAppBar-root": {"backgroundColor": TITLE_BAR, "color": "#fff"},
            # In a narrow window the title is cut short, and nothing beside it.
            "& .title": {"whiteSpace": "nowrap", "overflow": "hidden", "textOverflow": "ellipsis"},
            "& .MuiToolbar-root :has(.title)": {"minWidth": 0},
            "& .MuiToolbar-root > :not(:has(.title))": {"flexShrink": 0},
        },
    )
    # It follows whether any page of the process is busy: each event of each page would be told to
    # all pages ever made, which Panel keeps for that; and one that is just being made fails then,
    # so that the click that made another page busy is lost. Now it follows nothing but itself.
    with param.edit_constant(made):
        made.busy = made.param.loading
    return made


def main_column(*parts: object) -> pn.Column:
    """The parts of a page below each other, in the middle and no wider than can be read."""
    return pn.Column(
        *parts,
        sizing_mode="stretch_width",
        styles={
            "max-width": "1288px",
            "width": "100%",
            "margin": "0 auto",
            "padding": "8px 24px 32px",
        },
    )


def bar_link(label: str, icon: str, address: str) -> pmui.Button:
    """A link in the title bar."""
    return pmui.Button(
        label=label,
        icon=icon,
        href=address,
        variant="text",
        align="center",
        margin=(0, 10),
        sx=ON_TITLE_BAR,
    )


def to_datasets() -> pmui.Button:
    """The link in the title bar that leads back."""
    return bar_link("Datasets", "arrow_back", "/")


def message(
    icon_name: str, title: str, body: str, *more: Element, style: str = "message"
) -> Element:
    """A card in the middle that says what is, and what to do next."""
    return box(
        style,
        icon(icon_name, "message-icon"),
        text(title, "message-title", "h2"),
        text(body, "message-text", "p"),
        *more,
    )


def back_to_datasets() -> Element:
    """A link to the page of all datasets."""
    return Element(tag="a", text="Back to datasets", style="link", attributes={"href": "/"})


def error_page(title: str, body: str) -> pmui.Page:
    """A page that says what went wrong and leads back."""
    return page(pn.Column(Elements(message("error_outline", title, body, back_to_datasets()))))
