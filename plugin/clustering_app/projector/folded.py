"""Panels beside the map that stay folded away until they are wanted."""

from __future__ import annotations

import panel as pn
import panel_material_ui as pmui


def folded(title: str, *inside: object) -> pmui.Accordion:
    """One panel, closed, under its title."""
    column = pn.Column(*inside, sizing_mode="stretch_width", margin=0)
    return pmui.Accordion(
        (title, column), active=[], title_variant="body2", disable_gutters=True, elevation=0,
        sizing_mode="stretch_width", margin=0,
    )  # fmt: skip
