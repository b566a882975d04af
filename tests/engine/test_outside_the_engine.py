"""A network in the engine stays a network of torch's: what is done to it from outside counts, and copies are its own."""

from __future__ import annotations

import copy
import io
import pickle

import pytest
import safetensors.torch
import torch
from torch import nn
from torch.nn.utils import clip_grad_norm_, parameters_to_vector, vector_to_parameters

from rlt.engine.optimizers import Adam
from rlt.engine.step import Group
from rlt.engine.training import TrainingStep
from rlt.nn import NoisyLinear, RecurrentCore

TIME, BATCH, WIDTH = 3, 4, 5


class Recurrent(nn.Module):
    """Remembers, and forgets in the middle of one sequence."""

    def __init__(self):
        super().__init__()
        self.core, self.head = RecurrentCore(WIDTH, 6), nn.Linear(6, 1)

    def forward(self, x):
        start = torch.zeros(TIME, BATCH, dtype=torch.bool)
        start[1, 1] = True
        out, _ = self.core(x.view(TIME, BATCH, WIDTH), self.core.initial_state(BATCH), start)
        return self.head(out).flatten()


class Noisy(nn.Module):
    """Noise as buffers, drawn anew by a call."""

    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(NoisyLinear(WIDTH, 8), nn.Tanh(), NoisyLinear(8, 1))
        self.resample(0)

    def resample(self, seed):
        generator = torch.Generator().manual_seed(seed)
        for layer in (self.net[0], self.net[2]):
            layer.resample(generator)

    def forward(self, x):
        return self.net(x).squeeze(-1)


class Tied(nn.Module):
    """One weight in two places."""

    def __init__(self):
        super().__init__()
        self.first, self.second, self.head = nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, 1)
        self.second.weight = self.first.weight

    def forward(self, x):
        return self.head(torch.tanh(self.second(torch.tanh(self.first(x))))).squeeze(-1)


class Normed(nn.Module):
    """Batch norm: its forward writes statistics."""

    def __init__(self):
        super().__init__()
        # No bias before batch norm: its gradient is zero but for rounding, which Adam would blow up.
        self.net = nn.Sequential(nn.Linear(WIDTH, 8, bias=False), nn.BatchNorm1d(8), nn.Tanh(), nn.Linear(8, 1))

    def forward(self, x):
        return self.net(x).squeeze(-1)


NETWORKS = {cls.__name__.lower(): cls for cls in (Recurrent, Noisy, Tied, Normed)}
RATE = 1e-2


def error(network, x, y):
    return (network(x) - y).square().mean()


class Pair:
    """A network in the engine and its twin in plain torch, trained on the same batches."""

    def __init__(self, ours, theirs, mode):
        self.ours, self.theirs, self.mode = ours, theirs, mode
        self.group = Group(self.ours, Adam(), 0.5)
        self.step = TrainingStep({"net": self.group}, self.update)
        self.adam = torch.optim.Adam(self.theirs.parameters(), lr=RATE, foreach=False)
        self.generator = torch.Generator().manual_seed(1)

    def update(self, step, x, y, rate):
        return {"loss": step.minimise("net", lambda network: (error(network, x, y), ()), rate).loss}

    def batch(self):
        drawn = torch.randn(TIME * BATCH, WIDTH + 1, dtype=torch.float64, generator=self.generator)
        return drawn[:, :WIDTH].contiguous(), drawn[:, WIDTH]

    def train(self, count):
        """So many updates of both: `gather`, then steps in train mode, as the agents do it."""
        self.step.gather()
        self.theirs.train()
        with self.step.training("net"):
            for _ in range(count):
                x, y = self.batch()
                self.one(x, y, torch.tensor([RATE], dtype=torch.float64))
                self.adam.zero_grad()
                error(self.theirs, x, y).backward()
                clip_grad_norm_(self.theirs.parameters(), 0.5)
                self.adam.step()
        self.theirs.eval()

    def one(self, *given):
        if self.mode == "eager":
            self.step(*given)
            return
        with torch.no_grad():
            _, statistics = self.step._pure(*self.step._held(), *given)
            for key, value in statistics.get("net", {}).items():
                self.group.statistics[key].copy_(value)

    def assert_equal(self):
        same(self.ours, self.theirs)
        own = parameters_to_vector(dict.fromkeys(self.ours.parameters()))
        assert torch.equal(self.group.flat.buffer, own.detach())


def same(one, other):
    theirs = other.state_dict()
    for name, value in one.state_dict().items():
        torch.testing.assert_close(value, theirs[name], rtol=1e-9, atol=1e-11, msg=lambda text, name=name: f"{name}: {text}")


def pair(name, mode="eager", seed=0):
    torch.manual_seed(seed)
    ours = NETWORKS[name]().double().eval()
    return Pair(ours, copy.deepcopy(ours), mode)


def elsewhere(name):
    """Other weights and buffers for this network."""
    torch.manual_seed(9)
    other = NETWORKS[name]().double()
    other.train()(torch.randn(TIME * BATCH, WIDTH, dtype=torch.float64))  # batch norm's statistics too
    return other.state_dict(keep_vars=True)  # parameters, so that a tied one is one


def copied_in(network, state):
    for key, parameter in network.named_parameters():
        parameter.data.copy_(state[key].detach())


def data_replaced(network, state):
    for key, parameter in network.named_parameters():
        parameter.data = state[key].detach().clone()


def from_a_vector(network, state):
    own = dict(network.named_parameters())
    vector_to_parameters(torch.cat([state[key].detach().reshape(-1) for key in own]), own.values())


def loaded(network, state):
    network.load_state_dict(state)


def assigned(network, state):
    network.load_state_dict(copy.deepcopy(state), assign=True)


def another_type_and_back(network, state):
    network.float().double()


def one_layer_to_another_type_and_back(network, state):
    next(network.children()).float().double()


def scaled_in_place(network, state):
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.mul_(0.5)


def trained_by_plain_torch(network, state):
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1, momentum=0.9)
    generator = torch.Generator().manual_seed(3)
    network.train()
    for _ in range(3):
        x, y = torch.randn(2, TIME * BATCH, WIDTH, dtype=torch.float64, generator=generator)
        optimizer.zero_grad()
        error(network, x, y[:, 0]).backward()
        optimizer.step()
    network.eval()
    network.zero_grad(set_to_none=True)


WAYS = (
    copied_in, data_replaced, from_a_vector, loaded, assigned, another_type_and_back, one_layer_to_another_type_and_back,
    scaled_in_place, trained_by_plain_torch,
)


@pytest.mark.parametrize("mode", ["eager", "pure"])
@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_in_the_engine_learns_as_with_torchs_optimiser(name, mode):
    made = pair(name, mode)
    before = copy.deepcopy(made.theirs)
    for _ in range(3):
        made.train(4)
        made.assert_equal()
    assert all(not torch.equal(p, q) for p, q in zip(before.parameters(), made.ours.parameters()))


@pytest.mark.parametrize("mode", ["eager", "pure"])
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
@pytest.mark.parametrize("name", NETWORKS)
def test_the_engine_goes_on_from_what_was_made_of_the_weights_outside(name, way, mode):
    made, state = pair(name, mode), elsewhere(name)
    made.train(2)
    for _ in range(2):
        way(made.ours, state)
        # An optimiser of torch's holds its parameters: for the twin an assignment is a copy.
        (loaded if way is assigned else way)(made.theirs, state)
        same(made.ours, made.theirs)
        made.train(2)
        made.assert_equal()


@pytest.mark.parametrize("mode", ["eager", "pure"])
def test_noise_that_is_drawn_anew_between_updates_counts(mode):
    made = pair("noisy", mode)
    for seed in range(4):
        for network in (made.ours, made.theirs):
            network.resample(seed)
        made.train(2)
        made.assert_equal()


def by_deepcopy(network, path):
    return copy.deepcopy(network)


def by_pickle(network, path):
    return pickle.loads(pickle.dumps(network))


def by_torch_save(network, path):
    torch.save(network.state_dict(), path)
    fresh = type(network)().double().eval()
    fresh.load_state_dict(torch.load(path, weights_only=True))
    return fresh


def by_safetensors(network, path):
    safetensors.torch.save_file(network.state_dict(), path)
    fresh = type(network)().double().eval()
    fresh.load_state_dict(safetensors.torch.load_file(path))
    return fresh


def by_safetensors_of_a_copy(network, path):
    safetensors.torch.save_model(copy.deepcopy(network), path)
    fresh = type(network)().double().eval()
    safetensors.torch.load_model(fresh, path)
    return fresh


COPIES = [
    (name, by)
    for by in (by_deepcopy, by_pickle, by_torch_save, by_safetensors, by_safetensors_of_a_copy) for name in NETWORKS
    if by is not by_safetensors or name != "tied"  # which its save_file refuses of any network
]


@pytest.mark.parametrize(("name", "by"), COPIES, ids=lambda part: getattr(part, "__name__", part))
def test_a_copy_stays_as_it_was_and_learns_on_by_itself(name, by, tmp_path):
    made = pair(name)
    made.train(3)
    twin = copy.deepcopy(made.theirs)
    other = by(made.ours, tmp_path / "weights")
    made.train(3)
    same(other, twin)
    again = Pair(other, twin, "eager")
    again.train(3)
    again.assert_equal()
    made.assert_equal()


def bytes_written(state):
    file = io.BytesIO()
    torch.save(state, file)
    return file.tell()


@pytest.mark.parametrize("name", NETWORKS)
def test_what_torch_saves_of_a_network_in_the_engine_is_no_larger_than_of_its_twin(name):
    made = pair(name)
    made.train(1)
    assert bytes_written(made.ours.state_dict()) <= 1.1 * bytes_written(made.theirs.state_dict())
    assert bytes_written(copy.deepcopy(made.ours)) <= 1.1 * bytes_written(made.theirs)


@pytest.mark.slow
def test_a_compiled_step_goes_on_from_what_was_made_of_the_weights_outside():
    made, state = pair("normed", "eager"), elsewhere("normed")
    made.step.compile_from(0)
    made.train(3)
    made.assert_equal()
    for way in (copied_in, assigned, data_replaced, trained_by_plain_torch):
        way(made.ours, state)
        (loaded if way is assigned else way)(made.theirs, state)
        made.train(2)
        made.assert_equal()
    assert made.step.compile_at == 0  # it did not fall back to eager steps
