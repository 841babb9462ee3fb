"""Feature sets go out in each format, and come in again as they were."""

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image

from clustering_app.errors import NoFeatures
from clustering_app.vector_files.exporting import export_vectors
from clustering_app.vector_files.importing import import_vectors
from clustering_app.vector_files.npy import read_npy, write_npy
from clustering_app.vector_files.parquet import read_parquet, write_parquet
from clustering_app.vector_files.sprite import LARGEST_SPRITE, side_for
from clustering_app.vector_files.tsv import read_tsv, write_tsv
from host_contract.errors import InvalidInput
from tests.vector_files.conftest import PATHS, Place

VECTORS = np.random.default_rng(0).normal(size=(6, 5)).astype(np.float16)


@settings(max_examples=60)
@given(
    vectors=st.sampled_from([np.float16, np.float32]).flatmap(
        lambda dtype: arrays.arrays(
            dtype,
            arrays.array_shapes(min_dims=2, max_dims=2, max_side=9),
            elements=st.floats(-60000, 60000, width=16),
        )
    ),
    ending=st.sampled_from([".npy", ".parquet", ".tsv"]),
)
@example(vectors=np.float16([[6e-8]]), ending=".tsv")
def test_any_vectors_are_read_as_they_were_written(vectors: np.ndarray, ending: str) -> None:
    ids = [f"item\u202e {row}" for row in range(len(vectors))]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"v{ending}"
        if ending == ".npy":
            write_npy(path, ids, vectors)
            table = read_npy(path, None)
        elif ending == ".parquet":
            write_parquet(path, ids, ids, vectors)
            table = read_parquet(path, None)
            assert table.keys == tuple(ids)
        else:
            write_tsv(path, vectors)
            table = read_tsv(path, None)
        blocks = np.concatenate([block for _, block in table.checked()])
        del table
    assert blocks.dtype == np.float16
    np.testing.assert_array_equal(blocks, vectors.astype(np.float16))


@pytest.mark.parametrize("name", ["out.npy", "out.parquet", "out.tsv", "projector"])
def test_out_and_in_again_is_the_same_feature_set(place: Place, tmp_path: Path, name: str) -> None:
    place.write_vectors(VECTORS)
    written = export_vectors(place.host, place.dataset, "made", tmp_path / name)
    assert written.count == 6
    assert all(file.stat().st_size for file in written.files)
    report = import_vectors(place.host, place.dataset, tmp_path / name, name="again")
    assert (report.imported, report.without, report.unmatched) == (6, 0, ())
    assert place.imported("again") == place.imported("made")
    assert place.imported("again") == dict(enumerate(VECTORS.tolist()))


def test_the_folder_is_what_tensorboard_opens(place: Place, tmp_path: Path) -> None:
    place.write_vectors(VECTORS)
    place.host.delete_items([place.item_ids[1]])
    place.store.append("made", ["long gone"], ["v"], np.ones((1, 5)))
    written = export_vectors(place.host, place.dataset, "made", tmp_path / "log")
    folder = tmp_path / "log"
    assert {file.name for file in written.files} == {path.name for path in folder.iterdir()}
    assert (folder / "projector_config.pbtxt").read_text() == (
        'embeddings {\n  tensor_name: "made"\n  tensor_shape: 5\n  tensor_shape: 5\n'
        '  tensor_path: "tensors.tsv"\n  metadata_path: "metadata.tsv"\n'
        '  sprite {\n    image_path: "sprite.png"\n    single_image_dim: 64\n'
        "    single_image_dim: 64\n  }\n}\n"
    )
    head, *rows = (folder / "metadata.tsv").read_text(encoding="utf-8").splitlines()
    assert head == "id\tpath\tlabel\tmetadata.note\tmetadata.score"
    kept = [0, 2, 3, 4, 5]
    assert [row.split("\t")[0] for row in rows] == [place.item_ids[number] for number in kept]
    assert rows[0].split("\t")[1:] == [PATHS[0], "cats", "one two three", "0"]
    assert len((folder / "tensors.tsv").read_text().splitlines()) == 5
    sprite = Image.open(folder / "sprite.png")
    assert sprite.size == (3 * 64, 2 * 64)
    for place_in_row, number in enumerate(kept):
        middle = (place_in_row % 3 * 64 + 32, place_in_row // 3 * 64 + 32)
        shown = (40 * number, 90, 200) if number < 5 else (255, 255, 255)
        assert sprite.getpixel(middle) == pytest.approx(shown, abs=6)
    assert written.left_out == (
        "1 vectors are of items that no longer exist.",
        "1 items have no thumbnail, and are white in the sprite.",
    )


@given(count=st.integers(1, 2_000_000))
def test_a_sprite_is_never_larger_than_tensorboard_takes(count: int) -> None:
    side = side_for(count)
    columns = int(np.ceil(np.sqrt(count)))
    assert columns * side <= LARGEST_SPRITE
    assert (side == 0) == (count > 682**2)
    assert side == 0 or 12 <= side <= 64


def test_where_it_cannot_go_is_said(place: Place, tmp_path: Path) -> None:
    place.write_vectors(VECTORS)
    with pytest.raises(InvalidInput, match=r"end it in \.npy"):
        export_vectors(place.host, place.dataset, "made", tmp_path / "out.csv")
    with pytest.raises(InvalidInput, match="cannot be written: No such file"):
        export_vectors(place.host, place.dataset, "made", tmp_path / "no" / "out.npy")
    for name in ("other", "../made", "made/vectors"):
        with pytest.raises(NoFeatures, match=f"no feature set '{name}'"):
            export_vectors(place.host, place.dataset, name, tmp_path / "out.npy")
    place.host.delete_items(place.item_ids)
    with pytest.raises(InvalidInput, match="no vectors of items"):
        export_vectors(place.host, place.dataset, "made", tmp_path / "out.npy")
