"""No connection leaves this machine, and no name is looked up elsewhere.

Python runs this at the start of every process that finds it on its path: that is how it reaches
the processes that tests start.
"""

import ipaddress
import socket
from collections.abc import Callable
from typing import Any

LOCAL_NAMES = ("localhost", "", None)


def is_loopback(host: Any) -> bool:
    name = host.decode() if isinstance(host, bytes) else host
    if name in LOCAL_NAMES:
        return True
    try:
        return ipaddress.ip_address(str(name)).is_loopback
    except ValueError:
        return False


def refuse_others(patch: Callable[[Any, str, Any], None] = setattr) -> None:
    """Make whatever is not loopback a PermissionError."""

    def guarded(original: Callable[..., Any]) -> Callable[..., Any]:
        def connect(self: socket.socket, address: Any) -> Any:
            internet = self.family in (socket.AF_INET, socket.AF_INET6)
            if internet and not is_loopback(address[0]):
                raise PermissionError(f"a test tried to connect to {address[0]}")
            return original(self, address)

        return connect

    look_up = socket.getaddrinfo

    def getaddrinfo(host: Any, *arguments: Any, **named: Any) -> Any:
        if not is_loopback(host):
            raise PermissionError(f"a test tried to look up {host}")
        return look_up(host, *arguments, **named)

    patch(socket.socket, "connect", guarded(socket.socket.connect))
    patch(socket.socket, "connect_ex", guarded(socket.socket.connect_ex))
    patch(socket, "getaddrinfo", getaddrinfo)


if __name__ == "sitecustomize":
    refuse_others()
