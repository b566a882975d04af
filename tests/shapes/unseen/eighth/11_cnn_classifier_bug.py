import torch
from torch import nn
from torch.nn import functional as F

import rlt
from rlt.types import Float, Int64, Tensor


def conv_block(in_channels: int, out_channels: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, kernel_size=3, padding=1, bias=False),
        nn.BatchNorm2d(out_channels),
        nn.ReLU(inplace=True),
        nn.MaxPool2d(2),
    )


class SmallCNN(rlt.Module):
    """Three blocks and a linear head, for 32 x 32 colour images."""

    def __init__(self, n_classes: int, width: int = 32, dropout: float = 0.2) -> None:
        super().__init__()
        self.features = nn.Sequential(
            conv_block(3, width),
            conv_block(width, 2 * width),
            conv_block(2 * width, 4 * width),
        )
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(4 * width * 4 * 4, n_classes)

    @rlt.typed
    def forward(self, images: Float[Tensor, "batch 3 32 32"]) -> Float[Tensor, "batch n_classes"]:
        x = self.features(images)
        return self.head(self.dropout(x.flatten(1)))


def training_step(
    model: SmallCNN, images: Float[Tensor, "batch 3 32 32"], labels: Int64[Tensor, "batch"]
) -> tuple[Float[Tensor, ""], Float[Tensor, ""]]:
    logits = model(images)
    loss = F.cross_entropy(logits, labels, label_smoothing=0.1)
    with torch.no_grad():
        accuracy = (logits.argmax(dim=1) == labels).mean()  # BUG: mean of a bool tensor
    return loss, accuracy
