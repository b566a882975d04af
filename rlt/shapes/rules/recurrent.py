"""RNN, LSTM, GRU and their cells. States are `[layers·directions, batch, hidden]` in both layouts."""

from __future__ import annotations

from typing import Any

from rlt.shapes import dims as D
from rlt.shapes.dims import Dim
from rlt.shapes.rules.problem import Problem, as_dim, is_unknown
from rlt.shapes.rules.tensor import TensorSpec, need_float, need_rank, need_same_dtype
from rlt.shapes.shape import Shape, shape_of


def _recurrent(
    x: TensorSpec,
    states: tuple[TensorSpec, ...],
    *,
    is_lstm: bool,
    input_size: Any,
    hidden_size: Any,
    num_layers: Any,
    batch_first: Any,
    bidirectional: Any,
    proj_size: Any,
    dtype: Any,
) -> tuple[TensorSpec, tuple[TensorSpec, ...]]:
    """The output and the new states. `states` are those given, none where the call leaves them out."""
    need_float(x)
    layout = "(batch, time, features)" if batch_first is True else "(time, batch, features)"
    need_rank(x, (2, 3), f"{layout} or (time, features)")
    shape = x.shape.expose_last(1)
    wanted, got = as_dim(input_size), shape.dims[-1]
    if D.differ(got, wanted):
        raise Problem(
            f"{D.show(wanted)} input features",
            D.show(got),
            dimension=-1,
            sizes=(wanted, got),
            change={"input_size": got},
        )
    need_same_dtype(x, dtype)
    directions: Dim = None if is_unknown(bidirectional) else 2 if bidirectional else 1
    hidden = as_dim(hidden_size)
    given = None if is_unknown(proj_size) else as_dim(proj_size)
    out: Dim = hidden if given == 0 else given
    depth = D.mul(as_dim(num_layers), directions)
    batched = None if x.rank is None else x.rank == 3
    batch: Dim = None
    if batched and not is_unknown(batch_first):
        batch = shape.dims[0] if batch_first else shape.dims[1]

    def state(size: Dim) -> TensorSpec:
        if batched is None:
            return x.of(Shape((depth, size), run=1))
        return x.of(shape_of((depth, batch, size) if batched else (depth, size)))

    wanted_states = (state(out), state(hidden)) if is_lstm else (state(out),)
    for i, (given_state, want) in enumerate(zip(states, wanted_states)):
        _need_state(given_state, want, ("h", "c")[i], batched)
    return x.of(shape.with_last((D.mul(directions, out),), 1)), wanted_states


def _need_state(given: TensorSpec, want: TensorSpec, letter: str, batched: bool | None) -> None:
    layout = "(layers, batch, hidden)" if batched else "(layers, hidden)"
    if given.rank is not None and want.rank is not None and given.rank != want.rank:
        raise Problem(f"{letter} of shape {want.shape} {layout}", str(given.shape), kind="rank", argument="hx")
    if given.rank is None or want.rank is None:
        return
    for i, (w, g) in enumerate(zip(want.dims, given.dims)):
        if D.differ(w, g):
            raise Problem(f"{letter} of shape {want.shape} {layout}", str(given.shape), dimension=i, sizes=(w, g), argument="hx")


def _given(hx: Any) -> tuple[TensorSpec, ...]:
    if isinstance(hx, TensorSpec):
        return (hx,)
    return tuple(hx) if isinstance(hx, (tuple, list)) and all(isinstance(h, TensorSpec) for h in hx) else ()


def lstm(
    x: TensorSpec,
    hx: Any = None,
    *,
    input_size: Any,
    hidden_size: Any,
    num_layers: Any = 1,
    bias: Any = True,
    batch_first: Any = False,
    dropout: Any = 0.0,
    bidirectional: Any = False,
    proj_size: Any = 0,
    device: Any = None,
    dtype: Any = None,
) -> Any:
    """`[time, batch, features]` to (output, (h, c))."""
    out, (h, c) = _recurrent(
        x,
        _given(hx),
        is_lstm=True,
        input_size=input_size,
        hidden_size=hidden_size,
        num_layers=num_layers,
        batch_first=batch_first,
        bidirectional=bidirectional,
        proj_size=proj_size,
        dtype=dtype,
    )
    return out, (h, c)


def gru(
    x: TensorSpec,
    hx: Any = None,
    *,
    input_size: Any,
    hidden_size: Any,
    num_layers: Any = 1,
    bias: Any = True,
    batch_first: Any = False,
    dropout: Any = 0.0,
    bidirectional: Any = False,
    device: Any = None,
    dtype: Any = None,
) -> Any:
    """`[time, batch, features]` to (output, h)."""
    out, (h,) = _recurrent(
        x,
        _given(hx),
        is_lstm=False,
        input_size=input_size,
        hidden_size=hidden_size,
        num_layers=num_layers,
        batch_first=batch_first,
        bidirectional=bidirectional,
        proj_size=0,
        dtype=dtype,
    )
    return out, h


def rnn(
    x: TensorSpec,
    hx: Any = None,
    *,
    input_size: Any,
    hidden_size: Any,
    num_layers: Any = 1,
    nonlinearity: Any = "tanh",
    bias: Any = True,
    batch_first: Any = False,
    dropout: Any = 0.0,
    bidirectional: Any = False,
    device: Any = None,
    dtype: Any = None,
) -> Any:
    """As `gru`."""
    return gru(
        x,
        hx,
        input_size=input_size,
        hidden_size=hidden_size,
        num_layers=num_layers,
        batch_first=batch_first,
        bidirectional=bidirectional,
        dtype=dtype,
    )


def _cell(x: TensorSpec, states: tuple[TensorSpec, ...], input_size: Any, hidden_size: Any, dtype: Any) -> TensorSpec:
    need_float(x)
    need_rank(x, (1, 2), "(batch, features) or (features,)")
    shape = x.shape.expose_last(1)
    wanted, got = as_dim(input_size), shape.dims[-1]
    if D.differ(got, wanted):
        raise Problem(
            f"{D.show(wanted)} input features",
            D.show(got),
            dimension=-1,
            sizes=(wanted, got),
            change={"input_size": got},
        )
    need_same_dtype(x, dtype)
    want = x.of(shape.with_last((as_dim(hidden_size),), 1))
    for s in states:
        known = s.rank is not None and want.rank is not None
        if known and (s.rank != want.rank or any(D.differ(a, b) for a, b in zip(s.dims, want.dims))):
            raise Problem(f"a state of shape {want.shape} (batch, hidden)", str(s.shape), argument="hx")
    return want


def lstm_cell(
    x: TensorSpec,
    hx: Any = None,
    *,
    input_size: Any,
    hidden_size: Any,
    bias: Any = True,
    device: Any = None,
    dtype: Any = None,
) -> Any:
    """`[batch, features]` to (h, c)."""
    h = _cell(x, _given(hx), input_size, hidden_size, dtype)
    return h, h


def gru_cell(
    x: TensorSpec,
    hx: Any = None,
    *,
    input_size: Any,
    hidden_size: Any,
    bias: Any = True,
    device: Any = None,
    dtype: Any = None,
) -> TensorSpec:
    """`[batch, features]` to h."""
    return _cell(x, _given(hx), input_size, hidden_size, dtype)


def rnn_cell(
    x: TensorSpec,
    hx: Any = None,
    *,
    input_size: Any,
    hidden_size: Any,
    bias: Any = True,
    nonlinearity: Any = "tanh",
    device: Any = None,
    dtype: Any = None,
) -> TensorSpec:
    """As `gru_cell`."""
    return _cell(x, _given(hx), input_size, hidden_size, dtype)
