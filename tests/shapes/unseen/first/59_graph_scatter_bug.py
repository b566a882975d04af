"""Message passing over an edge list."""

import rlt
import torch
from rlt.types import Float, Int, Tensor
from torch import nn


class GraphConv(rlt.Module):
    def __init__(self, node_dim: int, out_dim: int) -> None:
        super().__init__()
        self.message = nn.Linear(2 * node_dim, out_dim)
        self.update = nn.Linear(node_dim + out_dim, out_dim)

    @rlt.typed
    def forward(
        self, nodes: Float[Tensor, "nodes node_dim"], src: Int[Tensor, "edges"], dst: Int[Tensor, "edges"]
    ) -> Float[Tensor, "nodes out_dim"]:
        pairs = torch.cat([nodes[src], nodes[dst]], dim=-1)
        msg = torch.relu(self.message(pairs))
        inbox = msg.new_zeros(nodes.size(0), msg.size(1))
        inbox = inbox.scatter_add(0, dst, msg)  # BUG: the index must have the rank of the messages
        return self.update(torch.cat([nodes, inbox], dim=-1))


def example() -> object:
    net = GraphConv(node_dim=4, out_dim=8)
    return net(torch.randn(5, 4), torch.tensor([0, 1, 2, 3, 4, 0]), torch.tensor([1, 2, 3, 4, 0, 2]))
