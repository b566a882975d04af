"""MobileNetV3-like inverted residuals with squeeze-and-excitation."""

from torch import nn
from torch.nn import functional as F

import rlt
from rlt.types import Float, Tensor

# expansion, out channels, stride
SETTINGS: tuple[tuple[int, int, int], ...] = ((1, 16, 1), (4, 24, 2), (4, 24, 1), (4, 40, 2))


class SqueezeExcite(nn.Module):
    def __init__(self, channels: int, reduction: int = 4) -> None:
        super().__init__()
        self.reduce = nn.Conv2d(channels, channels // reduction, 1)
        self.expand = nn.Conv2d(channels // reduction, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        s = x.mean(dim=(2, 3))  # BUG: keepdim=True forgotten, the 1x1 convolutions need (batch, channels, 1, 1)
        s = F.relu(self.reduce(s))  # ALSO
        return x * F.hardsigmoid(self.expand(s))


class InvertedResidual(nn.Module):
    def __init__(self, inp: int, out: int, stride: int, expansion: int) -> None:
        super().__init__()
        hidden = inp * expansion
        self.residual = stride == 1 and inp == out
        self.body = nn.Sequential(
            nn.Conv2d(inp, hidden, 1, bias=False),
            nn.BatchNorm2d(hidden),
            nn.Hardswish(),
            nn.Conv2d(hidden, hidden, 3, stride=stride, padding=1, groups=hidden, bias=False),
            nn.BatchNorm2d(hidden),
            SqueezeExcite(hidden),
            nn.Hardswish(),
            nn.Conv2d(hidden, out, 1, bias=False),
            nn.BatchNorm2d(out),
        )

    def forward(self, x: Tensor) -> Tensor:
        y = self.body(x)  # ALSO
        return x + y if self.residual else y


class MobileNet(rlt.Module):
    def __init__(self, n_classes: int = 100) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.Conv2d(3, 16, 3, stride=2, padding=1)]
        inp = 16
        for expansion, out, stride in SETTINGS:
            layers.append(InvertedResidual(inp, out, stride, expansion))
            inp = out
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Linear(inp, n_classes)

    def forward(self, x: Float[Tensor, "b 3 64 64"]) -> Float[Tensor, "b n_classes"]:
        h = self.features(x)  # ALSO
        return self.classifier(h.mean(dim=(-2, -1)))
