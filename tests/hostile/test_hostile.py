"""A thousand bad files: each is named with its cause, none stops the job or takes its memory."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
PEAK_BYTES = 1.5 * 1024**3


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("hostile") / "data"
    ended = subprocess.run(
        [sys.executable, HERE / "extract_corpus.py", folder],
        capture_output=True, text=True, timeout=600, env=os.environ,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr[-4000:]
    return json.loads(ended.stdout.splitlines()[-1])


def test_every_file_is_accounted_for(outcome: dict[str, Any]) -> None:
    names = {item: name for item, (name, _) in outcome["items"]}
    ids = set(names) | set(outcome["lost"])
    broken = {item for item, _, _ in outcome["broken"]}
    assert len(ids) >= 1000
    assert broken | set(outcome["vectors"]) | set(outcome["not_embeddable"]) == ids
    assert broken.isdisjoint(outcome["vectors"])
    assert set(outcome["listed"]) == broken | set(outcome["not_embeddable"])
    assert outcome["encoded"] == len(outcome["vectors"]) == len(set(outcome["vectors"]))
    assert outcome["finite"]
    assert len(outcome["not_embeddable"]) == 1
    assert all(names.get(item, name) == name for item, name, _ in outcome["broken"])


def test_the_good_are_encoded_and_the_bad_are_not(outcome: dict[str, Any]) -> None:
    encoded = set(outcome["vectors"])
    wrong = [
        name for item, (name, good) in outcome["items"]
        if good is not None and (item in encoded) is not good
    ]  # fmt: skip
    assert wrong == []
    assert encoded.isdisjoint(outcome["lost"])


def test_every_cause_is_one_line_that_says_something(outcome: dict[str, Any]) -> None:
    for _, name, reason in outcome["broken"]:
        assert reason.isprintable(), (name, reason)
        assert 10 < len(reason) < 300, (name, reason)
    assert all(line.isprintable() for line in outcome["log"])
    assert 0 < len(outcome["log"]) < 200


def test_memory_stays_bounded(outcome: dict[str, Any]) -> None:
    assert outcome["peak"] < PEAK_BYTES, f"{outcome['peak'] / 1024**2:.0f} MiB"
