"""The images that a document trains on, as far as the names of torchvision's datasets and transforms tell."""

from __future__ import annotations

import ast
from functools import lru_cache

from modlint.syntax import Unit

IMAGES = {
    "MNIST": (1, 28, 28),
    "FashionMNIST": (1, 28, 28),
    "KMNIST": (1, 28, 28),
    "QMNIST": (1, 28, 28),
    "CIFAR10": (3, 32, 32),
    "CIFAR100": (3, 32, 32),
    "SVHN": (3, 32, 32),
    "STL10": (3, 96, 96),
}
"""Channels, height and width (docs.pytorch.org/vision/stable/datasets.html)."""
_RESIZING = frozenset(
    {"Resize", "CenterCrop", "RandomCrop", "RandomResizedCrop", "FiveCrop", "TenCrop", "Pad", "Grayscale", "resize",
     "interpolate", "crop", "pad", "repeat", "expand", "ZeroPad2d", "Upsample"}
)  # fmt: skip


@lru_cache(maxsize=64)
def image_shape(document: tuple[Unit, ...]) -> tuple[int, int, int] | None:
    """The shape of the images when a document names one kind of dataset, and nothing that could give them another."""
    if not any(name in unit.text for unit in document for name in IMAGES):
        return None
    calls = {_called(node) for unit in document for node in unit.nodes.get(ast.Call, ())}
    shapes = {IMAGES[name] for name in calls & IMAGES.keys()}
    return shapes.pop() if len(shapes) == 1 and not calls & _RESIZING else None


def _called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
