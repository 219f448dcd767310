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


def _shape(code: str) -> tuple[int, int, int] | None:
    return image_shape(tuple(textual.prepare(load("data.py", code.encode())).units))


@pytest.mark.parametrize(
    ("code", "shape"),
    [
        pytest.param("CIFAR10('.', transform=Compose([RandomCrop(32, padding=4), ToTensor()]))", (3, 32, 32), id="crop"),
        pytest.param("MNIST('.', transform=Resize(64))", (1, 64, 64), id="resized-square"),
        pytest.param("ImageFolder('.', Compose([Resize((48, 64)), ToTensor()]))", (3, 48, 64), id="both-sides"),
        pytest.param("SIZE = 96\nImageFolder('.', Compose([Resize(256), CenterCrop(SIZE)]))", (3, 96, 96), id="named"),
        pytest.param("ImageFolder('a', RandomResizedCrop(size=224))\nImageFolder('b', CenterCrop([224, 224]))",
                     (3, 224, 224), id="two-that-agree"),
    ],
)  # fmt: skip
def test_reads_the_size_that_transforms_give(code: str, shape: tuple[int, int, int]) -> None:
    assert _shape(code) == shape


@pytest.mark.parametrize(
    "code",
    [
        pytest.param("ImageFolder('.')", id="any-size"),
        pytest.param("ImageFolder('.', Resize(224))", id="one-side-only"),
        pytest.param("ImageFolder('.', Resize((size, size)))", id="unknown-name"),
        pytest.param("size = 4\nsize = 8\nImageFolder('.', Resize((size, size)))", id="two-values"),
        pytest.param("MNIST('a', Resize(32))\nMNIST('b', Compose([ToTensor()]))", id="two-that-differ"),
        pytest.param("MNIST('.', Compose([Resize(32), Grayscale(3)]))", id="other-channels"),
        pytest.param("MNIST('.', Compose([Resize(32), Pad(2)]))", id="padded"),
        pytest.param("[MNIST('.'), CIFAR10('.')]\nResize((8, 8))", id="two-kinds"),
    ],
)
def test_says_no_size_that_is_not_certain(code: str) -> None:
    assert _shape(code) is None


_PERCEPTRON = """\
import torch
from torch import nn
from torchvision import datasets, transforms


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(784, 10)

    def forward(self, x):
        return self.fc(x)


digits = datasets.MNIST(".", download=True, transform=transforms.ToTensor())
model, device = Net(), "cpu"
for images, labels in torch.utils.data.DataLoader(digits, batch_size=8):
    loss = nn.functional.cross_entropy(model(images), labels)
    loss.backward()
"""


@pytest.mark.parametrize(
    ("written", "instead"),
    [
        ("model(images)", "model(images.to(device))"),
        ("    loss =", "    images, labels = images.to(device), labels.to(device)\n    loss ="),
        (
            "for images, labels in torch.utils.data.DataLoader(digits, batch_size=8)",
            "for step, (images, labels) in enumerate(torch.utils.data.DataLoader(digits, batch_size=8))",
        ),
        ("model(images)", "model(images)"),
    ],
)
def test_images_that_nothing_flattens_are_flattened_in_the_model(written: str, instead: str) -> None:
    source = _PERCEPTRON.replace(written, instead)
    fixed = session.fix_file("net.py", source.encode(), session.Options(seconds=20.0)).after_text
    assert fixed == source.replace("self.fc(x)", "self.fc(x.flatten(1))")


@pytest.mark.parametrize(
    ("written", "instead"),
    [
        ("model(images)", "model(images.view(-1, 784))"),
        ("    loss =", "    images = images.reshape(len(images), -1)\n    loss ="),
        ("    loss =", "    images, labels = images.flatten(1).to(device), labels\n    loss ="),
        ("transforms.ToTensor()", "transforms.Compose([transforms.ToTensor(), transforms.Lambda(torch.flatten)])"),
        ("Net(), ", "nn.Sequential(nn.Flatten(), Net()), "),
        ("model(images)", "model(*[images])"),
        ("model(images)", "torch.zeros(8, 10)"),
        ("MNIST", "CIFAR10"),
        ("Linear(784, 10)", "Linear(28, 10)"),
    ],
)
def test_nothing_is_said_where_images_may_be_flat(written: str, instead: str) -> None:
    source = _PERCEPTRON.replace(written, instead)
    found = session.check("net.py", source.encode(), session.Options(fixes=False)).diagnostics
    assert [one.code for one in found if one.severity.name != "INFO" and one.code[2] == "2"] == []
