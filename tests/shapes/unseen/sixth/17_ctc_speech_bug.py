"""Speech recogniser with a bidirectional GRU, trained with CTC."""

import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Float, Int64, Tensor


class Recogniser(rlt.Module):
    def __init__(self, n_features: int, n_tokens: int, hidden: int = 96) -> None:
        super().__init__()
        self.conv = nn.Conv1d(n_features, hidden, 5, padding=2)
        self.rnn = nn.GRU(hidden, hidden, num_layers=2, batch_first=True, bidirectional=True)
        self.out = nn.Linear(2 * hidden, n_tokens)

    @rlt.typed
    def forward(self, features: Float[Tensor, "batch frames n_features"]) -> Float[Tensor, "batch frames n_tokens"]:
        x = F.relu(self.conv(features.transpose(1, 2))).transpose(1, 2)
        x, _ = self.rnn(x)
        return self.out(x)


@rlt.typed
def ctc_objective(
    logits: Float[Tensor, "batch frames n_tokens"],
    frame_lengths: Int64[Tensor, "batch"],
    transcripts: Int64[Tensor, "batch length"],
    transcript_lengths: Int64[Tensor, "batch"],
) -> Float[Tensor, ""]:
    log_probs = logits.log_softmax(dim=-1)  # BUG: ctc_loss wants time first
    return F.ctc_loss(log_probs, transcripts, frame_lengths, transcript_lengths, blank=0, zero_infinity=True)  # ALSO
