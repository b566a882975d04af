"""`rlt.train`'s command line: which of its forms was typed, and what follows from it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rlt.errors import ConfigError, RltError, RunError
from rlt.run.folder import RunFolder

if TYPE_CHECKING:
    from omegaconf import DictConfig

    from rlt.run.runner import Outcome

_EXIT = {"SIGINT": 130, "SIGTERM": 143}


def train(words: list[str]) -> int:
    """The exit code of one command line."""
    if "-h" in words or "--help" in words:
        from rlt.assembly.help import help_page

        print(help_page([w for w in words if w not in ("-h", "--help")]))
        return 0
    if "--cfg" in words or "-c" in words or any(w.startswith("--cfg=") for w in words):
        return _show_config(words)
    for form in ("resume", "like"):
        given = [w for w in words if w.startswith(form + "=")]
        if given:
            path = Path(given[-1].partition("=")[2])
            rest = [w for w in words if w not in given]
            return _exit_code(_resume(path, rest) if form == "resume" else _like(path, rest))
    return _hydra(words)


def _show_config(words: list[str]) -> int:
    from rlt.assembly.help import commented_config

    rest = [w for w in words if w not in ("--cfg", "-c", "job", "--cfg=job")]
    if len(words) - len(rest) < (1 if "--cfg=job" in words else 2):
        raise ConfigError("--cfg shows one thing", fix="--cfg job")
    print(commented_config(rest), end="")
    return 0


def _resume(path: Path, rest: list[str]) -> Outcome:
    from rlt.assembly.root import trusted

    trust = trusted(rest)
    other = [w for w in rest if not w.startswith("trust=")]
    if other:
        raise ConfigError(
            f"resume goes on with a run as it was, so {other[0]} has no place",
            fix=f"like={path} {' '.join(other)} starts a new run like it, with init_from={path} from its weights",
        )
    RunFolder.open(path)
    from rlt.assembly import job

    return job.resume(path, trust)


def _like(path: Path, rest: list[str]) -> Outcome:
    folder = RunFolder.open(path)
    from rlt.assembly.again import repeated

    experiment, target = repeated(folder, rest)
    from rlt.assembly import job

    return job.start(experiment, target)


def _hydra(words: list[str]) -> int:
    """A single run, or a sweep by Hydra's own `main`."""
    from rlt.assembly.compose import plan

    planned = plan(words)
    if not planned.line.multirun:
        RunFolder(planned.folder).refuse_existing()
    elif planned.folder.exists() and any(planned.folder.iterdir()):
        raise RunError(f"{planned.folder} already holds a sweep", fix="hydra.sweep.dir=OTHER")
    if not planned.line.multirun:
        print(f"starting {planned.folder}: torch takes some seconds to read", file=sys.stderr, flush=True)
    new = [f for f in (planned.folder, *planned.folder.parents) if not f.exists()]
    _results.clear()
    try:
        if planned.line.multirun:
            _sweep(planned.hydra_words())
        else:
            planned.run(hydra_job)
    except BaseException:
        _remove_empty(new)
        raise
    if planned.line.multirun:
        from rlt.assembly.sweep import collect

        return collect(planned.folder)
    result = _results[-1] if _results else None
    if isinstance(result, RltError):
        _remove_empty(new)
        return 2
    return _exit_code(result)


def _sweep(words: list[str]) -> None:
    import hydra

    from rlt.assembly.compose import VERSION_BASE

    with _arguments(words):
        hydra.main(config_path="pkg://rlt.configs", config_name="train", **VERSION_BASE)(hydra_job)()


_results: list[Outcome | RltError] = []
"""How the jobs of this process ended: Hydra's `main` returns nothing."""


def hydra_job(cfg: DictConfig) -> float:
    """One job of Hydra's. An RltError is printed and, in a sweep, left to the table: the other jobs go on."""
    from hydra.core.hydra_config import HydraConfig
    from omegaconf import OmegaConf

    from rlt.assembly import job
    from rlt.assembly.root import parse

    settings = HydraConfig.get()
    folder = Path(settings.runtime.output_dir)
    values: Any = OmegaConf.to_container(cfg, resolve=True)
    with suppress(ValueError):
        folder = folder.relative_to(Path.cwd())
    overrides = dict(o.lstrip("+").partition("=")[::2] for o in settings.overrides.task)
    try:
        outcome = job.start(parse(values, settings.runtime.choices.get("experiment")), folder, overrides)
    except RltError as error:
        print(error, file=sys.stderr)
        _results.append(error)
        if settings.mode is not None and settings.mode.name == "MULTIRUN":
            (folder / "error.txt").write_text(f"{error}\n", encoding="utf-8")
        return float("nan")
    _results.append(outcome)
    if outcome.signal is not None and settings.mode is not None and settings.mode.name == "MULTIRUN":
        raise KeyboardInterrupt
    return job.score(outcome)


def _remove_empty(folders: list[Path]) -> None:
    """Takes away the folders, innermost first, that Hydra made for a run that never was."""
    with suppress(OSError):
        for folder in folders:
            folder.rmdir()


def _exit_code(result: object) -> int:
    signal = getattr(result, "signal", None)
    return _EXIT.get(signal, 1) if signal else 0


@contextmanager
def _arguments(words: list[str]) -> Iterator[None]:
    from rlt.assembly.compose import register_search_path

    register_search_path()
    before = sys.argv
    sys.argv = ["rlt.train", *words]
    os.environ.setdefault("HYDRA_FULL_ERROR", "1")  # what still goes wrong is our mistake: show all of it
    try:
        yield
    finally:
        sys.argv = before
