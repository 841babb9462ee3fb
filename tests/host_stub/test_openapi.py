"""Every operation of the OpenAPI page, called with what its description allows, and never a 500."""

import os
from collections.abc import Iterator

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.strategies import booleans
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.schemas import BaseSchema

from host_stub.app import create_app
from host_stub.platform import LocalPlatform
from tests.host_stub.conftest import png
from tests.host_stub.pages.served_pages import running


@schemathesis.serializer("application/vnd.apache.arrow.stream")
def as_it_is(context: schemathesis.SerializationContext, value: object) -> object:
    return value


CALLS = int(os.environ.get("OPENAPI_CALLS", "20"))
"""Calls of each operation."""


@pytest.fixture(scope="module")
def working(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalPlatform]:
    """A platform of its own: what is called here changes everything."""
    with LocalPlatform(tmp_path_factory.mktemp("data"), modules=["counting"]) as opened:
        yield opened


@pytest.fixture(scope="module")
def known(working: LocalPlatform) -> dict[str, str]:
    """What there is, by the name of the parameter that takes it."""
    dataset = working.datasets.create("described").id
    return {
        "project_id": "default",
        "dataset_id": dataset,
        "item_id": working.datasets.add(dataset, "a.png", png()).id,
        "execution_id": working.run("counting", "double", {}).id,
        "feature_set_id": working.client_vectors.create(
            "default", "described", size=2, kind="x", model=None
        ).id,
        "name": "counting",
    }


@pytest.fixture(scope="module")
def described(working: LocalPlatform) -> Iterator[BaseSchema]:
    with running(create_app(working)) as origin:
        yield schemathesis.openapi.from_url(f"{origin}/api/v1/openapi.json")


def test_no_input_is_a_server_error(described: BaseSchema, known: dict[str, str]) -> None:
    """Half of the calls are about what there is, none of which is deleted."""
    seen: dict[str, set[int]] = {}
    for found in described.get_all_operations():
        operation = found.ok()

        @settings(
            max_examples=CALLS,
            deadline=None,
            database=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(), there=booleans())
        def check(case: Case, there: bool) -> None:
            if there and case.method != "DELETE":
                case.path_parameters = {n: known[n] for n in case.path_parameters}
                case.query |= {n: known[n] for n in case.query if n in known}
            answer = case.call(timeout=60)
            case.validate_response(answer, checks=[not_a_server_error])
            if answer.status_code >= 400:
                assert answer.headers["content-type"][0].startswith("application/problem+json")
            seen.setdefault(case.operation.label, set()).add(answer.status_code)

        check()
    assert len(seen) > 20
    well = {label for label, statuses in seen.items() if min(statuses) < 400}
    assert well >= {label for label in seen if "_id}" in label and label.startswith("GET")}
