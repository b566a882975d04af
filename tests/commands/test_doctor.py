"""rlt.doctor: what it finds here, and what it says where something is missing."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

import rlt
from rlt import doctor
from rlt.assembly.requirements import Requirements, packages
from rlt.doctor import Finding
from rlt.errors import RunError

PACKAGE = Path(rlt.__file__).parent
HERE = Requirements.read(PACKAGE)

METADATA = """Metadata-Version: 2.4
Name: rlt
Version: 0.1.0
Requires-Python: >=3.11
Requires-Dist: numpy>=2.0
Requires-Dist: gymnasium[box2d]>=1.2
Requires-Dist: tomli; python_version < "3"
Provides-Extra: video
Requires-Dist: av>=13; extra == "video"
Provides-Extra: all
Requires-Dist: rlt[video]; extra == "all"
"""


def test_the_table_of_this_machine_names_every_package_and_ends_with_a_verdict(capsys):
    code = doctor.main([])
    out = capsys.readouterr().out
    for name in ("python", "torch", "gymnasium", "mujoco", "box2d", "hydra-core", "stable-baselines3"):
        assert f"  ok  {name} " in out
    for name in HERE.extras.keys() - {"all"}:
        assert f"  {name} " in out
    assert "rlt.agents" in out
    assert "MuJoCo offscreen" in out
    assert code == 0
    assert "Everything that rlt requires is there." in out
    assert "\033" not in out  # plain where nobody looks at a terminal


def test_every_extra_of_the_project_says_what_it_gives():
    assert set(doctor.EXTRAS) == HERE.extras.keys() - {"all"}


def test_packages_are_compared_with_the_installed_versions_and_their_own_extras_are_followed():
    found = {p.name: p for p in packages(["numpy>=2.0", "gymnasium[box2d]>=99", "surely-not-there>=1"])}
    assert (found["numpy"].found, found["numpy"].fits) == (version("numpy"), True)
    assert (found["gymnasium"].found, found["gymnasium"].fits) == (version("gymnasium"), False)
    assert found["box2d"].fits
    assert (found["surely-not-there"].found, found["surely-not-there"].wanted) == (None, "surely-not-there>=1")


def test_an_installed_wheel_is_read_from_its_metadata(tmp_path, monkeypatch):
    (tmp_path / "rlt-0.1.0.dist-info").mkdir()
    (tmp_path / "rlt-0.1.0.dist-info/METADATA").write_text(METADATA)
    monkeypatch.syspath_prepend(tmp_path)
    read = Requirements.read(tmp_path / "rlt")
    assert read.checkout is None
    assert (read.python, list(read.extras)) == (">=3.11", ["video", "all"])
    assert [p.wanted for p in packages(read.extras["video"], "video")] == ["av>=13"]
    names = [p.name for p in packages(read.base)]
    assert names[:2] == ["numpy", "gymnasium"]
    assert "box2d" in names
    assert "tomli" not in names
    assert [f.command for f in doctor.extra_findings(read)] == ["pip install 'rlt[video]'"]


def test_a_copy_that_was_neither_cloned_nor_installed_is_one_clear_error(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", [p for p in sys.path if "site-packages" not in p and Path(p) != PACKAGE.parent])
    with pytest.raises(RunError, match=r"rlt cannot tell what it requires\n  .* no installed package is called rlt"):
        Requirements.read(tmp_path / "rlt")


def test_a_missing_or_old_requirement_is_broken_and_comes_with_its_command():
    asked = Requirements(">=3.11", ("numpy>=99", "surely-not-there>=1"), {}, None)
    old, lacking = doctor.package_findings(asked)
    assert (old.state, old.value) == ("broken", f"{version('numpy')}  (needs >=99)")
    assert old.command == "pip install 'numpy>=99'"
    assert (lacking.state, lacking.value) == ("broken", "not installed  (needs >=1)")
    assert doctor.python_finding(Requirements(">=4", (), {}, None)).state == "broken"


def test_a_missing_extra_is_optional_and_says_what_it_would_give():
    asked = Requirements("", (), {"plot": ("numpy>=2", "surely-not-there",), "all": ("rlt[plot]",)}, PACKAGE)
    (found,) = doctor.extra_findings(asked)
    assert (found.name, found.state, found.value) == ("plot", "absent", "without surely-not-there")
    assert (found.gives, found.command) == (doctor.EXTRAS["plot"], "pip install -e '.[plot]'")


def test_something_required_that_is_missing_gives_exit_code_one(monkeypatch, capsys):
    for trial in ("compiler_finding", "mujoco_finding", "box2d_finding"):
        monkeypatch.setattr(doctor, trial, lambda: Finding("trial", "absent", "left out here"))
    asked = Requirements(">=3.11", ("surely-not-there",), {}, None)
    monkeypatch.setattr(Requirements, "read", lambda package: asked)
    assert doctor.main([]) == 1
    out = capsys.readouterr().out
    assert "  !!  surely-not-there  not installed\n" in out
    assert "pip install 'surely-not-there'" in out
    assert "Missing: surely-not-there\n" in out


def test_links_that_became_text_files_are_broken_and_links_are_whole(tmp_path):
    (tmp_path / "rlt").mkdir()
    (tmp_path / "rlt/__init__.py").touch()
    for name in ("agents", "envs"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").touch()
    (tmp_path / "rlt/agents").write_text("../agents")
    (tmp_path / "rlt/envs").symlink_to("../envs")
    agents, envs = doctor.layout_findings(tmp_path / "rlt")
    assert agents.state == "broken"
    assert agents.value.startswith("a text file where git should have made a link: ModuleNotFoundError")
    assert (envs.state, envs.value) == ("ok", "a link to ../envs")


def test_a_compiler_that_is_missing_or_fails_is_told_apart(tmp_path, monkeypatch):
    monkeypatch.setenv("CXX", str(tmp_path / "none"))
    assert doctor.compiler_finding().value == "not found"
    failing = tmp_path / "failing"
    failing.write_text("#!/bin/sh\necho 'fatal error: omp.h: no such file' >&2\nexit 1\n")
    failing.chmod(0o755)
    monkeypatch.setenv("CXX", str(failing))
    found = doctor.compiler_finding()
    assert (found.state, found.value) == ("absent", "found, but it cannot compile: fatal error: omp.h: no such file")
    assert "python3-dev" in found.command


def test_a_renderer_that_fails_or_hangs_is_absent_with_the_reason(monkeypatch):
    monkeypatch.setenv("MUJOCO_GL", "nonsense")
    found = doctor.mujoco_finding()
    assert found.state == "absent"
    assert "MUJOCO_GL=nonsense: " in found.value
    assert "apt-get" in found.command
    monkeypatch.setattr(doctor, "_TIMEOUT", 0.01)
    assert "no answer in 0.01 s" in doctor.box2d_finding().value


def test_the_columns_are_aligned_with_colours_and_without():
    sections = {"A": [Finding("x", "ok", "1"), Finding("longer", "absent", "2", "speed", "pip install y")]}
    plain = list(doctor.table_lines(sections, colour=False))
    assert plain == [
        "", "A", "  ok  x       1", "  --  longer  2", "              gives: speed", "              pip install y",
    ]
    painted = "\n".join(doctor.table_lines(sections, colour=True))
    for code in ("1", "32", "33", "36"):
        painted = painted.replace(f"\033[{code}m", "")
    assert painted.replace("\033[0m", "") == "\n".join(plain)


@pytest.mark.parametrize("missing", ["torch", "packaging"])
def test_without_a_package_the_doctor_still_answers(missing):
    code = f"import sys; sys.modules.update(dict.fromkeys(['numpy', 'yaml', 'rich', {missing!r}])); import rlt.doctor\n"
    for trial in ("compiler", "mujoco", "box2d"):  # they are tried above
        code += f"rlt.doctor.{trial}_finding = rlt.doctor.display_finding\n"
    code += "sys.exit(rlt.doctor.main([]))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (1, "")
    assert f"  !!  {missing}" in done.stdout


def test_help_and_wrong_words_need_no_torch_and_try_nothing():
    code = (
        "import sys; from rlt.doctor import main\n"
        "assert main(['--help']) == 0 and main(['extra=plot']) == 2 and main(['plot']) == 2\n"
        "assert not {'torch', 'numpy', 'yaml'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "there is no key extra: rlt.doctor has none" in done.stderr
    assert "rlt.doctor takes no such word: plot" in done.stderr
