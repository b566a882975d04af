"""Classes over classes, protocols, generic containers: no line may be reported."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypedDict, TypeVar

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

T = TypeVar("T")


class Actor(nn.Module, ABC):
    @abstractmethod
    def forward(self, obs: Float[Tensor, "batch obs"]) -> Float[Tensor, "batch act"]: ...

    def act(self, obs: Float[Tensor, "batch obs"]) -> Float[Tensor, "batch act"]:
        return self(obs).tanh()


class LinearActor(Actor):
    def __init__(self, obs_dim: int, act_dim: int) -> None:
        super().__init__()
        self.fc = nn.Linear(obs_dim, act_dim)

    def forward(self, obs: Float[Tensor, "b obs_dim"]) -> Float[Tensor, "b act_dim"]:
        return self.fc(obs)


class ImageActor(LinearActor):
    def __init__(self, act_dim: int) -> None:
        super().__init__(64, act_dim)
        self.conv = nn.Sequential(nn.Conv2d(3, 64, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten())

    def forward(self, obs: Float[Tensor, "b 64"]) -> Float[Tensor, "b act_dim"]:
        return self.fc(obs)


class Policy(Protocol):
    def __call__(self, obs: Float[Tensor, "b o"]) -> Float[Tensor, "b a"]: ...


def rollout(policy: Policy, obs: Float[Tensor, "n d"]) -> Float[Tensor, "n k"]:
    return policy(obs)


class Registry(Generic[T]):
    def __init__(self) -> None:
        self.items: dict[str, T] = {}

    def add(self, name: str, item: T) -> T:
        self.items[name] = item
        return item


@dataclass
class Transition:
    obs: Float[Tensor, "d"]
    action: Int64[Tensor, ""]
    extra: dict[str, Tensor] = field(default_factory=dict)


class Replay:
    def __init__(self, capacity: int, obs_dim: int) -> None:
        self.obs = torch.zeros(capacity, obs_dim)
        self.action = torch.zeros(capacity, dtype=torch.int64)
        self.done = torch.zeros(capacity, dtype=torch.bool)
        self.capacity, self.size, self.position = capacity, 0, 0

    def add(self, t: Transition) -> None:
        self.obs[self.position] = t.obs
        self.action[self.position] = t.action
        self.position = (self.position + 1) % self.capacity
        self.size = min(self.size + 1, self.capacity)

    def sample(self, n: int) -> tuple[Float[Tensor, "n d"], Int64[Tensor, "n"], Bool[Tensor, "n"]]:
        index = torch.randint(0, self.size, (n,))
        return self.obs[index], self.action[index], self.done[index]


class Frames(Dataset[tuple[Tensor, int]]):
    def __init__(self, n: int) -> None:
        self.x = torch.randn(n, 3, 8, 8)

    def __len__(self) -> int:
        return len(self.x)

    def __getitem__(self, i: int) -> tuple[Tensor, int]:
        return self.x[i], i


def loader(n: int) -> Iterator[tuple[Float[Tensor, "b 3 8 8"], Int64[Tensor, "b"]]]:
    for x, y in DataLoader(Frames(n), batch_size=4):
        yield x, y


def ensembles(make: Callable[[], nn.Module], x: Float[Tensor, "b d"]) -> Tensor:
    nets = [make() for _ in range(3)]
    outs = [net(x) for net in nets]
    return torch.stack(outs).mean(0)


class Twin(nn.Module):
    def __init__(self, obs_dim: int, act_dim: int) -> None:
        super().__init__()
        self.q1 = self._build(obs_dim + act_dim)
        self.q2 = self._build(obs_dim + act_dim)

    @staticmethod
    def _build(n: int) -> nn.Sequential:
        return nn.Sequential(nn.Linear(n, 32), nn.ReLU(), nn.Linear(32, 1))

    def forward(
        self, obs: Float[Tensor, "b obs_dim"], act: Float[Tensor, "b act_dim"]
    ) -> tuple[Float[Tensor, "b"], Float[Tensor, "b"]]:
        x = torch.cat([obs, act], dim=-1)
        return self.q1(x).squeeze(-1), self.q2(x).squeeze(-1)

    def least(self, obs: Float[Tensor, "b obs_dim"], act: Float[Tensor, "b act_dim"]) -> Float[Tensor, "b"]:
        a, b = self(obs, act)
        return torch.min(a, b)


class Agent:
    def __init__(self, obs_dim: int, act_dim: int, hidden: Sequence[int] = (64, 64)) -> None:
        self.actor = LinearActor(obs_dim, act_dim)
        self.critic = Twin(obs_dim, act_dim)
        self.target = Twin(obs_dim, act_dim)
        self.log_alpha = torch.zeros(1, requires_grad=True)
        self.history: list[Tensor] = []

    def update(self, obs: Float[Tensor, "b o"], reward: Float[Tensor, "b"], gamma: float) -> dict[str, float]:
        action = self.actor(obs)
        with torch.no_grad():
            target = reward + gamma * self.target.least(obs, action)
        q1, q2 = self.critic(obs, action)
        loss = ((q1 - target) ** 2 + (q2 - target) ** 2).mean() * self.log_alpha.exp()
        self.history.append(loss)
        self.history.append(q1)
        return {"loss": float(loss)}


class Hidden(nn.Module):
    state: Tensor

    def __init__(self, n: int) -> None:
        super().__init__()
        self.state = torch.zeros(1, n)
        self.mix = nn.Linear(n, n)

    def reset(self, batch: int, n: int) -> None:
        self.state = torch.zeros(batch, n)

    def forward(self, x: Float[Tensor, "b n"]) -> Float[Tensor, "b n"]:
        self.state = self.mix(x) + self.state
        return self.state


class Stack(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(784, 256), nn.Linear(256, 64), nn.Linear(64, 10)])
        self.norms = nn.ModuleList([nn.LayerNorm(256), nn.LayerNorm(64)])

    def forward(self, x: Float[Tensor, "b 784"]) -> Float[Tensor, "b 10"]:
        for layer, norm in zip(self.layers[:-1], self.norms):
            x = torch.relu(norm(layer(x)))
        return self.layers[-1](x)


class Grow(nn.Module):
    def __init__(self, widths: tuple[int, ...] = (8, 16, 32)) -> None:
        super().__init__()
        self.layers = nn.ModuleList()
        for i, o in zip(widths, widths[1:]):
            self.layers.append(nn.Linear(i, o))
        self.out = nn.Linear(widths[-1], 2)

    def forward(self, x: Float[Tensor, "b 8"]) -> Float[Tensor, "b 2"]:
        for layer in self.layers:
            x = torch.relu(layer(x))
        return self.out(x)


def dispatch(x: Float[Tensor, "b c h w"] | Float[Tensor, "b c"], net: Any) -> Tensor:
    if x.dim() == 4:
        x = x.mean((2, 3))
    return net(x)


def ignored(x: Float[Tensor, "b 3"]) -> Float[Tensor, "b 4"]:
    return x  # type: ignore[return-value]


class Head(nn.Module):
    def __init__(self, n: int, width: int = 64) -> None:
        super().__init__()
        self.body = nn.Linear(n, width)
        self.out = nn.Linear(width, 1)

    def forward(self, x: Float[Tensor, "b n"]) -> Float[Tensor, "b"]:
        return self.out(self.body(x)).squeeze(1)


class NarrowHead(Head):
    """Replaces a layer of its base by one of another width."""

    def __init__(self, n: int, width: int = 64, narrow: int = 8) -> None:
        super().__init__(n, width)
        self.squeeze = nn.Linear(width, narrow)
        self.out = nn.Linear(narrow, 1)

    def forward(self, x: Float[Tensor, "b n"]) -> Float[Tensor, "b"]:
        return self.out(self.squeeze(self.body(x))).squeeze(1)


def with_a_narrow_head(net: NarrowHead, h: Float[Tensor, "b 8"]) -> Tensor:
    return net.out(h)


class Rollout(TypedDict):
    obs: Float[Tensor, "batch obs_dim"]
    pixels: Float[Tensor, "batch 3 64 64"]


def drawn() -> Rollout:
    return {"obs": torch.randn(5, 4), "pixels": torch.randn(5, 3, 64, 64)}


def of_batch(x: Float[Tensor, "b 4"], rollout: Rollout) -> Tensor:
    return rollout["obs"] + Rollout(obs=x, pixels=torch.zeros(7, 3, 64, 64))["obs"]
