"""A learner that counts: what a run does with it can be said in advance."""

from __future__ import annotations

import torch


class Counting:
    """Weight = number of vector steps done; an evaluation scores `scores(steps)`."""

    score = "return_mean"
    checkpoint_bytes = 1000

    def __init__(self, vector_size=1, log_interval=10, scores=lambda steps: float(steps), on_step=lambda steps: None):
        self.steps, self.vector_size, self.log_interval = 0, vector_size, log_interval
        self.learn_interval = vector_size
        self.scores, self.on_step = scores, on_step
        self.weight = torch.zeros(1, dtype=torch.int64)
        self.calls, self.evaluated = [], []

    def headline(self):
        return {}

    def begin(self, total_steps):
        return self.steps + -(-total_steps // self.vector_size) * self.vector_size

    def advance(self, until):
        self.calls.append((self.steps, until))
        seen = []
        while self.steps < until:
            self.steps += self.vector_size
            self.weight += 1
            seen.append(float(self.steps))
            self.on_step(self.steps)
        return {"count": torch.tensor(seen, dtype=torch.float64), "time/collect": torch.tensor([0.5])}

    def evaluate(self, episodes, *, final=False):
        self.evaluated.append((self.steps, episodes, final))
        if final:
            self.on_step("final")
        return {"return_mean": self.scores(self.steps), "episodes": episodes, "returns": [1.0] * episodes}

    def weights(self):
        return {"weight": self.weight.clone()}

    def state(self):
        return {"weights": self.weights(), "steps": self.steps}

    def load_state(self, state):
        self.weight, self.steps = state["weights"]["weight"], state["steps"]
