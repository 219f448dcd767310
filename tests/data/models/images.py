"""Classifiers of images."""

import torch
from torch import nn
from torch.nn import functional as F


class FixedHead(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 8, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(8, 16, 5),
            nn.ReLU(),
            nn.MaxPool2d(2),
        )
        self.fc = nn.Linear(16 * 5 * 5, 10)

    def forward(self, x):
        return self.fc(self.features(x).flatten(1))


class CeilPools(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 7, stride=2, padding=3)
        self.pool = nn.MaxPool2d(3, 2, ceil_mode=True)
        self.deep = nn.Conv2d(8, 8, 3, stride=2)
        self.fc = nn.Linear(8 * 3 * 3, 10)

    def forward(self, x):
        x = self.pool(self.stem(x))
        x = self.pool(self.deep(x))
        return self.fc(torch.flatten(x, 1))


class AdaptivePool(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 8, 5, stride=2)
        self.pool = nn.AdaptiveAvgPool2d((3, 3))
        self.fc = nn.Linear(72, 10)

    def forward(self, x):
        return self.fc(self.pool(self.conv(x)).flatten(1))


class AlexNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 8, 11, stride=4, padding=2),
            nn.ReLU(),
            nn.MaxPool2d(3, 2),
            nn.Conv2d(8, 8, 5, padding=2),
            nn.ReLU(),
            nn.MaxPool2d(3, 2),
            nn.Conv2d(8, 8, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(3, 2),
        )
        self.fc = nn.Linear(8 * 6 * 6, 10)

    def forward(self, x):
        return self.fc(self.features(x).view(x.size(0), 288))


class ThreeStages(nn.Module):
    """512*h*w == 4608 with view(B, -1)."""

    def __init__(self):
        super().__init__()
        self.stages = nn.Sequential(
            *[nn.Sequential(nn.Conv2d(3 if i == 0 else 8, 8, 3, padding=1), nn.MaxPool2d(2)) for i in range(3)]
        )
        self.fc = nn.Linear(72, 10)

    def forward(self, x):
        x = self.stages(x)
        return self.fc(x.view(x.size(0), -1))


class ViewFixed(nn.Module):
    """view(-1, 400) lets the batch absorb."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 6, 5)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.fc = nn.Linear(16 * 5 * 5, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = x.view(-1, 16 * 5 * 5)
        return self.fc(x)


class Residual(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(4, 8, 3, stride=2, padding=1)
        self.bn1 = nn.BatchNorm2d(8)
        self.conv2 = nn.Conv2d(8, 8, 3, padding=1)
        self.short = nn.Conv2d(4, 8, 1, stride=2)

    def forward(self, x):
        return F.relu(self.bn1(self.conv2(F.relu(self.conv1(x)))) + self.short(x))


class CroppedSkip(nn.Module):
    """3x3 without padding beside 1x1: only some sizes fit."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(4, 8, 3, stride=2)
        self.short = nn.Conv2d(4, 8, 1, stride=2)

    def forward(self, x):
        return self.conv1(x) + self.short(x)[:, :, :-1, :-1]


class Grouped(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(
            nn.Conv2d(12, 24, 3, groups=3), nn.GroupNorm(4, 24), nn.Conv2d(24, 24, 5, groups=24, stride=3)
        )
        self.fc = nn.Linear(24, 3)

    def forward(self, x):
        return self.fc(self.net(x).mean(dim=(2, 3)))


class Dilated(nn.Module):
    def __init__(self):
        super().__init__()
        self.branches = nn.ModuleList([nn.Conv2d(2, 4, 3, padding=d, dilation=d) for d in (1, 2, 4)])
        self.tail = nn.Conv2d(12, 1, 7, dilation=3)

    def forward(self, x):
        return self.tail(torch.cat([b(x) for b in self.branches], 1))


class FixedPoolGate(nn.Module):
    def __init__(self):
        super().__init__()
        self.pool = nn.AvgPool2d(56)
        self.conv = nn.Conv2d(8, 8, 1)

    def forward(self, x):
        return x * torch.sigmoid(self.conv(self.pool(x)))


class Refusing(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)

    def forward(self, x):
        _, _, h, w = x.shape
        if h % 16 != 0 or w % 16:
            raise ValueError("no multiple of 16")
        return self.conv(x)


class Asserting(nn.Module):
    def __init__(self):
        super().__init__()
        self.size = (32, 64)
        self.conv = nn.Conv2d(3, 4, 3)

    def forward(self, x):
        _, _, h, w = x.shape
        assert h == self.size[0] and w <= self.size[1], "wrong size"
        return self.conv(x)


class MlpImage(nn.Module):
    def __init__(self):
        super().__init__()
        self.one = nn.Linear(3 * 32 * 32, 32)

    def forward(self, x):
        b, c, h, w = x.shape
        return self.one(x.reshape(b, c * h * w))
