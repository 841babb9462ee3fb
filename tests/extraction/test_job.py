"""Extraction through the real host, with a small deterministic encoder."""

import dataclasses
import io
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from clustering_app.extraction import kinds
from clustering_app.extraction.batches import Choice
from clustering_app.extraction.counts import PlanCounts, plan_counts
from clustering_app.extraction.coverage import coverage
from clustering_app.extraction.ending import MISMATCH
from clustering_app.extraction.job import extract
from clustering_app.extraction.report import ExtractionReport, not_embedded
from clustering_app.extraction.video import FRAMES
from clustering_app.vectors.feature_set import ModelFingerprint
from clustering_app.vectors.store import FeatureStore
from host_contract.context import Host
from host_contract.entities import ExecutionStatus
from host_contract.errors import Cancelled, InvalidInput, NotFound
from host_stub.platform import LocalPlatform
from tests.extraction.films import red_to_blue


class MeanColour:
    """A real encoder that is quick: the mean colour of a picture, and its opposite."""

    image_size = 8
    on_gpu = False
    fingerprint = ModelFingerprint(
        model="mean-colour", weights_source=None, architecture="{}", weights="00",
        preprocessing="{}", dimension=6,
    )  # fmt: skip

    def __init__(self) -> None:
        self.encoded = 0

    def prepare(self, image: Image.Image) -> np.ndarray:
        return np.asarray(image.resize((8, 8)))

    def encode_images(self, prepared: np.ndarray) -> np.ndarray:
        self.encoded += len(prepared)
        means = prepared.mean((1, 2), dtype=np.float32) / 255.0
        vectors = np.hstack((means, 1.0 - means))
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    def encode_texts(self, texts: Sequence[str]) -> np.ndarray:
        return np.ones((len(texts), 6), np.float32)


class Context:
    """An execution that remembers what it was told, and is cancelled when asked."""

    execution_id = "e"
    workers = 1

    def __init__(self, host: Host, cancel_after: int | None = None) -> None:
        self.host = host
        self.fractions: list[float] = []
        self.lines: list[str] = []
        self._left = cancel_after
        self._lock = threading.Lock()

    def progress(self, fraction: float, message: str = "") -> None:
        self.fractions.append(fraction)

    def log(self, message: str) -> None:
        self.lines.append(message)

    def cancelled(self) -> bool:
        if self._left is None:
            return False
        self._left -= 1
        return self._left < 0

    def map(self, function: Callable[[Any], Any], values: Iterable[Any]) -> Iterator[Any]:
        return map(function, values)


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[LocalPlatform]:
    with LocalPlatform(tmp_path / "data") as opened:
        yield opened


def png(colour: tuple[int, int, int]) -> io.BytesIO:
    content = io.BytesIO()
    Image.new("RGB", (9, 7), colour).save(content, "PNG")
    content.seek(0)
    return content


def dataset_of(platform: LocalPlatform, count: int) -> str:
    made = platform.datasets.create("colours")
    for index in range(count):
        platform.datasets.add(made.id, f"{index}.png", png((index % 256, 10, 200)))
    return made.id


def run(context: Context, dataset: str, encoder: MeanColour, **options: Any) -> ExtractionReport:
    chosen = {"query": {}, "item_ids": None, **options}
    return extract(context, dataset, model="", weights=None, encoder=encoder, **chosen)


def store_of(platform: LocalPlatform, dataset: str) -> FeatureStore:
    return FeatureStore(platform.host("clustering").storage(dataset))


def test_every_image_gets_one_vector_and_none_is_encoded_twice(platform: LocalPlatform) -> None:
    dataset, encoder = dataset_of(platform, 70), MeanColour()
    context = Context(platform.host("clustering"))
    report = run(context, dataset, encoder)
    assert (report.encoded, report.unchanged, report.broken) == (70, 0, ())
    assert context.fractions == sorted(context.fractions)
    assert context.fractions[-1] == 1.0
    found = store_of(platform, dataset).read("mean-colour")
    assert sorted(found.item_ids) == platform.datasets.item_ids(dataset)
    record = platform.host("clustering").feature_sets(dataset)[0]
    assert (record.name, record.count, record.size) == ("mean-colour", 70, 6)
    assert run(context, dataset, encoder).unchanged == 70
    assert encoder.encoded == 70


def test_broken_and_other_files_are_named_and_stop_nothing(platform: LocalPlatform) -> None:
    dataset = dataset_of(platform, 3)
    platform.datasets.add(dataset, "bad\n.png", io.BytesIO(b"no picture"))
    platform.datasets.add(dataset, "notes.json", io.BytesIO(b"{}"))
    context = Context(platform.host("clustering"))
    report = run(context, dataset, MeanColour())
    assert (report.encoded, report.not_embeddable) == (3, 1)
    assert [(broken.name, broken.reason) for broken in report.broken] == [
        ("bad\n.png", "not a picture in any format that is read")
    ]
    assert "'bad\\n.png'" in context.lines[0]
    told = platform.notifications.list()[0]
    assert told.title == MISMATCH
    assert "5 items, 3 vectors" in told.text
    assert "of a kind that has no vector: 1." in told.text


def test_changed_bytes_are_encoded_again_and_gone_items_forgotten(platform: LocalPlatform) -> None:
    dataset, encoder = dataset_of(platform, 4), MeanColour()
    context = Context(platform.host("clustering"))
    run(context, dataset, encoder)
    first, second, *_ = platform.datasets.item_ids(dataset)
    platform.datasets.replace_content(first, png((255, 255, 255)))
    store = store_of(platform, dataset)
    store.append("mean-colour", ["long gone"], ["1"], np.ones((1, 6), np.float32))
    report = run(context, dataset, encoder)
    assert (report.encoded, report.unchanged, report.removed) == (1, 3, 1)
    platform.datasets.delete_items([second])
    assert second not in store.read("mean-colour").item_ids


def test_chosen_items_are_encoded_whether_or_not_they_have_a_vector(
    platform: LocalPlatform,
) -> None:
    dataset, encoder = dataset_of(platform, 5), MeanColour()
    context = Context(platform.host("clustering"))
    run(context, dataset, encoder, query={"name": {"$in": ["0.png", "1.png"]}})
    assert encoder.encoded == 2
    chosen = platform.datasets.item_ids(dataset)[1:3]
    report = run(context, dataset, encoder, item_ids=chosen)
    assert (report.encoded, report.unchanged) == (2, 0)
    assert store_of(platform, dataset).count("mean-colour") == 3
    report = run(context, dataset, encoder, choice=Choice.ALL)
    assert (report.encoded, report.unchanged) == (5, 0)


def test_cancelled_in_the_middle_keeps_what_was_done(platform: LocalPlatform) -> None:
    dataset, encoder = dataset_of(platform, 150), MeanColour()
    with pytest.raises(Cancelled, match="of 150 items"):
        run(Context(platform.host("clustering"), cancel_after=70), dataset, encoder)
    kept = store_of(platform, dataset).count("mean-colour")
    assert 0 < kept < 150
    assert run(Context(platform.host("clustering")), dataset, encoder).unchanged == kept
    assert encoder.encoded == 150


class OtherWeights(MeanColour):
    """The same model with other weights."""

    fingerprint = dataclasses.replace(MeanColour.fingerprint, weights="11")


def test_new_weights_make_a_feature_set_of_their_own(platform: LocalPlatform) -> None:
    dataset = dataset_of(platform, 3)
    context = Context(platform.host("clustering"))
    run(context, dataset, MeanColour())
    report = run(context, dataset, OtherWeights())
    assert report.feature_set == f"mean-colour-{OtherWeights.fingerprint.id}"
    counts = {info.name: info.count for info in store_of(platform, dataset).feature_sets()}
    assert counts == {"mean-colour": 3, report.feature_set: 3}


class AccentedCheckpoint(MeanColour):
    """Weights in a file whose name a feature set cannot have."""

    fingerprint = dataclasses.replace(
        MeanColour.fingerprint, weights_source="/été/modèle ①.safetensors"
    )


def test_a_checkpoint_may_have_any_name(platform: LocalPlatform) -> None:
    dataset = dataset_of(platform, 2)
    report = run(Context(platform.host("clustering")), dataset, AccentedCheckpoint())
    assert report.feature_set == "mean-colour.t--mod-le---safetensors"
    assert store_of(platform, dataset).count(report.feature_set) == 2


def test_each_choice_does_what_its_count_says(platform: LocalPlatform) -> None:
    dataset, encoder = dataset_of(platform, 6), MeanColour()
    host, store = platform.host("clustering"), store_of(platform, dataset)
    platform.datasets.add(dataset, "notes.json", io.BytesIO(b"{}"))
    assert plan_counts(host, dataset, None).missing == 6
    run(Context(host), dataset, encoder, query={"name": {"$in": ["0.png", "1.png", "2.png"]}})
    platform.datasets.replace_content(platform.datasets.item_ids(dataset)[0], png((255, 255, 255)))
    store.append("mean-colour", ["long gone"], ["1"], np.ones((1, 6), np.float32))

    found = plan_counts(host, dataset, "mean-colour")
    assert found == PlanCounts(missing=3, changed=1, removed=1, unchanged=2, not_embeddable=1)
    changed = run(Context(host), dataset, encoder, choice=Choice.CHANGED)
    assert (changed.encoded, changed.removed) == (1, 0)
    missing = run(Context(host), dataset, encoder, choice=Choice.MISSING)
    assert (missing.encoded, missing.removed) == (3, 0)
    removed = run(Context(host), dataset, encoder, choice=Choice.REMOVED)
    assert (removed.encoded, removed.removed) == (0, 1)
    assert plan_counts(host, dataset, "mean-colour").unchanged == found.embeddable == 6
    assert run(Context(host), dataset, encoder, choice=Choice.ALL).encoded == 6
    with pytest.raises(InvalidInput, match="leave out query"):
        run(Context(host), dataset, encoder, choice=Choice.REMOVED, query={"name": "0.png"})


class Blind(MeanColour):
    """Gives no number for what is white."""

    def encode_images(self, prepared: np.ndarray) -> np.ndarray:
        vectors = super().encode_images(prepared)
        vectors[prepared.mean((1, 2, 3)) > 252] = np.nan
        return vectors


def test_what_has_no_vector_is_listed_until_it_is_mended(platform: LocalPlatform) -> None:
    dataset = dataset_of(platform, 2)
    store, context = store_of(platform, dataset), Context(platform.host("clustering"))
    broken = platform.datasets.add(dataset, "bad\n\u202e.png", io.BytesIO(b"no picture"))
    notes = platform.datasets.add(dataset, "notes.json", io.BytesIO(b"{}"))
    white = platform.datasets.add(dataset, "white.png", png((255, 255, 255)))
    assert run(context, dataset, Blind()).encoded == 2
    listed = {row.item_id: row for row in not_embedded(store, "mean-colour")}
    assert listed[broken.id].name == "bad\n\u202e.png"
    assert {item_id: (row.reason, row.embeddable) for item_id, row in listed.items()} == {
        broken.id: ("not a picture in any format that is read", True),
        notes.id: ("neither image, text nor video but application/json", False),
        white.id: ("the model gives no finite vector for it", True),
    }
    platform.datasets.replace_content(broken.id, png((0, 0, 0)))
    run(context, dataset, Blind(), item_ids=[broken.id])
    assert {row.item_id for row in not_embedded(store, "mean-colour")} == {notes.id, white.id}
    platform.datasets.delete_items([notes.id, white.id])
    run(context, dataset, Blind())
    assert not_embedded(store, "mean-colour") == []


class Interrupted(MeanColour):
    """Something happens while the first pictures are encoded."""

    def __init__(self, happens: Callable[[], object]) -> None:
        super().__init__()
        self._happens: list[Callable[[], object]] = [happens]

    def encode_images(self, prepared: np.ndarray) -> np.ndarray:
        while self._happens:
            self._happens.pop()()
        return super().encode_images(prepared)


def test_an_item_deleted_while_it_is_encoded_keeps_no_vector(platform: LocalPlatform) -> None:
    dataset = dataset_of(platform, 200)
    broken = platform.datasets.add(dataset, "bad.png", io.BytesIO(b"no picture"))
    ids = platform.datasets.item_ids(dataset)
    encoder = Interrupted(lambda: platform.datasets.delete_items([ids[0], ids[199]]))
    report = run(Context(platform.host("clustering")), dataset, encoder)
    store = store_of(platform, dataset)
    assert set(store.read("mean-colour").item_ids) == set(ids[1:199])
    assert report.encoded == 198
    assert [one.item_id for one in report.broken] == [broken.id]
    found = coverage(platform.host("clustering"), dataset, store, "mean-colour")
    assert (found.complete, found.mendable, found.hopeless) == (False, 0, 1)
    assert platform.notifications.list()[0].title == MISMATCH


def test_an_item_replaced_meanwhile_is_mended_by_the_next_extraction(
    platform: LocalPlatform,
) -> None:
    dataset = dataset_of(platform, 250)  # more than are read ahead
    last = platform.datasets.add(dataset, "last.png", png((7, 7, 7))).id
    encoder = Interrupted(lambda: platform.datasets.replace_content(last, png((1, 2, 3))))
    report = run(Context(platform.host("clustering")), dataset, encoder)
    assert [one.item_id for one in report.broken] == [last]
    store, host = store_of(platform, dataset), platform.host("clustering")
    found = coverage(host, dataset, store, "mean-colour")
    assert (found.complete, found.mendable, found.hopeless) == (False, 1, 0)
    assert run(Context(host), dataset, encoder).encoded == 1
    assert coverage(host, dataset, store, "mean-colour").complete


def test_a_broken_file_in_place_of_a_picture_takes_its_vector_from_this_set_alone(
    platform: LocalPlatform,
) -> None:
    dataset, host = dataset_of(platform, 3), platform.host("clustering")
    run(Context(host), dataset, MeanColour())
    first, *others = platform.datasets.item_ids(dataset)
    store = store_of(platform, dataset)
    store.create("other", MeanColour.fingerprint)
    store.append("other", [first], ["1"], np.ones((1, 6), np.float32))
    platform.datasets.replace_content(first, io.BytesIO(b"no picture"))
    run(Context(host), dataset, MeanColour())
    assert set(store.read("mean-colour").item_ids) == set(others)
    assert store.read("other").item_ids == (first,)
    told = platform.notifications.list()[0]
    assert told.title == MISMATCH and "'0.png'" in told.text
    found = coverage(host, dataset, store, "mean-colour")
    assert (found.mendable, found.hopeless) == (0, 1)
    platform.datasets.replace_content(first, png((1, 2, 3)))
    found = coverage(host, dataset, store, "mean-colour")
    assert (found.mendable, found.hopeless) == (1, 0)


def test_a_list_of_an_earlier_release_is_read(platform: LocalPlatform) -> None:
    dataset = dataset_of(platform, 1)
    run(Context(platform.host("clustering")), dataset, MeanColour())
    store = store_of(platform, dataset)
    record = {"item_ids": ["a"], "names": ["a.png"], "reasons": ["broken"]}
    store.write_record("not_embedded/mean-colour", {**record, "embeddable": np.array([True])}, {})
    [found] = not_embedded(store, "mean-colour")
    assert (found.name, found.lasting, found.content_version) == ("a.png", True, "")


def test_a_stopped_extraction_is_known_to_the_host(platform: LocalPlatform) -> None:
    dataset, host = dataset_of(platform, 150), platform.host("clustering")
    with pytest.raises(Cancelled):
        run(Context(host, cancel_after=70), dataset, MeanColour())
    [known] = host.feature_sets(dataset)
    assert known.count == store_of(platform, dataset).count("mean-colour") > 0


def test_items_that_are_left_of_a_batch_are_encoded(platform: LocalPlatform) -> None:
    dataset, host = dataset_of(platform, 6), platform.host("clustering")
    first, *others = platform.datasets.item_ids(dataset)
    started = platform.executions.start("clustering", "extract_items", {"items": [*others, first]})
    platform.datasets.delete_items([others[0]])
    platform.executions.wait(started.id)
    asked = [others[0], first, *others[1:], *["unknown"] * 1_000, first]
    ended = platform.run("clustering", "extract_items", {"items": asked})
    assert ended.status is ExecutionStatus.SUCCESS, ended.error
    assert ended.dataset_id == dataset
    assert set(FeatureStore(host.storage(dataset)).read("mini-clip").item_ids) == {
        first, *others[1:],
    }  # fmt: skip
    with pytest.raises(NotFound, match="nor any other"):
        platform.executions.start("clustering", "extract_items", {"items": [others[0], "b"]})


def test_texts_and_videos_are_encoded_beside_pictures(platform: LocalPlatform) -> None:
    dataset, encoder = dataset_of(platform, 3), MeanColour()
    context, store = Context(platform.host("clustering")), store_of(platform, dataset)
    text = platform.datasets.add(dataset, "a.txt", io.BytesIO(b"  one\n\ttwo "))
    film = platform.datasets.add(dataset, "a.mp4", io.BytesIO(red_to_blue("mp4", "mpeg4")))
    sound = platform.datasets.add(dataset, "a.mp3", io.BytesIO(b"ID3"))
    broken = platform.datasets.add(dataset, "b.mp4", io.BytesIO(b"no video"))
    empty = platform.datasets.add(dataset, "b.md", io.BytesIO(b""))
    report = run(context, dataset, encoder)
    assert (report.encoded, report.not_embeddable) == (5, 1)
    assert encoder.encoded == 3 + FRAMES
    assert {row.item_id: row.embeddable for row in not_embedded(store, "mean-colour")} == {
        sound.id: False, broken.id: True, empty.id: True,
    }  # fmt: skip
    found = store.read("mean-colour")
    vectors = dict(zip(found.item_ids, found.vectors.astype(float), strict=True))
    np.testing.assert_allclose(vectors[text.id], 1.0)
    violet = np.array([0.5, 0.0, 0.5, 0.5, 1.0, 0.5])
    assert vectors[film.id] @ violet / np.linalg.norm(violet) == pytest.approx(1.0, abs=0.01)
    assert np.linalg.norm(vectors[film.id]) == pytest.approx(1.0, abs=0.001)


def test_without_pyav_a_video_is_not_embeddable_and_the_remedy_is_said(
    platform: LocalPlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kinds, "videos_are_read", lambda: False)
    dataset = dataset_of(platform, 1)
    context, store = Context(platform.host("clustering")), store_of(platform, dataset)
    film = platform.datasets.add(dataset, "a.mp4", io.BytesIO(red_to_blue("mp4", "mpeg4")))
    assert run(context, dataset, MeanColour()).not_embeddable == 1
    (row,) = not_embedded(store, "mean-colour")
    assert (row.item_id, row.embeddable) == (film.id, False)
    assert "pip install 'clustering[video]'" in row.reason
    found = coverage(context.host, dataset, store, "mean-colour")
    assert (found.items, found.embeddable, found.vectors) == (2, 1, 1)
