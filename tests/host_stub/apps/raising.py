"""An app that fails whenever it is called."""

from pathlib import Path

from host_contract.hookspecs import hookimpl


@hookimpl
def manifest_path() -> Path:
    return Path(__file__).with_suffix(".json")


@hookimpl
def startup() -> None:
    raise RuntimeError("startup of raising")


@hookimpl
def shutdown() -> None:
    raise RuntimeError("shutdown of raising")


@hookimpl
def dataset_tab() -> object:
    raise RuntimeError("tab of raising")


@hookimpl
def items_created() -> None:
    raise RuntimeError("items_created of raising")


@hookimpl
def dataset_deleted() -> None:
    raise RuntimeError("dataset_deleted of raising")
