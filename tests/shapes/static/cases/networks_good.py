"""Ordinary networks and loops: no line may be reported."""
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch import Tensor
from rlt.types import Bool, Float, Int


class BasicBlock(nn.Module):
    def __init__(self, ci: int, co: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(ci, co, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(co)
        self.conv2 = nn.Conv2d(co, co, 3, stride=1, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(co)
        self.shortcut = nn.Sequential()
        if stride != 1 or ci != co:
            self.shortcut = nn.Sequential(nn.Conv2d(ci, co, 1, stride=stride, bias=False), nn.BatchNorm2d(co))

    def forward(self, x: Tensor) -> Tensor:
        out = F.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        out += self.shortcut(x)
        return F.relu(out)


class ResNet(nn.Module):
    def __init__(self, classes: int = 10) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 16, 3, padding=1)
        blocks: list[nn.Module] = []
        c = 16
        for co in (16, 32, 64):
            blocks.append(BasicBlock(c, co, 1 if co == 16 else 2))
            c = co
        self.body = nn.Sequential(*blocks)
        self.fc = nn.Linear(64, classes)

    def forward(self, x: Float[Tensor, "b 3 32 32"]) -> Float[Tensor, "b classes"]:
        h = self.body(self.stem(x))
        h = F.adaptive_avg_pool2d(h, 1).flatten(1)
        return self.fc(h)


class ActorCritic(nn.Module):
    def __init__(self, obs_dim: int, n_act: int) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Linear(obs_dim, 64), nn.Tanh(), nn.Linear(64, 64), nn.Tanh())
        self.pi = nn.Linear(64, n_act)
        self.v = nn.Linear(64, 1)

    def forward(self, obs: Float[Tensor, "b obs_dim"]) -> tuple[Float[Tensor, "b n_act"], Float[Tensor, "b"]]:
        h = self.body(obs)
        return self.pi(h), self.v(h).squeeze(-1)


class VAE(nn.Module):
    def __init__(self, z: int = 20) -> None:
        super().__init__()
        self.enc = nn.Linear(784, 400)
        self.mu = nn.Linear(400, z)
        self.logvar = nn.Linear(400, z)
        self.dec = nn.Sequential(nn.Linear(z, 400), nn.ReLU(), nn.Linear(400, 784), nn.Sigmoid())

    def forward(self, x: Float[Tensor, "b 784"]) -> tuple[Float[Tensor, "b 784"], Float[Tensor, "b z"], Float[Tensor, "b z"]]:
        h = torch.relu(self.enc(x))
        mu, lv = self.mu(h), self.logvar(h)
        zz = mu + torch.exp(0.5 * lv) * torch.randn_like(lv)
        return self.dec(zz), mu, lv


G = nn.Sequential(
    nn.ConvTranspose2d(100, 256, 4, 1, 0, bias=False), nn.BatchNorm2d(256), nn.ReLU(True),
    nn.ConvTranspose2d(256, 128, 4, 2, 1, bias=False), nn.BatchNorm2d(128), nn.ReLU(True),
    nn.ConvTranspose2d(128, 3, 4, 2, 1, bias=False), nn.Tanh(),
)
Dn = nn.Sequential(nn.Conv2d(3, 64, 4, 2, 1), nn.LeakyReLU(0.2), nn.Conv2d(64, 1, 4, 2, 1), nn.Flatten(), nn.Linear(16, 1))
fake = G(torch.randn(8, 100, 1, 1))
score: Float[Tensor, "8 1"] = Dn(fake)


class LM(nn.Module):
    def __init__(self, vocab: int, emb: int = 128, hid: int = 1024) -> None:
        super().__init__()
        self.emb = nn.Embedding(vocab, emb)
        self.lstm = nn.LSTM(emb, hid, batch_first=True)
        self.out = nn.Linear(hid, vocab)

    def forward(self, x: Int[Tensor, "b t"]) -> Float[Tensor, "b t vocab"]:
        h, _ = self.lstm(self.emb(x))
        return self.out(h)


def mha(x: Float[Tensor, "b t d"], heads: int) -> Float[Tensor, "b t d"]:
    b, t, d = x.shape
    q = x.view(b, t, heads, d // heads).transpose(1, 2)
    a = torch.softmax(q @ q.transpose(-2, -1), dim=-1)
    return (a @ q).transpose(1, 2).reshape(b, t, d)


def loop(net: nn.Module, xs: list[Tensor]) -> Tensor:
    t = torch.zeros(3)
    for x in xs:
        t = t + net(x).mean()
    p = nn.Parameter(torch.zeros(3))
    z: Tensor = p * t
    return z


def td(r: Float[Tensor, "t b"], v: Float[Tensor, "t b"], done: Float[Tensor, "t b"], gamma: float) -> Float[Tensor, "t b"]:
    adv = torch.zeros_like(r)
    last = torch.zeros(r.shape[1])
    for i in reversed(range(r.shape[0])):
        last = r[i] + gamma * last * (1 - done[i])
        adv[i] = last
    return adv


dqn = nn.Sequential(nn.Conv2d(4, 32, 8, 4), nn.ReLU(), nn.Conv2d(32, 64, 4, 2), nn.ReLU(), nn.Conv2d(64, 64, 3, 1), nn.ReLU(),
                    nn.Flatten(), nn.Linear(3136, 512), nn.ReLU(), nn.Linear(512, 6))
q: Float[Tensor, "32 6"] = dqn(torch.rand(32, 4, 84, 84))


class Idiom(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.c1 = nn.Conv2d(3, 16, 3)
        self.c2 = nn.Conv2d(16, 32, 3)
        self.fc = nn.Linear(32 * 28 * 28, 10)
        self.h = torch.zeros(3)
        self.layers = nn.ModuleList([nn.Linear(10, 10) for _ in range(3)])

    def reset(self) -> None:
        self.h = torch.zeros(4)

    def forward(self, x: Float[Tensor, "b 3 32 32"]) -> Float[Tensor, "b 10"]:
        x = F.relu(self.c1(x))
        x = F.relu(self.c2(x))
        x = x.flatten(1)
        x = self.fc(x)
        for l in self.layers:
            x = l(x)
        return x


def pyramid(x: Float[Tensor, "b 3 64 64"], big: bool) -> Tensor:
    feats = []
    c = nn.Conv2d(3, 3, 3, 2, 1)
    for _ in range(3):
        x = c(x)
        feats.append(x)
    feats.append(torch.zeros(1))
    y = feats[0]
    head = nn.Linear(10, 20)
    head = nn.Linear(20, 30)
    if big:
        z = torch.zeros(3)
    else:
        z = torch.zeros(4, 4)
    ls = [nn.Linear(3, 4)]
    ls.append(nn.Linear(4, 5))
    w = z
    for l in ls:
        w = l(w)
    batch = {"a": torch.zeros(3)}
    batch["b"] = torch.zeros(4)
    model = Idiom()
    model.fc = nn.Linear(3, 5)
    while big:
        z = torch.cat([z, y])
    return nn.Linear(4, 4)(z)


class Translator(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.transformer = nn.Transformer(width, 2, 1, 1, batch_first=True)
        self.encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(width, 2, batch_first=True), 2)
        self.decoder = nn.TransformerDecoder(nn.TransformerDecoderLayer(width, 2, batch_first=True), 2)

    def whole(
        self,
        x: Float[Tensor, "b t width"],
        y: Float[Tensor, "b s width"],
        mask: Float[Tensor, "s s"],
        is_padding: Bool[Tensor, "b t"],
    ) -> Float[Tensor, "b s width"]:
        causal = nn.Transformer.generate_square_subsequent_mask(y.shape[1])
        z = self.transformer(x, y, tgt_mask=causal, src_key_padding_mask=is_padding, memory_key_padding_mask=is_padding)
        return self.transformer(x, z, None, mask)

    def parts(
        self, x: Float[Tensor, "b t width"], y: Float[Tensor, "b s width"], mask: Float[Tensor, "t t"], across: Float[Tensor, "s t"]
    ) -> Float[Tensor, "b s width"]:
        return self.decoder(y, self.encoder(x, mask=mask), memory_mask=across)
