"""Who may import whom. A room stands above all that it imports; names alone lead to agents, models and environments."""

from __future__ import annotations

import ast

import pytest

from tests.house.source import Import, imports_of, modules, room, shown

ROWS = (
    ("rlt.train", "rlt.evaluate", "rlt.report", "rlt.export", "rlt.check", "rlt.doctor", "rlt.__main__"),
    ("rlt.assembly",),
    ("rlt.agents", "rlt.models", "rlt.envs"),
    ("rlt.rl", "rlt.supervised"),
    ("rlt.run",),
    ("rlt.log", "rlt.store", "rlt.data"),
    ("rlt.nn", "rlt.engine"),
    ("rlt.shapes", "rlt.mypy_plugin"),
    ("rlt.types", "rlt.errors", "rlt.registry", "rlt.config"),
)
"""From the commands down. CONTRIBUTING.md shows the same."""
HEIGHT = {name: len(ROWS) - row for row, names in enumerate(ROWS) for name in names}
APART = (set(ROWS[0]), set(ROWS[2]), set(ROWS[3]))
"""Rooms of one row that must not see each other."""
BY_NAME = set(ROWS[2])
BARE = {"agents", "envs", "models", "configs", "tests", "experiments"}
IMPORTERS = {"importlib", "imp", "runpy", "pkgutil", "zipimport"}
HARMLESS = {"importlib.metadata", "importlib.resources"}


def all_imports() -> list[tuple[str, Import]]:
    return [(name, found) for name, file in modules().items() for found in imports_of(name, file)]


def arrow(name: str, found: Import) -> str:
    target = modules().get(found.target)
    return f"{shown(modules()[name])}:{found.line} imports {shown(target) if target else found.target}"


def own_imports() -> list[tuple[str, Import]]:
    """Imports between rlt's modules. rlt/__init__ gives names from above, to type checkers only."""
    every = [(n, i) for n, i in all_imports() if i.target.split(".")[0] == "rlt" and i.target != "rlt"]
    return [(n, i) for n, i in every if not (n == "rlt" and i.typing)]


def test_every_room_has_its_place():
    rooms = {room(name) for name in modules()} - {"rlt", "rlt.configs"}
    assert rooms <= set(HEIGHT), f"in no row of the diagram: {sorted(rooms - set(HEIGHT))}"


def test_a_room_imports_only_what_stands_below_it():
    forbidden = [
        arrow(name, found) for name, found in own_imports()
        if room(name) != room(found.target) and HEIGHT.get(room(name), 1) < HEIGHT[room(found.target)]
    ]
    assert not forbidden, "\n".join(forbidden)


def test_commands_agents_and_learners_do_not_see_each_other():
    forbidden = [
        arrow(name, found) for name, found in own_imports()
        if room(name) != room(found.target) and any({room(name), room(found.target)} <= row for row in APART)
    ]
    assert not forbidden, "\n".join(forbidden)


def test_agents_models_and_environments_are_reached_by_name_only():
    forbidden = [
        arrow(name, found) for name, found in own_imports()
        if room(found.target) in BY_NAME and room(name) != room(found.target)
    ]
    assert not forbidden, "\n".join(forbidden)


def test_rooms_form_no_circle():
    below: dict[str, set[str]] = {}
    for name, found in own_imports():
        if room(name) != room(found.target):
            below.setdefault(room(name), set()).add(room(found.target))
    assert not circle(below)


def test_modules_form_no_circle_while_they_load():
    below: dict[str, set[str]] = {}
    for name, found in own_imports():
        if not found.typing and not found.deferred and found.target != name:
            below.setdefault(name, set()).add(found.target)
    assert not circle(below)


def circle(below: dict[str, set[str]]) -> str | None:
    """`a -> b -> a`, or None."""
    done: set[str] = set()

    def walk(name: str, path: tuple[str, ...]) -> str | None:
        if name in path:
            return " -> ".join((*path[path.index(name) :], name))
        if name in done:
            return None
        found = next(filter(None, (walk(n, (*path, name)) for n in sorted(below.get(name, ())))), None)
        done.add(name)
        return found

    return next(filter(None, (walk(name, ()) for name in sorted(below))), None)


def test_only_the_registry_imports_by_name():
    forbidden = [
        arrow(name, found) for name, found in all_imports()
        if name != "rlt.registry" and found.target.split(".")[0] in IMPORTERS and found.target not in HARMLESS
    ]
    forbidden += [
        f"{shown(file)}:{node.lineno} calls {node.func.id}"
        for name, file in modules().items() if name != "rlt.registry"
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "__import__"
    ]
    assert not forbidden, "\n".join(forbidden)


def test_rooms_are_left_by_their_full_names():
    """Relative imports stay inside the room, and no top folder goes by its bare name."""
    wrong = [arrow(n, i) for n, i in all_imports() if i.level and i.target != "rlt" and room(n) != room(i.target)]
    wrong += [arrow(n, i) for n, i in all_imports() if i.target.split(".")[0] in BARE]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    ("name", "code", "targets"),
    [
        ("rlt.run.folder", "from .config import RunConfig", ["rlt.run.config"]),
        ("rlt.run.folder", "def f():\n    from rlt import registry, errors as e", ["rlt.registry", "rlt.errors"]),
        ("rlt.run", "from . import config", ["rlt.run.config"]),
        ("rlt.agents.ppo.agent", "from ...rl import agent\nimport torch.nn as nn", ["rlt.rl.agent", "torch.nn"]),
    ],
)
def test_the_reader_of_imports_resolves_names(tmp_path, name, code, targets):
    file = tmp_path / ("__init__.py" if name == "rlt.run" else "x.py")
    file.write_text(code)
    assert [i.target for i in imports_of(name, file)] == targets


def test_the_search_for_circles_finds_one():
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == "b -> c -> b"
    assert circle({"a": {"b", "c"}, "b": {"c"}}) is None
