"""What a user might have written: networks and environments that a command line names."""

from __future__ import annotations

import os
from pathlib import Path

import torch
from gymnasium.envs.classic_control.cartpole import CartPoleEnv
from torch import nn


class Net(nn.Module):
    """An actor alone, with a parameter of its own."""

    def __init__(self, obs_dim: int, n_actions: int, width: int = 8) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Linear(obs_dim, width), nn.Tanh(), nn.Linear(width, n_actions))

    def forward(self, obs):
        return self.body(obs)


class ValueAsColumn(Net):
    def forward(self, obs):
        return super().forward(obs), obs.sum(-1, keepdim=True)


class TooMany(Net):
    def forward(self, obs):
        return torch.cat([super().forward(obs)] * 2, -1)


class WrongInput(Net):
    def __init__(self, obs_dim: int, n_actions: int) -> None:
        super().__init__(obs_dim + 1, n_actions)


class ForBoxes(nn.Module):
    def __init__(self, obs_dim: int, action_dim: int) -> None:
        super().__init__()


class Signals(CartPoleEnv):
    """CartPole that sends its own process the signal whose number is in the file SIGNAL, at its 40th step, once."""

    count = 0

    def step(self, action):
        self.count += 1
        if self.count == 40 and Path("SIGNAL").exists():
            number = int(Path("SIGNAL").read_text())
            Path("SIGNAL").unlink()
            os.kill(os.getpid(), number)
        return super().step(action)
