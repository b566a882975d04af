"""The constructor stops a network whose layers do not fit, in words; and leaves every other network alone."""

# The mistakes here are on purpose.
# mypy: disable-error-code="arg-type, assignment, has-type, union-attr"
from __future__ import annotations

import dataclasses
import linecache
import re
import traceback
from typing import NamedTuple

import pytest
import torch
import torch.nn.functional as F
from torch import nn

import rlt
from rlt.errors import ShapeError
from rlt.types import Bool, Cuda, Float, Int, Tensor, UInt8


def said(make, *args) -> str:
    """The message, with each place replaced by the text of its line."""
    with pytest.raises(ShapeError) as caught:
        make(*args)
    text = str(caught.value)
    assert len(text.splitlines()) <= 12
    return re.sub(r"test_build_check\.py:(\d+)", lambda m: f"<{linecache.getline(__file__, int(m[1])).strip()}>", text)


class Convolutions(rlt.Module):
    def __init__(self, classes: int = 10) -> None:
        super().__init__()
        self.c1 = nn.Conv2d(3, 16, 3, stride=2, padding=1)
        self.c2 = nn.Conv2d(16, 32, 3, stride=2, padding=1)
        self.fc = nn.Linear(32 * 7 * 7, classes)

    def forward(self, x: Float[Tensor, "batch 3 32 32"]) -> Float[Tensor, "batch classes"]:
        h = F.relu(self.c1(x))
        h = F.relu(self.c2(h))
        return self.fc(h.flatten(1))


def test_a_wrong_flatten_product_names_both_layers_their_lines_and_the_fix():
    assert said(Convolutions) == (
        "Convolutions does not fit its input (batch, 3, 32, 32) (classes=10)\n"
        "  Convolutions.fc, Linear(1568, 10) at <self.fc = nn.Linear(32 * 7 * 7, classes)>:\n"
        "    expects 1568 input features, gets 2048: its input is (batch, 2048)\n"
        "  fed by Convolutions.c2, Conv2d(16, 32, 3, stride=2, padding=1) at "
        "<self.c2 = nn.Conv2d(16, 32, 3, stride=2, padding=1)> -> (batch, 32, 8, 8) through relu, flatten\n"
        "  fix: fc = nn.Linear(2048, 10)"
    )


def test_a_layer_inside_a_sequential_is_named_by_its_path_and_own_line():
    class Net(rlt.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body = nn.Sequential(
                nn.Conv2d(3, 32, 3, padding=1),
                nn.BatchNorm2d(16),
                nn.ReLU(),
            )

        def forward(self, x: Float[Tensor, "batch 3 h w"]) -> Float[Tensor, "batch 32 h w"]:
            return self.body(x)

    assert said(Net) == (
        "Net does not fit its input (batch, 3, h, w)\n"
        "  Net.body.1, BatchNorm2d(16) at <nn.BatchNorm2d(16),>:\n"
        "    expects 16 channels, gets 32: its input is (batch, 32, h, w)\n"
        "  fed by Net.body.0, Conv2d(3, 32, 3, padding=1) at <nn.Conv2d(3, 32, 3, padding=1),> -> (batch, 32, h, w)\n"
        "  fix: body.1 = nn.BatchNorm2d(32)"
    )


def test_a_wrong_head_is_found_by_the_declared_result():
    class Policy(rlt.Module):
        def __init__(self, obs_dim: int, n_actions: int) -> None:
            super().__init__()
            self.net = nn.Sequential(nn.Linear(obs_dim, 64), nn.Tanh(), nn.Linear(64, n_actions + 1))

        def forward(self, obs: Float[Tensor, "batch obs_dim"]) -> Float[Tensor, "batch n_actions"]:
            return self.net(obs)

    assert said(Policy, 8, 4) == (
        'Policy.forward returns (batch, 5) float32, but declares Float[Tensor, "batch n_actions"] with n_actions=4\n'
        "  from Policy.net.2, Linear(64, 5) at "
        "<self.net = nn.Sequential(nn.Linear(obs_dim, 64), nn.Tanh(), nn.Linear(64, n_actions + 1))> -> (batch, 5)\n"
        "  fix: net.2 = nn.Linear(64, 4)"
    )


def test_a_residual_that_does_not_broadcast_shows_both_sides_and_where_they_come_from():
    class Residual(rlt.Module):
        def __init__(self) -> None:
            super().__init__()
            self.c1 = nn.Conv2d(16, 32, 3, stride=2, padding=1)

        def forward(self, x: Float[Tensor, "b 16 h w"]) -> Float[Tensor, "b 32 h w"]:
            h = torch.relu(self.c1(x))
            return torch.relu(h + x)

    assert said(Residual) == (
        "Residual does not fit its input (b, 16, h, w)\n"
        "  Residual.forward at <return torch.relu(h + x)>: return torch.relu(h + x)\n"
        "    h is (b, 32, h//2, w//2) float32, from Residual.c1, Conv2d(16, 32, 3, stride=2, padding=1) at "
        "<self.c1 = nn.Conv2d(16, 32, 3, stride=2, padding=1)> -> (b, 32, h//2, w//2) through relu\n"
        "    x is (b, 16, h, w) float32\n"
        "  add expects sizes that broadcast with (b, 32, h//2, w//2), gets (b, 16, h, w): "
        "w//2 against w at dimension -1"
    )


def test_constructor_arguments_in_the_wrong_order_are_seen_by_their_values():
    class Swapped(rlt.Module):
        def __init__(self, obs_dim: int, hidden: int, act_dim: int) -> None:
            super().__init__()
            self.fc1 = nn.Linear(obs_dim, hidden)
            self.fc2 = nn.Linear(act_dim, hidden)

        def forward(self, x: Float[Tensor, "b obs_dim"]) -> Float[Tensor, "b act_dim"]:
            return self.fc2(torch.tanh(self.fc1(x)))

    text = said(Swapped, 8, 64, 4)
    assert "does not fit its input (b, 8) (obs_dim=8, act_dim=4)" in text
    assert "expects 4 input features, gets 64" in text
    assert text.endswith("fix: fc2 = nn.Linear(64, 4)")  # exchanged: that mends the result too


def test_a_recurrent_layer_and_an_embedding_are_checked_by_their_rules():
    class Language(rlt.Module):
        def __init__(self, vocab: int) -> None:
            super().__init__()
            self.emb = nn.Embedding(vocab, 64)
            self.lstm = nn.LSTM(32, 128, batch_first=True)
            self.out = nn.Linear(128, vocab)

        def forward(self, x: Int[Tensor, "b t"]) -> Float[Tensor, "b t vocab"]:
            return self.out(self.lstm(self.emb(x))[0])

    class Floats(Language):
        def forward(self, x: Float[Tensor, "b t"]) -> Float[Tensor, "b t vocab"]:
            return self.out(self.lstm(self.emb(x))[0])

    assert "expects 32 input features, gets 64: its input is (b, t, 64)" in said(Language, 1000)
    assert said(Language, 1000).endswith("fix: lstm = nn.LSTM(64, 128, batch_first=True)")
    assert "expects integer indices (Int64), gets float32 (b, t)" in said(Floats, 1000)


def test_raw_uint8_images_are_refused_with_the_conversion():
    class Image(rlt.Module):
        def __init__(self) -> None:
            super().__init__()
            self.c = nn.Conv2d(3, 8, 3)

        def forward(self, x: UInt8[Tensor, "b 3 h w"]) -> Float[Tensor, "b 8 h-2 w-2"]:
            return self.c(x)

    assert "expects floating-point input, gets uint8 (b, 3, h, w)\n  fix: x.float()" in said(Image)


def test_a_batch_mixed_into_the_features_is_said_in_words():
    class Mixed(rlt.Module):
        def __init__(self) -> None:
            super().__init__()
            self.c = nn.Conv2d(1, 4, 3, padding=1)
            self.fc = nn.Linear(4 * 28 * 28, 10)

        def forward(self, x: Float[Tensor, "batch 1 28 28"]) -> Float[Tensor, "batch 10"]:
            return self.fc(self.c(x).view(-1))

    assert "expects 3136 input features, gets 3136*batch" in said(Mixed)
    assert said(Mixed).endswith("fix: batch is mixed into the features: keep it apart, as x.flatten(1) does")


def test_a_plain_tensor_attribute_is_named_with_register_buffer():
    class Scaled(rlt.Module):
        def __init__(self) -> None:
            super().__init__()
            self.scale = torch.ones(3)

        def forward(self, x: Float[Tensor, "b 3"]) -> Float[Tensor, "b 3"]:
            return x * self.scale

    assert said(Scaled) == (
        "Scaled does not fit its input (b, 3)\n"
        "  Scaled.forward at <return x * self.scale>: return x * self.scale\n"
        "  self.scale is a plain tensor: it stays on the CPU when the network moves, and is not saved\n"
        '  fix: self.register_buffer("scale", ...)'
    )


def test_layers_in_a_plain_list_are_named_with_module_list():
    class Listed(rlt.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layers = [nn.Linear(3, 3), nn.Linear(3, 3)]

        def forward(self, x: Float[Tensor, "b 3"]) -> Float[Tensor, "b 3"]:
            for layer in self.layers:
                x = layer(x)
            return x

    assert "self.layers is a plain list of layers: they do not move, train or get saved" in said(Listed)
    assert said(Listed).endswith("fix: self.layers = nn.ModuleList(...)")


def test_a_tensor_made_on_the_cpu_in_forward_is_found():
    class Mask(rlt.Module):
        def forward(self, x: Float[Tensor, "b 3"]) -> Float[Tensor, "b 3"]:
            return x * torch.ones(3, device="cpu")

    assert "made on the CPU meets the network's own" in said(Mask)
    assert said(Mask).endswith("fix: make it with device=x.device")


def test_a_transposed_convolution_with_wrong_channels_is_refused_though_torchs_meta_kernel_takes_it():
    net = nn.ConvTranspose2d(8, 4, 2).to("meta")
    net(torch.empty(1, 3, 5, 5, device="meta"))  # torch itself says nothing
    with pytest.raises(ShapeError, match="expects 8 input channels, gets 3"):
        rlt.check_network(nn.Sequential(nn.ConvTranspose2d(8, 4, 2)), "b 3 5 5")


def test_subtracting_a_bool_is_refused_with_its_fix():
    class Discounted(rlt.Module):
        def forward(self, value: Float[Tensor, "b"], done: Bool[Tensor, "b"]) -> Float[Tensor, "b"]:
            return value * (1 - done)

    assert "expects numbers (torch refuses - on Bool), gets Bool(b,)" in said(Discounted)
    assert said(Discounted).endswith("fix: done.float()")


def test_check_network_checks_a_plain_sequential_and_finds_its_lines():
    net = nn.Sequential(
        nn.Linear(784, 128),
        nn.ReLU(),
        nn.Linear(256, 10),
    )
    text = said(rlt.check_network, net, "batch 784")
    assert "Sequential.2, Linear(256, 10) at <nn.Linear(256, 10),>" in text
    assert "fed by Sequential.0, Linear(784, 128) at <nn.Linear(784, 128),> -> (batch, 128) through ReLU" in text
    assert text.endswith("fix: layer 2 = nn.Linear(128, 10)")


def test_check_network_takes_dtypes_several_inputs_and_sizes():
    assert rlt.check_network(nn.Embedding(10, 4), Int[Tensor, "b t"]) is None
    assert rlt.check_network(nn.Bilinear(3, 4, 5), "b 3", "b n", n=4) is None
    assert rlt.check_network(nn.Linear(7, 2).double(), "batch 7") is None


def test_no_frame_of_the_checking_machinery_stands_between_the_users_line_and_the_error():
    with pytest.raises(ShapeError) as caught:
        Convolutions()
    error = caught.value
    frames = traceback.extract_tb(error.__traceback__)
    assert error.__cause__ is None
    assert error.__context__ is None
    assert [f.name for f in frames] == [
        "test_no_frame_of_the_checking_machinery_stands_between_the_users_line_and_the_error",
        "__call__",
    ]


def test_the_functions_that_check_stand_alone_in_a_traceback_too():
    import gymnasium

    net = nn.Sequential(nn.Linear(3, 4), nn.Linear(5, 2))
    spaces = (gymnasium.spaces.Box(-1, 1, (3,)), gymnasium.spaces.Discrete(2))
    for check, args in ((rlt.check_network, ("b 3",)), (rlt.check_policy, spaces)):
        with pytest.raises(ShapeError) as caught:
            check(net, *args)
        assert len(traceback.extract_tb(caught.value.__traceback__)) == 2
        assert caught.value.__context__ is None


# ------------------------------------------------------------------------------------ what is left alone


def test_a_forward_that_reads_values_is_unchecked_and_the_reason_is_kept():
    class Scaled(rlt.Module):
        def forward(self, x: Float[Tensor, "b 3"]) -> Float[Tensor, "b 3"]:
            return x / x.max().item()

    reason = rlt.summary(Scaled()).unchecked
    assert reason is not None
    assert "reads the values of tensors (item)" in reason
    assert "return x / x.max().item()" in reason


@pytest.mark.parametrize(
    "body",
    [
        lambda x: x[x > 0],
        lambda x: x if (x > 0).any() else -x,
        lambda x: x[: int(x.sum())],
        lambda x: torch.nonzero(x),
        lambda x: x.tolist() and x,
        lambda x: torch.unique(x),
    ],
)
def test_every_way_to_read_values_is_unchecked_not_refused(body):
    class Reads(rlt.Module):
        def forward(self, x: Float[Tensor, "b 3"]) -> Tensor:
            return body(x)

    assert "values of tensors" in str(rlt.check_network(Reads()))


def test_a_forward_without_shapes_is_unchecked():
    class Bare(rlt.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x

    assert rlt.check_network(Bare()) == "forward declares no shape"


def test_an_argument_that_cannot_be_made_up_leaves_the_network_unchecked():
    class Greedy(rlt.Module):
        def forward(self, x: Float[Tensor, "b 3"], n: int) -> Float[Tensor, "b 3"]:
            return x

    assert rlt.check_network(Greedy()) == "argument n has no shape"


def test_the_check_changes_nothing_in_the_network():
    class Counting(rlt.Module):
        def __init__(self) -> None:
            super().__init__()
            self.norm = nn.BatchNorm1d(3)
            self.register_buffer("steps", torch.zeros(()))
            self.last = None

        def forward(self, x: Float[Tensor, "b 3"]) -> Float[Tensor, "b 3"]:
            self.last = x
            self.extra = x + 1
            self.steps = self.steps + 1
            self.norm.running_mean.mul_(0.5)
            return F.dropout(self.norm(x))

    torch.manual_seed(0)
    before_rng = torch.get_rng_state()
    net = Counting()
    assert net.__dict__["_rlt_unchecked"] is None
    assert net.last is None
    assert not hasattr(net, "extra")
    assert net.steps.device.type == "cpu"
    assert net.steps == 0
    assert net.norm.num_batches_tracked == 0
    assert torch.equal(net.norm.running_mean, torch.zeros(3))
    assert torch.equal(torch.get_rng_state(), before_rng)
    assert net.training


def test_a_name_that_only_a_layer_determines_is_taken_from_that_layer():
    class Encoder(rlt.Module):
        def __init__(self, spec: dict[str, int]) -> None:
            super().__init__()
            self.fc = nn.Linear(spec["obs"], 5)

        def forward(self, x: Float[Tensor, "batch d"]) -> Float[Tensor, "batch 5"]:
            return self.fc(x)

    assert Encoder({"obs": 8}).__dict__["_rlt_unchecked"] is None


def test_a_batch_that_lands_in_the_features_is_not_taken_for_their_size():
    class Turned(rlt.Module):
        def __init__(self) -> None:
            super().__init__()
            self.fc = nn.Linear(8, 5)

        def forward(self, x: Float[Tensor, "batch 8"]) -> Float[Tensor, "batch 5"]:
            return self.fc(x.T)

    assert "expects 8 input features, gets batch" in said(Turned)


def test_a_subclass_with_a_constructor_of_its_own_may_use_the_same_names_for_other_sizes():
    class Base(rlt.Module):
        def __init__(self, hidden: int) -> None:
            super().__init__()
            self.fc = nn.Linear(4, hidden)

        def forward(self, x: Float[Tensor, "b 4"]) -> Float[Tensor, "b hidden"]:
            return self.fc(x)

    class Doubled(Base):
        def __init__(self, hidden: int) -> None:
            super().__init__(2 * hidden)

    assert Doubled(3).__dict__["_rlt_unchecked"] is None
    assert Doubled(3)(torch.zeros(2, 4)).shape == (2, 6)


def test_only_the_outermost_object_is_checked_when_all_of_it_is_there():
    class Part(rlt.Module):
        def __init__(self) -> None:
            super().__init__()
            self.fc = nn.Linear(4, 4)

        def forward(self, x: Float[Tensor, "b 4"]) -> Float[Tensor, "b 4"]:
            return self.fc(x)

    class Whole(rlt.Module):
        def __init__(self) -> None:
            super().__init__()
            self.part = Part()
            self.part.fc = nn.Linear(4, 8)
            self.out = nn.Linear(8, 2)

        def forward(self, x: Float[Tensor, "b 4"]) -> Float[Tensor, "b 2"]:
            return self.out(self.part(x))

    Whole()


def test_rlt_check_off_builds_anything(monkeypatch):
    monkeypatch.setenv("RLT_CHECK", "off")
    Convolutions()
    monkeypatch.setenv("RLT_CHECK", "of")
    with pytest.raises(ValueError, match="RLT_CHECK=of is not known"):
        Convolutions()


# ------------------------------------------------------------------------------------ containers and names


class State(NamedTuple):
    h: Float[Tensor, "batch 16"]
    c: Float[Tensor, "batch 16"]


@dataclasses.dataclass
class Output:
    logits: Float[Tensor, "batch n_actions"]
    value: Float[Tensor, "batch"]
    note: str = ""


class Recurrent(rlt.Module):
    def __init__(self, n_actions: int, wrong: int = 0) -> None:
        super().__init__()
        self.cell = nn.LSTMCell(8, 16)
        self.pi, self.v = nn.Linear(16, n_actions + wrong), nn.Linear(16, 1)

    def forward(self, x: Float[Tensor, "batch 8"], state: State) -> tuple[Output, State]:
        h, c = self.cell(x, (state.h, state.c))
        return Output(self.pi(h), self.v(h).squeeze(-1)), State(h, c)


def test_named_tuples_and_dataclasses_stand_as_arguments_and_results():
    assert Recurrent(4).__dict__["_rlt_unchecked"] is None
    assert "at [0].logits, but declares" in said(Recurrent, 4, 1)


def test_dicts_lists_and_optional_arguments():
    from typing import TypedDict

    class Observation(TypedDict):
        image: UInt8[Tensor, "batch 3 h w"]
        pose: Float[Tensor, "batch 7"]

    globals()["Observation"] = Observation

    class Fused(rlt.Module):
        def __init__(self) -> None:
            super().__init__()
            self.fc = nn.Linear(7 + 3, 5)

        def forward(
            self,
            obs: Observation,
            more: list[Float[Tensor, "batch 5"]],
            state: Float[Tensor, "batch 9"] | None = None,
            *,
            scale: float = 1.0,
        ) -> dict[str, Float[Tensor, "batch 5"]]:
            image = obs["image"].float().mean((2, 3))
            out = self.fc(torch.cat([obs["pose"], image], dim=1)) * scale
            return {"out": out + sum(more), "again": out}

    assert Fused().__dict__["_rlt_unchecked"] is None


def test_runs_of_sizes_expressions_and_devices_in_annotations():
    class Runs(rlt.Module):
        def __init__(self, d: int) -> None:
            super().__init__()
            self.fc = nn.Linear(d, 2 * d)

        def forward(self, x: Float[Cuda, "*batch d"]) -> Float[Cuda, "*batch 2*d"]:
            return self.fc(x)

    class Middle(rlt.Module):
        def forward(self, x: Float[Tensor, "b ... c"]) -> Float[Tensor, "b c"]:
            return x.flatten(1, -2).mean(1)

    assert Runs(6).__dict__["_rlt_unchecked"] is None
    assert Middle().__dict__["_rlt_unchecked"] is None


def test_a_shape_that_cannot_be_read_is_an_error_that_names_it():
    with pytest.raises(ValueError, match=r'forward: the annotation of x is no shape\n  cannot read "3\+" in the shape'):

        class Wrong(rlt.Module):
            @rlt.typed
            def forward(self, x: Float[Tensor, "b 3+"]) -> Tensor:
                return x


def test_messages_point_at_real_lines_of_this_file():
    with pytest.raises(ShapeError) as caught:
        Convolutions()
    lines = [int(n) for n in re.findall(r"test_build_check\.py:(\d+)", str(caught.value))]
    assert [linecache.getline(__file__, n).split("=")[0].strip() for n in lines] == ["self.fc", "self.c2"]
