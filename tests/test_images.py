"""Running a model on the images of the dataset that its file names."""

from __future__ import annotations

import pytest

from modlint import session, textual
from modlint.diagnostics import Severity
from modlint.interpret.datasets import IMAGES, image_shape
from modlint.sources import load

MODEL = """\
import torch
from torch import nn
from torchvision import datasets, transforms

DATA


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(CHANNELS, 8, 5)
        self.fc = nn.Linear(8 * 14 * 14, 10)

    def forward(self, x):
        x = torch.max_pool2d(self.conv(x), 2)
        return self.fc(x.flatten(1))
"""


def _found(data: str, channels: int) -> list[tuple[str, Severity]]:
    code = MODEL.replace("DATA", data).replace("CHANNELS", str(channels))
    options = session.Options(codes=frozenset({"ML201"}), fixes=False)
    return [(one.code, one.severity) for one in session.check("net.py", code.encode(), options).diagnostics]


def test_what_fails_on_the_images_is_a_warning() -> None:
    assert _found('data = datasets.MNIST(".")', 1) == [("ML201", Severity.WARNING)]


@pytest.mark.parametrize(
    ("data", "channels"),
    [
        pytest.param("", 1, id="no-dataset"),
        pytest.param('data = datasets.CIFAR10(".")', 3, id="images-that-fit"),
        pytest.param('data = datasets.MNIST(".")', 3, id="other-channels"),
        pytest.param('data = datasets.MNIST(".", transform=transforms.Resize(32))', 1, id="resized"),
        pytest.param('data = datasets.MNIST(".", transform=transforms.Pad(2))', 1, id="padded"),
        pytest.param('data = [datasets.MNIST("."), datasets.SVHN(".")]', 1, id="two-kinds"),
    ],
)
def test_says_nothing_without_a_reason(data: str, channels: int) -> None:
    assert _found(data, channels) == []


@pytest.mark.parametrize("name", sorted(IMAGES))
def test_knows_the_images_of_a_dataset(name: str) -> None:
    units = textual.prepare(load("data.py", f"{name}('.')".encode())).units
    assert image_shape(tuple(units)) == IMAGES[name]
