"""Runs a forward without data: tensors on the meta device, shapes by our rules.

torch's own meta kernels would do, but the first of them costs a process 1.3 to 4 s of imports. So every function with a
rule is answered by the rule, views and factories by torch (they are cheap), and only what is left by torch's kernels.
Parameters and buffers are replaced by meta twins where they are used; the network itself is never touched.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy
from torch.overrides import TorchFunctionMode

from rlt.shapes.meta_rules import SPECIAL
from rlt.shapes.rules import Problem, TensorSpec, is_in_place, operator_rule
from rlt.shapes.rules.words import words
from rlt.shapes.shape import Shape
from rlt.shapes.spelling import Spelling

_LOCAL = threading.local()


def current_run() -> MetaRun | None:
    """The build check that runs in this thread, if any."""
    return getattr(_LOCAL, "run", None)


class CannotRun(Exception):
    """A forward that cannot be tried; its text is the reason."""


class NeedsValues(Exception):
    """The forward reads the values of tensors: it cannot run without data."""


_VIEWS = words(
    "view reshape permute transpose swapaxes t squeeze unsqueeze flatten unflatten expand expand_as narrow "
    "select split chunk unbind movedim view_as detach size dim stride numel is_contiguous is_floating_point "
    "element_size type_as float double half bfloat16 long int bool short char byte type contiguous clone "
    "requires_grad_ data_ptr ndimension nelement get_device is_complex __len__ __repr__ __hash__ __format__ "
    "_is_view dim_order untyped_storage broadcast_to unfold diagonal as_strided split_with_sizes __setitem__ "
    "retain_grad register_hook"
)
"""Functions that torch answers on meta tensors without importing its compiler."""

_VALUES = words(
    "item tolist numpy __bool__ __int__ __float__ __index__ __complex__ nonzero argwhere unique "
    "unique_consecutive equal allclose is_nonzero masked_select __contains__ __array__ __iter_values__ _is_all_true"
)
"""Functions that need the values."""

_FACTORIES = words(
    "zeros ones empty rand randn full arange tensor eye linspace logspace randint randperm as_tensor "
    "scalar_tensor tril_indices triu_indices hann_window from_numpy"
)
_GUESSES = frozenset(["_detect_is_causal_mask"])
"""Functions of torch's own that look at values only to take a shortcut."""
_VALIDATING = "torch.distributions."
"""Modules of torch's own that ask for a truth only to validate arguments, or to end a loop that draws again."""
_NO_SHAPE = frozenset(["inplace", "_stacklevel", "out"])
"""Arguments that no rule needs to know."""
_MOVES = frozenset(["cpu", "cuda", "to"])

_DTYPE_NAMES: dict[torch.dtype, str] = {}
_DTYPES: dict[str | None, torch.dtype] = {}
_PLANS: dict[Any, tuple[str, Callable[..., Any] | None, str]] = {}


def dtype_name(dtype: torch.dtype) -> str:
    found = _DTYPE_NAMES.get(dtype)
    if found is None:
        found = _DTYPE_NAMES[dtype] = str(dtype)[6:]
    return found


def torch_dtype(name: str | None) -> torch.dtype:
    """The dtype of a name; a kind stands for its default."""
    if name is None or name == "float":
        return torch.get_default_dtype()
    found = _DTYPES.get(name)
    if found is None:
        found = _DTYPES[name] = {"int": torch.int64, "complex": torch.complex64}.get(name) or getattr(torch, name)
    return found


def spec_of(t: Tensor) -> TensorSpec:
    return TensorSpec(Shape(tuple(t.shape)), dtype_name(t.dtype))


def _plan(function: Any) -> tuple[str, Callable[..., Any] | None, str]:
    """How a function is answered: kind, rule, name."""
    name = getattr(function, "__name__", "")
    if name in SPECIAL:
        return "rule", SPECIAL[name], name
    if name == "__get__" or name in _VIEWS:
        return "view", None, name
    if name in _VALUES:
        return "values", None, name
    if name in _FACTORIES and not isinstance(function, _METHOD_TYPES):
        return "factory", operator_rule(name), name
    if name in _MOVES:
        return "move", None, name
    rule = operator_rule(name, method=isinstance(function, _METHOD_TYPES))
    if rule is None:
        return "other", None, name
    return ("in place" if is_in_place(name) else "rule"), rule, name


_METHOD_TYPES = (type(Tensor.add), type(Tensor.__add__))


class MetaRun(Spelling, TorchFunctionMode):
    """One run of `network` on meta tensors. `sizes` are the values that names stand for; `free` those that we chose."""

    def __init__(self, network: nn.Module, sizes: Mapping[str, int], free: frozenset[str]) -> None:
        super().__init__()
        self.network = network
        self.sizes, self.free = dict(sizes), free
        self.own: dict[int, Tensor] = {}
        for path, module in network.named_modules():
            for held in (module._parameters, module._buffers):
                for t in held.values():
                    if is_lazy(t):  # to run it would make its parameters, of a size that we chose
                        raise CannotRun(f"layer {path or type(module).__name__} has no parameters until its first call")
                    if t is not None:
                        self.own[id(t)] = t
        self.twins: dict[int, Tensor] = {}

    def run(self, function: Callable[..., Any], *args: Any, **options: Any) -> Any:
        """`function(...)` in this mode, without gradients, its network's attributes put back afterwards."""
        outer = current_run()
        saved = [(m, dict(m.__dict__), dict(m._buffers)) for m in self.network.modules()]
        _LOCAL.run = self
        try:
            with torch.no_grad(), self:
                return function(*args, **options)
        finally:
            _LOCAL.run = outer
            for module, attributes, buffers in saved:
                if module.__dict__ != attributes:
                    module.__dict__.clear()
                    module.__dict__.update(attributes)
                if any(module._buffers.get(k) is not v for k, v in buffers.items()) or len(module._buffers) != len(buffers):
                    module._buffers.clear()
                    module._buffers.update(buffers)

    def twin(self, t: Tensor) -> Tensor:
        found = self.twins.get(id(t))
        if found is None:
            found = self.twins[id(t)] = t if t.is_meta else torch.empty_strided(t.shape, t.stride(), dtype=t.dtype, device="meta")
        return found

    def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        plan = _PLANS.get(function)
        if plan is None:
            plan = _PLANS[function] = _plan(function)
        kind, rule, name = plan
        options = kwargs or {}
        if kind == "factory":
            return self.make(function, rule, name, args, options)
        if kind == "rule" or kind == "in place":
            if options.get("out") is None:
                answer = self.by_rule(function, rule, name, kind == "in place", args, options)
                if answer is not NotImplemented:
                    return answer
        elif kind == "values":
            if name in ("__bool__", "_is_all_true"):
                callers = (sys._getframe(1), sys._getframe(2))  # a subclass may stand between
                if _GUESSES.intersection(c.f_code.co_name for c in callers):
                    return False
                if any(c.f_globals.get("__name__", "").startswith(_VALIDATING) for c in callers):
                    return True
            if any(t.is_meta or id(t) in self.own for t in tensors_of(args)):
                raise NeedsValues(name)
        elif kind == "move":
            return self.move(function, name, args, options)
        return self.by_torch(function, args, options)

    def make(self, function: Any, rule: Any, name: str, args: Any, options: dict[str, Any]) -> Any:
        """A new tensor: on meta, unless the CPU is asked for by name or it is made of numpy's memory."""
        device = options.get("device")
        if function is torch.from_numpy or tensors_of(args) or (device is not None and torch.device(device).type == "cpu"):
            return function(*args, **options)
        if rule is not None:
            kept = {k: _spec(v) for k, v in options.items() if k not in ("device", "requires_grad", "generator", "out")}
            try:
                return _build(rule(*[_spec(a) for a in args], **kept), name)
            except (TypeError, NeedsValues):
                pass
        return function(*args, **{**options, "device": "meta"})

    def move(self, function: Any, name: str, args: Any, options: dict[str, Any]) -> Tensor:
        """`x.to(device)`, `x.cpu()`: the tensor stays where it is, on meta; a dtype is followed."""
        x = self.replace(args[0])
        if not x.is_meta:
            return function(*args, **options)
        dtypes = [a for a in (*args[1:], *options.values()) if isinstance(a, torch.dtype)]
        dtypes += [a.dtype for a in (*args[1:], *options.values()) if isinstance(a, Tensor)]
        return x if name != "to" or not dtypes else x.to(dtypes[0])

    def replace(self, value: Any) -> Any:
        """Registered tensors by their twins, in nested arguments."""
        if isinstance(value, Tensor):
            return self.twin(value) if id(value) in self.own else value
        if type(value) in (tuple, list):
            return type(value)(self.replace(v) for v in value)
        return value

    def refuse_strangers(self, function: Any, args: Any) -> bool:
        """Whether all tensors are plain CPU ones. `Stranger` where one of those meets the network's or its input."""
        found = tensors_of(args)
        strangers = [t for t in found if not t.is_meta and id(t) not in self.own]
        if not strangers:
            return False
        if len(strangers) == len(found):
            return True
        for t in strangers:
            if t.dim() > 0:
                raise Stranger(t, getattr(function, "__name__", "?"))
        return False

    def by_rule(self, function: Any, rule: Any, name: str, in_place: bool, args: Any, options: dict[str, Any]) -> Any:
        if self.refuse_strangers(function, (args, tuple(options.values()))):
            return function(*args, **options)
        try:
            kept = {k: _spec(v) for k, v in options.items() if k not in _NO_SHAPE}
            answer = rule(*[_spec(a) for a in args], **kept)
        except TypeError:
            return NotImplemented  # called in a way that the rule does not know
        except Problem as problem:
            self.confirm(problem, function, name, args, options)
            raise
        if in_place:
            target = self.replace(args[0])
            if isinstance(answer, TensorSpec) and answer.dims != tuple(target.shape):
                raise Problem(f"a result of the target's shape {tuple(target.shape)}", str(answer.shape))
            return target
        return _build(answer, name)

    def confirm(self, problem: Problem, function: Any, name: str, args: Any, options: dict[str, Any]) -> None:
        """Notes what failed, for the message."""
        if not hasattr(problem, "call"):
            problem.call = (name, args, options)  # type: ignore[attr-defined]

    def by_torch(self, function: Any, args: Any, options: dict[str, Any]) -> Any:
        if type(function).__name__ != "method-wrapper" and self.refuse_strangers(function, args):
            return function(*args, **options)
        given = [self.replace(a) for a in args]
        try:
            return function(*given, **{k: self.replace(v) for k, v in options.items()})
        except (NotImplementedError, RuntimeError) as error:
            text = str(error)
            if "meta" in text and any(word in text for word in ("data", "item", "copy out", "nonzero", "CPU")):
                raise NeedsValues(getattr(function, "__name__", "?")) from None
            raise


class Stranger(Exception):
    """A plain tensor on the CPU met the network's own."""

    def __init__(self, tensor: Tensor, name: str) -> None:
        super().__init__(name)
        self.tensor, self.name = tensor, name


def tensors_of(value: Any) -> list[Tensor]:
    """Every tensor in nested tuples and lists."""
    if isinstance(value, Tensor):
        return [value]
    if type(value) in (tuple, list):
        return [t for v in value for t in tensors_of(v)]
    return []


def _spec(value: Any) -> Any:
    if isinstance(value, Tensor):
        return TensorSpec(Shape(tuple(value.shape)), dtype_name(value.dtype))
    kind = type(value)
    if kind in (tuple, list):
        return kind(_spec(v) for v in value)
    if kind is torch.Size:
        return tuple(value)
    if kind is torch.dtype:
        return dtype_name(value)
    return str(value) if kind is torch.device else value


def _build(answer: Any, name: str) -> Any:
    if isinstance(answer, TensorSpec):
        if answer.rank is None or None in answer.dims:
            raise NeedsValues(name)
        return torch.empty(answer.dims, dtype=torch_dtype(answer.dtype), device="meta")  # type: ignore[arg-type]
    if isinstance(answer, (tuple, list)):
        parts = tuple(None if a is None else _build(a, name) for a in answer)
        return _RESULTS[name](parts) if name in _RESULTS and len(parts) == 2 else parts
    return NotImplemented


_RESULTS: dict[str, Any] = {
    "max": torch.return_types.max,
    "min": torch.return_types.min,
    "topk": torch.return_types.topk,
    "sort": torch.return_types.sort,
    "median": torch.return_types.median,
    "mode": torch.return_types.mode,
    "kthvalue": torch.return_types.kthvalue,
    "cummax": torch.return_types.cummax,
    "cummin": torch.return_types.cummin,
}
"""Results that have names: `x.max(1).values`."""
