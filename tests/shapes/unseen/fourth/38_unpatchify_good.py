"""Images to patches and back, as in a masked autoencoder."""

import torch

import rlt
from rlt.types import Float, Tensor


@rlt.typed
def patchify(images: Float[Tensor, "n 3 32 32"]) -> Float[Tensor, "n 64 48"]:
    x = images.reshape(images.shape[0], 3, 8, 4, 8, 4)
    x = torch.einsum("nchpwq->nhwpqc", x)
    return x.reshape(images.shape[0], 8 * 8, 4 * 4 * 3)


@rlt.typed
def unpatchify(patches: Float[Tensor, "n 64 48"]) -> Float[Tensor, "n 3 32 32"]:
    x = patches.reshape(patches.shape[0], 8, 8, 4, 4, 3)
    x = x.permute(0, 5, 1, 3, 2, 4)
    return x.flatten(4, 5).flatten(2, 3)


@rlt.typed
def masked_error(
    images: Float[Tensor, "n 3 32 32"], pred: Float[Tensor, "n 64 48"], mask: Float[Tensor, "n 64"]
) -> Float[Tensor, ""]:
    error = (pred - patchify(images)).square().mean(dim=-1)
    return (error * mask).sum() / mask.sum()
