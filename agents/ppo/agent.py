"""PPO: collect a rollout, learn from it, repeat."""

from __future__ import annotations

import math
import time

import torch
from torch import nn

from rlt.config import from_mapping
from rlt.errors import NumericsError, SpaceError
from rlt.nn.config import CNNConfig, MLPConfig
from rlt.rl.agent import Agent
from rlt.rl.memory import refuse_beyond_memory, size_text
from rlt.rl.networks import build_own, refuse_options
from rlt.rl.product import distribution_for
from rlt.rl.returns import discounted_running_returns, explained_variance, generalized_advantages
from rlt.rl.rollout import Rollout, check_minibatches
from rlt.rl.spaces import bounds_of, space_text
from rlt.rl.trees import tree_map
from rlt.rl.vector_env import Action, Observation
from rlt.run.learner import Metrics, State
from rlt.shapes.spaces import describe_space, example_observation, is_image
from rlt.types import Tensor

from .config import PPOConfig
from .networks import PPOPolicy, checked, cnn, mlp
from .update import Batch, Coefficients, PPOUpdate


class PPO(Agent):
    """Proximal policy optimisation, for every action and observation space that rlt knows. Options: `PPOConfig`.

    The page: `agents/ppo/README.md`."""

    name = "ppo"
    Config = PPOConfig
    LOSSES = ("policy",)
    config: PPOConfig
    policy: PPOPolicy

    def build(self) -> PPOPolicy:
        space, config = self.observation_space, self.config
        if is_image(space) and space.dtype == "uint8" and self.model["name"] == "mlp":
            raise SpaceError(f"model=mlp cannot read observations {describe_space(space)}", "they are images", fix="model=cnn")
        self._rollout_minibatch = check_minibatches(config.n_steps, self.vector_size, config.minibatch_size, "PPO")
        distribution = distribution_for(self.action_space)
        options = {key: value for key, value in self.model.items() if key != "name"}
        log_std_init = 0.0
        if self.model["name"] == "mlp":
            refuse_options(options, "ppo", "the critic is a part of the network", "critic")
            if not distribution.gaussian_size:
                why = f"actions {space_text(self.action_space)} have no standard deviation"
                refuse_options(options, "ppo", why, "log_std_init")
            network_config = from_mapping(MLPConfig, options, "model")
            network: nn.Module = mlp(space, distribution, network_config)
            log_std_init = network_config.log_std_init
        elif self.model["name"] == "cnn":
            network = cnn(space, distribution, from_mapping(CNNConfig, options, "model"))
        else:
            network = checked(build_own(self.model["name"], options, space, self.action_space), space, self.action_space)
        return PPOPolicy(
            network, distribution, space, normalize_observation=config.normalize_observation,
            normalize_reward=config.normalize_reward, clip_observation=config.clip_observation,
            clip_reward=config.clip_reward, log_std_init=log_std_init,
        )

    def prepare(self) -> None:
        obs, action = example_observation(self.observation_space, 1), example_observation(self.action_space, 1)
        self._rollout_bytes = Rollout.bytes(self.config.n_steps, self.vector_size, obs, action)
        refuse_beyond_memory(
            self._rollout_bytes, self.config.n_steps, self.device, f"a rollout of {self.config.n_steps:,} steps", "agent.n_steps"
        )
        self._rollout = Rollout(self.config.n_steps, self.vector_size, obs, action, self.device)
        self._update = PPOUpdate(self.policy, self.config, terms=self.extensions.terms("policy"))
        self.training_steps = (self._update.step,)
        self._running_return = torch.zeros(self.vector_size, device=self.device)
        self._bounds = bounds_of(self.action_space, self.device)

    @property
    def storage_text(self) -> str:
        """What is said at the start of a run."""
        return f"rollouts of {self.log_interval:,} steps: {size_text(self._rollout_bytes)} of memory"

    @property
    def log_interval(self) -> int:
        """One rollout."""
        return self.config.n_steps * self.vector_size

    @property
    def learn_interval(self) -> int:
        """One rollout."""
        return self.log_interval

    def updates_in(self, total_steps: int) -> int:
        rollouts = max(total_steps // self.log_interval, 1)
        return rollouts * self.config.n_epochs * -(-self.log_interval // self._rollout_minibatch)

    def begin(self, total_steps: int) -> int:
        """Whole rollouts: floor(total_steps / rollout), at least one, after what is left of an open one."""
        rollout = self.log_interval
        open_steps = self._rollout.filled * self.vector_size
        stop = self.steps - open_steps + max((total_steps + open_steps) // rollout, 1) * rollout
        self.stretch_schedules(self.steps, stop)
        return stop

    def act(self, obs: Observation, generator: torch.Generator | None) -> Action:
        return self._for_environment(self.policy.act(obs, generator))

    def _for_environment(self, action: Action) -> Action:
        """Box actions within the bounds. What is stored stays unclipped: its log-probability is that of the sample."""
        return tree_map(lambda part, bounds: part if bounds is None else part.clamp(*bounds), action, self._bounds)

    def advance(self, until: int) -> Metrics:
        parts: list[dict[str, Tensor]] = []
        started = time.perf_counter()
        updating = 0.0
        obs = self.start_environment()
        env, rollout, own = self._training_env(), self._rollout, self.extensions
        with self.generators.own():
            while self.steps < until:
                with torch.no_grad():
                    choose = self.policy.act if own.exploration is None else own.explored
                    action = choose(obs, self.generators.exploration)
                    step = env.step(self._for_environment(action))
                    rollout.add(obs, action, own.seen(obs, action, step))
                self.episodes.update(step)
                obs = self.current_obs = step.obs
                self.steps += self.vector_size
                if rollout.full:
                    began = time.perf_counter()
                    parts.append(self._learn())
                    updating += time.perf_counter() - began
        empty = torch.zeros(0, device=self.device)
        names = (*self._update.metrics, *_OF_A_ROLLOUT)
        learned = {name: torch.cat([p[name] for p in parts]) if parts else empty for name in names}
        seconds = {"time/collect": time.perf_counter() - started - updating, "time/update": updating}
        clock = {k: torch.tensor([v], dtype=torch.float64) for k, v in seconds.items()}
        return self.episodes.take() | own.take() | learned | clock

    def _learn(self) -> dict[str, Tensor]:
        """One update from the full rollout, which is emptied."""
        rollout, policy, config = self._rollout, self.policy, self.config
        batch = self._targets()
        progress = (self.steps - self.log_interval - self._schedule[0]) / max(self._schedule[1] - self._schedule[0], 1)
        numbers = [s.at(progress) for s in (config.learning_rate, config.clip_range, config.ent_coef)]
        coefficients = Coefficients(*(torch.tensor([x], device=self.device) for x in numbers))
        metrics = self._update(batch, self._rollout_minibatch, coefficients, self.generators.batches)
        if policy.normalizer is not None:
            policy.normalizer.update(tree_map(lambda part: part.flatten(0, 1), rollout.obs))
        self._refuse_nan(metrics)
        rollout.clear()
        taken = metrics[~metrics[:, 0].isnan()]
        learned = dict(zip(self._update.metrics, taken.unbind(1)))
        learned["ppo/explained_variance"] = explained_variance(batch.value, batch.target).reshape(1)
        learned["ppo/updates"] = torch.tensor([float(taken.shape[0])])
        learned["optim/learning_rate"], learned["ppo/clip_range"], learned["ppo/ent_coef"] = coefficients
        return learned

    @torch.no_grad()
    def _targets(self) -> Batch:
        """Values, log-probabilities and advantages of the rollout, by the policy that acted."""
        rollout, policy, config = self._rollout, self.policy, self.config
        obs = policy.normalize(tree_map(lambda part: part.flatten(0, 1), rollout.obs))
        action = tree_map(lambda part: part.flatten(0, 1), rollout.action)
        parameters, flat_value = policy.evaluate(obs)
        log_prob = policy.distribution.log_prob(parameters, action)
        value = flat_value.view(config.n_steps, self.vector_size)
        last_value = policy(rollout.last_obs)[1]
        final = rollout.final_observations()
        next_value = rollout.next_values(value, last_value, None if final is None else policy(final)[1])
        advantage = generalized_advantages(
            self._scaled_reward(), value, next_value, rollout.terminated, rollout.truncated, config.gamma, config.gae_lambda
        )
        return Batch(obs, action, log_prob, flat_value, advantage.flatten(), (advantage + value).flatten())

    def _scaled_reward(self) -> Tensor:
        rollout, scaler = self._rollout, self.policy.return_scaler
        if scaler is None:
            return rollout.reward
        done = rollout.terminated | rollout.truncated
        running, self._running_return = discounted_running_returns(rollout.reward, done, self._running_return, self.config.gamma)
        scaler.update(running.flatten())
        scaled: Tensor = scaler(rollout.reward)
        return scaled

    def _refuse_nan(self, metrics: Tensor) -> None:
        """Stops before a spoilt policy acts or is saved. After a KL stop rows are NaN by intent."""
        spoilt = metrics.isinf().any(1)
        if bool(spoilt.any()):
            first = int(spoilt.nonzero()[0])
            row = dict(zip(self._update.metrics, metrics[first].tolist()))
            found = f"minibatch {first + 1}: " + ", ".join(
                f"{name} {value:.4g}" if math.isfinite(value) else f"{name} not finite" for name, value in row.items()
            )
        elif bool(torch.isfinite(self._update.flat.buffer).all()):
            return
        else:
            found = "the last minibatch spoilt the weights"
        self.extensions.refuse_nan()
        raise NumericsError(
            f"PPO's update at step {self.steps} gave NaN or infinity", found,
            fix="a lower agent.learning_rate, agent.normalize_observation=true, or agent.normalize_reward=true",
        )

    def own_state(self) -> State:
        return {"optimizer": self._update.state()}

    def load_own_state(self, state: State) -> str | None:
        self._update.load_state(state["optimizer"])
        return None

    def open_state(self) -> State:
        return {"rollout": self._rollout.state(), "running_return": self._running_return}

    def load_open_state(self, state: State) -> None:
        self._rollout.load_state(state["rollout"])
        self._running_return = state["running_return"].to(self.device)


_OF_A_ROLLOUT = ("ppo/explained_variance", "ppo/updates", "optim/learning_rate", "ppo/clip_range", "ppo/ent_coef")
