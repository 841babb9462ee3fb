"""The client's console command `dlp`, as a process of its own."""

import subprocess
import sys
from pathlib import Path

from host_stub.platform import LocalPlatform
from tests.host_stub.conftest import png
from tests.hosts.conftest import OWNER

DLP = Path(sys.executable).parent / "dlp"


def test_command_signs_in_lists_and_uploads(
    platform: LocalPlatform,
    tokens: dict[str, str],
    process_environment: dict[str, str],
    tmp_path: Path,
) -> None:
    def dlp(*arguments: str) -> str:
        done = subprocess.run(
            [DLP, *arguments],
            env=process_environment,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    project = platform.projects.create("console")
    dataset = platform.datasets.create("pictures", project.id)
    (tmp_path / "up").mkdir()
    (tmp_path / "up" / "a.png").write_bytes(png().getvalue())
    dlp("login-m2m", "-e", OWNER, "-p", tokens[OWNER])
    assert "console" in dlp("projects", "ls")
    dlp("items", "upload", "-p", "console", "-d", "pictures", "-l", str(tmp_path / "up"))
    (item,) = platform.datasets.items(dataset.id).items
    with item.open() as content:
        assert (item.name, content.read()) == ("a.png", png().getvalue())
