"""An app that was written for another version of the contract."""

from pathlib import Path

from host_contract.hookspecs import hookimpl


@hookimpl
def manifest_path() -> Path:
    return Path(__file__).with_suffix(".json")
