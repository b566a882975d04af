"""What every agent does to be evaluated: it plays in environments of its own, and training does not notice."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import torch

from rlt.rl.arguments import whole
from rlt.rl.evaluation import Evaluation, evaluate
from rlt.rl.generators import Generators
from rlt.rl.seeds import Seeds
from rlt.rl.vector_env import Observation, VectorEnv
from rlt.run.config import EvaluationConfig
from rlt.types import Tensor, Test, Train


class Evaluated:
    """`evaluate` and `play`, for `rlt.rl.agent.Agent`."""

    device: torch.device
    vector_size: int
    seeds: Seeds
    generators: Generators
    evaluation = EvaluationConfig()
    """Of the run that the agent makes, or made last."""

    @abstractmethod
    def act(self, obs: Observation, generator: torch.Generator | None) -> Tensor:
        """Actions for a batch of observations, as the environment wants them; the most likely ones without a generator."""

    @abstractmethod
    def _training_env(self) -> VectorEnv[Train]: ...

    def evaluate_in(self, env: VectorEnv[Test] | None) -> None:
        """Where evaluations play; None: in twins of the training environment."""
        self._eval_env = env
        self._eval_envs: dict[int, VectorEnv[Test]] = {}

    def evaluate(
        self, episodes: int = 100, env: VectorEnv[Test] | None = None, *, final: bool = False, seed: int | None = None,
        deterministic: bool | None = None,
    ) -> dict[str, Any]:
        """Plays `episodes` episodes in environments of its own. Changes nothing that training depends on."""
        episodes = whole("episodes", episodes, 1)
        settings = self.evaluation
        env = env if env is not None else self._evaluation_env(episodes, settings)
        if seed is None:
            seed = self.seeds.final if final else self.seeds.evaluation
        deterministic = settings.deterministic if deterministic is None else deterministic
        return self.play(env, episodes, seed, deterministic).summary()

    @torch.no_grad()
    def play(self, env: VectorEnv[Test], episodes: int, seed: int, deterministic: bool = True) -> Evaluation:
        """The returns and lengths of `episodes` episodes from `seed`."""
        generator = None if deterministic else torch.Generator(self.device).manual_seed(seed)
        with self.generators.seeded(seed):  # an own network may draw from the global generator
            return evaluate(lambda obs: self.act(obs, generator), env, episodes, seed)

    def _evaluation_env(self, episodes: int, settings: EvaluationConfig) -> VectorEnv[Test]:
        if self._eval_env is not None:
            return self._eval_env
        count = max(1, min(settings.num_envs or min(self.vector_size, 16), episodes))
        if count not in self._eval_envs:  # by count: what an evaluation plays in must not depend on those before it
            self._eval_envs[count] = self._training_env().twin(num_envs=count)
        return self._eval_envs[count]

    def close(self) -> None:
        """Closes the evaluation environments that the agent made itself; the others belong to whoever made them."""
        for env in self._eval_envs.values():
            env.close()
        self._eval_envs.clear()
