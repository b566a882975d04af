"""What an environment's spaces ask of a network: sizes, and `check_policy`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, TypeAlias

import torch
from gymnasium import spaces
from torch import Tensor, nn

from rlt.errors import ShapeError, SpaceError
from rlt.shapes.build_check import refuse_other_things, unchecked_reason
from rlt.shapes.build_message import Story, failure_message
from rlt.shapes.meta_run import CannotRun, NeedsValues
from rlt.shapes.module_layer import arguments_of, made_anew
from rlt.shapes.recorded_run import RecordedRun
from rlt.shapes.source import Place, user_place

BATCH = 101
"""The batch size of a check: a prime, so that no layer size is taken for it."""

Sizes: TypeAlias = "int | dict[str, Sizes] | tuple[Sizes, ...]"
Space: TypeAlias = "spaces.Space[Any]"

_MEANING = {
    "Discrete": "one logit per action",
    "MultiDiscrete": "one logit per choice of every component",
    "MultiBinary": "one logit per bit",
    "Box": "one mean per action component",
}


def describe_space(space: Space) -> str:
    """In one line: `Box(84, 84, 4) uint8`, `Dict(pose: Box(7,) float32, room: Discrete(5))`."""
    if isinstance(space, spaces.Box):
        return f"Box{space.shape} {space.dtype}"
    if isinstance(space, spaces.Discrete):
        return f"Discrete({space.n})"
    if isinstance(space, spaces.MultiDiscrete):
        return f"MultiDiscrete({space.nvec.tolist()})"
    if isinstance(space, spaces.MultiBinary):
        return f"MultiBinary({space.n})"
    if isinstance(space, spaces.Dict):
        return f"Dict({', '.join(f'{k}: {describe_space(v)}' for k, v in space.spaces.items())})"
    if isinstance(space, spaces.Tuple):
        return f"Tuple({', '.join(describe_space(s) for s in space.spaces)})"
    return str(space)


def observation_size(space: Space) -> Sizes:
    """How many numbers an observation has, flattened; Discrete as one-hot. Dict and Tuple keep their structure."""
    if isinstance(space, spaces.Box):
        return math.prod(space.shape)
    if isinstance(space, (spaces.Dict, spaces.Tuple)):
        return _nested(space, observation_size)
    if isinstance(space, (spaces.Discrete, spaces.MultiDiscrete, spaces.MultiBinary)):
        return action_size(space)
    raise SpaceError(f"observations are {describe_space(space)}, for which no size is known", *_KNOWN)


def action_size(space: Space) -> Sizes:
    """How many numbers a policy gives for one action of this space."""
    if isinstance(space, spaces.Discrete):
        return int(space.n)
    if isinstance(space, spaces.MultiDiscrete):
        return int(space.nvec.sum())
    if isinstance(space, (spaces.MultiBinary, spaces.Box)):
        return math.prod(space.shape or (1,))
    if isinstance(space, (spaces.Dict, spaces.Tuple)):
        return _nested(space, action_size)
    raise SpaceError(f"actions are {describe_space(space)}, for which no policy output is known", *_KNOWN)


_KNOWN = ("known are Box, Discrete, MultiDiscrete, MultiBinary, and Dict and Tuple of these",)


def _nested(space: Space, size: Any) -> Sizes:
    if isinstance(space, spaces.Dict):
        return {k: size(v) for k, v in space.spaces.items()}
    assert isinstance(space, spaces.Tuple)
    return tuple(size(s) for s in space.spaces)


def is_image(space: Space) -> bool:
    """Three dimensions, one of which is a channel count."""
    return isinstance(space, spaces.Box) and len(space.shape) == 3


def channels_last(shape: tuple[int, ...]) -> bool:
    """Whether an image's channels stand last, as most environments have it; torch wants them first."""
    return len(shape) == 3 and shape[-1] in (1, 2, 3, 4, 6, 9, 12) and shape[0] > 12


def example_observation(space: Space, batch: int = BATCH) -> Any:
    """A batch of observations as meta tensors, in the dtypes that environments here give."""
    if isinstance(space, spaces.Dict):
        return {k: example_observation(v, batch) for k, v in space.spaces.items()}
    if isinstance(space, spaces.Tuple):
        return tuple(example_observation(s, batch) for s in space.spaces)
    if isinstance(space, spaces.Box):
        dtype = torch.uint8 if space.dtype == "uint8" else torch.float32
    elif isinstance(space, spaces.MultiBinary):
        dtype = torch.bool
    elif isinstance(space, (spaces.Discrete, spaces.MultiDiscrete)):
        dtype = torch.int64
    else:
        raise SpaceError(f"observations are {describe_space(space)}, for which no tensor is known", *_KNOWN)
    return torch.empty((batch, *(space.shape or ())), dtype=dtype, device="meta")


def check_policy(
    network: nn.Module,
    observation_space: Space,
    action_space: Space,
    *,
    env: str = "",
    name: str = "",
    value: bool = False,
) -> str | None:
    """Raises `ShapeError` unless `network(observations)` gives what the action space asks for.

    With `value` it returns a pair: that, and one value per observation, shape `[batch]`. A Box action may come as
    `[batch, n]`, in the space's own shape, or as a tuple (mean, log_std). `env` and `name` stand in messages.
    Returns None where all was checked, else the reason why it could not be.
    """
    called_from = user_place()
    refuse_other_things(network, "check_policy")
    try:
        return _check_policy(network, observation_space, action_space, env, name, value, called_from)
    except ShapeError as error:
        problem = error.with_traceback(None)  # the frames beneath are this package's
    problem.__context__ = None
    raise problem


def _check_policy(
    network: nn.Module,
    observation_space: Space,
    action_space: Space,
    env: str,
    name: str,
    value: bool,
    called_from: Place | None,
) -> str | None:
    who = name or type(network).__name__
    observation = example_observation(observation_space)
    prefix = f"{env}: " if env else ""
    try:
        run = RecordedRun(network, {"batch": BATCH}, frozenset({"batch"}))
    except CannotRun as error:
        return unchecked_reason(error)
    try:
        output = run.run(network, observation)
    except NeedsValues as error:
        return unchecked_reason(error)
    except Exception as error:
        raise _input_error(run, error, observation, observation_space, who, prefix, called_from) from None
    check = _PolicyCheck(Story(run, who, called_from), who, prefix)
    if value:
        output = check.value(output)
    wanted = action_size(action_space)
    if isinstance(action_space, spaces.Box) and isinstance(output, tuple) and len(output) == 2:
        for part in output:
            if not (isinstance(part, Tensor) and part.shape == action_space.shape):  # a log_std without batch
                check.action(part, action_space, wanted, "")
        return None
    check.action(output, action_space, wanted, "")
    return None


def policy_output(network: nn.Module, observation_space: Space) -> Any:
    """What `network` gives for a batch of observations, as meta tensors; None where it cannot be said without running it."""
    try:
        run = RecordedRun(network, {"batch": BATCH}, frozenset({"batch"}))
        return run.run(network, example_observation(observation_space))
    except Exception:
        return None  # `check_policy` says why


def _input_error(
    run: RecordedRun, error: Exception, observation: Any, space: Space, who: str, prefix: str, called_from: Place | None
) -> ShapeError:
    message = failure_message(run, error, ([observation], {}), who, {}, called_from)
    head = f"{prefix}observations are {describe_space(space)}, which {who} does not take"
    details, fix = list(message.details), message.fix
    if isinstance(observation, dict) and not isinstance(error, ShapeError) and isinstance(error, (TypeError, AttributeError)):
        details = [f"observations come as a dict with {', '.join(observation)}: forward must take one"]
    elif isinstance(observation, Tensor) and observation.ndim == 4 and channels_last(tuple(observation.shape[1:])):
        h, w, c = observation.shape[1:]
        details.append(f"the observations are images with the channels last, ({h}, {w}, {c}); Conv2d wants ({c}, {h}, {w})")
        fix = "x.permute(0, 3, 1, 2), or wrap the environment"
    elif isinstance(observation, Tensor) and observation.dtype is torch.uint8 and observation.ndim == 4:
        fix = "x.float() / 255"
    return ShapeError(head, *details, fix=fix)


class _PolicyCheck:
    """Compares a network's output with what is asked."""

    def __init__(self, story: Story, who: str, prefix: str) -> None:
        self.story, self.who, self.prefix = story, who, prefix

    def value(self, output: Any) -> Any:
        """The policy's part of (policy, value), after the value's shape was checked."""
        if not isinstance(output, (tuple, list)) or len(output) != 2:
            raise ShapeError(f"{self.prefix}{self.who} must return (policy output, value), but returns {_kind(output)}")
        policy, value = output
        if not isinstance(value, Tensor) or tuple(value.shape) != (BATCH,):
            got = self.story.shape(value) if isinstance(value, Tensor) else _kind(value)
            fix = "value.squeeze(-1)" if isinstance(value, Tensor) and tuple(value.shape) == (BATCH, 1) else None
            what = f"{self.prefix}{self.who} must give one value per observation, shape (batch,), but gives {got}"
            raise ShapeError(what, *self.origin(value), fix=fix)
        return policy

    def origin(self, output: Any) -> list[str]:
        """The layer that gave an output its shape, with its line."""
        said = self.story.origin(output) if isinstance(output, Tensor) else ""
        return [f"from {said}"] if said else []

    def action(self, output: Any, space: Space, wanted: Sizes, path: str) -> None:
        if isinstance(wanted, Mapping):
            if not isinstance(output, Mapping) or set(wanted) - set(output):
                self.structure(output, space, path, f"a dict with {', '.join(wanted)}")
            for key, size in wanted.items():
                self.action(output[key], space.spaces[key], size, f"{path}[{key!r}]")  # type: ignore[attr-defined]
        elif isinstance(wanted, tuple):
            if not isinstance(output, (tuple, list)) or len(output) != len(wanted):
                self.structure(output, space, path, f"a tuple of {len(wanted)}")
            for i, size in enumerate(wanted):
                self.action(output[i], space.spaces[i], size, f"{path}[{i}]")  # type: ignore[attr-defined]
        elif not isinstance(output, Tensor):
            self.structure(output, space, path, "a tensor")
        else:
            self.tensor(output, space, wanted, path)

    def structure(self, output: Any, space: Space, path: str, wanted: str) -> None:
        what = f"{self.prefix}actions are {describe_space(space)}: {self.who}{path} must return {wanted}"
        raise ShapeError(f"{what}, but returns {_kind(output)}")

    def tensor(self, output: Tensor, space: Space, wanted: int, path: str) -> None:
        allowed: list[tuple[int, ...]] = [(BATCH, wanted)]
        if isinstance(space, spaces.Box):
            allowed.append((BATCH, *space.shape))
        if tuple(output.shape) in allowed:
            return
        numbers = "number" if wanted == 1 else "numbers"
        meaning = _MEANING.get(type(space).__name__, "")
        raise ShapeError(
            f"{self.prefix}actions are {describe_space(space)}: "
            f"the policy must give {wanted} {numbers} per observation" + (f" ({meaning})" if meaning else ""),
            f"but {self.who}{path} gives {self.story.shape(output)}",
            *self.origin(output),
            fix=self.head_fix(output, wanted),
        )

    def head_fix(self, output: Tensor, wanted: int) -> str | None:
        """The last Linear with as many outputs as are asked for, where it made the output."""
        assert isinstance(self.story.run, RecordedRun)
        event, between = self.story.run.source_of(output)
        if event is None or between or not isinstance(event.module, nn.Linear) or output.ndim != 2:
            return None
        return made_anew(event.path, event.module, {**arguments_of(event.module), "out_features": wanted})


def _kind(value: Any) -> str:
    if isinstance(value, Tensor):
        shape = ", ".join(["batch", *map(str, value.shape[1:])] if value.shape[:1] == (BATCH,) else map(str, value.shape))
        return f"a tensor ({shape})"
    if isinstance(value, (tuple, list)):
        return f"a {type(value).__name__} of {len(value)}"
    if isinstance(value, Mapping):
        return f"a dict with {', '.join(map(str, value))}"
    return type(value).__name__
