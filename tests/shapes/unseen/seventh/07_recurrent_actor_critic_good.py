import torch
from torch import nn

import rlt
from rlt.types import Float, Tensor


class RecurrentActorCritic(rlt.Module):
    def __init__(self, obs_dim: int, n_actions: int, hidden: int = 128) -> None:
        super().__init__()
        self.hidden = hidden
        self.embed = nn.Linear(obs_dim, hidden)
        self.gru = nn.GRU(hidden, hidden)
        self.policy = nn.Linear(hidden, n_actions)
        self.value = nn.Linear(hidden, 1)

    def initial_state(self, batch: int) -> Tensor:
        return torch.zeros(1, batch, self.hidden)

    def forward(
        self, obs: Float[Tensor, "time batch obs_dim"], state: Float[Tensor, "1 batch hidden"]
    ) -> tuple[Float[Tensor, "time batch n_actions"], Float[Tensor, "time batch"], Float[Tensor, "1 batch hidden"]]:
        x = torch.relu(self.embed(obs))
        x, state = self.gru(x, state)
        return self.policy(x), self.value(x).squeeze(-1), state


def a2c_loss(
    net: RecurrentActorCritic,
    obs: Float[Tensor, "time batch obs_dim"],
    actions: Tensor,
    returns: Float[Tensor, "time batch"],
) -> Float[Tensor, ""]:
    logits, values, _ = net(obs, net.initial_state(obs.shape[1]))
    dist = torch.distributions.Categorical(logits=logits)
    advantage = returns - values
    policy_loss = -(dist.log_prob(actions) * advantage.detach()).mean()
    return policy_loss + 0.5 * advantage.pow(2).mean() - 0.01 * dist.entropy().mean()
