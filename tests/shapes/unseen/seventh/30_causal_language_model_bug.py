import torch
import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Float, Int64, Tensor


class CausalLM(rlt.Module):
    def __init__(self, vocab: int, context: int, d_model: int = 64, n_heads: int = 4, n_layers: int = 2) -> None:
        super().__init__()
        self.tok = nn.Embedding(vocab, d_model)
        self.pos = nn.Embedding(context, d_model)
        layer = nn.TransformerEncoderLayer(d_model, n_heads, 4 * d_model, dropout=0.0, batch_first=True)
        self.layers = nn.TransformerEncoder(layer, n_layers)
        self.ln = nn.LayerNorm(d_model)
        self.lm_head = nn.Linear(d_model, vocab, bias=False)
        self.lm_head.weight = self.tok.weight

    def forward(self, tokens: Int64[Tensor, "batch length"]) -> Float[Tensor, "batch length vocab"]:
        length = tokens.shape[0]  # BUG: that is the batch, not the length
        x = self.tok(tokens) + self.pos(torch.arange(length, device=tokens.device))  # ALSO
        mask = torch.triu(torch.ones(length, length, dtype=torch.bool, device=tokens.device), diagonal=1)
        x = self.layers(x, mask=mask)  # ALSO
        return self.lm_head(self.ln(x))


def next_token_loss(model: CausalLM, tokens: Int64[Tensor, "batch length"]) -> Float[Tensor, ""]:
    logits = model(tokens[:, :-1])  # ALSO
    return F.cross_entropy(logits.reshape(-1, logits.shape[-1]), tokens[:, 1:].reshape(-1))


@torch.no_grad()
def sample(model: CausalLM, prompt: Int64[Tensor, "batch length"], n: int) -> Tensor:
    for _ in range(n):
        probs = model(prompt)[:, -1].softmax(dim=-1)  # ALSO
        prompt = torch.cat([prompt, torch.multinomial(probs, 1)], dim=1)
    return prompt
