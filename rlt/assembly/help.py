"""The pages of `rlt.train`: `--help`, and `--cfg job` with every field's doc line. Neither imports torch."""

from __future__ import annotations

import shutil
import textwrap
from pathlib import Path
from typing import Any

import yaml

from rlt import registry
from rlt.assembly.choices import groups
from rlt.assembly.compose import hydra_at, plan
from rlt.assembly.root import MODELS, agent_config, env_config
from rlt.assembly.yaml_files import commented_yaml
from rlt.config import defaults, doc_lines, field_types
from rlt.engine.config import EngineConfig
from rlt.run.config import RunConfig

_HEAD = """\
rlt.train: trains an agent, or goes on with one.

  python -m rlt.train +experiment=NAME [KEY=VALUE …]     a run; its folder is runs/NAME/DATE_TIME
  python -m rlt.train -m +experiment=NAME seed=0,1,2     a sweep; hydra/launcher=joblib runs jobs side by side
  python -m rlt.train resume=RUN                         goes on where a run stopped, to the bit
  python -m rlt.train like=RUN [KEY=VALUE …]             a new run with another's configuration
  python -m rlt.train +experiment=NAME init_from=RUN     a new run from another's weights

  --cfg job         print the configuration and do nothing     --config-dir DIR   your own configs beside rlt's
  --help            this page; with agent=NAME, that agent's   --config-name FILE your own root instead of train.yaml
  ./configs         in the working directory counts like --config-dir

Afterwards: python -m rlt.evaluate RUN, python -m rlt.report RUN…, tensorboard --logdir runs
"""


def help_page(words: list[str]) -> str:
    """The page for the groups that `words` choose."""
    width = min(shutil.get_terminal_size((120, 24)).columns, 120)
    planned = plan([w for w in words if w not in ("-m", "--multirun")]).experiment
    with hydra_at(None):
        found = groups()
    lines = [_HEAD, "Experiments"]
    lines += [f"  {name:<22}{_first_comment('experiment', name)}" for name in found.get("experiment", [])]
    lines += ["", "Groups"]
    lines += [f"  {g + '=':<12}{', '.join(names)}" for g, names in found.items() if g not in ("experiment", "run")]
    lines += ["", "The run", *_fields(RunConfig, "", width), *_fields(EngineConfig, "", width)]
    lines += ["", "Environment", *_fields(env_config(), "env.", width)]
    lines += ["", f"Agent {planned.agent_name}", *_fields(agent_config(planned.agent_name), "agent.", width)]
    if planned.model_name in MODELS:
        lines += ["", f"Network {planned.model_name}", *_fields(MODELS[planned.model_name], "model.", width)]
    lines.append("  model.name=package.module:Class takes a network of your own")
    return "\n".join(lines)


def _fields(cls: type, prefix: str, width: int) -> list[str]:
    docs, types, lines = doc_lines(cls), field_types(cls), []
    for name, default in defaults(cls).items():
        nested = types[name]
        if isinstance(default, dict) and hasattr(nested, "__dataclass_fields__"):
            lines += _fields(nested, f"{prefix}{name}.", width)
            continue
        shown = "null" if default is None else str(default).lower() if isinstance(default, bool) else str(default)
        head = f"  {prefix}{name}={shown}"
        text = textwrap.wrap(docs.get(name, ""), max(width - 40, 40))
        if len(head) < 39 and text:
            lines.append(f"{head:<40}{text.pop(0)}")
        else:
            lines.append(head)
        lines += [" " * 40 + t for t in text]
    return lines


def _first_comment(group: str, name: str) -> str:
    """What an experiment's file says of itself in its first comment."""
    for folder in (Path(registry.folder("configs")), Path.cwd() / "configs"):
        file = folder / group / f"{name}.yaml"
        if file.is_file():
            comments = [x[1:].strip() for x in file.read_text(encoding="utf-8").splitlines() if x.startswith("#")]
            return next((c for c in comments if c and not c.startswith("@package")), "")
    return ""


def commented_config(words: list[str]) -> str:
    """The configuration that `words` compose, as YAML with each field's doc line."""
    experiment = plan(words).experiment
    values = experiment.describe()
    out = ["# " + ("experiment " + experiment.name if experiment.name else "no experiment") + "\n"]
    sections: list[tuple[str, type | None]] = [
        ("agent", agent_config(experiment.agent_name)), ("env", env_config()), ("model", MODELS.get(experiment.model_name)),
    ]
    for group, cls in sections:
        part: dict[str, Any] = values.pop(group)
        body = commented_yaml(cls, part, "  ") if cls else textwrap.indent(yaml.safe_dump(part, sort_keys=False), "  ")
        out.append(f"{group}:\n{body}\n")
    engine = {name: values.pop(name) for name in field_types(EngineConfig)}
    return "\n".join(out) + "\n" + commented_yaml(RunConfig, values) + commented_yaml(EngineConfig, engine)
