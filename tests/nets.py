"""A model that is right, and the same with one mistake."""

from __future__ import annotations

CLEAN = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self, width=4):
        super().__init__()
        self.fc = nn.Linear(4, width)

    def forward(self, x):
        return self.fc(x)
"""
BROKEN = CLEAN.replace("        super().__init__()\n", "")
"""ML101 on line 7."""
