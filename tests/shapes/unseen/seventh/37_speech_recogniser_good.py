import torch
import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Float, Int64, Tensor


class SpeechRecogniser(rlt.Module):
    def __init__(self, n_mels: int, n_tokens: int, hidden: int = 128) -> None:
        super().__init__()
        self.subsample = nn.Conv1d(n_mels, hidden, kernel_size=3, stride=2, padding=1)
        self.rnn = nn.GRU(hidden, hidden, num_layers=2, batch_first=True, bidirectional=True)
        self.norm = nn.LayerNorm(2 * hidden)
        self.out = nn.Linear(2 * hidden, n_tokens)

    @rlt.typed
    def forward(self, mels: Float[Tensor, "batch n_mels 200"]) -> Float[Tensor, "batch 100 n_tokens"]:
        x = F.gelu(self.subsample(mels))
        x, _ = self.rnn(x.transpose(1, 2))
        x = self.norm(x)
        return F.log_softmax(self.out(x), dim=-1)


def ctc_objective(
    model: SpeechRecogniser,
    mels: Float[Tensor, "batch n_mels 200"],
    text: Int64[Tensor, "batch chars"],
    text_lengths: Int64[Tensor, "batch"],
) -> Float[Tensor, ""]:
    log_probs = model(mels).transpose(0, 1)
    frames = torch.full((mels.shape[0],), log_probs.shape[0], dtype=torch.long)
    return F.ctc_loss(log_probs, text, frames, text_lengths, blank=0, zero_infinity=True)
