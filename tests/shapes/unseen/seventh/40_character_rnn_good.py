import torch
import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Float, Int64, Tensor


class CharRNN(rlt.Module):
    def __init__(self, n_chars: int, hidden: int = 128) -> None:
        super().__init__()
        self.n_chars = n_chars
        self.inp = nn.Linear(n_chars, hidden)
        self.rnn = nn.LSTM(hidden, hidden, batch_first=True)
        self.out = nn.Linear(hidden, n_chars)

    def forward(self, chars: Int64[Tensor, "batch length"]) -> Float[Tensor, "batch length n_chars"]:
        x = F.one_hot(chars, self.n_chars).float()
        x = torch.tanh(self.inp(x))
        x, _ = self.rnn(x)
        return self.out(x)


def bits_per_char(model: CharRNN, text: Int64[Tensor, "batch length"]) -> Float[Tensor, ""]:
    logits = model(text[:, :-1])
    nll = F.cross_entropy(logits.flatten(0, 1), text[:, 1:].flatten())
    return nll / torch.log(torch.tensor(2.0))


def train(model: CharRNN, text: Int64[Tensor, "batch length"], steps: int, lr: float = 2e-3) -> list[float]:
    opt = torch.optim.Adam(model.parameters(), lr=lr)
    history = []
    for _ in range(steps):
        loss = bits_per_char(model, text)
        opt.zero_grad()
        loss.backward()
        opt.step()
        history.append(loss.item())
    return history
