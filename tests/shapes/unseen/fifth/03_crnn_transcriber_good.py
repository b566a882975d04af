"""A CRNN over mel spectrograms: convolutions, a bidirectional GRU, log-probabilities for CTC."""

from torch import nn

import rlt
from rlt.types import Float, Tensor


class ConvBlock(nn.Module):
    def __init__(self, c_in: int, c_out: int) -> None:
        super().__init__()
        self.net = nn.Sequential(
            nn.Conv2d(c_in, c_out, 3, padding=1, bias=False),
            nn.BatchNorm2d(c_out),
            nn.ReLU(),
            nn.MaxPool2d(kernel_size=(2, 1)),
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.net(x)


class CRNN(rlt.Module):
    def __init__(self, n_symbols: int, n_mels: int = 80, hidden: int = 128) -> None:
        super().__init__()
        self.block1 = ConvBlock(1, 32)
        self.block2 = ConvBlock(32, 64)
        self.rnn = nn.GRU(64 * (n_mels // 4), hidden, batch_first=True, bidirectional=True)
        self.out = nn.Linear(2 * hidden, n_symbols)

    @rlt.typed
    def forward(self, mel: Float[Tensor, "batch n_mels frames"]) -> Float[Tensor, "batch frames n_symbols"]:
        x = self.block2(self.block1(mel.unsqueeze(1)))
        x = x.flatten(1, 2).transpose(1, 2)
        x, _ = self.rnn(x)
        return self.out(x).log_softmax(-1)
