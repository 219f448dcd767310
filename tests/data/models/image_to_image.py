"""Models that give an image of the size that they take."""

import torch
from torch import nn
from torch.nn import functional as F


class UNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Conv2d(1, 4, 3, padding=1)
        self.b = nn.Conv2d(4, 8, 3, padding=1)
        self.c = nn.Conv2d(8, 16, 3, padding=1)
        self.up2 = nn.ConvTranspose2d(16, 8, 2, stride=2)
        self.up1 = nn.ConvTranspose2d(8, 4, 2, stride=2)
        self.d2 = nn.Conv2d(16, 8, 3, padding=1)
        self.d1 = nn.Conv2d(8, 4, 3, padding=1)

    def forward(self, x):
        a = self.a(x)
        b = self.b(F.max_pool2d(a, 2))
        c = self.c(F.max_pool2d(b, 2))
        x = self.d2(torch.cat([self.up2(c), b], dim=1))
        return self.d1(torch.cat([self.up1(x), a], dim=1))


class ValidUNet(nn.Module):
    """Crops the skips."""

    def __init__(self):
        super().__init__()
        self.a = nn.Conv2d(1, 4, 3)
        self.b = nn.Conv2d(4, 8, 3)
        self.up = nn.ConvTranspose2d(8, 4, 2, stride=2)
        self.d = nn.Conv2d(8, 4, 3)

    def forward(self, x):
        a = self.a(x)
        b = self.up(self.b(F.max_pool2d(a, 2)))
        dh = (a.shape[2] - b.shape[2]) // 2
        dw = (a.shape[3] - b.shape[3]) // 2
        a = a[:, :, dh : dh + b.shape[2], dw : dw + b.shape[3]]
        return self.d(torch.cat([a, b], dim=1))


class Autoencoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Conv2d(1, 4, 3, stride=2, padding=1), nn.ReLU(), nn.Conv2d(4, 8, 3, stride=2, padding=1)
        )
        self.decoder = nn.Sequential(
            nn.ConvTranspose2d(8, 4, 4, stride=2, padding=1),
            nn.ReLU(),
            nn.ConvTranspose2d(4, 1, 4, stride=2, padding=1),
        )

    def forward(self, x):
        y = self.decoder(self.encoder(x))
        return y - x


class Interpolated(nn.Module):
    def __init__(self):
        super().__init__()
        self.down = nn.Conv2d(3, 8, 3, stride=2)
        self.out = nn.Conv2d(8, 3, 3, padding=1)

    def forward(self, x):
        y = F.interpolate(self.down(x), size=x.shape[2:])
        return self.out(y) + x


class Doubled(nn.Module):
    def __init__(self):
        super().__init__()
        self.pool = nn.MaxPool2d(2)
        self.up = nn.Upsample(scale_factor=2)

    def forward(self, x):
        return x + self.up(self.pool(x))


class SuperResolution(nn.Module):
    def __init__(self):
        super().__init__()
        self.down = nn.PixelUnshuffle(4)
        self.body = nn.Conv2d(48, 48, 3, padding=1)
        self.up = nn.PixelShuffle(4)

    def forward(self, x):
        return x + self.up(self.body(self.down(x)))


class TopDown(nn.Module):
    def __init__(self):
        super().__init__()
        self.c1 = nn.Conv2d(3, 8, 3, stride=2, padding=1)
        self.c2 = nn.Conv2d(8, 8, 3, stride=2, padding=1)

    def forward(self, x):
        a = self.c1(x)
        b = self.c2(a)
        return a + F.interpolate(b, scale_factor=2, mode="nearest")


class Transposed(nn.Module):
    def __init__(self):
        super().__init__()
        self.d = nn.Conv2d(3, 8, 3, stride=2, padding=1)
        self.u = nn.ConvTranspose2d(8, 3, 3, stride=2, padding=1, output_padding=1)

    def forward(self, x):
        return x + self.u(self.d(x))


class Padded(nn.Module):
    def __init__(self):
        super().__init__()
        self.patch = nn.Conv2d(3, 8, 4, stride=4)
        self.unshuffle = nn.PixelUnshuffle(2)

    def forward(self, x):
        h, w = x.shape[2:]
        x = F.pad(x, (0, -w % 8, 0, -h % 8))
        return self.unshuffle(self.patch(x))


class Sliced(nn.Module):
    """focus / space to depth by slices"""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(12, 8, 3)

    def forward(self, x):
        return self.conv(torch.cat([x[..., ::2, ::2], x[..., 1::2, ::2], x[..., ::2, 1::2], x[..., 1::2, 1::2]], 1))
