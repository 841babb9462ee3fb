"""The app of docs/writing-an-app.md, cut out of the page, installed by path and used."""

import io
import re
from pathlib import Path

from host_contract.entities import ExecutionStatus
from host_stub.pages.session import Session
from host_stub.platform import LocalPlatform
from tests.host_stub.conftest import png

PAGE = Path(__file__).parents[2] / "docs" / "writing-an-app.md"
FILE = re.compile(r"^`(\S+)`:\n\n```\w+\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def test_the_app_of_the_page_works(working: LocalPlatform, tmp_path: Path) -> None:
    files = dict(FILE.findall(PAGE.read_text(encoding="utf-8")))
    assert set(files) == {"manifest.json", "brightness.py"}
    for name, content in files.items():
        (tmp_path / name).write_text(content, encoding="utf-8")
    assert working.apps.install(tmp_path) == "brightness"
    dataset = working.datasets.create("bright and dark")
    add = working.datasets.add
    ids = [add(dataset.id, f"{n}.png", png(c)).id for n, c in enumerate(("white", "black"))]
    broken = add(dataset.id, "broken.png", io.BytesIO(b"no picture")).id

    names = {action.label: action.name for action in working.actions.list(dataset.id)}
    result = working.actions.run(names["Measure brightness"], dataset.id, [*ids, broken], {})
    assert result.execution_id is not None
    ended = working.executions.wait(result.execution_id)
    assert ended.status is ExecutionStatus.SUCCESS, ended.error
    assert ended.output == {"measured": 2, "failed": ["broken.png"]}
    assert any("broken.png" in line for line in working.executions.log(ended.id))
    found = [working.datasets.item(one).user_metadata for one in ids]
    assert found == [{"brightness": 1.0}, {"brightness": 0.0}]

    shown: list[list[str]] = []
    tab = working.apps.call(
        "brightness",
        "dataset_tab",
        host=working.host("brightness"),
        dataset=dataset,
        panel="brightness",
        session=Session("somebody", lambda item_ids: shown.append(list(item_ids))),
    )
    assert tab[0].object == "1 items are bright."
    tab[1].clicks += 1
    assert shown == [ids[:1]]
    working.apps.uninstall("brightness")
