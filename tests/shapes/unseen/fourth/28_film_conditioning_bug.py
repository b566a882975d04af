"""Feature-wise linear modulation of an image stack by an instruction embedding."""

import torch
from torch import nn

import rlt
from rlt.types import Float, Int, Tensor


class FiLMBlock(rlt.Module):
    def __init__(self, cond_dim: int, channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, padding=1)
        self.bn = nn.BatchNorm2d(channels, affine=False)
        self.film = nn.Linear(cond_dim, 2 * channels)

    @rlt.typed
    def forward(
        self, x: Float[Tensor, "batch channels h w"], cond: Float[Tensor, "batch cond_dim"]
    ) -> Float[Tensor, "batch channels h w"]:
        gamma, beta = torch.chunk(self.film(cond), 2, dim=1)
        y = gamma * self.bn(self.conv(x)) + beta  # BUG: gamma and beta need two more dimensions
        return x + torch.relu(y)


class InstructionNet(rlt.Module):
    def __init__(self, vocab: int, n_actions: int, cond_dim: int = 32, channels: int = 24) -> None:
        super().__init__()
        self.words = nn.EmbeddingBag(vocab, cond_dim, mode="mean")
        self.stem = nn.Conv2d(3, channels, 4, stride=4)
        self.film1 = FiLMBlock(cond_dim, channels)
        self.film2 = FiLMBlock(cond_dim, channels)
        self.head = nn.Linear(channels, n_actions)

    @rlt.typed
    def forward(
        self, image: Float[Tensor, "batch 3 56 56"], words: Int[Tensor, "batch length"]
    ) -> Float[Tensor, "batch n_actions"]:
        cond = self.words(words)
        x = torch.relu(self.stem(image))
        x = self.film2(self.film1(x, cond), cond)
        return self.head(x.amax(dim=(2, 3)))
