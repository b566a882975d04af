"""What is installed: every folder of Python, under its import name; and the checkout when its links are broken."""

from __future__ import annotations

import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from experiments.proofs.packaging import (
    build_wheel,
    copy_checkout,
    install,
    links_to_text,
    run_in,
    sharing_environment,
    strangers_folder,
)
from tests.house.source import ROOT, TOP, modules, packages

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def test_the_package_list_equals_the_folder_tree():
    listed = PYPROJECT["tool"]["setuptools"]["packages"]
    assert sorted(listed) == sorted(packages())
    assert len(listed) == len(set(listed))


def test_every_package_is_mapped_to_its_folder():
    """setuptools takes the nearest parent that is mapped."""
    mapped = PYPROJECT["tool"]["setuptools"]["package-dir"]
    for name in packages():
        parts = name.split(".")
        parent = next(".".join(parts[:n]) for n in range(len(parts), 0, -1) if ".".join(parts[:n]) in mapped)
        folder = ROOT.joinpath(mapped[parent], *parts[len(parent.split(".")) :])
        assert not folder.is_symlink()
        assert (folder / "__init__.py").is_file(), f"{name} is mapped to {folder}"


def test_the_links_lead_to_the_top_folders():
    for top in TOP:
        link = ROOT / "rlt" / top
        assert link.is_symlink() == (ROOT / top).is_dir(), top
        if link.is_symlink():
            assert link.readlink() == Path("..") / top


@pytest.mark.parametrize("top", [top for top in TOP if (ROOT / top).is_dir()])
def test_a_top_folder_is_refused_under_its_bare_name(top):
    done = subprocess.run([sys.executable, "-c", f"import {top}"], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 1
    assert f"write 'import rlt.{top}'" in done.stderr.splitlines()[-1]


def test_a_checkout_whose_links_became_text_says_so_and_how_to_mend_it(tmp_path):
    checkout = links_to_text(copy_checkout(ROOT, tmp_path / "rlt"))
    for words in (["-c", "import rlt.agents"], ["-c", "from rlt import envs"], ["-m", "rlt.train", "+experiment=ppo_cartpole"]):
        done = subprocess.run([sys.executable, *words], capture_output=True, text=True, cwd=checkout)
        assert done.returncode == 1
        assert "rlt/agents is a text file where git should have made a link" in done.stderr
        assert "pip install -e ." in done.stderr
        assert "git config core.symlinks true" in done.stderr


def test_the_working_checkout_is_left_alone_by_copies(tmp_path):
    copy = copy_checkout(ROOT, tmp_path / "rlt")
    assert (copy / "rlt/agents").is_symlink()
    links_to_text(copy)
    assert (copy / "rlt/agents").read_text() == "../agents"
    assert (ROOT / "rlt/agents").is_symlink()


@pytest.mark.slow
def test_a_wheel_from_a_checkout_without_links_knows_a_strangers_experiment(tmp_path):
    """The stranger's folder has its own models/, agents/, envs/ and configs/: they stay his, and ours stay ours."""
    checkout = links_to_text(copy_checkout(ROOT, tmp_path / "checkout"))
    wheel = build_wheel(checkout, tmp_path / "dist")
    inside = {name for name in zipfile.ZipFile(wheel).namelist() if name.startswith("rlt/")}
    ours = {name.replace(".", "/") + ("/__init__.py" if name in packages() else ".py") for name in modules()}
    assert {name for name in inside if name.endswith(".py")} == ours
    assert {f"rlt/{f.relative_to(ROOT)}" for f in (ROOT / "configs").rglob("*.yaml")} | {"rlt/py.typed"} <= inside

    python = sharing_environment(tmp_path / "environment")
    install(python, wheel)
    here = strangers_folder(tmp_path / "project")
    assert "site-packages" in run_in(here, python, ["-c", "import rlt.agents; print(rlt.agents.__file__)"])
    own = ["+experiment=mine", "model.name=models.mine:Mine", "model.hidden=8"]
    assert "name: models.mine:Mine" in run_in(here, python, ["-m", "rlt.train", *own, "--cfg", "job"])  # trained: `make prove`
    assert not (here / "rlt").exists()


@pytest.mark.slow
def test_an_editable_installation_of_a_checkout_without_links_works_in_the_checkout(tmp_path):
    checkout = links_to_text(copy_checkout(ROOT, tmp_path / "checkout"))
    python = sharing_environment(tmp_path / "environment")
    install(python, "-e", checkout)
    origin = run_in(checkout, python, ["-c", "import rlt.agents.ppo.config as c; print(c.__file__)"]).strip()
    assert origin == str(checkout / "agents/ppo/config.py")
    assert "ppo_lunarlander" in run_in(checkout, python, ["-m", "rlt.train", "--help"])
