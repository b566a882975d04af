"""What `rlt.run` drives: anything that counts steps, advances, evaluates and can be saved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, TypeAlias

from rlt.types import Tensor

Metrics: TypeAlias = Mapping[str, Tensor]
"""Name to a 1-d tensor with one value per update or episode since the last call; a row of the log shows their mean.
Names under `time/` are seconds, and are summed."""

State: TypeAlias = dict[str, Any]
"""A tree that `rlt.store.tree` can save."""


class Learner(Protocol):
    """An agent or a supervised learner."""

    steps: int
    """Steps done so far, counted from zero."""
    vector_size: int
    """By how much `steps` grows at once: the number of environments, or of samples in a batch."""

    score: str
    """The entry of `evaluate` that decides which policy is best; higher is better."""

    @property
    def log_interval(self) -> int:
        """Steps between rows of the log where the config names none."""

    @property
    def learn_interval(self) -> int:
        """Steps for which the policy stays as it is, at least a vector step: evaluated more often, it would be the same one."""

    @property
    def checkpoint_bytes(self) -> int:
        """Disk that one checkpoint takes, at most, its segments included."""

    def headline(self) -> Mapping[str, float]:
        """A few numbers for the progress line."""

    def begin(self, total_steps: int) -> int:
        """Told once, before training: how many more steps are asked for. Returns the step at which the run will end (an
        on-policy agent rounds to whole rollouts) and stretches its schedules over that."""

    def advance(self, until: int) -> Metrics:
        """Whole vector steps until `steps` reaches `until` and no further, with every update due on the way.

        How a stretch is cut into calls changes no number."""

    def evaluate(self, episodes: int, *, final: bool = False) -> Mapping[str, Any]:
        """Metrics of `episodes` episodes; changes nothing that training depends on. Numbers are logged; lists (the
        single returns) stand in the final evaluation's file."""

    def weights(self) -> State:
        """The policy: what `best` and `init_from` hold."""

    def state(self) -> State:
        """Everything that changes during training."""

    def load_state(self, state: State) -> str | None:
        """Goes on from `state`, bit-equal; a sentence instead of None where it could not be exact."""
