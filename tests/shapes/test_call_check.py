"""`@rlt.typed`: what a call with wrong tensors says, and that right ones pass."""

# The mistakes here are on purpose.
# mypy: disable-error-code="arg-type, call-arg, name-defined"
from __future__ import annotations

import dataclasses
import subprocess
import sys
from typing import NamedTuple

import pytest
import torch
from torch import nn

import rlt
from rlt.errors import ConfigError, ShapeError
from rlt.types import Bool, Cpu, Cuda, Float, Float32, Int, Int64, Tensor, UInt8


class Policy(rlt.Module):
    def __init__(self, obs_dim: int, n_actions: int) -> None:
        super().__init__()
        self.fc = nn.Linear(obs_dim, n_actions)

    @rlt.typed
    def forward(self, obs: Float[Tensor, "batch obs_dim"]) -> Float[Tensor, "batch n_actions"]:
        return self.fc(obs)


@rlt.typed
def td_error(
    q: Float[Tensor, "batch n"],
    action: Int64[Tensor, "batch"],
    reward: Float[Tensor, "batch"],
    done: Bool[Tensor, "batch"],
    gamma: float = 0.99,
) -> Float[Tensor, "batch"]:
    return q.gather(1, action[:, None])[:, 0] - reward - gamma * (~done)


@rlt.typed
def frames(x: UInt8[Tensor, "batch 3 h w"]) -> Float32[Tensor, "batch 3 h w"]:
    return x.float() / 255


@rlt.typed
def images(x: Float[Tensor, "batch 3 h w"]) -> Float[Tensor, "batch 3 h w"]:
    return x


@rlt.typed
def on_gpu(x: Float[Cuda, "batch 4"]) -> Float[Cuda, "batch 4"]:
    return x


@rlt.typed
def square(x: Float[Tensor, "n n"]) -> Float[Tensor, ""]:
    return x.trace()


@rlt.typed
def halves(x: Float[Tensor, "b 2*n"], bias: Float[Tensor, "n"]) -> Float[Tensor, "b n"]:
    return x[:, : bias.shape[0]] + bias


@rlt.typed
def runs(x: Float[Tensor, "*batch d"], y: Float[Tensor, "*batch"]) -> Float[Tensor, "*batch d"]:
    return x * y[..., None]


@rlt.typed
def middle(x: Float[Tensor, "b ... c"]) -> Float[Tensor, "b c"]:
    return x.flatten(1, -2).mean(1)


@rlt.typed
def heads(x: Float[Tensor, "b t d"], d: int) -> Float[Tensor, "b t d"]:
    return x


@rlt.typed
def wrong_result(x: Float[Tensor, "b"]) -> Float[Tensor, "b"]:
    return x[:, None]


@rlt.typed
def wrong_dtype(x: Float[Tensor, "b"]) -> Float[Tensor, "b"]:
    return x > 0


@rlt.typed
def optional(x: Float[Tensor, "b"], mask: Bool[Tensor, "b"] | None = None) -> Float[Tensor, "b"]:
    return x if mask is None else x * mask


@rlt.typed
def several(*xs: Float[Tensor, "b 3"], **more: Float[Tensor, "b 3"]) -> list[Float[Tensor, "b 3"]]:
    return [*xs, *more.values()]


@rlt.typed
def pair(x: tuple[Float[Tensor, "b 3"], Int[Tensor, "b"]]) -> tuple[Int[Tensor, "b"], Float[Tensor, "b 3"]]:
    return x[1], x[0]


@rlt.typed
def mapping(x: dict[str, Float[Tensor, "b _"]]) -> Float[Tensor, "b n"]:
    return torch.cat(list(x.values()), 1)


class Batch(NamedTuple):
    obs: Float[Tensor, "batch 3"]
    reward: Float[Tensor, "batch"]
    extra: Float[Tensor, "batch 2"] | None = None


@dataclasses.dataclass
class Dist:
    mean: Float[Tensor, "batch n"]
    std: Float[Tensor, "batch n"]


@rlt.typed
def learn(batch: Batch, dist: Dist) -> Float[Tensor, "batch"]:
    return batch.reward + dist.mean.sum(1)


f, i, b, u = (
    torch.zeros,
    lambda *s: torch.zeros(s, dtype=torch.int64),
    lambda *s: torch.zeros(s, dtype=torch.bool),
    None,
)
MESSAGES = {
    "a size that the constructor gave": (
        lambda: Policy(8, 4)(f(32, 9)),
        "Policy.forward: obs must be (batch, obs_dim), got (32, 9) float32\n  obs_dim is 8 in this network, here it is 9",
    ),
    "a missing batch": (
        lambda: Policy(8, 4)(f(8)),
        "Policy.forward: obs must be (batch, obs_dim), got (8,) float32\n"
        "  2 dimensions expected, 1 given\n"
        "  fix: obs.unsqueeze(0)",
    ),
    "a name that another argument bound": (
        lambda: td_error(f(5, 3), i(5), f(4), b(5)),
        "td_error: reward must be (batch), got (4,) float32\n  batch is 5 in q, here it is 4",
    ),
    "one value per row in a column": (
        lambda: td_error(f(5, 3), i(5), f(5, 1), b(5)),
        "td_error: reward must be (batch), got (5, 1) float32\n  1 dimension expected, 2 given\n  fix: reward.squeeze(-1)",
    ),
    "floats for a mask": (
        lambda: td_error(f(5, 3), i(5), f(5), f(5)),
        "td_error: done must be Bool, got (5,) float32\n  fix: done.bool()",
    ),
    "floats for indices": (
        lambda: td_error(f(5, 3), f(5), f(5), b(5)),
        "td_error: action must be Int64, got (5,) float32\n  fix: action.long()",
    ),
    "an image with the channels last": (
        lambda: images(f(2, 32, 32, 3)),
        "images: x must be (batch, 3, h, w), got (2, 32, 32, 3) float32\n  32 where 3 is expected\n  fix: x.permute(0, 3, 1, 2)",
    ),
    "a float image": (
        lambda: frames(f(2, 3, 8, 8)),
        "frames: x must be UInt8, got (2, 3, 8, 8) float32\n  fix: x.to(torch.uint8)",
    ),
    "a CPU tensor where CUDA is declared": (
        lambda: on_gpu(f(2, 4)),
        'on_gpu: x must be on cuda, but is on cpu\n  fix: x = x.to("cuda")',
    ),
    "a matrix that is not square": (
        lambda: square(f(2, 3)),
        "square: x must be (n, n), got (2, 3) float32\n  n is 2 in x, here it is 3",
    ),
    "an expression": (
        lambda: halves(f(5, 7), f(3)),
        "halves: x must be (b, 2*n), got (5, 7) float32\n  2*n is 6 in bias, here it is 7",
    ),
    "a run of sizes": (
        lambda: runs(f(2, 3, 4), f(2, 2)),
        "runs: y must be (*batch), got (2, 2) float32\n  *batch is (2, 3) elsewhere, here it is (2, 2)",
    ),
    "too few dimensions for a run in the middle": (
        lambda: middle(f(2)),
        "middle: x must be (b, ..., c), got (2,) float32\n  at least 2 dimensions expected, 1 given",
    ),
    "an int argument that is a size": (
        lambda: heads(f(2, 3, 4), 5),
        "heads: x must be (b, t, d), got (2, 3, 4) float32\n  d is 5 in the argument d, here it is 4",
    ),
    "a result of another rank": (
        lambda: wrong_result(f(3)),
        "wrong_result: the result must be (b), got (3, 1) float32\n  1 dimension expected, 2 given",
    ),
    "a result of another dtype": (
        lambda: wrong_dtype(f(3)),
        "wrong_dtype: the result must be Float, got (3,) bool",
    ),
    "no tensor": (
        lambda: images([1, 2]),
        'images: x must be a tensor Float[Tensor, "batch 3 h w"], got list of 2',
    ),
    "None where a tensor is needed": (
        lambda: images(None),
        'images: x must be a tensor Float[Tensor, "batch 3 h w"], got None',
    ),
    "an optional argument": (
        lambda: optional(f(3), b(4)),
        "optional: mask must be (b), got (4,) bool\n  b is 3 in x, here it is 4",
    ),
    "one of several": (
        lambda: several(f(2, 3), f(2, 4)),
        "several: each of xs must be (b, 3), got (2, 4) float32\n  4 where 3 is expected",
    ),
    "a tuple of another length": (
        lambda: pair((f(2, 3),)),
        "pair: x must be a tuple of 2, got tuple of 1",
    ),
    "a part of a tuple": (
        lambda: pair((f(2, 3), i(3))),
        "pair: x[1] must be (b), got (3,) int64\n  b is 2 in x[0], here it is 3",
    ),
    "a value of a dict": (
        lambda: mapping({"a": f(2, 3), "b": f(3, 3)}),
        "mapping: each of x must be (b, _), got (3, 3) float32\n  b is 2 in each of x, here it is 3",
    ),
    "a field of a named tuple": (
        lambda: learn(Batch(f(2, 3), f(3)), Dist(f(2, 1), f(2, 1))),
        "learn: batch.reward must be (batch), got (3,) float32\n  batch is 2 in batch.obs, here it is 3",
    ),
    "an optional field": (
        lambda: learn(Batch(f(2, 3), f(2), f(2, 3)), Dist(f(2, 1), f(2, 1))),
        "learn: batch.extra must be (batch, 2), got (2, 3) float32\n  3 where 2 is expected",
    ),
    "a field of a dataclass": (
        lambda: learn(Batch(f(2, 3), f(2)), Dist(f(2, 1), f(2, 2))),
        "learn: dist.std must be (batch, n), got (2, 2) float32\n  n is 1 in dist.mean, here it is 2",
    ),
    "another class": (
        lambda: learn((f(2, 3), f(2)), Dist(f(2, 1), f(2, 2))),
        "learn: batch must be a Batch, got tuple of 2",
    ),
}


@pytest.mark.parametrize("case", MESSAGES)
def test_the_message_for(case):
    call, text = MESSAGES[case]
    with pytest.raises(ShapeError) as caught:
        call()
    assert str(caught.value) == text
    assert caught.value.__cause__ is None


def test_right_calls_pass_with_every_kind_of_annotation():
    Policy(8, 4)(f(32, 8))
    td_error(f(5, 3), i(5), f(5), b(5))
    td_error(q=f(5, 3), action=i(5), reward=f(5), done=b(5), gamma=0.5)
    images(f(2, 3, 8, 9))
    square(f(3, 3))
    halves(f(5, 6), f(3))
    runs(f(4), f(()))
    runs(f(2, 3, 4), f(2, 3))
    middle(f(2, 3, 5))
    middle(f(2, 3, 4, 5))
    heads(f(2, 3, 4), 4)
    optional(f(3))
    optional(f(3), b(3))
    several(f(2, 3), f(2, 3), z=f(2, 3))
    several()
    pair((f(2, 3), i(2)))
    mapping({"a": f(2, 3), "b": f(2, 5)})
    mapping({"a": f(0, 3)})
    learn(Batch(f(2, 3), f(2)), Dist(f(2, 1), f(2, 1)))


def test_the_decorated_function_keeps_its_name_signature_and_defaults():
    import inspect

    assert td_error.__name__ == "td_error"
    assert list(inspect.signature(td_error).parameters) == ["q", "action", "reward", "done", "gamma"]
    assert inspect.signature(td_error).parameters["gamma"].default == 0.99


def test_positional_only_keyword_only_and_static_methods_keep_their_calling_forms():
    @rlt.typed
    def forms(a: Float[Tensor, "n"], /, b: Float[Tensor, "n"], *, c: Float[Tensor, "n"], d: int = 2) -> Float[Tensor, "n"]:
        return a + b + c + d

    assert forms(f(2), f(2), c=f(2)).tolist() == [2, 2]
    assert forms(f(2), b=f(2), c=f(2), d=1).tolist() == [1, 1]
    with pytest.raises(TypeError):
        forms(a=f(2), b=f(2), c=f(2))

    class Holder:
        @staticmethod
        @rlt.typed
        def static(x: Float[Tensor, "n 2"]) -> Float[Tensor, "n"]:
            return x[:, 0]

        @classmethod
        @rlt.typed
        def of_class(cls, x: Float[Tensor, "n 2"]) -> Float[Tensor, "n"]:
            return x[:, 0]

    assert Holder.static(f(3, 2)).shape == (3,)
    assert Holder.of_class(f(3, 2)).shape == (3,)
    with pytest.raises(ShapeError):
        Holder().of_class(f(3, 3))


def test_integer_attributes_name_sizes_in_plain_modules_and_other_objects():
    class Plain(nn.Module):
        def __init__(self, width: int) -> None:
            super().__init__()
            self.width = width

        @rlt.typed
        def forward(self, x: Float[Tensor, "batch width"]) -> Float[Tensor, "batch width"]:
            return x

    Plain(4)(f(2, 4))
    with pytest.raises(ShapeError, match="width is 4 in this network, here it is 5"):
        Plain(4)(f(2, 5))


def test_two_instances_of_one_class_have_each_their_own_sizes():
    small, large = Policy(2, 3), Policy(5, 7)
    assert small(f(1, 2)).shape == (1, 3)
    assert large(f(1, 5)).shape == (1, 7)
    with pytest.raises(ShapeError, match="obs_dim is 2"):
        small(f(1, 5))
    with pytest.raises(ShapeError, match="obs_dim is 5"):
        large(f(1, 2))


def test_an_annotation_that_names_a_class_defined_later_is_read_at_the_first_call():
    with pytest.raises(ShapeError, match="must be a Later"):
        uses_later((f(2),))
    assert uses_later(Later(f(2))).shape == (2,)
    with pytest.raises(ShapeError, match=r"x\.value must be \(2\), got \(3,\) float32"):
        uses_later(Later(f(3)))


@rlt.typed
def uses_later(x: Later) -> Float[Tensor, "2"]:
    return x.value


class Later(NamedTuple):
    value: Float[Tensor, "2"]


def test_device_words_test_where_a_tensor_is_at_run_time():
    assert isinstance(f(1), Cpu)
    assert not isinstance(f(1), Cuda)
    assert not isinstance("no tensor", Cpu)
    assert not isinstance(torch.empty(1, device="meta"), Cpu)


def test_off_leaves_the_function_itself(monkeypatch):
    monkeypatch.setenv("RLT_CHECK", "off")

    def plain(x: Float[Tensor, "3"]) -> None:
        return None

    assert rlt.typed(plain) is plain


@pytest.mark.parametrize(("option", "on"), [("-O", False), ("-B", True)])
def test_python_o_switches_the_checks_off_as_rlt_check_does(option, on):
    code = "from rlt.shapes.switch import checks_are_on; print(checks_are_on())"
    out = subprocess.run([sys.executable, option, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == str(on)


def test_a_tensor_annotation_that_cannot_be_evaluated_is_refused_and_others_are_not_our_concern():
    def unquoted(x):
        return x

    unquoted.__annotations__ = {"x": "Float[Tensor, missing_quotes]"}
    with pytest.raises(ConfigError, match=r"unquoted: the annotation of x cannot be read") as caught:
        rlt.typed(unquoted)(f(2))
    assert "name 'missing_quotes' is not defined" in str(caught.value)

    @rlt.typed
    def unknown_class(agent: NotImported, x: Float[Tensor, "2"]) -> None:
        return None

    unknown_class(None, f(2))
    with pytest.raises(ShapeError):
        unknown_class(None, f(3))


def test_a_shape_without_quotes_is_refused_with_the_quotes():
    def unquoted(x):
        return x

    unquoted.__annotations__ = {"x": "Float[Tensor, 784] | None"}
    with pytest.raises(ConfigError) as caught:
        rlt.typed(unquoted)(f(2))
    assert str(caught.value) == (
        "unquoted: the annotation of x cannot be read: Float[Tensor, 784] | None\n"
        "  expected a shape in quotes, got 784\n"
        '  fix: Float[Tensor, "784"] | None'
    )


def test_the_decorator_stands_above_functions_without_brackets():
    with pytest.raises(ConfigError, match=r"got nothing\n  fix: @rlt\.typed, without brackets"):
        rlt.typed()
    with pytest.raises(ConfigError, match="got the class Batch"):
        rlt.typed(Batch)


def test_a_typed_method_may_call_super():
    class Base(rlt.Module):
        def __init__(self, d: int) -> None:
            super().__init__()
            self.fc = torch.nn.Linear(d, d)

        @rlt.typed
        def forward(self, x: Float[Tensor, "b d"]) -> Float[Tensor, "b d"]:
            return self.fc(x)

    class Residual(Base):
        @rlt.typed
        def forward(self, x: Float[Tensor, "b d"]) -> Float[Tensor, "b d"]:
            return x + super().forward(x)

    assert Residual(3)(torch.zeros(2, 3)).shape == (2, 3)
    with pytest.raises(ShapeError):
        Residual(3)(torch.zeros(2, 4))
