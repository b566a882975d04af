"""From a mapping (YAML, command line, keyword arguments) to a frozen dataclass, once, with every mistake named.

A field's doc line is the string under it in the class body: it becomes the comment in the YAML files, the line in
`--help` and the row on the agent's page.

Fields may be: bool, int, float, str, None, Literal, unions and optionals of these, list, tuple, dict, a nested
dataclass, or a class with `parse(value)` (such as `Schedule`), whose ValueError becomes the message.
"""

from __future__ import annotations

import ast
import dataclasses
import inspect
import math
import textwrap
import types
import typing
from collections.abc import Mapping
from typing import Any, Literal, TypeVar, Union

from rlt.errors import ConfigError, nearest

T = TypeVar("T")

_OTHER_NAMES = {
    "batch_size": "minibatch_size", "num_minibatches": "minibatch_size", "update_epochs": "n_epochs", "num_epochs": "n_epochs",
    "num_steps": "n_steps", "norm_adv": "normalize_advantage", "clip_coef": "clip_range", "total_timesteps": "total_steps",
    "n_envs": "num_envs", "net_arch": "hidden", "epsilon": "exploration", "eps": "exploration", "ent_coef": "temperature",
    "alpha": "temperature", "autotune": "temperature", "q_lr": "critic_learning_rate", "policy_lr": "actor_learning_rate",
    "policy_frequency": "policy_delay", "target_network_frequency": "target_update_interval",
}  # fmt: skip
"""What other libraries call these options, for the fix of an unknown key."""


def from_mapping(cls: type[T], values: Mapping[str, Any], path: str = "") -> T:
    """A `cls` made of `values`; missing fields take their defaults. `path` is the prefix in messages (`agent`)."""
    fields = {f.name: f for f in dataclasses.fields(cls)}  # type: ignore[arg-type]
    prefix = f"{path}." if path else ""
    for key in values:
        if key not in fields:
            raise unknown_key(f"{prefix}{key}", [f"{prefix}{name}" for name in fields])
    hints = field_types(cls)
    made = {key: convert(value, hints[key], f"{prefix}{key}") for key, value in values.items()}
    missing = [
        f.name for f in fields.values()
        if f.name not in made and f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING
    ]
    if missing:
        raise ConfigError(
            f"{prefix}{missing[0]} has no value and no default", doc_lines(cls).get(missing[0], ""),
            fix=f"{prefix}{missing[0]}=…",
        )
    return cls(**made)


def unknown_key(key: str, known: list[str]) -> ConfigError:
    """The error for a key that does not exist, with the nearest that do."""
    group = key.rpartition(".")[0]
    beside = {k.rsplit(".", 1)[-1]: k for k in known if k.rpartition(".")[0] == group}
    full = {k.rsplit(".", 1)[-1]: k for k in known} | beside | {k: k for k in known}
    last = key.rsplit(".", 1)[-1]
    # The prefix that all share would make everything alike: the last words are compared first.
    close = nearest(_OTHER_NAMES.get(last, last), beside) or nearest(last, full) or ([] if beside else nearest(key, known))
    if close:
        return ConfigError(f"there is no key {key}", fix=" or ".join(full[c] for c in close))
    return ConfigError(f"there is no key {key}", "there is: " + ", ".join(sorted(known)))


def convert(value: Any, hint: Any, key: str) -> Any:
    """`value` as a `hint`, or a ConfigError that names `key`, what was expected and what came."""
    try:
        return _convert(value, hint, key)
    except (TypeError, ValueError) as error:
        if isinstance(error, ConfigError):
            raise
        came = f"{value!r} ({type(value).__name__})"
        detail = f"expected {describe(hint)}, got {came}"
        if str(error):
            raise ConfigError(f"{key}={value}: {error}", detail) from None
        raise ConfigError(f"{key}={value} does not fit", detail) from None


def _convert(value: Any, hint: Any, key: str) -> Any:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if hint is Any:
        return value
    if isinstance(value, float) and math.isnan(value):
        raise TypeError  # no setting means NaN; it would spoil numbers without a word
    if origin is Literal:
        return _literal(value, arguments, key)
    if origin in (Union, types.UnionType):
        return _union(value, arguments, key)
    if hint is None or hint is type(None):
        if value is None:
            return None
        raise TypeError
    if origin in (list, tuple):
        return _sequence(value, origin, arguments, key)
    if origin is dict or hint is dict:
        if not isinstance(value, Mapping):
            raise TypeError
        inner = arguments[1] if arguments else Any
        return {str(k): convert(v, inner, f"{key}.{k}") for k, v in value.items()}
    if dataclasses.is_dataclass(hint) and isinstance(value, Mapping) and not hasattr(hint, "parse"):
        return from_mapping(typing.cast("type", hint), value, key)
    if isinstance(hint, type) and isinstance(value, hint) and not (isinstance(value, bool) and hint is not bool):
        return value
    if hasattr(hint, "parse"):
        return hint.parse(value)
    return _number(value, hint)


def _number(value: Any, hint: Any) -> Any:
    if isinstance(value, bool):
        raise TypeError
    number = _as_float(value) if isinstance(value, str) else value  # YAML 1.1 reads 1e-3 and 1e6 as text
    if hint is int and isinstance(number, float) and number.is_integer():
        return int(number)  # 1e6 is how people write a million steps
    if hint is float and isinstance(value, int):
        return float(value)
    if hint is float and isinstance(number, float):
        return number
    raise TypeError


def _as_float(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return None if math.isnan(number) else number


def _literal(value: Any, options: tuple[Any, ...], key: str) -> Any:
    if isinstance(value, bool) and {"on", "off"} <= set(options):
        value = "on" if value else "off"  # YAML 1.1 reads on and off as booleans
    if value in options:
        return value
    shown = ", ".join(map(str, options))
    close = nearest(str(value), [str(o) for o in options], count=1)
    raise ConfigError(
        f"{key}={value} is not among its values", f"expected one of {shown}", fix=f"{key}={close[0]}" if close else None
    )


def _union(value: Any, options: tuple[Any, ...], key: str) -> Any:
    for option in options:  # exact matches first: 3 stays an int in `int | float`
        if isinstance(option, type) and type(value) is option:
            return value
    error: Exception | None = None
    for option in options:
        try:
            return _convert(value, option, key)
        except (TypeError, ValueError) as failed:
            if typing.get_origin(option) is Literal:
                continue  # its words are not all that would fit
            error = failed if isinstance(failed, ConfigError) or (error is None and str(failed)) else error
    raise error or TypeError()


def _sequence(value: Any, origin: Any, arguments: tuple[Any, ...], key: str) -> Any:
    if isinstance(value, str | bytes | Mapping) or not hasattr(value, "__iter__"):
        raise TypeError
    items = list(value)
    if origin is tuple and arguments and arguments[-1] is not Ellipsis:
        if len(items) != len(arguments):
            raise TypeError
        return tuple(convert(v, hint, f"{key}[{i}]") for i, (v, hint) in enumerate(zip(items, arguments)))
    inner = arguments[0] if arguments else Any
    return origin(convert(v, inner, f"{key}[{i}]") for i, v in enumerate(items))


def describe(hint: Any) -> str:
    """A type as a person would say it: `a whole number or nothing`."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (Union, types.UnionType):
        return " or ".join(describe(a) for a in arguments)
    if origin is Literal:
        return "one of " + ", ".join(map(str, arguments))
    if origin in (list, tuple):
        return "a list of " + describe(arguments[0]).removeprefix("a ") if arguments else "a list"
    plain = {bool: "true or false", int: "a whole number", float: "a number", str: "text", type(None): "null", Any: "anything"}
    if origin is dict or hint is dict:
        return "a mapping"
    return plain.get(hint) or str(getattr(hint, "described", None) or getattr(hint, "__name__", hint))


def to_mapping(config: Any) -> dict[str, Any]:
    """The inverse of `from_mapping`: plain values that YAML and JSON can hold."""
    return {f.name: _plain(getattr(config, f.name)) for f in dataclasses.fields(config)}


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return value.plain() if hasattr(value, "plain") else to_mapping(value)
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    return value


def field_types(cls: type) -> dict[str, Any]:
    """Each field's type, its annotation resolved where the class was defined."""
    return typing.get_type_hints(cls)


def doc_lines(cls: type) -> dict[str, str]:
    """Each field's doc line: the string under it in the class body; of base classes too."""
    found: dict[str, str] = {}
    for base in reversed(cls.__mro__):
        if not dataclasses.is_dataclass(base):
            continue
        body = ast.parse(textwrap.dedent(inspect.getsource(base))).body[0]
        assert isinstance(body, ast.ClassDef)
        for field, text in zip(body.body, body.body[1:]):
            if (
                isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
                and isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant) and isinstance(text.value.value, str)
            ):
                found[field.target.id] = " ".join(text.value.value.split())
    return found


def defaults(cls: type) -> dict[str, Any]:
    """Each field with its default as plain values; fields without one give the string `???`, Hydra's sign for missing."""
    out: dict[str, Any] = {}
    for f in dataclasses.fields(cls):
        if f.default is not dataclasses.MISSING:
            out[f.name] = _plain(f.default)
        elif f.default_factory is not dataclasses.MISSING:
            out[f.name] = _plain(f.default_factory())
        else:
            out[f.name] = "???"
    return out
