"""Objects that a run tells what happens, and that may stop it.

    class Stopwatch(Callback):
        def on_log(self, run, metrics):
            if metrics["time/elapsed"] > 3600:
                run.stop("an hour is over")
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from rlt.errors import ConfigError
from rlt.store.tree import digest


class RunningRun(Protocol):
    """What a callback sees of the run."""

    learner: Any

    @property
    def steps(self) -> int:
        """Steps done."""

    def stop(self, reason: str) -> None:
        """Ends the run after the events of this step, with a checkpoint and the final evaluation."""


class Callback:
    """Does nothing at every event; override what you need. State that must survive a resume goes into `state`."""

    def on_start(self, run: RunningRun) -> None:
        """Before the first step, also of a resumed run."""

    def on_log(self, run: RunningRun, metrics: Mapping[str, float]) -> None:
        """A row of the log is due: `metrics` is the row."""

    def on_evaluation(self, run: RunningRun, metrics: Mapping[str, float]) -> None:
        """A periodic evaluation is done: `evaluation/return_mean` and its like."""

    def on_end(self, run: RunningRun) -> None:
        """After the last step, before the final evaluation."""

    def state(self) -> dict[str, Any]:
        """What a resumed run needs of this object."""
        return {}

    def load_state(self, state: dict[str, Any]) -> None:
        """Takes back what `state` gave."""


def as_callbacks(given: Callback | Iterable[Callback] | None) -> list[Callback]:
    """One, several or none, as a list. ConfigError for what is no callback."""
    callbacks = []
    for one in list(given) if isinstance(given, Iterable) and not isinstance(given, Callback) else [given]:
        if isinstance(one, Callback):
            callbacks.append(one)
        elif one is not None:
            raise ConfigError(
                f"callback={one!r} is no callback", "expected an object of a class derived from rlt.run.callbacks.Callback"
            )
    return callbacks


class StopOnReward(Callback):
    """Stops once an evaluation's mean return reaches `threshold`."""

    def __init__(self, threshold: float) -> None:
        self.threshold = threshold

    def on_evaluation(self, run: RunningRun, metrics: Mapping[str, float]) -> None:
        mean = metrics["evaluation/return_mean"]
        if mean >= self.threshold:
            run.stop(f"mean return {mean:.1f} reached {self.threshold:g}")


class StopOnNoImprovement(Callback):
    """Stops after `patience` evaluations in a row without a new best mean return. Weights that did not change since the last
    one (a rollout may be longer than the interval) are not counted again."""

    def __init__(self, patience: int) -> None:
        self.patience, self.best, self.waited, self.seen = patience, -math.inf, 0, ""

    def on_evaluation(self, run: RunningRun, metrics: Mapping[str, float]) -> None:
        mean = metrics["evaluation/return_mean"]
        before, self.seen = self.seen, digest(run.learner.weights())
        if self.seen == before:
            return
        self.best, self.waited = (mean, 0) if mean > self.best else (self.best, self.waited + 1)
        if self.waited >= self.patience:
            run.stop(f"no new best in {self.patience} evaluations (best {self.best:.1f})")

    def state(self) -> dict[str, Any]:
        return {"best": self.best, "waited": self.waited, "seen": self.seen}

    def load_state(self, state: dict[str, Any]) -> None:
        self.best, self.waited, self.seen = state["best"], state["waited"], state.get("seen", "")
