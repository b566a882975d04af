"""An agent by name as a choice of config group `agent`: its own fields stand where the default's stood.

rlt's agents have a file each in `configs/agent`. Another package's has none: its choice is made from its `Config`, and then
`agent.tau=…` is an ordinary override, checked with nearest names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from hydra.core.config_store import ConfigStore

from rlt import registry
from rlt.assembly.root import agent_config
from rlt.config import defaults


def choice_of(name: str, known: Iterable[str]) -> str:
    """The choice of group `agent` for the agent called `name`: a file's where there is one, else made here.

    ConfigError where there is no such agent."""
    if not registry.is_external(name) and name in known:
        return name
    choice = "own_" + re.sub(r"\W+", "_", name)
    ConfigStore.instance().store(choice, {"name": name, **defaults(agent_config(name))}, group="agent", provider="rlt")
    return choice
