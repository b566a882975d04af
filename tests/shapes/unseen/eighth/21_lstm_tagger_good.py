"""Part-of-speech tagging with a bidirectional LSTM."""

import torch.nn.functional as F
from torch import nn, optim

import rlt
from rlt.types import Float, Int64, Tensor


class Tagger(rlt.Module):
    def __init__(self, vocab: int, n_tags: int, embed_dim: int = 64, hidden: int = 96) -> None:
        super().__init__()
        self.embed = nn.Embedding(vocab, embed_dim, padding_idx=0)
        self.drop = nn.Dropout(0.3)
        self.lstm = nn.LSTM(embed_dim, hidden, num_layers=2, batch_first=True, bidirectional=True)
        self.out = nn.Linear(2 * hidden, n_tags)

    @rlt.typed
    def forward(self, words: Int64[Tensor, "batch time"]) -> Float[Tensor, "batch time n_tags"]:
        h, _ = self.lstm(self.drop(self.embed(words)))
        return self.out(self.drop(h))


def tagging_loss(logits: Float[Tensor, "batch time n_tags"], tags: Int64[Tensor, "batch time"]) -> Float[Tensor, ""]:
    return F.cross_entropy(logits.transpose(1, 2), tags, ignore_index=-100)


def accuracy(logits: Float[Tensor, "batch time n_tags"], tags: Int64[Tensor, "batch time"]) -> float:
    known = tags != -100
    right = (logits.argmax(dim=-1) == tags) & known
    return right.sum().item() / known.sum().item()


def train_step(model: Tagger, optimizer: optim.Optimizer, words: Tensor, tags: Tensor) -> dict[str, float]:
    model.train()
    logits = model(words)
    loss = tagging_loss(logits, tags)
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    return {"loss": loss.item(), "accuracy": accuracy(logits.detach(), tags)}
