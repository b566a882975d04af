"""The words `KEY=VALUE` of a command line, and the config groups that they choose from."""

from __future__ import annotations

import functools

from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra.core.global_hydra import GlobalHydra
from hydra.core.object_type import ObjectType
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.errors import HydraException

from rlt.errors import ConfigError, one_of


def parse_overrides(overrides: tuple[str, ...]) -> list[Override]:
    """Hydra's reading of `KEY=VALUE` words. ConfigError where one cannot be read."""
    try:
        return OverridesParser.create().parse_overrides(list(overrides))
    except HydraException as error:
        raise ConfigError(
            "the command line cannot be read",
            str(error).splitlines()[0],
            fix="KEY=VALUE; quote values with special signs: 'KEY=\"a: b\"'",
        ) from None


@functools.cache
def groups() -> dict[str, list[str]]:
    """Every config group and its choices. Needs `hydra_at`."""
    loader = GlobalHydra.instance().config_loader()
    found = [g for g in loader.list_groups("") if g != "hydra"]
    return {g: options for g in found if (options := _options(g))}


def _options(group: str) -> list[str]:
    """The files of a group. The loader's own question builds everything that it knows anew, each time."""
    loader = GlobalHydra.instance().config_loader()
    assert isinstance(loader, ConfigLoaderImpl)
    return loader.repository.get_group_options(group, ObjectType.CONFIG)


def check_choices(overrides: list[Override], config_name: str) -> None:
    known = groups()
    if config_name not in _options(""):
        raise ConfigError(f"--config-name {config_name}: there is no such file", one_of(config_name, _options("")))
    for override in overrides:
        group = override.key_or_group
        if group not in known or override.is_delete():
            continue
        for choice in choices(override):
            if choice not in known[group]:
                raise ConfigError(f"{group}={choice}: there is no such {group}", one_of(choice, known[group]))


def choices(override: Override) -> list[str]:
    if override.is_sweep_override():
        return [str(v) for v in override.sweep_string_iterator()]
    value = override.value()
    return [str(v) for v in value] if isinstance(value, list) else [str(value)]


def first_choice(override: Override) -> str:
    """The override, a sweep over several values cut to its first."""
    text = override.input_line or ""
    if not override.is_sweep_override():
        return text
    key = text.partition("=")[0]
    try:
        first = next(iter(override.sweep_string_iterator()))
    except (HydraException, StopIteration, AttributeError):
        return ""  # an interval: the sweeper chooses values
    return f"{key}={first}"
