"""What a failed build check says: the layer, its line, the layer that fed it, expected beside got, a computed fix."""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable, Mapping
from types import FrameType
from typing import Any

from torch import Tensor, nn

from rlt.errors import ShapeError
from rlt.shapes.annotation import TensorHint
from rlt.shapes.compare import Mismatch, named
from rlt.shapes.example_inputs import tensors_inside
from rlt.shapes.meta_run import MetaRun, Stranger
from rlt.shapes.module_layer import arguments_of, describe, made_anew, spec_for_message
from rlt.shapes.recorded_run import Event, RecordedRun
from rlt.shapes.rules import LAYERS, Problem
from rlt.shapes.source import Place, find_layer, is_ours, place_of


def user_frame(error: BaseException) -> tuple[Place, FrameType] | None:
    """The innermost line of the user's in an error's traceback."""
    found = None
    for frame, line in traceback.walk_tb(error.__traceback__):
        if not is_ours(frame.f_code.co_filename):
            found = Place(frame.f_code.co_filename, line), frame
    return found


class Story:
    """What is said about one run: names of layers, their lines, where a tensor came from."""

    def __init__(self, run: MetaRun, who: str, called_from: Place | None, accepts: Callable[..., bool] | None = None) -> None:
        self.run, self.who, self.called_from = run, who, called_from
        self.accepts = accepts
        """Whether the network passes with a layer made anew of other arguments."""

    def path(self, path: str) -> str:
        return f"{self.who}.{path}" if path else self.who

    def layer(self, event: Event) -> str:
        """`CNN.fc, Linear(1568, 10) at cnn.py:31`."""
        return f"{self.path(event.path)}, {describe(event.module)}{self.place(event.path)}"

    def place(self, path: str) -> str:
        """` at heads.py:22, in DuelingHead at cnn.py:31`: where a layer was made, and the block of the network's own that
        holds it. Empty where neither is found."""
        if path == "?":
            return ""
        place, (block, made) = find_layer(self.run.network, path, self.called_from), self._block(path)
        within = f"in {block} at {made}" if made is not None and made != place else ""
        said = [f" at {place}"] if place is not None else []
        return ",".join([*said, f" {within}"] if within else said)

    def _block(self, path: str) -> tuple[str, Place | None]:
        """The class of the outermost block around a layer, and the line that makes it."""
        steps = path.split(".")
        for n in range(1, len(steps)):
            block = type(self.run.network.get_submodule(".".join(steps[:n])))
            if not block.__module__.startswith("torch."):
                return block.__name__, find_layer(self.run.network, ".".join(steps[:n]), self.called_from)
        return "", None

    def shape(self, t: Tensor) -> str:
        return self.run.spell(tuple(t.shape))

    def origin(self, t: Tensor) -> str:
        """Where a tensor's shape comes from; empty where that is the input or not known."""
        if not isinstance(self.run, RecordedRun):
            return ""
        event, between = self.run.source_of(t)
        through = f" through {', '.join(between[-3:])}" if between else ""
        if event is None or event.module is self.run.network:
            return ""
        out = next((o for o in event.outputs), None)
        gives = f" -> {self.shape(out)}" if out is not None else ""
        return f"{self.layer(event)}{gives}{through}"


def failure_message(
    run: RecordedRun,
    error: BaseException,
    inputs: tuple[list[Any], dict[str, Any]],
    who: str,
    given: Mapping[str, int],
    called_from: Place | None,
    accepts: Callable[..., bool] | None = None,
) -> ShapeError:
    """The error for a forward that failed on meta tensors."""
    story = Story(run, who, called_from, accepts)
    shapes = ", ".join(story.shape(t) for t in tensors_inside([*inputs[0], *inputs[1].values()]))
    values = ", ".join(f"{k}={v}" for k, v in given.items())
    what = f"{who} does not fit its input {shapes}" + (f" ({values})" if values else "")
    layer = _failing_layer(run)
    if isinstance(error, ShapeError):
        return ShapeError(what, *_typed_block(story, run), *str(error).splitlines(), *_layer_before(story, run))
    if isinstance(error, Stranger):
        return _stranger(story, error, what)
    if layer is not None:
        return _layer_failure(story, layer, error, what)
    return _operator_failure(story, error, what)


def _typed_block(story: Story, run: RecordedRun) -> list[str]:
    """The block whose typed forward refused, where it was made."""
    path = run.open[-1].path if run.open else ""
    where = story.place(path) if path else ""
    return [f"{story.path(path)}, {type(run.open[-1].module).__name__}{where}:"] if where else []


def _layer_before(story: Story, run: RecordedRun) -> list[str]:
    """The last layer that gave a tensor another shape, before a typed method inside the network refused one."""
    made = [e for e in run.events if e.outputs and type(e.module).__name__ in LAYERS and not e.keeps_shape]
    return [f"after {story.layer(made[-1])} -> {story.shape(made[-1].outputs[0])}"] if made else []


def _failing_layer(run: RecordedRun) -> Event | None:
    """The innermost module that did not finish, where it is one of torch's own with a rule."""
    if not run.open:
        return None
    event = run.open[-1]
    return event if type(event.module).__module__.startswith("torch.nn") and type(event.module).__name__ in LAYERS else None


def _layer_failure(story: Story, event: Event, error: BaseException, what: str) -> ShapeError:
    details = [f"{story.layer(event)}:"]
    problem = _layer_problem(event, error)
    x = event.inputs[0] if event.inputs else None
    fix = None
    if problem is not None and x is not None:
        culprit = (
            event.inputs[problem.argument] if isinstance(problem.argument, int) and problem.argument < len(event.inputs) else x
        )
        spelt = spec_for_message(culprit, story.run.spell)
        got = _spell_got(story, problem)
        expected = story.run.spell_text(problem.expected)
        if problem.kind == "dtype":
            details.append(f"  expects {expected}, gets {spelt}")
        else:
            details.append(f"  expects {expected}, gets {got}: its input is {story.shape(culprit)}")
        x = culprit
        fix = _layer_fix(story, event, problem, culprit)
    else:
        details.append(f"  torch says: {story.run.spell_text(_short(error))}")
    if x is not None:
        origin = story.origin(x)
        details.append(f"fed by {origin}" if origin else f"fed by the input {story.shape(x)}" if problem is None else "")
    return ShapeError(what, *[d for d in details if d], fix=fix)


def _layer_problem(event: Event, error: BaseException) -> Problem | None:
    """What the layer's own rule says of the inputs it was given."""
    layer = LAYERS[type(event.module).__name__]
    try:
        layer.apply(arguments_of(event.module), *[spec_for_message(t, None) for t in event.inputs[:3]])
    except Problem as problem:
        return problem
    except TypeError:
        pass
    return error if isinstance(error, Problem) else None


def _spell_got(story: Story, problem: Problem) -> str:
    if problem.sizes is not None and isinstance(problem.sizes[1], int) and problem.got == str(problem.sizes[1]):
        return story.run.spell_size(problem.sizes[1])
    return story.run.spell_text(problem.got)


def _layer_fix(story: Story, event: Event, problem: Problem, x: Tensor) -> str | None:
    if problem.change:
        sizes = [story.run.spell_size(v) for v in problem.change.values() if isinstance(v, int)]
        mixed = [n for n in story.run.free for s in sizes if re.search(rf"\b{re.escape(n)}\b", s)]
        if mixed:
            made = story.run.source_of(x)[1] if isinstance(story.run, RecordedRun) else []
            if {"view", "reshape", "flatten"} & set(made):
                return f"{mixed[0]} is mixed into the features: keep it apart, as x.flatten(1) does"
            return None
        return made_anew(event.path, event.module, _fitting(story, event, problem))
    return problem.fix_for("x") or None


_PAIRS = {"in_features": "out_features", "in_channels": "out_channels", "input_size": "hidden_size"}


def _fitting(story: Story, event: Event, problem: Problem) -> dict[str, Any]:
    """The layer's arguments that make it fit: its two sizes exchanged where that mends the whole network, or else
    the one size changed."""
    old = arguments_of(event.module)
    new = {**old, **problem.change}
    key = next((k for k in _PAIRS if k in problem.change), None)
    if key is None or old.get(_PAIRS[key]) != problem.change[key] or story.accepts is None:
        return new
    swapped = {**old, key: old[_PAIRS[key]], _PAIRS[key]: old[key]}
    return swapped if story.accepts(event, swapped) else new


def _operator_failure(story: Story, error: BaseException, what: str) -> ShapeError:
    found = user_frame(error)
    details: list[str] = []
    fix = None
    call = getattr(error, "call", None)
    tensors = list(tensors_inside([*call[1], *call[2].values()])) if call is not None else []
    if found is not None:
        place, frame = found
        owner = frame.f_locals.get("self")
        where = (
            story.path(story.run.paths.get(id(owner), ""))
            if isinstance(story.run, RecordedRun) and isinstance(owner, nn.Module)
            else story.who
        )
        details.append(f"{where}.{frame.f_code.co_name} at {place}: {place.text}")
        named_here = _tensors_on_line(place, frame)
        for name, t in list(named_here.items())[:3]:
            origin = story.origin(t)
            details.append(f"  {name} is {story.shape(t)} {str(t.dtype)[6:]}" + (f", from {origin}" if origin else ""))
        fix = _operator_fix(error, named_here, call)
        if not named_here:
            details += [f"  {story.shape(t)} {str(t.dtype)[6:]}" for t in tensors[:2]]
    if isinstance(error, Problem):
        details.append(f"{_operation(call)}expects {_spell_text(story, error.expected)}, gets {_spell_text(story, error.got)}")
    else:
        details.append(f"torch says: {story.run.spell_text(_short(error))}")
    return ShapeError(what, *details, fix=fix)


def _operation(call: Any) -> str:
    return f"{call[0].strip('_')} " if call is not None else ""


def _operator_fix(error: BaseException, named_here: dict[str, Tensor], call: Any) -> str | None:
    if not isinstance(error, Problem) or not error.fix or call is None or not isinstance(error.argument, int):
        return None
    arguments = [*call[1], *call[2].values()]
    if error.argument >= len(arguments):
        return None
    name = next((n for n, t in named_here.items() if t is arguments[error.argument]), None)
    return error.fix_for(name) if name is not None else None


def _tensors_on_line(place: Place, frame: FrameType) -> dict[str, Tensor]:
    """The tensors that a line names: its variables, and attributes of self."""
    found: dict[str, Tensor] = {}
    for name in dict.fromkeys(re.findall(r"(?:self\.)?[A-Za-z_]\w*", place.text)):
        if name.startswith("self."):
            owner = frame.f_locals.get("self")
            value = getattr(owner, name[5:], None) if owner is not None else None
        else:
            value = frame.f_locals.get(name)
        if isinstance(value, Tensor):
            found[name] = value
    return found


def _stranger(story: Story, error: Stranger, what: str) -> ShapeError:
    """A plain tensor, or a layer that the network does not know of."""
    details: list[str] = []
    found = user_frame(error)
    if found is not None:
        place, frame = found
        details.append(f"{story.who}.{frame.f_code.co_name} at {place}: {place.text}")
    for path, module in story.run.network.named_modules():
        for key, value in vars(module).items():
            name = f"{path}.{key}" if path else key
            if value is error.tensor:
                details.append(f"self.{name} is a plain tensor: it stays on the CPU when the network moves, and is not saved")
                return ShapeError(what, *details, fix=f'self.register_buffer("{key}", ...)')
            if isinstance(value, (list, tuple, dict)):
                held = list(value.values()) if isinstance(value, dict) else list(value)
                if any(isinstance(m, nn.Module) and any(p is error.tensor for p in m.parameters()) for m in held):
                    container = "nn.ModuleDict" if isinstance(value, dict) else "nn.ModuleList"
                    details.append(
                        f"self.{name} is a plain {type(value).__name__} of layers: they do not move, train or get saved"
                    )
                    return ShapeError(what, *details, fix=f"self.{key} = {container}(...)")
                if any(t is error.tensor for t in held):
                    details.append(f"self.{name} holds plain tensors: they stay on the CPU when the network moves")
                    return ShapeError(what, *details)
    shape = tuple(error.tensor.shape)
    details.append(f"a tensor {shape} that is made on the CPU meets the network's own: it stays there when the network moves")
    return ShapeError(what, *details, fix="make it with device=x.device")


def result_message(run: MetaRun, mismatch: Mismatch, who: str, called_from: Place | None, known: Mapping[str, int]) -> ShapeError:
    """The error for a forward that returns what it does not declare."""
    story = Story(run, who, called_from)
    part = f" at {mismatch.path}" if mismatch.path else ""
    if not isinstance(mismatch.got, Tensor) or not isinstance(mismatch.hint, TensorHint):
        kind = type(mismatch.got).__name__
        size = f" of {len(mismatch.got)}" if isinstance(mismatch.got, (tuple, list)) else ""
        where = f"returned by forward at {place_of(run.network)}"
        return ShapeError(f"{who}.forward returns {kind}{size}{part}: {mismatch.words}", where)
    hint, got = mismatch.hint, mismatch.got
    values = ", ".join(f"{k}={v}" for k, v in named(known, hint).items())
    what = f"{who}.forward returns {story.shape(got)} {str(got.dtype)[6:]}{part}, but declares {hint}" + (
        f" with {values}" if values else ""
    )
    details = []
    origin = story.origin(got)
    details.append(f"from {origin}" if origin else f"returned by forward at {place_of(run.network)}")
    return ShapeError(what, *details, fix=_result_fix(story, mismatch, got))


def _result_fix(story: Story, mismatch: Mismatch, got: Tensor) -> str | None:
    wanted = mismatch.wanted
    have = tuple(got.shape)
    if mismatch.words:
        return None
    if (
        len(have) == len(wanted) + 1
        and have[-1] == 1
        and all(w is None or not isinstance(w, int) or w == s for w, s in zip(wanted, have))
    ):
        return "return it with .squeeze(-1)"
    if mismatch.dimension != -1 or not isinstance(story.run, RecordedRun) or not wanted or not isinstance(wanted[-1], int):
        return None
    event, between = story.run.source_of(got)
    if event is None or not isinstance(event.module, nn.Linear) or event.module.out_features != have[-1] or between:
        return None
    if story.run.spell_size(wanted[-1]) != str(wanted[-1]):
        return None
    return made_anew(event.path, event.module, {**arguments_of(event.module), "out_features": wanted[-1]})


def _spell_text(story: Story, text: str) -> str:
    """Numbers that stand for names, in a rule's words, by their names."""
    return re.sub(r"\d+", lambda m: story.run.spell_size(int(m.group())) if int(m.group()) > 8 else m.group(), text)


def _short(error: BaseException) -> str:
    line = str(error).splitlines()[0] if str(error) else type(error).__name__
    return line if len(line) <= 160 else line[:157] + "..."
