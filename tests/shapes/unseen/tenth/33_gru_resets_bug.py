"""A recurrent actor-critic whose memory is cleared where an episode begins."""

import torch
from torch import nn
from torch.distributions import Categorical

import rlt
from rlt.types import Bool, Float, Int64, Tensor


def ortho(layer: nn.Linear, gain: float = 1.0) -> nn.Linear:
    nn.init.orthogonal_(layer.weight, gain)
    nn.init.zeros_(layer.bias)
    return layer


class RecurrentActorCritic(rlt.Module):
    def __init__(self, obs_dim: int, n_actions: int, hidden: int = 64) -> None:
        super().__init__()
        self.hidden = hidden
        self.embed = nn.Sequential(ortho(nn.Linear(obs_dim, hidden)), nn.Tanh())
        self.cell = nn.GRUCell(hidden, hidden)
        self.policy = ortho(nn.Linear(hidden, n_actions), gain=0.01)
        self.value = ortho(nn.Linear(hidden, 1))

    def initial_state(self, batch: int) -> Tensor:
        return torch.zeros(batch, self.hidden)

    def unroll(
        self,
        obs: Float[Tensor, "time batch obs_dim"],
        first: Bool[Tensor, "time batch"],
        state: Float[Tensor, "batch hidden"],
    ) -> Float[Tensor, "time batch hidden"]:
        x = self.embed(obs)
        outputs: list[Tensor] = []
        for t in range(obs.shape[0]):
            keep = 1.0 - first[t].unsqueeze(-1)  # BUG: `first` is a Bool tensor, `-` needs .float()
            state = self.cell(x[t], state * keep)
            outputs.append(state)
        return torch.stack(outputs)

    def evaluate(
        self,
        obs: Float[Tensor, "time batch obs_dim"],
        first: Bool[Tensor, "time batch"],
        actions: Int64[Tensor, "time batch"],
    ) -> tuple[Float[Tensor, "time batch"], Float[Tensor, "time batch"], Float[Tensor, "time batch"]]:
        h = self.unroll(obs, first, self.initial_state(obs.shape[1]))  # ALSO
        dist = Categorical(logits=self.policy(h))
        return dist.log_prob(actions), dist.entropy(), self.value(h).squeeze(-1)
