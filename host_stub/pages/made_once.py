"""What is the same in all pages is made once, where Panel and Bokeh make it for each.

Of the 100 ms of processor time that an empty page took, 65 went into the list of scripts and styles
(a look at the disk for each kind of component that there is), and of the 20 that writing it down
took, nearly all into the definitions of these kinds.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any
from weakref import WeakKeyDictionary

import panel as pn
import panel.io.server
from bokeh.core.has_props import MetaHasProps
from bokeh.core.serialization import Serializer
from bokeh.core.types import ID
from bokeh.model import Model
from panel.io.resources import Bundle, bundle_resources

_write_definition = Serializer._encoders[MetaHasProps]


def make_once() -> None:
    """Mend Panel and Bokeh in this process; calling it again changes nothing."""
    panel.io.server.bundle_resources = _scripts_and_styles
    Serializer._encoders[MetaHasProps] = _definition


_bundles: dict[Hashable, Bundle] = {}
_definitions: WeakKeyDictionary[Any, Any] = WeakKeyDictionary()


def _scripts_and_styles(roots: Any, resources: Any, **options: Any) -> Bundle:
    """What `bundle_resources` gave before, unless a module came with further components since."""
    if options:
        return bundle_resources(roots, resources, **options)
    known = len(Model.model_class_reverse_map), tuple(pn.extension._loaded_extensions)
    key = (resources.mode, resources.root_url, pn.state.rel_path, pn.state.base_url, *known)
    if key not in _bundles:
        _bundles[key] = bundle_resources(roots, resources)
    return _bundles[key]


def _definition(kind: Any, serializer: Serializer) -> Any:
    """What Bokeh writes down of a kind of model; as it was, if that is whole by itself."""
    if kind in _definitions:
        serializer.add_ref(kind, {"id": ID(kind.__qualified_model__)})
        return _definitions[kind]
    buffers = len(serializer.buffers)
    written = _write_definition(kind, serializer)
    if "extends" not in written and len(serializer.buffers) == buffers:
        _definitions[kind] = written
    return written
