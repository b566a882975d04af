"""Bidirectional LSTM tagger with one head for each task."""

import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Float, Int64, Tensor


class MultiTaskTagger(rlt.Module):
    def __init__(self, vocab: int, n_pos: int, n_ner: int, embed: int = 50, hidden: int = 64) -> None:
        super().__init__()
        self.embed = nn.Embedding(vocab, embed, padding_idx=0)
        self.dropout = nn.Dropout(0.3)
        self.lstm = nn.LSTM(embed, hidden, batch_first=True, bidirectional=True)
        self.heads = nn.ModuleDict(
            {
                "pos": nn.Linear(2 * hidden, n_pos),
                "ner": nn.Linear(2 * hidden, n_ner),
            }
        )

    @rlt.typed
    def forward(
        self, words: Int64[Tensor, "batch time"]
    ) -> tuple[Float[Tensor, "batch time n_pos"], Float[Tensor, "batch time n_ner"]]:
        x = self.dropout(self.embed(words))
        states, _ = self.lstm(x)
        return self.heads["pos"](states), self.heads["ner"](states)


def tagging_loss(
    model: MultiTaskTagger,
    words: Int64[Tensor, "batch time"],
    pos: Int64[Tensor, "batch time"],
    ner: Int64[Tensor, "batch time"],
) -> Float[Tensor, ""]:
    pos_logits, ner_logits = model(words)
    pos_loss = F.cross_entropy(pos_logits.transpose(1, 2), pos)
    ner_loss = F.cross_entropy(ner_logits.flatten(0, 1), ner.flatten())
    return pos_loss + 0.5 * ner_loss
