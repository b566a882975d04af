"""From YAML and words to frozen dataclasses and back; each mistake named."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Literal

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from rlt.agents.ppo.config import PPOConfig
from rlt.assembly.yaml_files import base_files
from rlt.config import defaults, doc_lines, from_mapping, to_mapping
from rlt.errors import ConfigError
from rlt.rl.schedules import Schedule
from rlt.run.config import RunConfig


@dataclass(frozen=True)
class Inner:
    rate: float = 0.5
    """How much."""
    sizes: tuple[int, ...] = (3, 4)


@dataclass(frozen=True)
class Outer:
    name: str
    """What it is called."""
    count: int = 1
    limit: float | None = None
    mode: Literal["on", "off", "auto"] = "auto"
    pair: tuple[int, float] = (1, 2.0)
    flag: bool = False
    schedule: Schedule = Schedule("constant", 1.0, 1.0)
    inner: Inner = field(default_factory=Inner)
    either: int | str = 0
    extra: dict[str, float] = field(default_factory=dict)


def refused(match, **values):
    with pytest.raises(ConfigError, match=match):
        from_mapping(Outer, {"name": "x"} | values, "group")


def test_what_yaml_gives_becomes_the_declared_types():
    text = "{name: a, count: 1e6, limit: 1e-3, mode: on, pair: [1, 2], flag: true, "
    text += "schedule: linear:1e-3, inner: {rate: 2, sizes: [1]}}"
    made = from_mapping(Outer, yaml.safe_load(text))
    assert made == Outer("a", 10**6, 1e-3, "on", (1, 2.0), True, Schedule("linear", 1e-3, 0.0), Inner(2.0, (1,)))
    assert [type(x) for x in (made.count, made.limit, made.pair[1], made.inner.rate)] == [int, float, float, float]
    assert from_mapping(Outer, {"name": "a", "mode": False}).mode == "off"


@pytest.mark.parametrize(
    ("values", "match"),
    [
        ({"count": 1.5}, r"group\.count=1\.5.*\n.*whole number"), ({"count": True}, r"group\.count"),
        ({"count": "three"}, "whole number"),
        ({"count": None}, r"group\.count"), ({"limit": "fast"}, r"group\.limit=fast"), ({"limit": [1]}, r"group\.limit"),
        ({"limit": float("nan")}, r"group\.limit"), ({"flag": 1}, "true or false"), ({"flag": "yes"}, "true or false"),
        ({"mode": "atuo"}, r"fix: group\.mode=auto"), ({"pair": [1]}, r"group\.pair"), ({"pair": [1.5, 2]}, r"group\.pair\[0\]"),
        ({"inner": 3}, r"group\.inner"), ({"inner": {"rat": 1}}, r"group\.inner\.rat\n.*fix: group\.inner\.rate"),
        ({"inner": {"sizes": "12"}}, r"group\.inner\.sizes"), ({"inner": {"sizes": [1, "b"]}}, r"group\.inner\.sizes\[1\]"),
        ({"extra": [1]}, r"group\.extra"), ({"extra": {"a": "b"}}, r"group\.extra\.a"),
        ({"nmae": "y"}, r"group\.nmae\n.*fix: group\.name"),
        ({"either": 1.5}, r"group\.either"), ({"schedule": "fast"}, r"group\.schedule=fast"), ({"name": 3}, r"group\.name"),
    ],
)
def test_a_value_that_does_not_fit_is_named_with_what_was_expected(values, match):
    refused(match, **values)


def test_a_missing_value_is_named_with_its_doc_line():
    with pytest.raises(ConfigError, match=r"(?s)group\.name has no value.*What it is called.*fix: group\.name="):
        from_mapping(Outer, {}, "group")


@given(
    st.builds(
        Outer, st.text(), st.integers(), st.one_of(st.none(), st.floats(allow_nan=False)), st.sampled_from(["on", "off", "auto"]),
        st.tuples(st.integers(), st.floats(allow_nan=False, allow_infinity=False)), st.booleans(),
        st.builds(Schedule, st.just("linear"), st.floats(0, 1), st.floats(0, 1)),
        st.builds(Inner, st.floats(allow_nan=False), st.lists(st.integers(), max_size=3).map(tuple)),
    )
)
def test_a_config_comes_back_from_its_yaml_to_the_bit(config):
    assert from_mapping(Outer, yaml.safe_load(yaml.safe_dump(to_mapping(config)))) == config


@pytest.mark.parametrize("cls", [PPOConfig, RunConfig])
def test_defaults_are_a_valid_config_and_every_field_says_what_it_does(cls):
    values = defaults(cls)
    made = from_mapping(cls, yaml.safe_load(yaml.safe_dump(values)))
    assert made == cls()
    plain = {f.name for f in dataclasses.fields(cls) if not isinstance(values[f.name], dict)}
    assert plain <= set(doc_lines(cls))
    with pytest.raises(dataclasses.FrozenInstanceError):
        made.seed = 1


def test_the_base_files_are_those_that_the_dataclasses_write():
    from pathlib import Path

    from rlt import registry

    root = Path(registry.folder("configs"))
    assert {name: (root / name).read_text(encoding="utf-8") for name in base_files()} == base_files()
