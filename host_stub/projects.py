"""Projects: what groups the datasets."""

from __future__ import annotations

import builtins

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from host_contract.entities import Project
from host_contract.errors import InvalidInput, NotFound
from host_stub.database import (
    ClientFeatureSetRow,
    Database,
    DatasetRow,
    ProjectRow,
    made_with,
    new_id,
)

DEFAULT_PROJECT = "default"
"""Where datasets go that name no project; made when it is first wanted."""


class Projects:
    """All projects. Safe to use from any thread."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def list(self) -> builtins.list[Project]:
        """All projects; the default one at least."""
        with self._database.changing() as session:
            default_project(session)
            rows = session.scalars(select(ProjectRow).order_by(ProjectRow.id))
            return [_project(row) for row in rows]

    def get(self, project_id: str) -> Project:
        """One project. Raises `NotFound`."""
        with self._database.changing() as session:
            return _project(_row(session, project_id))

    def create(self, name: str, *, key: str | None = None) -> Project:
        """Make a project; asked again with a key, give what the first call made.

        Raises:
            InvalidInput: the name has no visible character.
        """
        name = checked_name("project", name)
        with self._database.changing() as session:
            if (made := made_with(session, ProjectRow, key)) is not None:
                return _project(made)
            row = ProjectRow(id=new_id(), creation_key=key, name=name)
            session.add(row)
        return _project(row)

    def rename(self, project_id: str, name: str) -> Project:
        """Give a project another name. Raises `NotFound`, or `InvalidInput` as `create` does."""
        name = checked_name("project", name)
        with self._database.changing() as session:
            row = _row(session, project_id)
            row.name = name
        return _project(row)

    def delete(self, project_id: str) -> None:
        """Delete a project that holds nothing.

        Raises:
            NotFound: there is no such project.
            InvalidInput: it is the default one, or holds datasets, or feature sets of clients.
        """
        with self._database.changing() as session:
            row = _row(session, project_id)
            if project_id == DEFAULT_PROJECT:
                raise InvalidInput("The default project stays: datasets without another are in it.")
            for what, table in (("dataset", DatasetRow), ("feature set", ClientFeatureSetRow)):
                wanted = select(func.count()).where(table.project_id == project_id)
                if count := session.scalar(wanted):
                    held = f"{count:,} {what}{'s' if count > 1 else ''}"
                    raise InvalidInput(f"Project {row.name!r} holds {held}: delete them first.")
            session.delete(row)


def default_project(session: Session) -> str:
    """Id of the default project, which is there from now on."""
    if session.get(ProjectRow, DEFAULT_PROJECT) is None:
        session.add(ProjectRow(id=DEFAULT_PROJECT, name="Default project"))
        session.flush()
    return DEFAULT_PROJECT


def checked_name(what: str, name: str) -> str:
    """A name as it is kept. Raises `InvalidInput` when it has no visible character, or others."""
    if not name.strip() or not name.isprintable():
        raise InvalidInput(f"A {what} needs a name of printable characters, not {name!r}.")
    return name.strip()


def _row(session: Session, project_id: str) -> ProjectRow:
    default_project(session)
    row = session.get(ProjectRow, project_id)
    if row is None:
        raise NotFound(f"There is no project {project_id!r}.")
    return row


def _project(row: ProjectRow) -> Project:
    return Project(id=row.id, name=row.name)
