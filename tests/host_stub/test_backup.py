"""A backup is everything, whole in itself, and comes back by one command."""

import io
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from host_contract.errors import InvalidInput
from host_stub.backup import back_up, restore
from host_stub.platform import LocalPlatform
from host_stub.users import Role
from tests.host_stub.conftest import png


def command(*arguments: object) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", "host_stub", *map(str, arguments)]
    return subprocess.run(line, capture_output=True, text=True, check=False)


def test_everything_comes_back_by_one_command_each(platform: LocalPlatform, tmp_path: Path) -> None:
    dataset = platform.datasets.create("signs")
    add = platform.datasets.add
    items = [add(dataset.id, f"{n}.png", png(), metadata={"n": n}) for n in range(3)]
    token = platform.users.add("me", Role.OWNER)
    archive, again = tmp_path / "backup.tar", tmp_path / "again"
    done = command("backup", archive, "--data-dir", platform.data_dir)
    assert done.returncode == 0, done.stderr
    assert archive.stat().st_mode & 0o777 == 0o600
    late = add(dataset.id, "late.png", png("blue"))
    done = command("restore", archive, "--data-dir", again)
    assert done.returncode == 0, done.stderr
    with LocalPlatform(again, modules=["counting"]) as restored:
        found = restored.datasets.items(dataset.id).items
        assert [item.model_dump() for item in found] == [item.model_dump() for item in items]
        for item in found:
            with item.open() as content:
                assert content.read() == png().getvalue()
            assert restored.datasets.thumbnail(item.id) == platform.datasets.thumbnail(item.id)
        user = restored.users.of_token(token)
        assert user is not None and user.name == "me"
        assert (Path(restored.host("counting").storage(dataset.id)) / "heard").is_file()
        assert restored.notifications.list()
        files = {path.name for path in (again / "files").glob("??/*")}
        assert late.content_version not in files
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_item_whose_bytes_went_meanwhile_is_not_in_the_backup(
    platform: LocalPlatform, tmp_path: Path
) -> None:
    dataset = platform.datasets.create("signs")
    kept = platform.datasets.add(dataset.id, "kept.png", png())
    gone = platform.datasets.add(dataset.id, "gone.png", png("blue"))
    (platform.data_dir / "files" / gone.content_version[:2] / gone.content_version).unlink()
    back_up(platform, tmp_path / "backup.tar")
    restore(tmp_path / "backup.tar", tmp_path / "again")
    with LocalPlatform(tmp_path / "again") as restored:
        assert restored.datasets.item_ids(dataset.id) == [kept.id]


def test_only_unfinished_uploads_are_left_out(platform: LocalPlatform, tmp_path: Path) -> None:
    dataset = platform.datasets.create("signs")
    platform.datasets.add(dataset.id, "a.png", png())
    own = Path("apps", "counting", dataset.id, "parts")
    (platform.data_dir / own).mkdir(parents=True)
    (platform.data_dir / own / "0").write_bytes(b"an app's")
    (platform.data_dir / "files" / "parts" / "upload").write_bytes(b"unfinished")
    back_up(platform, tmp_path / "backup.tar")
    restore(tmp_path / "backup.tar", tmp_path / "again")
    assert (tmp_path / "again" / own / "0").read_bytes() == b"an app's"
    assert not (tmp_path / "again" / "files" / "parts").exists()


def test_backup_does_not_write_over_anything_nor_while_an_app_writes(
    working: LocalPlatform, tmp_path: Path
) -> None:
    with (
        LocalPlatform(tmp_path / "mistyped") as empty,
        pytest.raises(InvalidInput, match="the right one"),
    ):
        back_up(empty, tmp_path / "backup.tar")
    working.datasets.create("signs")
    there = tmp_path / "there.tar"
    there.touch()
    with pytest.raises(InvalidInput, match="exists already"):
        back_up(working, there)
    with pytest.raises(InvalidInput, match="there is no folder"):
        back_up(working, tmp_path / "nowhere" / "backup.tar")
    running = working.executions.start("counting", "count_until", {"file": str(tmp_path / "no")})
    with pytest.raises(InvalidInput, match="under way"):
        back_up(working, tmp_path / "backup.tar")
    working.executions.cancel(running.id)
    working.executions.wait(running.id)
    assert not (tmp_path / "backup.tar").exists()


def test_what_is_no_whole_backup_is_refused_and_leaves_nothing(
    platform: LocalPlatform, tmp_path: Path
) -> None:
    dataset = platform.datasets.create("signs")
    platform.datasets.add(dataset.id, "a.bin", io.BytesIO(b"seen in the archive"))
    whole, again = tmp_path / "whole.tar", tmp_path / "again"
    back_up(platform, whole)
    damaged = tmp_path / "damaged.tar"
    damaged.write_bytes(whole.read_bytes().replace(b"seen in", b"SEEN in"))
    cut = tmp_path / "cut.tar"
    cut.write_bytes(whole.read_bytes()[:700])
    hostile = tmp_path / "hostile.tar"
    with tarfile.open(hostile, "w") as tar:
        tar.add(whole, "../escaped")
    for archive in (damaged, cut, hostile, tmp_path / "missing.tar"):
        with pytest.raises(InvalidInput, match="no whole backup"):
            restore(archive, again)
        assert not again.exists()
    assert not (tmp_path / "escaped").exists()
    with pytest.raises(InvalidInput, match="not empty"):
        restore(whole, platform.data_dir)
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]
