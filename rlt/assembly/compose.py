"""Command lines to configurations, by Hydra; every mistake found and named before Hydra makes a folder.

A single run is a job of what was composed here. A sweep's jobs are composed again, by Hydra's own `main`.
"""

from __future__ import annotations

import copy
import datetime
import functools
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import hydra
from hydra import compose, initialize_config_module
from hydra._internal.callbacks import Callbacks
from hydra.core.config_loader import ConfigLoader
from hydra.core.config_search_path import ConfigSearchPath
from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.types import Override
from hydra.core.plugins import Plugins
from hydra.core.utils import run_job
from hydra.errors import HydraException
from hydra.plugins.search_path_plugin import SearchPathPlugin
from hydra.types import HydraContext, RunMode
from omegaconf import DictConfig, OmegaConf, open_dict, read_write
from omegaconf.errors import OmegaConfBaseException

from rlt import registry
from rlt.assembly.choices import check_choices, choices, first_choice, groups, parse_overrides
from rlt.assembly.own_agent import choice_of
from rlt.assembly.root import Experiment, parse
from rlt.config import unknown_key
from rlt.errors import ConfigError

VERSION_BASE: dict[str, str] = {"version_base": "1.3"} if tuple(map(int, hydra.__version__.split(".")[:2])) < (1, 4) else {}
"""Hydra 1.3 warns without `version_base`, 1.4 warns with it."""


@dataclass(frozen=True)
class CommandLine:
    """What was typed, sorted."""

    overrides: tuple[str, ...]
    multirun: bool = False
    config_dir: str | None = None
    config_name: str = "train"

    @classmethod
    def parse(cls, words: list[str]) -> CommandLine:
        """Options of Hydra's that `rlt.train` knows, and overrides."""
        line, overrides, rest = cls(()), [], iter(words)
        for word in rest:
            name, _, value = word.partition("=")
            if word in ("-m", "--multirun"):
                line = replace(line, multirun=True)
            elif name in ("-cd", "--config-dir"):
                line = replace(line, config_dir=value or next(rest, ""))
            elif name in ("-cn", "--config-name"):
                line = replace(line, config_name=(value or next(rest, "")).removesuffix(".yaml"))
            elif word.startswith("-"):
                raise ConfigError(
                    f"rlt.train has no option {word}", "options are written key=value", fix="python -m rlt.train --help"
                )
            else:
                overrides.append(_opened(word))
        return replace(line, overrides=tuple(overrides))


def _opened(word: str) -> str:
    """Hydra wants a sign before what its files do not name: the experiment, and any option of an environment."""
    if word.startswith("experiment="):
        return "+" + word
    return "++" + word if word.startswith("env.options.") else word


@dataclass(frozen=True)
class Plan:
    """A command line that was found good."""

    line: CommandLine
    """With what was completed: the model group, the folder."""
    experiment: Experiment
    """Of a sweep: with the first value of each."""
    folder: Path
    config: DictConfig
    """As Hydra composed it, its own settings included."""
    loader: ConfigLoader

    def run(self, task: Callable[[DictConfig], Any]) -> None:
        """The single run as Hydra's `main` makes it: folder, logging, callbacks; what `task` raises goes on."""
        config = copy.deepcopy(self.config)
        with read_write(config), open_dict(config):
            config.hydra.mode = RunMode.RUN
            if not any(o.startswith("hydra.run.dir=") for o in config.hydra.overrides.hydra):
                config.hydra.run.dir = str(self.folder)
        callbacks = Callbacks(config)
        callbacks.on_run_start(config=config, config_name=self.line.config_name)
        context = HydraContext(config_loader=self.loader, callbacks=callbacks)
        done = run_job(task, config, "hydra.run.dir", None, context)
        callbacks.on_run_end(config=config, config_name=self.line.config_name, job_return=done)
        done.return_value  # noqa: B018 - raises what the job raised

    def hydra_words(self) -> list[str]:
        """The words of a sweep for `hydra.main`."""
        words = ["--multirun", *self.line.overrides]
        if self.line.config_dir is not None:
            words[:0] = ["--config-dir", str(Path(self.line.config_dir).absolute())]
        return ["--config-name", self.line.config_name, *words]


class UserConfigs(SearchPathPlugin):
    """Adds `./configs` of the working directory, and `--config-dir` while rlt looks at a command line."""

    config_dir: str | None = None

    def manipulate_search_path(self, search_path: ConfigSearchPath) -> None:
        """Hydra calls this for each search path that it builds."""
        own, here = Path(registry.folder("configs")), Path.cwd() / "configs"
        if here.is_dir() and not (own.exists() and here.samefile(own)):
            search_path.append("rlt-working-directory", f"file://{here}")
        if self.config_dir is not None:
            search_path.append("rlt-config-dir", f"file://{Path(self.config_dir).absolute()}")


def register_search_path() -> None:
    """Makes `./configs` visible to Hydra. Twice does no harm."""
    plugins = Plugins.instance()
    if UserConfigs not in plugins.discover(SearchPathPlugin):
        plugins.register(UserConfigs)


@contextmanager
def hydra_at(config_dir: str | None) -> Iterator[None]:
    """Hydra ready to compose from rlt's configs, the working directory's and `config_dir`."""
    if config_dir is not None and not Path(config_dir).is_dir():
        raise ConfigError(f"--config-dir {config_dir}: there is no such folder")
    register_search_path()
    UserConfigs.config_dir = config_dir
    GlobalHydra.instance().clear()
    try:
        with initialize_config_module("rlt.configs", job_name="train", **VERSION_BASE):
            yield
    finally:
        groups.cache_clear()
        _composed.cache_clear()
        UserConfigs.config_dir = None
        GlobalHydra.instance().clear()


def plan(words: list[str]) -> Plan:
    """The command line checked as a whole. Raises ConfigError; makes nothing."""
    line = CommandLine.parse(words)
    with hydra_at(line.config_dir):
        overrides = parse_overrides(line.overrides)
        if line.multirun:
            line = replace(line, overrides=(*line.overrides, *_job_names(overrides)))
        check_choices(overrides, line.config_name)
        if not line.multirun and any(o.is_sweep_override() for o in overrides):
            sweep = next(o for o in overrides if o.is_sweep_override())
            raise ConfigError(f"{sweep.input_line} names several values", "one run has one value", fix="add -m to run them all")
        line = _complete_agent(_complete_model(line, overrides))
        first = tuple(first_choice(o) for o in parse_overrides(line.overrides))
        config, values = _compose(line.config_name, first)
        if registry.is_external(str(values.get("model", {}).get("name", ""))) and _choice(config, "model") != "own":
            line = replace(line, overrides=_own_model(line.overrides))  # the experiment's file names a network of its own
            config, values = _compose(line.config_name, tuple(first_choice(o) for o in parse_overrides(line.overrides)))
        chosen = _choice(config, "experiment")
        try:
            experiment = parse(values, chosen)
        except ConfigError as error:
            if chosen is None or any(o.key_or_group in error.what for o in overrides if o.key_or_group != "experiment"):
                raise
            raise ConfigError(error.what, *error.details, f"it stands in experiment/{chosen}.yaml", fix=error.fix) from None
        return Plan(*_with_folder(line, experiment), config, GlobalHydra.instance().config_loader())


def _choice(config: DictConfig, group: str) -> str | None:
    """What was chosen of a config group."""
    chosen: str | None = config.hydra.runtime.choices.get(group)
    return chosen


def _job_names(overrides: list[Override]) -> tuple[str, ...]:
    """A job of a sweep is named after the values that differ between jobs; the only one after its number."""
    if any(o.key_or_group in ("hydra.sweep.subdir", _EXCLUDED) for o in overrides):
        return ()
    if not any(o.is_sweep_override() for o in overrides):
        return ("hydra.sweep.subdir=0",)
    same = sorted({o.key_or_group for o in overrides if not o.is_sweep_override()})
    return (f"{_EXCLUDED}=[{','.join(same)}]",)


_EXCLUDED = "hydra.job.config.override_dirname.exclude_keys"


def _with_folder(line: CommandLine, experiment: Experiment) -> tuple[CommandLine, Experiment, Path]:
    key = "hydra.sweep.dir" if line.multirun else "hydra.run.dir"
    given = [o.partition("=")[2] for o in line.overrides if o.startswith(key + "=")]
    if given:
        return line, experiment, Path(given[-1].strip("'\""))
    agent = experiment.agent_name.rpartition(":")[2].lower()
    name = experiment.name or f"{agent}_{re.sub(r'[^A-Za-z0-9]+', '_', str(experiment.env.id)).strip('_')}"
    stamp = datetime.datetime.now().strftime("%Y-%m-%d_%H-%M-%S")
    folder = Path("runs") / name / (f"sweep_{stamp}" if line.multirun else stamp)
    while folder.exists():  # two runs of one second
        folder = folder.with_name(folder.name + "_")
    return replace(line, overrides=(*line.overrides, f"{key}={folder}")), experiment, folder


def _complete_model(line: CommandLine, overrides: list[Override]) -> CommandLine:
    """`model.name=package:Class` brings the group `own`: nothing of the default network's options stays."""
    names = [str(o.value()) for o in overrides if o.key_or_group == "model.name"]
    if any(registry.is_external(n) for n in names) and not any(o.key_or_group == "model" for o in overrides):
        return replace(line, overrides=_own_model(line.overrides))
    return line


def _own_model(overrides: tuple[str, ...]) -> tuple[str, ...]:
    opened = tuple(re.sub(r"^\+{0,2}model\.", "++model.", o) for o in overrides)
    return ("model=own", *opened)


def _complete_agent(line: CommandLine) -> CommandLine:
    """`agent.name=…`, typed or in an experiment's file, brings that agent's own group: nothing of the default's stays."""
    overrides = parse_overrides(line.overrides)
    known = groups()
    typed = [str(o.value()) for o in overrides if o.key_or_group == "agent.name" and not o.is_sweep_override()]
    if typed:
        name = typed[-1]
    else:
        words = tuple(o for o in map(first_choice, overrides) if o)
        chosen = tuple(o for o in (first_choice(o) for o in overrides if o.key_or_group in known) if o)
        try:
            try:
                name = str(_composed(line.config_name, words).agent.name)
            except (HydraException, OmegaConfBaseException):  # options that another agent's group has, perhaps
                name = str(_composed(line.config_name, chosen).agent.name)
        except (HydraException, OmegaConfBaseException):
            return line  # what is wrong is said where everything is composed
    if any(choices(o) == [name] for o in overrides if o.key_or_group == "agent"):
        return line
    choice = choice_of(name, known["agent"])
    if not typed and choice == name:
        return line
    kept = tuple(o.input_line or "" for o in overrides if o.key_or_group != "agent")
    return replace(line, overrides=(f"agent={choice}", *kept))


def _compose(config_name: str, overrides: tuple[str, ...]) -> tuple[DictConfig, dict[str, Any]]:
    """The composed configuration, and its values without Hydra's own."""
    parsed = [o for o in parse_overrides(tuple(o for o in overrides if o)) if o.input_line]
    try:
        try:
            cfg = _composed(config_name, tuple(o.input_line or "" for o in parsed))
        except (HydraException, OmegaConfBaseException):
            _check_keys(config_name, parsed)
            raise
        values = OmegaConf.to_container(cfg, resolve=False)
        assert isinstance(values, dict)
        del values["hydra"]
        plain = OmegaConf.to_container(OmegaConf.create(values), resolve=True, throw_on_missing=True)
    except (HydraException, OmegaConfBaseException) as error:
        raise ConfigError(
            "the configuration cannot be composed", *[x for x in str(error).splitlines() if x.strip()][:4]
        ) from None
    assert isinstance(plain, dict)
    return cfg, {str(k): v for k, v in plain.items()}


def _check_keys(config_name: str, overrides: list[Override]) -> None:
    """ConfigError for a key that the chosen groups have not."""
    known = groups()
    is_group = [o.key_or_group in known or "/" in o.key_or_group for o in overrides]  # hydra/launcher is a group of Hydra's own
    base = _composed(config_name, tuple(o.input_line or "" for o, group in zip(overrides, is_group) if group))
    for o, group in zip(overrides, is_group):
        if not group and not o.is_add() and not o.is_force_add():
            check_key(base, o.key_or_group)


@functools.cache
def _composed(config_name: str, overrides: tuple[str, ...]) -> DictConfig:
    """Composing takes a tenth of a second: the same twice, while `hydra_at` lasts, is done once. Read only."""
    return compose(config_name, list(overrides), return_hydra_config=True)


def check_key(base: DictConfig, key: str) -> None:
    """ConfigError, with the nearest names, where `base` has no such key."""
    node: Any = base
    parts = key.split(".")
    for i, part in enumerate(parts):
        if not isinstance(node, DictConfig) or part not in node:
            above = ".".join(parts[:i])
            inside = [f"{above}.{k!s}" if above else str(k) for k in node] if isinstance(node, DictConfig) else []
            raise unknown_key(key, [k for k in inside if k != "hydra"])
        if key.startswith("hydra"):
            return
        node = node[part] if not OmegaConf.is_missing(node, part) else None
        if isinstance(node, DictConfig) and not len(node):
            return  # a free mapping, such as env.options

