"""The fuzz target finds nothing in the time CI has; `fuzz_decode.py` says how to run longer."""

import subprocess
import sys
from pathlib import Path

import pytest

SECONDS = 15


def test_no_input_that_the_fuzzer_makes_is_more_than_undecodable(tmp_path: Path) -> None:
    pytest.importorskip("atheris")
    target = Path(__file__).parent / "fuzz_decode.py"
    ended = subprocess.run(
        [sys.executable, target, f"-max_total_time={SECONDS}"],
        capture_output=True, text=True, timeout=240, cwd=tmp_path, errors="replace",
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr[-4000:]
    assert "Done " in ended.stderr
