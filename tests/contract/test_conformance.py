"""The local host keeps the contract's promises, and the suite notices a host that does not."""

import io
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from host_contract.conformance import HostConformance, Workbench
from host_contract.entities import Item, Metadata
from host_stub.host import AppHost
from host_stub.platform import LocalPlatform, open_platform

APP = "clustering"


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalPlatform]:
    with open_platform(tmp_path_factory.mktemp("data")) as opened:
        yield opened


def workbench_of(platform: LocalPlatform) -> Workbench:
    def add_item(
        dataset_id: str, name: str, content: bytes, labels: tuple[str, ...], metadata: Metadata
    ) -> Item:
        return platform.datasets.add(
            dataset_id, name, io.BytesIO(content), labels=labels, metadata=metadata
        )

    return Workbench(
        host=platform.host(APP),
        new_dataset=lambda: platform.datasets.create("conformance"),
        add_item=add_item,
    )


class TestLocalHost(HostConformance):
    @pytest.fixture
    def workbench(self, platform: LocalPlatform) -> Workbench:
        return workbench_of(platform)


class Forgetful(AppHost):
    """Replaces metadata instead of merging it, and finds everything whatever is asked."""

    def update_metadata(self, item_ids: Any, changes: Metadata) -> int:
        return len(item_ids)

    def items(self, dataset_id: str, query: Any = None, **page: Any) -> Any:
        return super().items(dataset_id, None, **page)


@pytest.mark.parametrize(
    "test",
    [
        HostConformance.test_metadata_are_merged,
        HostConformance.test_queries_mean_what_the_contract_says,
        HostConformance.test_wrong_query_is_refused,
    ],
)
def test_suite_notices_a_host_that_breaks_a_promise(platform: LocalPlatform, test: Any) -> None:
    broken = replace(workbench_of(platform), host=Forgetful(platform, APP))
    with pytest.raises(AssertionError):
        test(HostConformance(), broken)
