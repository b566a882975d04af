"""The bugs of the first prototype: every line marked BUG is reported, and no other."""
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch import Tensor
from rlt.types import Bool, Cpu, Cuda, Float, Int64, UInt8

mlp = nn.Sequential(
    nn.Linear(784, 128),
    nn.ReLU(),
    nn.Linear(256, 10),  # BUG
)
cnn = nn.Sequential(
    nn.Conv2d(3, 16, kernel_size=3, stride=2, padding=1),
    nn.BatchNorm2d(32),  # BUG
    nn.ReLU(),
    nn.Conv2d(16, 32, kernel_size=3, stride=2, padding=1),
    nn.Flatten(),
    nn.Linear(32 * 8 * 8, 10),
)
x = torch.randn(32, 3, 28, 28)
y = cnn(x)  # BUG  32*7*7


class CNN(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.c1 = nn.Conv2d(3, 16, kernel_size=3, stride=2, padding=1)
        self.c2 = nn.Conv2d(16, 32, kernel_size=3, stride=2, padding=1)
        self.bn = nn.BatchNorm2d(16)
        self.fc = nn.Linear(32 * 7 * 7, 10)

    def forward(self, x: Float[Tensor, "b 3 32 32"]) -> Float[Tensor, "b 10"]:
        h = torch.relu(self.c1(x))
        h = torch.relu(self.bn(self.c2(h)))  # BUG
        return self.fc(h.flatten(1))


class CNNFlat(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.c1 = nn.Conv2d(3, 16, kernel_size=3, stride=2, padding=1)
        self.c2 = nn.Conv2d(16, 32, kernel_size=3, stride=2, padding=1)
        self.fc = nn.Linear(32 * 7 * 7, 10)

    def forward(self, x: Float[Tensor, "b 3 32 32"]) -> Float[Tensor, "b 10"]:
        h = torch.relu(self.c2(torch.relu(self.c1(x))))
        return self.fc(h.flatten(1))  # BUG


class Wrong(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(784, 12)

    def forward(self, x: Float[Tensor, "b 784"]) -> Float[Tensor, "b 10"]:
        return self.fc(x)  # BUG


class LM(nn.Module):
    def __init__(self, vocab: int = 1000) -> None:
        super().__init__()
        self.emb = nn.Embedding(vocab, 64)
        self.lstm = nn.LSTM(32, 128, batch_first=True)
        self.out = nn.Linear(128, vocab)

    def forward(self, x: Float[Tensor, "b t"]) -> Float[Tensor, "b t vocab"]:
        e = self.emb(x)  # BUG
        h, _ = self.lstm(e)  # BUG
        return self.out(h)


def norm(img: UInt8[Tensor, "b 3 h w"]) -> Float[Tensor, "b 8 h w"]:
    return nn.Conv2d(3, 8, 3, padding=1)(img)  # BUG


class ResBlock(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.c1 = nn.Conv2d(16, 32, 3, stride=2, padding=1)
        self.c2 = nn.Conv2d(32, 32, 3, padding=1)

    def forward(self, x: Float[Tensor, "b 16 h w"]) -> Float[Tensor, "b 32 h w"]:
        h = torch.relu(self.c1(x))
        h = self.c2(h)
        return torch.relu(h + x)  # BUG


def use(n: int) -> None:
    net = CNN()
    a = net(torch.randn(4, 3, 28, 28))  # BUG
    b = net(torch.randn(4, 32, 32, 3))  # BUG
    c = net(torch.randn(3, 32, 32))  # BUG
    d = net(torch.randn(n, 3, 32, 32))
    e: Float[Tensor, "4 10"] = net(torch.randn(4, 3, 32, 32))
    f: Float[Tensor, "4 12"] = net(torch.randn(4, 3, 32, 32))  # BUG


def attention(q: Float[Tensor, "b t d"], k: Float[Tensor, "b s d"], v: Float[Tensor, "b s e"]) -> Float[Tensor, "b t e"]:
    w = torch.softmax(q @ k.transpose(1, 2), dim=-1)
    return w @ v


def attention_bad(q: Float[Tensor, "b t d"], k: Float[Tensor, "b s d"], v: Float[Tensor, "b s e"]) -> Float[Tensor, "b t e"]:
    w = torch.softmax(q @ k, dim=-1)  # BUG
    return w @ v


out = attention(torch.randn(2, 5, 8), torch.randn(2, 7, 8), torch.randn(2, 7, 4))
out2 = attention(torch.randn(2, 5, 8), torch.randn(2, 7, 9), torch.randn(2, 7, 4))  # BUG


class MLP(nn.Module):
    def __init__(self, obs_dim: int, hidden: int, act_dim: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(obs_dim, hidden)
        self.fc2 = nn.Linear(act_dim, hidden)

    def forward(self, x: Float[Tensor, "b obs_dim"]) -> Float[Tensor, "b act_dim"]:
        return self.fc2(torch.tanh(self.fc1(x)))  # BUG


def mix(a: Float[Cuda, "n"], b: Float[Cpu, "n"]) -> Float[Tensor, "n"]:
    return a + b  # BUG


def on_gpu(x: Float[Cuda, "b 4"]) -> Float[Cuda, "b 4"]:
    return torch.relu(x)


on_gpu(torch.randn(2, 4, device="cpu"))  # BUG
on_gpu(torch.randn(2, 4).to("cuda"))


def views(x: Float[Tensor, "b 16 5 5"]) -> Float[Tensor, "b 400"]:
    ok = x.view(-1, 16 * 5 * 5)
    ok2 = x.reshape(x.size(0), -1)
    bad = torch.randn(8, 10).view(9, 9)  # BUG
    return ok


class Pi(nn.Module):
    def __init__(self, obs_dim: int, act_dim: int, hidden: int = 64) -> None:
        super().__init__()
        self.net = nn.Sequential(nn.Linear(obs_dim, hidden), nn.Tanh(), nn.Linear(hidden, act_dim))

    def forward(self, x: Float[Tensor, "b obs_dim"]) -> Float[Tensor, "b act_dim"]:
        return self.net(x)


pi = Pi(8, 4)
logits: Float[Tensor, "32 4"] = pi(torch.randn(32, 8))
logits2: Float[Tensor, "32 5"] = pi(torch.randn(32, 8))  # BUG
pi(torch.randn(32, 9))  # BUG


class Idiom(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.c1 = nn.Conv2d(3, 16, 3)
        self.c2 = nn.Conv2d(16, 32, 3)
        self.fc = nn.Linear(32 * 28 * 28, 10)

    def forward(self, x: Float[Tensor, "b 3 32 32"]) -> Float[Tensor, "b 11"]:
        x = F.relu(self.c1(x))
        x = F.relu(self.c2(x))
        x = x.flatten(1)
        x = self.fc(x)
        return x  # BUG


class Idiom2(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.c1 = nn.Conv2d(3, 16, 3)
        self.c2 = nn.Conv2d(16, 32, 3)
        self.fc = nn.Linear(32 * 26 * 26, 10)

    def forward(self, x: Float[Tensor, "b 3 32 32"]) -> Float[Tensor, "b 10"]:
        x = F.relu(self.c1(x))
        x = F.relu(self.c2(x))
        x = x.flatten(1)
        x = self.fc(x)  # BUG
        return x


class Wide(nn.Module):
    def __init__(self, n: int, width: int = 64) -> None:
        super().__init__()
        self.body = nn.Linear(n, width)
        self.out = nn.Linear(width, 1)

    def forward(self, x: Float[Tensor, "b n"]) -> Float[Tensor, "b 1"]:
        return self.out(self.body(x))


class Narrow(Wide):
    def __init__(self, n: int, width: int = 64, narrow: int = 8) -> None:
        super().__init__(n, width)
        self.squeeze = nn.Linear(width, narrow)
        self.out = nn.Linear(width, 1)

    def forward(self, x: Float[Tensor, "b n"]) -> Float[Tensor, "b 1"]:
        return self.out(self.squeeze(self.body(x)))  # BUG


class Translator(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.transformer = nn.Transformer(width, 2, 1, 1, batch_first=True)
        self.encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(width, 2, batch_first=True), 2)
        self.decoder = nn.TransformerDecoder(nn.TransformerDecoderLayer(width, 2, batch_first=True), 2)

    def causal(
        self, x: Float[Tensor, "b t width"], y: Float[Tensor, "b s width"], mask: Float[Tensor, "t t"]
    ) -> Float[Tensor, "b s width"]:
        return self.transformer(x, y, tgt_mask=mask)  # BUG

    def padded(self, x: Float[Tensor, "b t width"], is_padding: Bool[Tensor, "t b"]) -> Float[Tensor, "b t width"]:
        return self.encoder(x, src_key_padding_mask=is_padding)  # BUG

    def decoded(
        self, x: Float[Tensor, "b t width"], y: Float[Tensor, "b s width"], mask: Float[Tensor, "t s"]
    ) -> Float[Tensor, "b s width"]:
        return self.decoder(y, x, memory_mask=mask)  # BUG


def binary(x: Float[Tensor, "b"], y: Int64[Tensor, "b"]) -> Float[Tensor, ""]:
    return F.binary_cross_entropy_with_logits(x, y)  # BUG
