"""The contract over the real FiftyOne: the conformance suite, and what FiftyOne adds to it."""

from collections.abc import Iterator
from itertools import count
from types import ModuleType

import pytest

from clustering_app import hooks
from fiftyone_host.host import FiftyOneHost
from fiftyone_host.ids import id_of, item_id, load
from host_contract.conformance import HostConformance, Workbench
from host_contract.entities import Dataset, Item, Metadata


@pytest.fixture(scope="module")
def host(fo: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FiftyOneHost]:
    opened = FiftyOneHost(hooks, tmp_path_factory.mktemp("state"))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def workbench(
    fo: ModuleType, host: FiftyOneHost, tmp_path_factory: pytest.TempPathFactory
) -> Workbench:
    folder, numbers = tmp_path_factory.mktemp("files"), count()

    def new_dataset() -> Dataset:
        return host.dataset(id_of(fo.Dataset(persistent=True)))

    def add_item(
        dataset_id: str, name: str, content: bytes, labels: tuple[str, ...], metadata: Metadata
    ) -> Item:
        path = folder / str(next(numbers)) / name
        path.parent.mkdir()
        path.write_bytes(content)
        dataset = load(dataset_id)
        for field in metadata:
            if field != "tags" and not dataset.has_field(field):
                dataset.add_sample_field(field, fo.Field)  # of any type, as the suite's are
        said = [fo.Classification(label=one) for one in labels]
        sample = fo.Sample(path, said=fo.Classifications(classifications=said), **metadata)
        if dataset.media_type is not None:
            sample._media_type = dataset.media_type  # FiftyOne's are of one medium, the suite's not
        return host.item(item_id(dataset_id, dataset.add_sample(sample)))

    return Workbench(host=host, new_dataset=new_dataset, add_item=add_item)


class TestFiftyOneHost(HostConformance):
    """The suite, whole."""
