"""What either side may raise at the other, grouped by what the one who catches would do.

    ContractError
    ├── NotFound          the thing named does not exist (any more): look again or give up
    ├── InvalidInput      the caller sent something wrong: mend it, a retry will not help
    │   ├── InvalidQuery
    │   └── InvalidManifest
    ├── ItemUnreadable    one item's bytes cannot be had: report it by name and go on
    │   └── ItemGone      they are no longer there: do not wait for them
    ├── NotSupported      this host cannot do that: say so where the user would look for it
    ├── NotAllowed        this user may not do that: say so, and do not offer it again
    ├── WorkerLost        workers died of one part of the work: end, keep what is committed
    └── Cancelled         the user stopped the execution: end quietly, keep what is committed

Every error has a stable `code` and a message of one line that a user may read. They pickle, since
they cross process boundaries.
"""

from __future__ import annotations

from typing import ClassVar


class ContractError(Exception):
    """Base of all errors of the contract."""

    code: ClassVar[str] = "contract_error"


class NotFound(ContractError, LookupError):
    """The project, dataset, item, execution or function does not exist."""

    code = "not_found"


class InvalidInput(ContractError, ValueError):
    """The caller sent something that can never work."""

    code = "invalid_input"


class InvalidQuery(InvalidInput):
    """An item query that does not follow the query language; names the field or operator."""

    code = "invalid_query"


class InvalidManifest(InvalidInput):
    """A manifest that a host must refuse; names the field and the reason."""

    code = "invalid_manifest"


class ItemUnreadable(ContractError, OSError):
    """The bytes of one item cannot be had."""

    code = "item_unreadable"


class ItemGone(ItemUnreadable):
    """The bytes of one item are no longer there, while those of others are."""

    code = "item_gone"


class NotSupported(ContractError):
    """This host does not offer what was asked."""

    code = "not_supported"


class NotAllowed(ContractError, PermissionError):
    """The user's role is not enough."""

    code = "not_allowed"


class WorkerLost(ContractError):
    """A part of an execution was given up: workers died of it, or held too much memory."""

    code = "worker_lost"


class Cancelled(ContractError):
    """The user cancelled the execution."""

    code = "cancelled"
