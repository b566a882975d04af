import torch
from torch import nn

import rlt
from rlt.types import Float, Int, Tensor


class FastText(rlt.Module):
    def __init__(self, vocab_size: int, embed_dim: int, n_class: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embed_dim)
        self.fc = nn.Linear(embed_dim, n_class)
        nn.init.uniform_(self.embedding.weight, -0.5, 0.5)

    @rlt.typed
    def forward(self, tokens: Int[Tensor, "batch seq"]) -> Float[Tensor, "batch n_class"]:
        vectors = self.embedding(tokens)
        doc = vectors.mean(dim=-1)  # BUG: averages each vector's entries, not the tokens
        return self.fc(doc)  # ALSO


def example() -> object:
    return FastText(200, 16, 4)(torch.randint(0, 200, (3, 10)))
