"""The random generators of one agent: each use draws from its own, so that none disturbs another."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

from rlt.rl.seeds import Seeds
from rlt.types import Tensor


class Generators:
    """`exploration` (actions while training), `batches` (minibatches, replay), `prediction` (`predict`), and torch's global
    ones, which a network with dropout or noise of its own draws from while the agent learns."""

    def __init__(self, seeds: Seeds, device: torch.device) -> None:
        self.device = device
        where = "cpu" if device.type == "meta" else device  # no generator draws on meta
        self.exploration = torch.Generator(where).manual_seed(seeds.exploration)
        self.batches = torch.Generator(where).manual_seed(seeds.batches)
        self.prediction = torch.Generator(where).manual_seed(seeds.evaluate)
        self._global: dict[str, Tensor | None] = {"cpu": None, "cuda": None}

    @contextmanager
    def seeded(self, seed: int) -> Iterator[None]:
        """torch's global generators start from `seed`; afterwards they are as they were for the rest of the process."""
        with torch.random.fork_rng(devices=self._cuda()):
            torch.manual_seed(seed)
            yield

    @contextmanager
    def initial(self, seed: int) -> Iterator[None]:
        """`seeded`, for building the network: what learning will draw goes on where this ends."""
        with self.seeded(seed):
            yield
            self._global = self._global_states()

    @contextmanager
    def own(self) -> Iterator[None]:
        """While an agent learns, torch's global generators are its own."""
        with torch.random.fork_rng(devices=self._cuda()):
            if self._global["cpu"] is not None:
                torch.set_rng_state(self._global["cpu"])
            if self._global["cuda"] is not None:
                torch.cuda.set_rng_state(self._global["cuda"], self.device)
            try:
                yield
            finally:
                self._global = self._global_states()

    def _global_states(self) -> dict[str, Tensor | None]:
        cuda = torch.cuda.get_rng_state(self.device) if self.device.type == "cuda" else None
        return {"cpu": torch.get_rng_state(), "cuda": cuda}

    def _cuda(self) -> list[torch.device]:
        return [self.device] if self.device.type == "cuda" else []

    def state(self) -> dict[str, Any]:
        """For a checkpoint."""
        return {
            "exploration": self.exploration.get_state(), "batches": self.batches.get_state(),
            "prediction": self.prediction.get_state(), "global": dict(self._global),
        }

    def load_state(self, state: dict[str, Any]) -> None:
        """Takes back what `state` gave."""
        self.exploration.set_state(state["exploration"])
        self.batches.set_state(state["batches"])
        if "prediction" in state:  # older states lack it
            self.prediction.set_state(state["prediction"])
        self._global = dict(state["global"])
