"""`like=RUN`: the configuration of a run that was, with its recorded choices and a few changes."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf

from rlt.assembly.choices import parse_overrides
from rlt.assembly.compose import check_key
from rlt.assembly.root import Experiment, parse, trusted
from rlt.errors import ConfigError
from rlt.run.folder import RunFolder


def repeated(folder: RunFolder, words: list[str]) -> tuple[Experiment, Path]:
    """The experiment and its new folder. TrustError where the old run's config names code from outside."""
    trust = trusted(words)
    if "-m" in words or "--multirun" in words:
        raise ConfigError("like= repeats one run", "a sweep over it is a sweep over its experiment", fix="one command per seed")
    values = {k: v for k, v in folder.config().items() if k != "seeds"}
    config = OmegaConf.create(values)
    target: Path | None = None
    for override in parse_overrides(tuple(w for w in words if not w.startswith("trust="))):
        key, value = override.key_or_group, override.value()
        if override.is_sweep_override():
            raise ConfigError(f"{override.input_line} names several values", "like= repeats one run")
        if key == "hydra.run.dir":
            target = Path(str(value))
            continue
        if not override.is_add() and not override.is_force_add():
            check_key(config, key)
        OmegaConf.update(config, key, value, force_add=True)
    plain: Any = OmegaConf.to_container(config, resolve=True)
    name = folder.record().get("experiment")
    experiment = parse(plain, name, trust, f"python -m rlt.train like={folder.path}")
    stamp = datetime.datetime.now().strftime("%Y-%m-%d_%H-%M-%S")
    return experiment, target or folder.path.parent / f"{stamp}_like_{folder.path.name}"
