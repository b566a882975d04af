import torch
from torch import nn

import rlt
from rlt.types import Float, Int64, Tensor


class SentimentLSTM(rlt.Module):
    def __init__(self, vocab_size: int, hidden: int = 64, n_classes: int = 2) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, 100)
        self.lstm = nn.LSTM(100, hidden, batch_first=True, bidirectional=True)
        self.dropout = nn.Dropout(0.3)
        self.fc = nn.Linear(2 * hidden, n_classes)

    def forward(self, tokens: Int64[Tensor, "batch length"]) -> Float[Tensor, "batch n_classes"]:
        embedded = self.dropout(self.embedding(tokens))
        _, (h_n, _) = self.lstm(embedded)
        last = torch.cat([h_n[-2], h_n[-1]], dim=1)
        return self.fc(self.dropout(last))


class Trainer:
    def __init__(self, model: SentimentLSTM, lr: float = 1e-3) -> None:
        self.model = model
        self.criterion = nn.CrossEntropyLoss()
        self.optimizer = torch.optim.AdamW(model.parameters(), lr=lr)

    def step(self, tokens: Int64[Tensor, "batch length"], labels: Int64[Tensor, "batch"]) -> float:
        self.optimizer.zero_grad()
        loss = self.criterion(self.model(tokens), labels)
        loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        return loss.item()
