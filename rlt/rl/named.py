"""What a configuration names by `package.module:Class`: own networks and extensions, as text, as classes, as plain data.

Imports no torch: a configuration is read, checked and refused without it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from rlt.config import convert, to_mapping
from rlt.errors import ConfigError
from rlt.registry import is_external


@dataclass(frozen=True)
class Handed:
    """An extension as it was handed to an agent: its class, or the name of one, and its options."""

    described: ClassVar[str] = "an extension such as MyTerm(weight=0.1), package.module:MyTerm or {name: …, weight: 0.1}"

    kind: str | type
    options: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def parse(cls, value: Any) -> Handed:
        """From an object (its class and fields are taken), a class, a name, or a mapping with `name` and options."""
        if isinstance(value, Mapping):
            if "name" not in value:
                raise ConfigError(f"agent.extensions: {dict(value)} does not say which", fix="{name: package.module:Class, …}")
            options = {str(key): option for key, option in value.items() if key != "name"}
            return cls(cls.parse(value["name"]).kind, options)
        if isinstance(value, str):
            if not is_external(value):
                raise ConfigError(f"agent.extensions={value}: there is no such extension", "expected package.module:Class")
            return cls(value)
        if isinstance(value, type):
            return cls(value)
        if not dataclasses.is_dataclass(value):
            raise TypeError
        return cls(type(value), to_mapping(value))

    @property
    def name(self) -> str:
        """`package.module:Class`."""
        return plain_name(self.kind)

    def plain(self) -> str | dict[str, Any]:
        """As it is written in YAML."""
        return {"name": self.name, **self.options} if self.options else self.name


def normal_model(model: Any) -> dict[str, Any]:
    """A model as a mapping with `name` (text, or a class) and its options."""
    if model is None:
        return {"name": "mlp"}
    if isinstance(model, Mapping):
        whole = {"name": "mlp"} | dict(model)
        if whole.get("critic") is not None:
            whole["critic"] = normal_model(whole["critic"])
        return whole
    return {"name": model}


def plain_model(model: Mapping[str, Any]) -> dict[str, Any]:
    """The same with a class written as `module:Name`."""
    plain = dict(model) | {"name": plain_name(model["name"])}
    if plain.get("critic") is not None:
        plain["critic"] = plain_model(normal_model(plain["critic"]))
    return plain


def plain_name(name: str | type) -> str:
    """A class as `module:Name`; text as it is."""
    return name if isinstance(name, str) else f"{name.__module__}:{name.__qualname__}"


def own_names(model: Mapping[str, Any], extensions: Any = ()) -> list[tuple[str, str]]:
    """The names in groups `model` and `agent.extensions` that code is imported by, after their keys."""
    names = [("model.name", str(normal_model(model)["name"]))]
    if model.get("critic") is not None:
        names.append(("model.critic.name", str(normal_model(model["critic"])["name"])))
    handed = convert(extensions or (), tuple[Handed, ...], "agent.extensions")
    return names + [("agent.extensions", one.name) for one in handed]
