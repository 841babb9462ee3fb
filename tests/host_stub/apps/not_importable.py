"""An app that cannot be imported."""

raise ImportError("its library is missing")
