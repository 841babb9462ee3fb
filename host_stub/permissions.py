"""Which role each route needs. A route that is not listed is for owners, and turns a test red."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from starlette.routing import compile_path

from host_stub.users import Role

ANYBODY = None
"""No role, and no token either: what the sign-in page is made of."""

RULES: Mapping[str, Role | None] = MappingProxyType(
    {
        "GET /login": ANYBODY,
        "POST /login": ANYBODY,
        "GET /logout": ANYBODY,
        "GET /favicon.ico": ANYBODY,
        "GET /static/{path:path}": ANYBODY,
        "GET /": Role.VIEWER,
        "GET /components/{path:path}": Role.VIEWER,
        "GET /datasets/{dataset_id}": Role.VIEWER,
        "GET /executions": Role.VIEWER,
        "GET /apps": Role.VIEWER,
        "GET /docs": Role.VIEWER,
        "WEBSOCKET /ws": Role.VIEWER,
        "WEBSOCKET /datasets/{dataset_id}/ws": Role.VIEWER,
        "WEBSOCKET /executions/ws": Role.VIEWER,
        "WEBSOCKET /apps/ws": Role.VIEWER,
        "GET /api/v1/openapi.json": Role.VIEWER,
        "GET /api/v1/projects": Role.VIEWER,
        "POST /api/v1/projects": Role.EDITOR,
        "GET /api/v1/projects/{project_id}": Role.VIEWER,
        "PATCH /api/v1/projects/{project_id}": Role.EDITOR,
        "DELETE /api/v1/projects/{project_id}": Role.OWNER,
        "GET /api/v1/datasets": Role.VIEWER,
        "POST /api/v1/datasets": Role.EDITOR,
        "GET /api/v1/datasets/{dataset_id}": Role.VIEWER,
        "DELETE /api/v1/datasets/{dataset_id}": Role.OWNER,
        "POST /api/v1/datasets/{dataset_id}/query": Role.VIEWER,
        "POST /api/v1/datasets/{dataset_id}/items": Role.EDITOR,
        "POST /api/v1/datasets/{dataset_id}/archive": Role.EDITOR,
        "GET /api/v1/datasets/{dataset_id}/actions": Role.VIEWER,
        "GET /api/v1/items/{item_id}": Role.VIEWER,
        "PATCH /api/v1/items/{item_id}": Role.EDITOR,
        "DELETE /api/v1/items/{item_id}": Role.EDITOR,
        "GET /api/v1/items/{item_id}/thumbnail": Role.VIEWER,
        "GET /api/v1/items/{item_id}/stream": Role.VIEWER,
        "GET /api/v1/feature-sets": Role.VIEWER,
        "POST /api/v1/feature-sets": Role.EDITOR,
        "DELETE /api/v1/feature-sets/{feature_set_id}": Role.EDITOR,
        "GET /api/v1/feature-sets/{feature_set_id}/vectors": Role.VIEWER,
        "PUT /api/v1/feature-sets/{feature_set_id}/vectors": Role.EDITOR,
        "GET /api/v1/executions": Role.VIEWER,
        "POST /api/v1/executions": Role.EDITOR,
        "GET /api/v1/executions/{execution_id}": Role.VIEWER,
        "GET /api/v1/executions/{execution_id}/log": Role.VIEWER,
        "POST /api/v1/executions/{execution_id}/terminate": Role.EDITOR,
        "POST /api/v1/executions/{execution_id}/retry": Role.EDITOR,
        "GET /api/v1/notifications": Role.VIEWER,
        "POST /api/v1/notifications/read": Role.VIEWER,
        "GET /api/v1/apps": Role.VIEWER,
        "PATCH /api/v1/apps/{name}": Role.OWNER,
        "POST /dataloop/api/v1/token": ANYBODY,
        "GET /dataloop/api/v1/users/me": Role.VIEWER,
        "POST /dataloop/api/v1/apiKeys": Role.VIEWER,
        "GET /dataloop/api/v1/projects": Role.VIEWER,
        "POST /dataloop/api/v1/projects": Role.EDITOR,
        "GET /dataloop/api/v1/projects/{project_id}": Role.VIEWER,
        "GET /dataloop/api/v1/projects/{name}/name": Role.VIEWER,
        "POST /dataloop/api/v1/datasets": Role.EDITOR,
        "POST /dataloop/api/v1/datasets/query": Role.VIEWER,
        "GET /dataloop/api/v1/datasets/{dataset_id}": Role.VIEWER,
        "PATCH /dataloop/api/v1/datasets/{dataset_id}": Role.EDITOR,
        "DELETE /dataloop/api/v1/datasets/{dataset_id}": Role.OWNER,
        "POST /dataloop/api/v1/datasets/{dataset_id}/export": Role.VIEWER,
        "GET /dataloop/api/v1/commands/{command_id}": Role.VIEWER,
        "POST /dataloop/api/v1/datasets/{dataset_id}/items": Role.EDITOR,
        # what changes or deletes what it finds asks for an editor itself
        "POST /dataloop/api/v1/datasets/{dataset_id}/query": Role.VIEWER,
        "GET /dataloop/api/v1/items/{item_id}": Role.VIEWER,
        "GET /dataloop/api/v1/items/{item_id}/stream": Role.VIEWER,
        "GET /dataloop/api/v1/items/{item_id}/thumbnail": Role.VIEWER,
        "PATCH /dataloop/api/v1/items/{item_id}": Role.EDITOR,
        "POST /dataloop/api/v1/items/{item_id}/clone": Role.EDITOR,
        "DELETE /dataloop/api/v1/items/{item_id}": Role.EDITOR,
        "GET /dataloop/api/v1/items/{item_id}/annotations": Role.VIEWER,
        "POST /dataloop/api/v1/items/{item_id}/annotations": Role.EDITOR,
        "GET /dataloop/api/v1/annotations/{annotation_id}": Role.VIEWER,
        "DELETE /dataloop/api/v1/annotations/{annotation_id}": Role.EDITOR,
        "POST /dataloop/api/v1/features/sets": Role.EDITOR,
        "POST /dataloop/api/v1/features/sets/query": Role.VIEWER,
        "GET /dataloop/api/v1/features/sets/{feature_set_id}": Role.VIEWER,
        "DELETE /dataloop/api/v1/features/sets/{feature_set_id}": Role.EDITOR,
        "POST /dataloop/api/v1/features/vectors": Role.EDITOR,
        "POST /dataloop/api/v1/features/vectors/query": Role.VIEWER,
        "POST /dataloop/api/v1/features/vectors/project-count-aggregation": Role.VIEWER,
        "GET /dataloop/api/v1/features/vectors/{vector_id}": Role.VIEWER,
        "DELETE /dataloop/api/v1/features/vectors/{vector_id}": Role.EDITOR,
        "POST /dataloop/api/v1/executions/{app}": Role.EDITOR,
        "POST /dataloop/api/v1/query/faas": Role.VIEWER,
        "GET /dataloop/api/v1/executions/{execution_id}": Role.VIEWER,
        "POST /dataloop/api/v1/executions/{execution_id}/progress": Role.EDITOR,
        "POST /dataloop/api/v1/executions/{execution_id}/terminate": Role.EDITOR,
        "POST /dataloop/api/v1/executions/{execution_id}/rerun": Role.EDITOR,
        "GET /dataloop/api/v1/inbox/message/user": Role.VIEWER,
    }
)


def needed(method: str, path: str) -> Role | None:
    """The role that a request needs; that of an owner where there is no rule.

    Args:
        method: An HTTP method, or WEBSOCKET.
        path: The path of the request.
    """
    method = "GET" if method == "HEAD" else method
    for pattern, wanted, role in _RULES:
        if method == wanted and pattern.match(path):
            return role
    return Role.OWNER


def _compiled(rule: str, role: Role | None) -> tuple[re.Pattern[str], str, Role | None]:
    method, path = rule.split(" ")
    return compile_path(path)[0], method, role


_RULES = [_compiled(rule, role) for rule, role in RULES.items()]
