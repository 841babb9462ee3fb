"""The host's own console, for whoever may write to its data directory: `python -m host_stub`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from host_contract.errors import ContractError
from host_stub.backup import back_up, restore
from host_stub.platform import LocalPlatform
from host_stub.users import Role

program = typer.Typer(
    name="python -m host_stub",
    help="Look after a data directory of the local host.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)

DataDir = Annotated[Path, typer.Option(help="Folder that holds everything of a host.")]


@program.command()
def install(
    folder: Annotated[Path, typer.Argument(help="Holds manifest.json and the app's module.")],
    data_dir: DataDir,
) -> None:
    """Install the app in FOLDER, which must stay where it is. A running server follows."""
    with LocalPlatform(data_dir) as platform:
        name = platform.apps.install(folder)
        found = {app.name: app.error for app in platform.apps.list()}
    typer.echo(f"Installed {name}." if found[name] is None else f"{name} is broken: {found[name]}")


@program.command()
def uninstall(
    name: Annotated[str, typer.Argument(help="Name of an app that was installed by path.")],
    data_dir: DataDir,
) -> None:
    """Forget an app that was installed by path; what it keeps of datasets stays."""
    with LocalPlatform(data_dir) as platform:
        platform.apps.uninstall(name)
    typer.echo(f"Uninstalled {name}.")


@program.command()
def user(
    name: Annotated[str, typer.Argument(help="Letters, digits and _.@-")],
    data_dir: DataDir,
    role: Annotated[Role, typer.Option(help="What the user may do.")] = Role.VIEWER,
    remove: Annotated[bool, typer.Option("--remove", help="Take the access away.")] = False,
) -> None:
    """Make a user, or give one another role; prints the new token, which is kept nowhere."""
    with LocalPlatform(data_dir) as platform:
        if remove:
            platform.users.remove(name)
            typer.echo(f"Removed {name}.")
        else:
            typer.echo(platform.users.add(name, role))


@program.command()
def backup(
    archive: Annotated[Path, typer.Argument(help="A tar file to make.")], data_dir: DataDir
) -> None:
    """Write everything that a host keeps to one file; it may go on serving."""
    with LocalPlatform(data_dir) as platform:
        back_up(platform, archive)
    typer.echo(f"Wrote {archive}.")


@program.command(name="restore")
def restore_backup(
    archive: Annotated[Path, typer.Argument(help="A tar file that backup made.")],
    data_dir: DataDir,
) -> None:
    """Make a new data directory of a backup."""
    restore(archive, data_dir)
    typer.echo(f"Made {data_dir}.")


def main() -> None:
    """Run the command; every expected failure is one line on standard error and exit code 1."""
    try:
        program()
    except ContractError as error:
        typer.echo(f"Error: {error}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
