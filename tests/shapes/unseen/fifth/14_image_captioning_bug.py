"""An image captioner: the picture's features are fed to the LSTM at every step."""

import torch
from torch import nn

import rlt
from rlt.types import Float, Int64, Tensor


class Captioner(rlt.Module):
    def __init__(self, vocab_size: int, feature_dim: int = 2048, embed: int = 256, hidden: int = 512) -> None:
        super().__init__()
        self.words = nn.Embedding(vocab_size, embed)
        self.picture = nn.Sequential(nn.Linear(feature_dim, embed), nn.Tanh())
        self.init_h = nn.Linear(feature_dim, hidden)
        self.init_c = nn.Linear(feature_dim, hidden)
        self.lstm = nn.LSTM(2 * embed, hidden, batch_first=True)
        self.out = nn.Linear(hidden, vocab_size)

    @rlt.typed
    def forward(
        self,
        features: Float[Tensor, "batch feature_dim"],
        caption: Int64[Tensor, "batch length"],
    ) -> Float[Tensor, "batch length vocab_size"]:
        length = caption.size(1)
        words = self.words(caption)
        picture = self.picture(features).repeat(1, length, 1)  # BUG: .unsqueeze(1) is missing before repeat
        state = (self.init_h(features).unsqueeze(0), self.init_c(features).unsqueeze(0))
        x = torch.cat([words, picture], dim=-1)  # ALSO
        x, _ = self.lstm(x, state)
        return self.out(x)
