import torch
import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Float, Int64, Tensor


class Tagger(rlt.Module):
    def __init__(self, vocab: int, n_tags: int, embed: int = 64, hidden: int = 96) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocab, embed, padding_idx=0)
        self.lstm = nn.LSTM(embed, hidden, num_layers=2, batch_first=True, dropout=0.1)
        self.out = nn.Linear(hidden, n_tags)

    @rlt.typed
    def forward(self, tokens: Int64[Tensor, "batch length"]) -> Float[Tensor, "batch length n_tags"]:
        x = self.embedding(tokens)
        x, _ = self.lstm(x)
        return self.out(x)


def tagging_loss(
    model: Tagger, tokens: Int64[Tensor, "batch length"], tags: Int64[Tensor, "batch length"]
) -> Float[Tensor, ""]:
    logits = model(tokens)
    return F.cross_entropy(logits.transpose(1, 2), tags, ignore_index=-100)


def fit(model: Tagger, batches: list[tuple[Tensor, Tensor]], lr: float = 1e-3) -> float:
    opt = torch.optim.Adam(model.parameters(), lr=lr)
    total = 0.0
    for tokens, tags in batches:
        loss = tagging_loss(model, tokens, tags)
        opt.zero_grad()
        loss.backward()
        opt.step()
        total += loss.item()
    return total / max(len(batches), 1)
