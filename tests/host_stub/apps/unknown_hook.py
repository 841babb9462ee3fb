"""An app that implements a hook that no host calls."""

from pathlib import Path

from host_contract.hookspecs import hookimpl


@hookimpl
def manifest_path() -> Path:
    return Path(__file__).with_name("counting.json")


@hookimpl
def items_painted() -> None:
    """Never called."""
