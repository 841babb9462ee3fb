"""The contract's hooks: each is documented, tested here by name, and implemented or left out."""

import inspect
import re
from pathlib import Path

import pluggy
import pytest

from clustering_app import hooks
from host_contract import hookspecs

HOOKS = sorted(
    name
    for name, value in vars(hookspecs).items()
    if inspect.isfunction(value) and hasattr(value, f"{hookspecs.GROUP}_spec")
)


def test_there_are_hooks() -> None:
    assert "manifest_path" in HOOKS
    assert len(HOOKS) == 10


@pytest.mark.parametrize("name", HOOKS)
def test_hook_is_documented(name: str) -> None:
    arguments = ", ".join(inspect.signature(getattr(hookspecs, name)).parameters)
    page = (Path(__file__).parents[2] / "docs" / "hooks.md").read_text(encoding="utf-8")
    documentation = inspect.getdoc(getattr(hookspecs, name))
    assert documentation
    assert f"## {name}({arguments})\n\n{documentation}" in page


@pytest.mark.parametrize("name", HOOKS)
def test_hook_has_a_test(name: str) -> None:
    tests = Path(__file__).parents[1]
    pattern = re.compile(rf"def test_hook_{name}\b")
    assert any(pattern.search(path.read_text(encoding="utf-8")) for path in tests.rglob("*.py"))


@pytest.mark.parametrize("name", HOOKS)
def test_app_implements_the_hook_or_says_why_not(name: str) -> None:
    implemented = hasattr(getattr(hooks, name, None), f"{hookspecs.GROUP}_impl")
    assert implemented != bool(hooks.LEFT_OUT.get(name))


def test_app_implements_only_hooks_of_the_contract() -> None:
    manager = pluggy.PluginManager(hookspecs.GROUP)
    manager.add_hookspecs(hookspecs)
    manager.register(hooks)
    manager.check_pending()
