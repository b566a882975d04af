"""`python -m rlt.doctor`: what is installed and what works on this machine, and what each missing thing would give."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import sysconfig
import time
import warnings
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import rlt
from rlt.assembly.arguments import Command, run
from rlt.assembly.requirements import Package, Requirements, packages

_TIMEOUT = 60.0
_PACKAGE = Path(rlt.__file__).parent

EXTRAS = {
    "plot": "rlt.report draws the learning curves",
    "sweep": "sweeps (-m) run several jobs at once",
    "video": "evaluations as mp4",
    "onnx": "rlt.export writes ONNX and checks it",
    "envpool": "env.backend=envpool: C++ environments with numbers of their own (750 MB)",
    "warp": "env.backend=warp: thousands of MuJoCo worlds at once on a CUDA device",
    "check": "rlt.check finds wrong shapes before anything runs",
    "dev": "the tests, the linter and the type checker of rlt itself",
}
"""What an extra gives. Which extras there are, the project's metadata say; `all` is the sum of the light ones."""

MUJOCO_RENDER = """
import mujoco
model = mujoco.MjModel.from_xml_string(
    "<mujoco><worldbody><light pos='0 0 3'/><geom type='sphere' size='0.5'/></worldbody></mujoco>")
data = mujoco.MjData(model)
mujoco.mj_forward(model, data)
with mujoco.Renderer(model, 64, 64) as renderer:
    renderer.update_scene(data)
    picture = renderer.render()
assert picture.std() > 1, "the picture is empty"
"""

BOX2D_RENDER = """
import gymnasium
env = gymnasium.make("LunarLander-v3", render_mode="rgb_array")
env.reset(seed=0)
assert env.render().std() > 1, "the picture is empty"
env.close()
"""

COMPILED = """
#include <Python.h>
#include <omp.h>
#include <vector>
int main() { return omp_get_max_threads() < 1; }
"""


@dataclass(frozen=True)
class DoctorOptions:
    """It has no keys."""


@dataclass(frozen=True)
class Finding:
    """One line of the table."""

    name: str
    state: Literal["ok", "note", "absent", "broken"]
    """`absent`: optional and not there. `broken`: required, and missing or unfit."""
    value: str
    gives: str = ""
    """What it gives, or would give."""
    command: str = ""
    """What brings it."""


COMMAND = Command(
    "rlt.doctor",
    "Says what is installed and what works here: versions, import names, devices, extras, compiler, rendering; for "
    "each missing thing, what it would give and the command that brings it.\n\n"
    "Compiling and rendering are tried, each in a process of its own. Nothing is changed. The exit code is 0 if "
    "everything that rlt requires is there, else 1.",
    DoctorOptions,
    examples=(("", "the table"), ("> doctor.txt", "the same without colours, for a bug report")),
)


def main(argv: Sequence[str] | None = None) -> int:
    """The exit code: 0, 1 where something required is missing, 2 after a wrong word."""
    return run(COMMAND, argv, lambda words, options: _examine())


def _examine() -> int:
    requirements = Requirements.read(_PACKAGE)
    with ThreadPoolExecutor() as pool:  # the trials are processes: they run while torch is imported here
        compiler = pool.submit(compiler_finding)
        pictures = [pool.submit(mujoco_finding), pool.submit(box2d_finding)]
        sections = {
            "Python and packages": [python_finding(requirements), *package_findings(requirements)],
            "Import names": layout_findings(_PACKAGE),
            "Machine": machine_findings(),
            "Extras": extra_findings(requirements),
            "Compiler": [compiler.result()],
            "Rendering": [*(p.result() for p in pictures), display_finding()],
        }
    print(f"rlt {rlt.__version__} in {_PACKAGE}" + ("" if requirements.checkout is None else " (a checkout)"))
    colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    for line in table_lines(sections, colour):
        print(line)
    findings = [f for section in sections.values() for f in section]
    broken = [f.name for f in findings if f.state == "broken"]
    absent = [f.name for f in findings if f.state == "absent"]
    print()
    print("Missing: " + ", ".join(broken) if broken else "Everything that rlt requires is there.")
    if absent:
        print("Optional and not there: " + ", ".join(absent))
    return 1 if broken else 0


def table_lines(sections: dict[str, list[Finding]], colour: bool) -> Iterator[str]:
    """The aligned table; below a missing thing, what it would give and the command."""
    marks = {"ok": ("ok", "32"), "note": ("-", "2"), "absent": ("--", "33"), "broken": ("!!", "31")}
    width = max(len(f.name) for section in sections.values() for f in section)

    def paint(text: str, code: str) -> str:
        return f"\033[{code}m{text}\033[0m" if colour else text

    for title, findings in sections.items():
        yield ""
        yield paint(title, "1")
        for f in findings:
            mark, code = marks[f.state]
            yield f"  {paint(f'{mark:2}', code)}  {f.name:{width}}  {f.value}".rstrip()
            more = [f"gives: {f.gives}"] if f.gives and f.state != "ok" else []
            more += [paint(f.command, "36")] if f.command and f.state in ("absent", "broken") else []
            yield from (f"  {'':2}  {'':{width}}  {line}" for line in more)


def python_finding(requirements: Requirements) -> Finding:
    """The interpreter against `requires-python`."""
    found = platform.python_version()
    try:
        from packaging.specifiers import SpecifierSet

        fits = SpecifierSet(requirements.python).contains(found, prereleases=True)
    except ImportError:
        fits = True
    value = f"{found}  (needs {requirements.python})"
    command = "python3.12 -m venv .venv" if requirements.checkout is None else "make setup PYTHON=python3.12"
    return Finding("python", "ok" if fits else "broken", value, command=command)


def package_findings(requirements: Requirements) -> list[Finding]:
    """Each base requirement with its version. Torch is imported too: a broken installation has a version as well."""
    try:
        found = list(packages(requirements.base))
    except ImportError:
        why = "not installed: no version can be compared"
        return [Finding("packaging", "broken", why, command="pip install packaging")]
    return [_torch_finding(p) if p.name == "torch" and p.fits else _package_finding(p) for p in found]


def _package_finding(package: Package) -> Finding:
    value = package.found or "not installed"
    if package.needs and not package.fits:
        value += f"  (needs {package.needs})"
    return Finding(package.name, "ok" if package.fits else "broken", value, command=f"pip install '{package.wanted}'")


def _torch_finding(package: Package) -> Finding:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import torch
    except Exception as error:  # whatever a broken installation raises is the finding
        why = f"{package.found} is installed and cannot be imported: {error}"
        return Finding("torch", "broken", why, command=f"pip install --force-reinstall '{package.wanted}'")
    return Finding("torch", "ok", torch.__version__)


def layout_findings(package: Path) -> list[Finding]:
    """`rlt.agents` and its like: links into the checkout's top folders, or folders of an installed package."""
    command = "pip install -e .    (or: git config core.symlinks true && git checkout -- rlt)"
    found = []
    for name in ("agents", "envs", "models", "configs"):
        inside, beside = package / name, package.parent / name
        if (inside / "__init__.py").is_file():
            value = f"a link to {os.readlink(inside)}" if inside.is_symlink() else "installed"
            found.append(Finding(f"rlt.{name}", "ok", value))
        elif inside.exists() or inside.is_symlink() or (beside / "__init__.py").is_file():
            why = "a text file where git should have made a link" if inside.is_file() else "no link, or a broken one"
            trial = [sys.executable, "-P", "-c", f"import rlt.{name}"]  # -P: the working directory does not count
            failed, _ = _attempt(trial, {"PYTHONPATH": str(package.parent)})
            good = not failed  # an editable install finds the folder without the link
            value = f"found through the install ({why})" if good else f"{why}: {failed}"
            found.append(Finding(f"rlt.{name}", "ok" if good else "broken", value, command=command))
    return found or [Finding("rlt.agents", "broken", "not there", command="pip install --force-reinstall rlt")]


def machine_findings() -> list[Finding]:
    """Processor, memory, CUDA devices."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return [
        Finding("system", "note", platform.platform()),
        Finding("processor", "note", f"{_processor()}, {cores} core{'s' if cores != 1 else ''}"),
        Finding("memory", "note", f"{memory:.1f} GiB"),
        *_cuda_findings(),
    ]


def _processor() -> str:
    file = Path("/proc/cpuinfo")
    lines = file.read_text(encoding="utf-8").splitlines() if file.is_file() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def _cuda_findings() -> list[Finding]:
    torch = sys.modules.get("torch")
    if torch is None:
        return []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a driver that is too old is a finding below, not a warning
        count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if count:
        devices = [torch.cuda.get_device_properties(i) for i in range(count)]
        return [
            Finding(f"cuda:{i}", "ok", f"{d.name}, {d.total_memory / 2**30:.0f} GiB, CUDA {torch.version.cuda}")
            for i, d in enumerate(devices)
        ]
    gives = "faster training of large networks (convolutions)"
    if not Path("/proc/driver/nvidia").exists():
        return [Finding("cuda", "note", "no NVIDIA device", gives)]
    if torch.version.cuda is None:
        command = "pip install --force-reinstall torch    (PyPI's build for Linux has CUDA)"
        return [Finding("cuda", "absent", "there is a device, but this torch is built without CUDA", gives, command)]
    why = f"torch cannot use the device: it needs a driver for CUDA {torch.version.cuda}"
    return [Finding("cuda", "absent", why, gives)]


def extra_findings(requirements: Requirements) -> list[Finding]:
    """Each extra: its packages, or those that are missing."""
    installed = requirements.checkout is None
    found = []
    for name, lines in requirements.extras.items():
        if name == "all":
            continue
        try:
            wanted = list(packages(lines, name))
        except ImportError:
            return []
        lacking = [p for p in wanted if not p.fits]
        value = ", ".join(f"{p.name} {p.found}" for p in wanted) if not lacking else "without " + ", ".join(
            p.name if p.found is None else f"{p.name} {p.needs} (there is {p.found})" for p in lacking
        )
        command = f"pip install 'rlt[{name}]'" if installed else f"pip install -e '.[{name}]'"
        found.append(Finding(name, "absent" if lacking else "ok", value, EXTRAS.get(name, ""), command))
    return found


def compiler_finding() -> Finding:
    """The C++ compiler that torch.compile calls, tried on a program with Python's headers and OpenMP."""
    name = os.environ.get("CXX", "g++")
    gives, command = "compile=on: updates run faster; MuJoCo steps faster", "sudo apt-get install g++ python3-dev"
    if shutil.which(name) is None:
        return Finding(name, "absent", "not found", gives, command)
    include = f"-I{sysconfig.get_path('include')}"
    failed, _ = _attempt([name, "-x", "c++", "-fopenmp", "-fsyntax-only", include, "-"], {}, COMPILED)
    if failed:
        return Finding(name, "absent", f"found, but it cannot compile: {failed}", gives, command)
    words = subprocess.run([name, "-dumpfullversion"], capture_output=True, text=True, timeout=_TIMEOUT).stdout.split()
    return Finding(name, "ok", " ".join(words) or "works", gives)


def mujoco_finding() -> Finding:
    """An offscreen picture by the first of OpenGL's doors that opens; MUJOCO_GL, where set, is the only one tried."""
    chosen = os.environ.get("MUJOCO_GL")
    tried = []
    for door in [chosen] if chosen else ["egl", "osmesa"]:
        failed, seconds = _attempt([sys.executable, "-c", MUJOCO_RENDER], {"MUJOCO_GL": door})
        if not failed:
            return Finding("MuJoCo offscreen", "ok", f"MUJOCO_GL={door}, first picture in {seconds:.1f} s")
        tried.append(f"MUJOCO_GL={door}: {failed}")
    gives = "videos and pixel observations of MuJoCo tasks without a display"
    command = "sudo apt-get install libegl1 libgl1-mesa-dri"
    return Finding("MuJoCo offscreen", "absent", "; ".join(tried), gives, command)


def box2d_finding() -> Finding:
    """An offscreen picture by Box2D and SDL's dummy driver."""
    failed, seconds = _attempt([sys.executable, "-c", BOX2D_RENDER], {"SDL_VIDEODRIVER": "dummy"})
    if not failed:
        return Finding("Box2D offscreen", "ok", f"SDL, first picture in {seconds:.1f} s")
    gives = "videos and pixel observations of Box2D and classic tasks"
    return Finding("Box2D offscreen", "absent", failed, gives, "pip install --force-reinstall 'gymnasium[box2d]'")


def display_finding() -> Finding:
    """Whether a window could be opened."""
    for name in ("WAYLAND_DISPLAY", "DISPLAY"):
        if os.environ.get(name):
            return Finding("display", "ok", f"{name}={os.environ[name]}")
    return Finding("display", "note", "none: pictures are rendered offscreen", 'windows (render_mode="human")')


def _attempt(command: list[str], environment: dict[str, str], stdin: str = "") -> tuple[str, float]:
    """Why `command` failed in a process of its own (empty where it did not), and the seconds that it took."""
    began = time.perf_counter()
    try:
        done = subprocess.run(
            command, input=stdin, env={**os.environ, **environment}, capture_output=True, text=True, timeout=_TIMEOUT
        )
    except subprocess.TimeoutExpired:
        return f"no answer in {_TIMEOUT:g} s", _TIMEOUT
    except OSError as error:
        return str(error), 0.0
    seconds = time.perf_counter() - began
    if done.returncode == 0:
        return "", seconds
    errors = [line.strip() for line in done.stderr.splitlines() if "error" in line.lower()]
    return (errors[-1] if errors else f"exit code {done.returncode}"), seconds


if __name__ == "__main__":
    raise SystemExit(main())
