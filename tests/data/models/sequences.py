"""Models of sequences and of vectors."""

import torch
from torch import nn
from torch.nn import functional as F


class Lstm(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(100, 16)
        self.lstm = nn.LSTM(16, 32, batch_first=True, bidirectional=True)
        self.fc = nn.Linear(64, 5)

    def forward(self, x):
        out, _ = self.lstm(self.embed(x))
        return self.fc(out[:, -1])


class Gru(nn.Module):
    def __init__(self):
        super().__init__()
        self.gru = nn.GRU(12, 20, batch_first=True)
        self.fc = nn.Linear(20 * 7, 5)

    def forward(self, x):
        out, _ = self.gru(x)
        return self.fc(out.reshape(out.size(0), -1))


class TextCnn(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(100, 16)
        self.convs = nn.ModuleList([nn.Conv1d(16, 8, k) for k in (3, 4, 5)])
        self.fc = nn.Linear(24, 2)

    def forward(self, x):
        x = self.embed(x).transpose(1, 2)
        return self.fc(torch.cat([conv(x).max(dim=2)[0] for conv in self.convs], dim=1))


class WaveNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(
            nn.Conv1d(2, 8, 9, stride=4),
            nn.ReLU(),
            nn.MaxPool1d(4),
            nn.Conv1d(8, 8, 3, dilation=2),
            nn.ReLU(),
            nn.AvgPool1d(2),
        )
        self.fc = nn.Linear(40, 4)

    def forward(self, x):
        return self.fc(self.net(x).flatten(1))


class CausalAttention(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(50, 16)
        self.pos = nn.Parameter(torch.zeros(128, 16))
        self.qkv = nn.Linear(16, 48)
        self.register_buffer("mask", torch.tril(torch.ones(128, 128)))

    def forward(self, ids):
        b, t = ids.shape
        x = self.embed(ids) + self.pos[:t]
        q, k, v = self.qkv(x).split(16, dim=2)
        q, k, v = (y.view(b, t, 4, 4).transpose(1, 2) for y in (q, k, v))
        a = (q @ k.transpose(-2, -1)).masked_fill(self.mask[:t, :t] == 0, float("-inf")).softmax(-1)
        return (a @ v).transpose(1, 2).reshape(b, t, 16)


class GatedLinear(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(24, 8)

    def forward(self, x):
        a, b = x.chunk(2, dim=1)
        return self.fc(torch.cat([a * b, a], dim=1).flatten(1))


class FlattenedMlp(nn.Module):
    def __init__(self):
        super().__init__()
        self.one = nn.Linear(784, 32)
        self.two = nn.Linear(32, 10)

    def forward(self, x):
        x = x.view(x.size(0), -1)
        return self.two(F.relu(self.one(x)))


class Generator(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(20, 16 * 4 * 4)
        self.up = nn.ConvTranspose2d(16, 3, 4, stride=2, padding=1)

    def forward(self, z):
        return self.up(self.fc(z).view(-1, 16, 4, 4))


class MlpView(nn.Module):
    def __init__(self):
        super().__init__()
        self.one = nn.Linear(784, 32)

    def forward(self, x):
        return self.one(x.view(-1, 784))
