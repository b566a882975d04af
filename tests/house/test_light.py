"""What is imported when: nothing heavy before it is needed."""

from __future__ import annotations

import ast
import importlib
import json
import subprocess
import sys

import pytest

from tests.house.source import ROOT, is_type_checking, modules, packages

HEAVY = ("torch", "gymnasium", "stable_baselines3", "tensorboard", "hydra", "mypy")
TORCH_FREE = {
    "rlt.errors", "rlt.registry", "rlt.config", "rlt.train", "rlt.evaluate", "rlt.report", "rlt.doctor",
    "rlt.assembly.arguments", "rlt.assembly.compose", "rlt.assembly.front", "rlt.assembly.help", "rlt.assembly.root",
    "rlt.assembly.yaml_files", "rlt.shapes.dims", "rlt.shapes.dtypes", "rlt.shapes.shape", "rlt.shapes.rules",
}
LOADED_AFTER = """
import importlib, json, sys
seen = {}
for name in json.load(sys.stdin):
    importlib.import_module(name)
    seen[name] = [heavy for heavy in HEAVY if heavy in sys.modules]
print(json.dumps(seen))
"""


def loaded_after(names: list[str]) -> dict[str, list[str]]:
    """Which of HEAVY are loaded once each name, in this order, is imported by one new interpreter."""
    code = f"HEAVY = {HEAVY}\n{LOADED_AFTER}"
    done = subprocess.run(
        [sys.executable, "-c", code], input=json.dumps(names), capture_output=True, text=True, cwd=ROOT, check=True
    )
    return json.loads(done.stdout)


def test_import_rlt_loads_nothing_heavy():
    assert loaded_after(["rlt"]) == {"rlt": []}


def test_packages_alone_load_nothing_heavy():
    assert {name: heavy for name, heavy in loaded_after(sorted(packages())).items() if heavy} == {}


def test_configs_and_the_way_to_them_and_the_shape_rules_load_no_torch():
    configs = {name for name in modules() if name.endswith(".config")}
    loaded = loaded_after(sorted(configs) + sorted(TORCH_FREE))
    assert {name: heavy for name, heavy in loaded.items() if {"torch", "gymnasium"} & set(heavy)} == {}


def test_one_config_alone_loads_no_hydra():
    assert loaded_after(["rlt.agents.ppo.config", "rlt.envs.config", "rlt.run.config"])["rlt.run.config"] == []


def lazy_packages() -> list[str]:
    return sorted(n for n in packages() if "__getattr__" in modules()[n].read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", lazy_packages())
def test_names_given_on_first_use_are_those_that_type_checkers_see(name):
    tree = ast.parse(modules()[name].read_text(encoding="utf-8"))
    block = next(node for node in tree.body if is_type_checking(node))
    assert isinstance(block, ast.If)
    seen: dict[str, object] = {}
    exec(compile(ast.Module(list(block.body), []), name, "exec"), {"__name__": name, "__package__": name}, seen)
    package = importlib.import_module(name)
    assert sorted(package.__all__) == sorted(seen) == sorted(n for n in dir(package) if not n.startswith("__"))
    for attribute, value in seen.items():
        assert getattr(package, attribute) is value, attribute


@pytest.mark.parametrize("name", lazy_packages())
def test_no_module_has_the_name_of_what_its_package_gives(name):
    """Importing a module sets it as its package's attribute: the name given on first use would be hidden."""
    inside = {module.rpartition(".")[2] for module in modules() if module.rpartition(".")[0] == name}
    assert inside.isdisjoint(importlib.import_module(name).__all__)


@pytest.mark.parametrize("words", [["--help"], ["--cfg", "job"], ["+experiment=nope"], ["agent.learning_rte=1"]])
def test_pages_and_misspelt_keys_answer_without_torch(words):
    code = (
        "import sys; from rlt.train import main; code = main(sys.argv[1:]); "
        "print(code, [n for n in ('torch', 'gymnasium', 'tensorboard') if n in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stderr.splitlines()[-1] == f"{0 if words[0].startswith('--') else 2} []"
