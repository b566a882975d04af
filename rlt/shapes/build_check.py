"""Checks a network before it sees data: its forward runs on meta tensors of the shapes that its annotations declare.

Names of sizes have the values of the constructor's integers; the others are chosen. What fails is reported only if it
fails with two different choices, so that a number that happens not to divide accuses nobody.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from torch import nn

from rlt.errors import ConfigError, ShapeError
from rlt.shapes import dims as D
from rlt.shapes.annotation import Hint, Signature, names_in, read, read_signature, refuse_unread, shape_hint, tensors_in
from rlt.shapes.build_message import failure_message, result_message, user_frame
from rlt.shapes.compare import compare
from rlt.shapes.example_inputs import choose_sizes, floating_dtype, hints_of, inputs_of, other_pixels, own_sizes, unnamed_at
from rlt.shapes.meta_run import CannotRun, MetaRun, NeedsValues
from rlt.shapes.names import misspelt_result, refuse_unused
from rlt.shapes.recorded_run import Event, RecordedRun
from rlt.shapes.rules import Problem
from rlt.shapes.rules.words import words
from rlt.shapes.sizes import sizes_of
from rlt.shapes.source import Place, place_of, user_place


def check_network(network: nn.Module, *inputs: Any, name: str = "", **sizes: int) -> str | None:
    """Raises `ShapeError` unless the network's forward fits its inputs.

    `inputs` are shapes, one for each argument: `"batch 784"`, or `Int[Tensor, "batch time"]` for another dtype. Without
    them, the annotations of forward say. `sizes` gives names a value: `check_network(net, "batch n", n=784)`.
    Returns None where all was checked, else the reason why it could not be.
    """
    called_from = user_place()
    refuse_other_things(network, "check_network")
    if inputs:
        signature = given_inputs(network, inputs)
    else:
        signature = read_signature(type(network).forward)
    refuse_unused(sizes, names_in(*signature.arguments.values(), signature.result), "check_network")
    known = sizes_of(network) | sizes
    try:
        return check_signature(network, signature, known, name or type(network).__name__, called_from)
    except ShapeError as error:
        problem = error.with_traceback(None)  # the frames beneath are this package's
    raise problem


def refuse_other_things(network: Any, who: str) -> None:
    """ConfigError for what is no network: a class in place of its object, a number."""
    if isinstance(network, type) and issubclass(network, nn.Module):
        name = network.__name__
        raise ConfigError(f"{who}: a network is expected, got the class {name}", fix=f"make an object of it: {name}(...)")
    if not isinstance(network, nn.Module):
        raise ConfigError(f"{who}: a network (a torch.nn.Module) is expected, got {type(network).__name__} {network!r:.60}")


def given_inputs(network: nn.Module, inputs: tuple[Any, ...]) -> Signature:
    """The shapes that a caller gives, as a forward's signature."""
    hints: list[Hint] = []
    for given in inputs:
        try:
            hint = shape_hint(given) if isinstance(given, str) else read(given)
        except ValueError as error:
            raise ConfigError(str(error)) from None
        if hint is None:
            raise ConfigError(f"{given!r} is no shape", fix='check_network(net, "batch 784")')
        hints.append(hint)
    parameters = {f"input{i}": inspect.Parameter(f"input{i}", inspect.Parameter.POSITIONAL_ONLY) for i in range(len(hints))}
    return Signature(parameters, dict(zip(parameters, hints)), None, {})


def check_signature(
    network: nn.Module,
    signature: Signature,
    known: Mapping[str, int],
    who: str,
    called_from: Place | None = None,
) -> str | None:
    """As `check_network`, for what `signature` declares."""
    refuse_unread(signature, f"{who}.forward")
    hints = list(signature.arguments.values())
    if not any(True for h in hints for _ in tensors_in(h)):
        reasons = "; ".join(f"{k}: {v}" for k, v in signature.unread.items() if k != "return")
        return f"forward declares no shape ({reasons})" if reasons else "forward declares no shape"
    hints, known = hints_of(signature), dict(known)
    forward = forward_of(network)
    first: _Attempt | None = None
    attempt = 0
    while attempt < 2:
        trial = _Attempt(network, signature, hints, known, attempt)
        try:
            output = trial.start(forward)
        except (CannotRun, NeedsValues) as error:
            return unchecked_reason(error)
        except Exception as error:
            demanded = _demanded_size(error, trial, signature)
            if demanded is not None and demanded[0] not in known:
                known[demanded[0]] = demanded[1]
                continue
            trial.error = error
            first = first or trial
            attempt += 1
            continue
        if first is not None:
            return f"it runs only with some sizes: {first.run.spell_text(_first_line(first.error))}"
        return _check_result(trial, output, who, called_from)
    assert first is not None
    return _only_for_some_images(first, hints) or _report(first, forward, who, called_from)


def _only_for_some_images(first: _Attempt, hints: list[Hint]) -> str | None:
    """The reason not to accuse a layer after `flatten` of an image whose height and width are free: it fits some of them.

    Its number of features changes with these sizes, and with no other free one: a batch among the features is a mistake.
    """
    error = first.error
    if not _demands_features(error):
        return None
    pixels = other_pixels(hints, first.sizes, first.free)
    if pixels == first.sizes:
        return None
    moved = {n for n, size in pixels.items() if first.sizes.get(n) != size}
    others = {n: size + 2 for n, size in first.sizes.items() if n in first.free and n not in moved}
    if _features_with(first, hints, pixels) in (None, _features(error)):
        return None
    if others and _features_with(first, hints, {**first.sizes, **others}) != _features(error):
        return None
    return f"it runs only with images of some sizes: {first.run.spell_text(_first_line(error))}"


def _demands_features(error: Exception | None) -> bool:
    call = getattr(error, "call", None)
    return isinstance(error, Problem) and error.sizes is not None and call is not None and call[0] in _DEMANDING


def _features(error: Exception | None) -> Any:
    return error.sizes[1] if isinstance(error, Problem) and error.sizes is not None else None


def _features_with(first: _Attempt, hints: list[Hint], sizes: Mapping[str, int]) -> Any:
    """The number of features that the layer at fault is given with other sizes; None where it fails in another way."""
    trial = _Attempt(first.network, first.signature, hints, sizes, 0)
    try:
        trial.start(forward_of(first.network))
    except Exception as error:
        return _features(error) if _demands_features(error) else None
    return None


def _first_line(error: BaseException | None) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__


def forward_of(network: nn.Module) -> Callable[..., Any]:
    """forward itself, without the call check around it and without hooks."""
    own = network.__dict__.get("forward")
    return own if own is not None else inspect.unwrap(type(network).forward).__get__(network)


class _Attempt:
    """One choice of sizes."""

    def __init__(
        self, network: nn.Module, signature: Signature, hints: list[Hint], known: Mapping[str, int], attempt: int
    ) -> None:
        self.network, self.signature, self.known = network, signature, known
        chosen = choose_sizes(hints, known, attempt, own_sizes(network))
        self.sizes = {**known, **chosen}
        self.free = frozenset(chosen)
        self.error: Exception | None = None
        self.run: MetaRun
        self.inputs: tuple[list[Any], dict[str, Any]] = ([], {})

    def start(self, forward: Callable[..., Any], run_class: type[MetaRun] = MetaRun) -> Any:
        self.run = run_class(self.network, self.sizes, self.free)
        self.inputs = inputs_of(self.signature, self.sizes, floating_dtype(self.network))
        return self.run.run(forward, *self.inputs[0], **self.inputs[1])


def unchecked_reason(error: CannotRun | NeedsValues) -> str:
    """Why a forward cannot run without data, with the line that needs it."""
    if isinstance(error, CannotRun):
        return str(error)
    frame = user_frame(error)
    where = f" at {frame[0]}: {frame[0].text}" if frame is not None else ""
    return f"forward reads the values of tensors ({error}){where}"


_DEMANDING = words(
    "linear conv1d conv2d conv3d conv_transpose1d conv_transpose2d conv_transpose3d lstm gru rnn_tanh "
    "rnn_relu lstm_cell gru_cell rnn_tanh_cell rnn_relu_cell layer_norm batch_norm bilinear "
    "multi_head_attention_forward"
)
"""Functions whose weights fix the number of features or channels of their input."""


def _demanded_size(error: Exception, trial: _Attempt, signature: Signature) -> tuple[str, int] | None:
    """The name and size, where a layer demands a number of features of an input whose name has no value yet.

    `x: Float[Tensor, "batch d"]` into `Linear(8, 4)`: d is 8. Only for the last size of an input, or the channels of an
    image: a batch or a time that ends up as features is a mistake.
    """
    if not _demands_features(error):
        return None
    assert isinstance(error, Problem)
    assert error.sizes is not None
    wanted, got = error.sizes
    if not isinstance(wanted, int) or not isinstance(got, int):
        return None
    for hint in (t for h in signature.arguments.values() for t in tensors_in(h)):
        dims = hint.shape.dims
        places = {-1} if hint.shape.rank is None or hint.shape.rank < 4 else {1, -1}
        for at in places:
            if dims and -len(dims) <= at < len(dims) and (len(dims) > 1 or hint.shape.run is not None or at == -1):
                d, unnamed = dims[at], unnamed_at(at % len(dims))
                if d is None and got == 3 and unnamed not in trial.known:
                    return unnamed, wanted
                for name in D.names_in(d):
                    if D.name(name) == d and name in trial.free and trial.sizes[name] == got:
                        return name, wanted
    return None


def _check_result(trial: _Attempt, output: Any, who: str, called_from: Place | None) -> str | None:
    hint = trial.signature.result
    if hint is None:
        return None
    mismatch = compare(hint, output, dict(trial.sizes))
    if mismatch is None:
        misspelt = misspelt_result(trial.signature, trial.known, who, place_of(trial.network))
        if misspelt is not None:
            raise misspelt
        return None
    recorded = _recorded(trial)
    try:
        output = recorded.start(forward_of(trial.network), RecordedRun)
        mismatch = compare(hint, output, dict(trial.sizes)) or mismatch
    except Exception:
        recorded = trial
    raise result_message(recorded.run, mismatch, who, called_from, trial.known)


def _recorded(trial: _Attempt) -> _Attempt:
    again = _Attempt(trial.network, trial.signature, [], trial.sizes, 0)
    again.free, again.known = trial.free, trial.known
    return again


def recorded_output(
    network: nn.Module, signature: Signature, known: Mapping[str, int], forward: Callable[..., Any]
) -> tuple[RecordedRun, Exception | None]:
    """A recorded run with the first choice of sizes, and what stopped it."""
    values = dict(known)
    while True:
        trial = _Attempt(network, signature, hints_of(signature), values, 0)
        error: Exception | None = None
        try:
            trial.start(forward, RecordedRun)
        except CannotRun:
            raise
        except Exception as caught:
            error = caught
            demanded = _demanded_size(caught, trial, signature)
            if demanded is not None and demanded[0] not in values:
                values[demanded[0]] = demanded[1]
                continue
        assert isinstance(trial.run, RecordedRun)
        return trial.run, error


def _report(first: _Attempt, forward: Callable[..., Any], who: str, called_from: Place | None) -> str | None:
    """Runs once more, remembering every layer, and says what failed. Returns a reason where torch itself disagrees."""
    again = _recorded(first)
    error: BaseException
    try:
        again.start(forward, RecordedRun)
    except Exception as caught:
        error = caught
    else:
        return f"it runs only sometimes: {first.run.spell_text(_first_line(first.error))}"
    run = again.run
    assert isinstance(run, RecordedRun)
    shown = {k: v for k, v in first.known.items() if _used(k, first.signature)}

    def accepts(event: Event, arguments: dict[str, Any]) -> bool:
        return _passes_with(first, forward, event, arguments)

    raise failure_message(run, error, again.inputs, who, shown, called_from, accepts)


def _passes_with(first: _Attempt, forward: Callable[..., Any], event: Event, arguments: dict[str, Any]) -> bool:
    """Whether the network fits, result included, with one layer made anew; the layer is put back."""
    if event.path in ("", "?"):
        return False
    parent = first.network.get_submodule(event.path.rpartition(".")[0])
    name = event.path.rpartition(".")[2]
    try:
        parent._modules[name] = type(event.module)(**{**arguments, "device": "meta", "dtype": None})
        trial = _recorded(first)
        return compare(first.signature.result, trial.start(forward), dict(trial.sizes)) is None
    except Exception:
        return False
    finally:
        parent._modules[name] = event.module


def _used(name: str, signature: Signature) -> bool:
    return name in names_in(*signature.arguments.values(), signature.result)
