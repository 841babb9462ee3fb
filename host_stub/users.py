"""Who may do what: users with a role each, known by a token of which only the SHA-256 is kept."""

from __future__ import annotations

import builtins
import hashlib
import re
import secrets
from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import select

from host_contract.errors import InvalidInput, NotAllowed, NotFound
from host_stub.database import Database, UserRow
from host_stub.latest import Latest

LOOK_SECONDS = 0.05
"""After so long at most it is seen that another process changed the users."""
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}")


class Role(StrEnum):
    """What a user may do; each role may all that the one before it may."""

    VIEWER = "viewer"
    EDITOR = "editor"
    OWNER = "owner"

    def covers(self, needed: Role) -> bool:
        """Whether this role may what the other may."""
        order = builtins.list(Role)
        return order.index(self) >= order.index(needed)


@dataclass(frozen=True)
class User:
    """Somebody who uses the host."""

    name: str
    role: Role

    def may(self, needed: Role) -> bool:
        """Whether the user has this role, or a higher one."""
        return self.role.covers(needed)

    def must(self, needed: Role, what: str) -> None:
        """Raise `NotAllowed` unless the user has this role."""
        if not self.may(needed):
            raise NotAllowed(f"{what} needs the role {needed}; {self.name} is {self.role}.")


LOCAL_USER = User("local user", Role.OWNER)
"""Whoever uses a host on loopback that has no users."""

NOBODY = User("nobody", Role.VIEWER)
"""Whoever has not signed in, where nobody needs to."""

current_user: ContextVar[User] = ContextVar("current_user", default=LOCAL_USER)
"""The user of the request or page that is being answered."""


class Users:
    """The users of a host. Without any, it serves on loopback alone, and whoever comes is owner."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._there = Latest[bool](database, every_seconds=LOOK_SECONDS)
        self._known = Latest[User | None](database, every_seconds=LOOK_SECONDS)

    def any(self) -> bool:
        """Whether there are users."""
        return self._there.get("any", self._any)

    def _any(self) -> bool:
        with self._database.session() as session:
            return session.scalars(select(UserRow.name).limit(1)).first() is not None

    def add(self, name: str, role: Role) -> str:
        """Make a user, or give one another role and token; returns the token, told only here.

        Raises:
            InvalidInput: the name has other characters than letters, digits and _.@-
        """
        if not NAME.fullmatch(name):
            raise InvalidInput(f"A user's name has up to 64 letters, digits or _.@-, not {name!r}.")
        token = secrets.token_urlsafe(32)
        with self._database.changing() as session:
            session.merge(UserRow(name=name, role=role.value, token_sha256=_sha256(token)))
        self._forget()
        return token

    def remove(self, name: str) -> None:
        """Take a user's access away, at once; where another process serves, 0.05 s later at most.

        Raises:
            NotFound: there is no such user.
        """
        with self._database.changing() as session:
            row = session.get(UserRow, name)
            if row is None:
                raise NotFound(f"There is no user {name!r}.")
            session.delete(row)
        self._forget()

    def of_token(self, token: str) -> User | None:
        """Whose token it is; None when it is nobody's."""
        sha256 = _sha256(token)
        return self._known.get(sha256, lambda: self._with(sha256))

    def _forget(self) -> None:
        self._there.forget()
        self._known.forget()

    def _with(self, sha256: str) -> User | None:
        wanted = select(UserRow).where(UserRow.token_sha256 == sha256)
        with self._database.session() as session:
            row = session.scalars(wanted).one_or_none()
        return User(row.name, Role(row.role)) if row else None


def _sha256(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
