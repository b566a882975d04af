"""Multi-label topic classifier for news articles: embeddings, a BiLSTM and attention pooling."""

from dataclasses import dataclass

import rlt
import torch
import torch.nn.functional as F
from rlt.types import Bool, Float, Int64, Tensor
from torch import nn

PAD = 0


@dataclass
class Articles:
    tokens: Int64[Tensor, "batch seq"]
    topics: Int64[Tensor, "batch n_topics"]  # 0 or 1


class TopicNet(rlt.Module):
    def __init__(self, vocab: int, n_topics: int, emb: int = 64, hidden: int = 48) -> None:
        super().__init__()
        self.embed = nn.Embedding(vocab, emb, padding_idx=PAD)
        self.lstm = nn.LSTM(emb, hidden, batch_first=True, bidirectional=True)
        self.score = nn.Linear(2 * hidden, 1)
        self.out = nn.Sequential(nn.Dropout(0.2), nn.Linear(2 * hidden, n_topics))

    def pool(self, states: Tensor, keep: Bool[Tensor, "batch seq"]) -> Tensor:
        scores = self.score(states).squeeze(-1).masked_fill(~keep, -1e9)
        weights = scores.softmax(dim=-1)
        return torch.einsum("bt,bth->bh", weights, states)

    def forward(self, tokens: Int64[Tensor, "batch seq"]) -> Float[Tensor, "batch n_topics"]:
        states, _ = self.lstm(self.embed(tokens))
        return self.out(self.pool(states, tokens != PAD))


def loss_fn(net: TopicNet, data: Articles, pos_weight: Float[Tensor, "n_topics"]) -> Float[Tensor, ""]:
    logits = net(data.tokens)
    return F.binary_cross_entropy_with_logits(logits, data.topics.float(), pos_weight=pos_weight)


@torch.no_grad()
def micro_f1(net: TopicNet, data: Articles, threshold: float = 0.5) -> float:
    predicted = net(data.tokens).sigmoid() > threshold
    actual = data.topics.bool()
    tp = (predicted & actual).sum()
    errors = (predicted ^ actual).sum()
    return (2 * tp / (2 * tp + errors).clamp(min=1)).item()
