"""Two-tower movie retrieval trained with in-batch negatives."""

import torch
import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Float, Int64, Tensor


class TwoTower(rlt.Module):
    def __init__(self, n_users: int, n_movies: int, n_genres: int, dim: int = 32) -> None:
        super().__init__()
        self.user = nn.Embedding(n_users, dim)
        self.movie = nn.Embedding(n_movies, dim)
        self.genre = nn.Embedding(n_genres, dim // 2)
        self.user_tower = nn.Sequential(nn.Linear(dim, 64), nn.ReLU(), nn.Linear(64, dim))
        self.movie_tower = nn.Sequential(nn.Linear(dim + dim // 2, 64), nn.ReLU(), nn.Linear(64, dim))
        self.log_temperature = nn.Parameter(torch.tensor(-2.0))

    def embed_user(self, user: Int64[Tensor, "batch"]) -> Float[Tensor, "batch dim"]:
        return F.normalize(self.user_tower(self.user(user)), dim=-1)

    def embed_movie(self, movie: Int64[Tensor, "batch"], genres: Int64[Tensor, "batch 5"]) -> Float[Tensor, "batch dim"]:
        genre = self.genre(genres).mean(dim=1)
        both = torch.cat([self.movie(movie), genre], dim=-1)
        return F.normalize(self.movie_tower(both), dim=-1)

    def forward(
        self, user: Int64[Tensor, "batch"], movie: Int64[Tensor, "batch"], genres: Int64[Tensor, "batch 5"]
    ) -> Float[Tensor, "batch batch"]:
        u = self.embed_user(user)
        m = self.embed_movie(movie, genres)
        return u @ m.T / self.log_temperature.exp()


def retrieval_loss(logits: Float[Tensor, "batch batch"], popularity: Float[Tensor, "batch"]) -> Float[Tensor, ""]:
    logits = logits - popularity.log().unsqueeze(0)
    target = torch.arange(logits.shape[0], device=logits.device)
    return F.cross_entropy(logits, target)
