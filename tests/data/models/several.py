"""Models of several inputs, and of volumes."""

import torch
from torch import nn
from torch.nn import functional as F


class TwoInputs(nn.Module):
    def __init__(self):
        super().__init__()
        self.image = nn.Conv2d(3, 8, 3, stride=2)
        self.fc = nn.Linear(8 * 4 * 4 + 6, 5)

    def forward(self, image, meta):
        x = self.image(image).flatten(1)
        return self.fc(torch.cat([x, meta], dim=1))


class Siamese(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Conv2d(1, 4, 3, stride=2), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 6 * 6, 8))

    def forward(self, a, b):
        return F.pairwise_distance(self.net(a), self.net(b))


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.attn = nn.MultiheadAttention(32, 4, batch_first=True)
        self.norm = nn.LayerNorm(32)

    def forward(self, query, memory):
        out, _ = self.attn(query, memory, memory)
        return self.norm(query + out)


class Video(nn.Module):
    def __init__(self):
        super().__init__()
        self.one = nn.Conv3d(3, 8, (3, 5, 5), stride=(1, 2, 2))
        self.pool = nn.MaxPool3d(2)
        self.fc = nn.Linear(8 * 3 * 4 * 4, 6)

    def forward(self, x):
        return self.fc(self.pool(self.one(x)).flatten(1))
