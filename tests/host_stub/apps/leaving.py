"""An app that calls `sys.exit` in every hook, as a check of a licence may."""

import sys
from pathlib import Path

from host_contract.hookspecs import hookimpl


@hookimpl
def manifest_path() -> Path:
    return Path(__file__).with_suffix(".json")


@hookimpl
def startup() -> None:
    sys.exit("startup of leaving")


@hookimpl
def shutdown() -> None:
    sys.exit("shutdown of leaving")


@hookimpl
def dataset_tab() -> object:
    sys.exit("tab of leaving")


@hookimpl
def items_created() -> None:
    sys.exit("items_created of leaving")


@hookimpl
def dataset_deleted() -> None:
    sys.exit("dataset_deleted of leaving")


@hookimpl
def run_function() -> None:
    sys.exit("function of leaving")
