"""Questions to the service through the signed-in `dtlpy`, and its errors as the contract's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from host_contract.entities import Metadata
from host_contract.errors import ContractError, InvalidInput, NotAllowed, NotFound

PAGE = 1000
"""The most that the service gives at once."""


class Client:
    """A thin layer over `dtlpy`, which signs in, renews tokens and tries again.

    Its own pages of items are not used: they answer a question that the service refuses by none.
    """

    def __init__(self) -> None:
        """Use the environment that `dtlpy` is set to. Raises `ImportError` without the extra."""
        import dtlpy

        self.dtlpy: Any = dtlpy

    def ask(self, method: str, path: str, body: object = None) -> Any:
        """The service's answer to a request, as JSON.

        Raises:
            NotFound: there is nothing at the path.
            InvalidInput: the service refuses the body.
            NotAllowed: the user may not, or is not signed in.
            ContractError: anything else.
        """
        return self._asked(method, path, body).json()

    def content(self, path: str) -> bytes:
        """The service's answer to a GET, as bytes. Raises as `ask` does."""
        content: bytes = self._asked("get", path, None, stream=True).content
        return content

    def records(
        self,
        path: str,
        conditions: Sequence[Metadata],
        *,
        resource: str = "items",
    ) -> Iterator[dict[str, Any]]:
        """Everything that meets all conditions, in the order of ids."""
        after: str | None = None
        while True:
            page = self.page(path, conditions, PAGE, resource=resource, after=after)
            yield from page["items"]
            if not page["hasNextPage"]:
                return
            after = page["items"][-1]["id"]

    def page(
        self,
        path: str,
        conditions: Sequence[Metadata],
        limit: int,
        *,
        resource: str = "items",
        after: str | None = None,
    ) -> dict[str, Any]:
        """A page of what meets all conditions; `totalItemsCount` counts from `after` on."""
        both = list(conditions)
        if resource == "items":
            both += [{"type": "file"}, {"hidden": False}]
        if after is not None:
            both.append({"id": {"$gt": after}})
        body = {
            "filter": {"$and": both},
            "sort": {"id": "ascending"},
            "page": 0,
            "pageSize": limit,
            "resource": resource,
        }
        page: dict[str, Any] = self.ask("post", path, body)
        return page

    def _asked(self, method: str, path: str, body: object, **more: Any) -> Any:
        exceptions = self.dtlpy.exceptions
        try:
            success, answer = self.dtlpy.client_api.gen_request(
                req_type=method, path=path, json_req=body, **more
            )
            self.dtlpy.client_api.check_response(success, answer, path=path)
        except exceptions.NotFound as error:
            raise NotFound(_line(error, f"There is nothing at {path}.")) from error
        except exceptions.BadRequest as error:
            raise InvalidInput(_line(error, f"The service refuses {path}.")) from error
        except (exceptions.Forbidden, exceptions.Unauthorized, exceptions.TokenExpired) as error:
            raise NotAllowed(_line(error, "Sign in with dtlpy first.")) from error
        except exceptions.ExceptionMain as error:
            raise ContractError(_line(error, f"The service failed at {path}.")) from error
        except OSError as error:
            raise ContractError(
                f"The service cannot be reached: {type(error).__name__}."
            ) from error
        return answer


def _line(error: Any, otherwise: str) -> str:
    return " ".join(str(error.message or otherwise).split())
