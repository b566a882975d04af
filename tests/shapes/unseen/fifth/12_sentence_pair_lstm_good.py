"""Natural-language inference: two sentences through one LSTM, three classes."""

import torch
from torch import nn

import rlt
from rlt.types import Float, Int64, Tensor


class PairClassifier(rlt.Module):
    def __init__(self, vocab_size: int, embed: int = 100, hidden: int = 128) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embed, padding_idx=0)
        self.lstm = nn.LSTM(embed, hidden, num_layers=2, batch_first=True, dropout=0.2)
        self.head = nn.Sequential(nn.Linear(4 * hidden, hidden), nn.ReLU(), nn.Linear(hidden, 3))

    def encode(self, tokens: Tensor) -> Tensor:
        """The top layer's last hidden state."""
        _, (hidden, _) = self.lstm(self.embedding(tokens))
        return hidden[-1]

    @rlt.typed
    def forward(
        self,
        premise: Int64[Tensor, "batch premise_len"],
        hypothesis: Int64[Tensor, "batch hypothesis_len"],
    ) -> Float[Tensor, "batch 3"]:
        p = self.encode(premise)
        h = self.encode(hypothesis)
        features = torch.cat([p, h, (p - h).abs(), p * h], dim=-1)
        return self.head(features)
