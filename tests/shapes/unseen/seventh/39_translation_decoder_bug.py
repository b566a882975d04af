import torch
from torch import nn

import rlt
from rlt.types import Float, Int64, Tensor


class Seq2Seq(rlt.Module):
    def __init__(self, src_vocab: int, tgt_vocab: int, hidden: int = 64) -> None:
        super().__init__()
        self.src_embed = nn.Embedding(src_vocab, hidden)
        self.tgt_embed = nn.Embedding(tgt_vocab, hidden)
        self.encoder = nn.GRU(hidden, hidden, batch_first=True)
        self.decoder = nn.GRU(2 * hidden, hidden, batch_first=True)
        self.out = nn.Linear(hidden, tgt_vocab)

    def attend(self, query: Tensor, memory: Tensor) -> Tensor:
        scores = query @ memory.transpose(1, 2)
        return scores.softmax(dim=-1) @ memory

    def step(self, token: Tensor, h: Tensor, memory: Tensor) -> tuple[Tensor, Tensor]:
        emb = self.tgt_embed(token)  # ALSO
        context = self.attend(h.transpose(0, 1), memory)
        y, h = self.decoder(torch.cat([emb, context], dim=-1), h)
        return self.out(y), h

    def forward(self, src: Int64[Tensor, "batch src_len"], max_len: int = 10) -> Float[Tensor, "batch max_len tgt_vocab"]:
        memory, h = self.encoder(self.src_embed(src))
        token = torch.ones(src.shape[0], 1, device=src.device)  # BUG: float tokens for an embedding
        steps = []
        for _ in range(max_len):
            logits, h = self.step(token, h, memory)  # ALSO
            token = logits.argmax(dim=-1)
            steps.append(logits)
        return torch.cat(steps, dim=1)


def translate(model: Seq2Seq, src: Int64[Tensor, "batch src_len"]) -> Int64[Tensor, "batch tgt_len"]:
    with torch.no_grad():
        return model(src).argmax(dim=-1)  # ALSO
