"""The console command, as a person calls it: a process, its output and its exit code."""

import csv
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

Clustering = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def clustering(tmp_path_factory: pytest.TempPathFactory) -> Clustering:
    """Call the command on a data directory of its own."""
    data_dir = tmp_path_factory.mktemp("data")
    program = Path(sys.executable).parent / "clustering"

    def call(*arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "CLUSTERING_DATA_DIR": str(data_dir), "COLUMNS": "100"}
        return subprocess.run(
            [program, *arguments], capture_output=True, text=True, env=environment, timeout=240
        )

    return call


def succeeded(result: subprocess.CompletedProcess[str]) -> str:
    assert result.returncode == 0, result.stdout + result.stderr
    assert "Traceback" not in result.stderr
    return result.stdout


def failed(result: subprocess.CompletedProcess[str]) -> str:
    assert result.returncode == 1, result.stdout + result.stderr
    lines = result.stderr.strip().splitlines()
    assert lines[-1].startswith("Error: ")
    assert "Traceback" not in result.stderr
    return lines[-1]


def test_help_names_every_command(clustering: Clustering) -> None:
    text = succeeded(clustering("--help"))
    commands = ("demo", "serve", "import", "extract", "run", "place", "search", "export",
                "import-vectors", "export-vectors")  # fmt: skip
    for command in commands:
        assert re.search(rf"^\s*{command}\s", text, flags=re.MULTILINE)


def test_from_folder_to_map_and_out_again(
    clustering: Clustering, few_emoji_folder: Path, tmp_path: Path
) -> None:
    assert "240 items" in succeeded(clustering("import", str(few_emoji_folder), "--name", "emoji"))

    assert "clustering extract" in failed(clustering("search", "emoji", "a cat"))
    succeeded(clustering("extract", "emoji"))
    assert "press Run" in failed(clustering("place", "emoji"))
    succeeded(clustering("run", "emoji"))
    assert "no new items" in failed(clustering("place", "emoji"))

    vectors = tmp_path / "vectors.npy"
    assert "240 vectors" in succeeded(clustering("export-vectors", "emoji", "-o", str(vectors)))
    with vectors.with_suffix(".ids.txt").open("r+", encoding="utf-8") as ids:
        ids.write("nobody\x1b")
    taken = succeeded(clustering("import-vectors", "emoji", str(vectors), "--name", "mine"))
    assert "'mine': 239 vectors of 256" in taken
    assert "row 1, 'nobody" in taken
    assert "\x1b" not in taken

    found = succeeded(clustering("search", "emoji", "cat", "--count", "12"))
    assert len(found.strip().splitlines()) == 12
    assert "animals and nature" in found

    table = tmp_path / "out.csv"
    succeeded(clustering("export", "emoji", "-o", str(table)))
    with table.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 240
    assert all(row["x"] and row["y"] and row["metadata.title"] for row in rows)

    lines = tmp_path / "out.jsonl"
    succeeded(clustering("export", "emoji", "-o", str(lines)))
    first = json.loads(lines.read_text(encoding="utf-8").splitlines()[0])
    assert first["labels"]
    assert isinstance(first["x"], float)


def test_a_json_is_imported_with_its_pictures_elsewhere(
    clustering: Clustering, few_emoji_folder: Path, tmp_path: Path
) -> None:
    names = [path.name for path in sorted(few_emoji_folder.rglob("*.png"))][:3]
    names.append("gone.png")
    images = [{"id": number, "file_name": name} for number, name in enumerate(names)]
    (tmp_path / "coco.json").write_text(json.dumps({"images": images, "categories": []}))
    call = ("import", str(tmp_path / "coco.json"))
    assert "--pictures" in failed(clustering(*call))
    folder = next(few_emoji_folder.rglob(names[0])).parent
    result = clustering(*call, "--pictures", str(folder))
    assert "'coco': 3 items" in succeeded(result)
    assert "image 4 (gone.png)': named, but there is no such file" in result.stderr


def test_vectors_are_kept_where_storage_says(
    few_emoji_folder: Path, tmp_path: Path, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLUSTERING_DATA_DIR", str(tmp_path / "data"))

    def call(*arguments: str) -> subprocess.CompletedProcess[str]:
        program = Path(sys.executable).parent / "clustering"
        return subprocess.run([program, *arguments], capture_output=True, text=True, timeout=240)

    succeeded(call("import", str(few_emoji_folder), "--name", "emoji", "--storage", bucket))
    vectors = tmp_path / "mine.npy"
    np.save(vectors, np.eye(240, 3, dtype=np.float32))
    succeeded(call("import-vectors", "emoji", str(vectors)))
    assert not (tmp_path / "data" / "apps").exists()
    refused = failed(call("extract", "emoji", "--storage", str(tmp_path / "elsewhere")))
    assert f"lies in {bucket}, not in {tmp_path}/elsewhere" in refused
    monkeypatch.setenv("CLUSTERING_STORAGE", "s3://another")
    assert "not in s3://another" in failed(call("extract", "emoji"))


def test_an_extraction_that_gave_no_vector_hides_no_feature_set(
    clustering: Clustering, tmp_path: Path
) -> None:
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "a.csv").write_text("1,2")
    succeeded(clustering("import", str(tmp_path / "tables")))
    (tmp_path / "mine.tsv").write_text("1\t2\n")
    succeeded(clustering("import-vectors", "tables", str(tmp_path / "mine.tsv")))
    succeeded(clustering("extract", "tables"))
    out = tmp_path / "out.npy"
    assert "Wrote 1 vectors" in succeeded(clustering("export-vectors", "tables", "-o", str(out)))
    assert "'mine' were imported" in failed(clustering("search", "tables", "a cat"))


def test_wrong_calls_fail_in_one_line(clustering: Clustering, tmp_path: Path) -> None:
    assert "nowhere" in failed(clustering("import", str(tmp_path / "nowhere")))
    assert "No dataset 'gone'" in failed(clustering("extract", "gone"))
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "a.txt").write_text("no picture")
    succeeded(clustering("import", str(tmp_path / "one")))
    (tmp_path / "v.tsv").write_text("1\t2\n")
    succeeded(clustering("import-vectors", "one", str(tmp_path / "v.tsv")))
    assert "no model of theirs" in failed(clustering("search", "one", "a cat"))
    assert "end it in" in failed(clustering("export", "one", "-o", str(tmp_path / "out.docx")))
    nowhere = str(tmp_path / "nowhere" / "out.csv")
    assert "cannot be written" in failed(clustering("export", "one", "-o", nowhere))
    assert "--model mini-clip" in failed(clustering("extract", "one", "--model", "no-such-model"))
    (tmp_path / "a.docx").write_text("no source")
    assert "of no known kind" in failed(clustering("serve", str(tmp_path / "a.docx")))
    assert clustering("run").returncode == 2
