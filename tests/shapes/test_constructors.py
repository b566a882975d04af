"""Names of sizes across a hierarchy: each method's mean what the constructor was called with that its author saw."""

# The mistakes here are on purpose.
# mypy: disable-error-code="arg-type, assignment, call-arg, misc, return-value"
from __future__ import annotations

import copy
import inspect
import io
import traceback

import pytest
import torch
from torch import nn

import rlt
from rlt.errors import ShapeError
from rlt.types import Float, Tensor


class Base(rlt.Module):
    def __init__(self, obs_dim: int, n_actions: int, width: int = 128) -> None:
        super().__init__()
        if width < 1:
            raise ValueError("no width")
        self.body, self.policy = nn.Linear(obs_dim, width), nn.Linear(width, n_actions)

    @rlt.typed
    def encode(self, obs: Float[Tensor, "batch obs_dim"]) -> Float[Tensor, "batch width"]:
        return self.body(obs).tanh()

    @rlt.typed
    def forward(self, obs: Float[Tensor, "batch obs_dim"]) -> Float[Tensor, "batch n_actions"]:
        return self.policy(self.encode(obs))


class Wrong(Base):
    def __init__(self, obs_dim: int, n_actions: int, width: int = 128) -> None:
        super().__init__(obs_dim, n_actions, width)
        self.policy = nn.Linear(width, n_actions + 1)


class Halved(Base):
    """The same name for another size, in a typed method of its own too."""

    def __init__(self, width: int) -> None:
        super().__init__(4, 2, width=width // 2)
        self.side = nn.Linear(4, width)

    @rlt.typed
    def beside(self, obs: Float[Tensor, "batch 4"]) -> Float[Tensor, "batch width"]:
        return self.side(obs)


class Passing(Base):
    def __init__(self, *args, **options) -> None:
        super().__init__(*args, **options)


class Mixin:
    def __init__(self, *args, n_actions: int = 7, **options) -> None:
        super().__init__(*args, n_actions=n_actions - 4, **options)


class Mixed(Mixin, Base):
    pass


def test_a_subclass_with_a_constructor_of_its_own_is_checked_by_what_it_gives_to_its_base():
    with pytest.raises(ShapeError, match=r'returns \(batch, 3\) .* declares Float\[Tensor, "batch n_actions"\] with n_actions=2'):
        Wrong(4, 2)


@pytest.mark.parametrize(
    ("make", "n_in", "n_out"), [(lambda: Halved(16), 4, 2), (lambda: Passing(5, n_actions=6), 5, 6), (lambda: Mixed(5), 5, 3)]
)
def test_a_call_is_compared_with_what_the_base_was_given(make, n_in, n_out):
    net = make()
    assert net.__dict__["_rlt_unchecked"] is None
    for each in (net, copy.deepcopy(net)):
        assert each(torch.zeros(1, n_in)).shape == (1, n_out)
        with pytest.raises(ShapeError, match=f"obs_dim is {n_in} in this network, here it is 9"):
            each(torch.zeros(1, 9))
    net.policy = nn.Linear(net.policy.in_features, 9)
    with pytest.raises(ShapeError, match=f"n_actions is {n_out} in this network, here it is 9"):
        net(torch.zeros(1, n_in))
    with pytest.raises(ShapeError):
        rlt.check_network(net)


def test_one_name_has_in_each_class_the_size_that_its_own_constructor_was_given():
    net = Halved(16)
    assert net.encode(torch.zeros(1, 4)).shape == (1, 8)
    assert net.beside(torch.zeros(1, 4)).shape == (1, 16)


def test_an_object_keeps_its_sizes_in_a_pickle():
    file = io.BytesIO()
    torch.save(Halved(16), file)
    file.seek(0)
    with pytest.raises(ShapeError, match="obs_dim is 4 in this network"):
        torch.load(file, weights_only=False)(torch.zeros(1, 9))


def test_constructors_keep_their_signature_and_their_errors():
    assert list(inspect.signature(Base.__init__).parameters) == ["self", "obs_dim", "n_actions", "width"]
    with pytest.raises(TypeError, match=r"Base\.__init__\(\) missing 1 required positional argument: 'n_actions'"):
        Base(3)

    class Fails(rlt.Module):
        def __init__(self, n: int) -> None:
            raise ValueError(n)

    with pytest.raises(ValueError) as caught:  # noqa: PT011
        Fails(3)
    assert [f.name for f in traceback.extract_tb(caught.value.__traceback__)][1:] == ["__call__", "__init__"]
    with pytest.raises(ValueError, match="no width"):
        Halved(1)


def test_a_layer_that_a_method_of_module_hides_is_named():
    class Halves(rlt.Module):
        def __init__(self) -> None:
            super().__init__()
            self.half = nn.Linear(3, 4)

        def forward(self, x: Float[Tensor, "b 3"]) -> Float[Tensor, "b 4"]:
            return self.half(x)

    with pytest.raises(ShapeError, match=r"a layer called half(?s:.)*what the class Module has(?s:.)*self.half_layer"):
        Halves()


@pytest.mark.parametrize("shape", [(3, 64, 64), (4, 8, 8)])
@pytest.mark.parametrize("said", ["b c h w", "b _ _ _"])
def test_a_network_for_images_of_one_size_may_leave_it_open(shape, said):
    c, h, w = shape
    net = nn.Sequential(nn.Conv2d(c, 4, 3, padding=1), nn.Flatten(), nn.Linear(4 * h * w, 5))
    reason = rlt.check_network(net, said)
    assert reason is not None
    assert "images of some sizes" in reason


def test_a_batch_that_an_image_takes_along_is_refused_whatever_its_size():
    class Mixed(rlt.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv, self.fc = nn.Conv2d(3, 4, 3, padding=1), nn.Linear(4 * 8 * 8, 5)

        def forward(self, x: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b 5"]:
            return self.fc(self.conv(x).view(-1))

    with pytest.raises(ShapeError, match="expects 256 input features"):
        Mixed()


def test_a_name_that_only_an_argument_left_out_has_is_open():
    class Cached(rlt.Module):
        def __init__(self, d: int, heads: int) -> None:
            super().__init__()
            self.k, self.heads = nn.Linear(d, d), heads

        def forward(
            self, x: Float[Tensor, "b t d"], cache: Float[Tensor, "b heads s dh"] | None = None
        ) -> Float[Tensor, "b heads n dh"]:
            k = self.k(x).view(x.shape[0], x.shape[1], self.heads, -1).transpose(1, 2)
            return k if cache is None else torch.cat([cache, k], dim=2)

    assert Cached(16, 4)(torch.zeros(2, 3, 16)).shape == (2, 4, 3, 4)
