"""What models are said to take is what torch runs: no size more, and no size less."""

from __future__ import annotations

import importlib.util
import random
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import islice, pairwise, product
from pathlib import Path
from types import ModuleType
from typing import Any, TypeAlias

import click
import pytest

from modlint import session
from modlint.report.taken import as_data, lines

torch = pytest.importorskip("torch")

MODELS = Path(__file__).parent / "data" / "models"
BATCH = 11
"""A number that no size of the models has in common, so that nothing fits by this batch alone."""
Axes: TypeAlias = tuple[int, ...]
Point: TypeAlias = tuple[int, ...]
IMAGE, SMALL, GRAY = (BATCH, 5, 120, 120), (BATCH, 5, 60, 60), (BATCH, 3, 70, 70)

# The largest value that is tried for every axis of every argument; the batch has that value alone.
CASES: list[tuple[str, str, tuple[Axes, ...]]] = [
    ("images", "FixedHead", (IMAGE,)),
    ("images", "CeilPools", ((BATCH, 5, 170, 170),)),
    ("images", "AdaptivePool", (GRAY,)),
    ("images", "AlexNet", ((BATCH, 5, 260, 260),)),
    ("images", "ThreeStages", ((BATCH, 5, 90, 90),)),
    ("images", "ViewFixed", ((BATCH, 5, 140, 140),)),
    ("images", "Residual", ((BATCH, 6, 70, 70),)),
    ("images", "CroppedSkip", ((BATCH, 6, 70, 70),)),
    ("images", "Grouped", ((BATCH, 14, 60, 60),)),
    ("images", "Dilated", (SMALL,)),
    ("images", "FixedPoolGate", ((BATCH, 10, 120, 120),)),
    ("images", "Refusing", (IMAGE,)),
    ("images", "Asserting", (IMAGE,)),
    ("images", "MlpImage", ((BATCH, 100, 100, 100),)),
    ("image_to_image", "UNet", (GRAY,)),
    ("image_to_image", "ValidUNet", (GRAY,)),
    ("image_to_image", "Autoencoder", (GRAY,)),
    ("image_to_image", "Interpolated", (SMALL,)),
    ("image_to_image", "Doubled", (SMALL,)),
    ("image_to_image", "SuperResolution", (SMALL,)),
    ("image_to_image", "TopDown", (SMALL,)),
    ("image_to_image", "Transposed", (SMALL,)),
    ("image_to_image", "Padded", (SMALL,)),
    ("image_to_image", "Sliced", (SMALL,)),
    ("patches", "ViT", ((BATCH, 5, 260, 260),)),
    ("patches", "WindowAttention", ((BATCH, 5, 120, 120),)),
    ("patches", "Patches", (SMALL,)),
    ("patches", "Mixer", ((BATCH, 5, 260, 260),)),
    ("patches", "ResizedPositions", (SMALL,)),
    ("sequences", "Lstm", ((BATCH, 8),)),
    ("sequences", "Gru", ((BATCH, 10, 20),)),
    ("sequences", "TextCnn", ((BATCH, 50),)),
    ("sequences", "WaveNet", ((BATCH, 4, 300),)),
    ("sequences", "CausalAttention", ((BATCH, 200),)),
    ("sequences", "GatedLinear", ((BATCH, 30, 30),)),
    ("sequences", "FlattenedMlp", ((BATCH, 60, 60, 60),)),
    ("sequences", "MlpView", ((BATCH, 1700),)),
    ("sequences", "Generator", ((BATCH, 30),)),
    ("several", "TwoInputs", ((BATCH, 5, 20, 20), (BATCH, 140))),
    ("several", "Siamese", ((BATCH, 2, 30, 30), (BATCH, 2, 30, 30))),
    ("several", "Attention", ((BATCH, 9, 40), (BATCH, 9, 40))),
    ("several", "Video", ((BATCH, 4, 30, 60, 60),)),
]

STRETCHED = {"TopDown": 3, "GatedLinear": 3}
"""The largest size of an axis from which a model makes a size of 1."""


@cache
def source(file: str) -> bytes:
    return (MODELS / f"{file}.py").read_bytes()


@cache
def module(file: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(file, MODELS / f"{file}.py")
    assert spec is not None and spec.loader is not None
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


@cache
def told(file: str) -> Mapping[str, list[dict[str, Any]]]:
    """What modlint tells programs of the models of a file."""
    shapes = session.shapes(f"{file}.py", source(file), None)
    return {model: [as_data(way, None) for way in ways] for model, ways in shapes.takes.items()}


class Way:
    """One of the ways in which a model takes its arguments, as its description reads."""

    def __init__(self, told: dict[str, Any], most: Sequence[Axes]) -> None:
        self.sizes: dict[str, list[dict[str, int]]] = told["sizes"]
        self.shapes = [_ranked(dims, len(axes)) for dims, axes in zip(told["arguments"].values(), most)]
        self.equal: dict[str, Any] = told.get("equal", {"sizes": [], "values": []})
        self.where = [compile(condition, "where", "eval") for condition in told["where"]]
        self._dims = compile(f"[{', '.join(f'({_items(dims)})' for dims in self.shapes)}]", "dims", "eval")

    def fits(self, shapes: Sequence[Axes]) -> bool:
        """Whether the arguments may have these shapes, as many dims as are told."""
        pairs = [pair for dims, shape in zip(self.shapes, shapes) for pair in zip(dims, shape)]
        named = {dim: size for dim, size in pairs if isinstance(dim, str) and dim.isidentifier()}
        return self._all_hold(named) and self._shapes_of(named) == list(shapes)

    def _all_hold(self, named: dict[str, int]) -> bool:
        allowed = all(self._allows(name, named[name]) for name in self.sizes)
        return allowed and all(eval(condition, {**named}) for condition in self.where)

    def _allows(self, name: str, size: int) -> bool:
        return any(
            one["from"] <= size <= one.get("to", size) and (size - one["from"]) % one.get("step", 1) == 0
            for one in self.sizes[name]
        )

    def _shapes_of(self, named: dict[str, int]) -> list[Axes]:
        return list(eval(self._dims, {**named}))

    def members(self, most: Sequence[Axes]) -> Iterator[tuple[Axes, ...]]:
        """Shapes that are told to fit, with every axis up to a limit."""
        names = list(self.sizes)
        for values in product(*(self._first(name) for name in names)):
            named = dict(zip(names, values))
            if self._all_hold(named):
                shapes = self._shapes_of(named)
                limits = (pair for pairs in map(zip, shapes, most) for pair in pairs)
                if all(size <= limit for size, limit in limits):
                    yield tuple(shapes)

    def _first(self, name: str) -> list[int]:
        if any(len(dims) > 1 and dims[0] == name for dims in self.shapes):
            return [BATCH]
        values = self.sizes[name] + (self.equal["values"] if name in self.equal["sizes"] else [])
        return sorted({one["from"] + turn * one.get("step", 1) for one in values for turn in range(3)})


def _ranked(dims: Sequence[int | str], rank: int) -> list[int | str]:
    """Dims of which the first may stand for any number."""
    return [*[BATCH] * (rank - len(dims) + 1), *dims[1:]] if dims and dims[0] == "…" else list(dims)


def _items(dims: Sequence[int | str]) -> str:
    return "".join(f"{dim}, " for dim in dims)


def tried(members: Iterable[tuple[Axes, ...]], most: Sequence[Axes]) -> set[tuple[Axes, ...]]:
    """Every value of every axis beside shapes that fit, equal values of two axes, and random ones."""
    known = list(members)
    places = [(i, j) for i, limits in enumerate(most) for j in range(len(limits)) if j or len(limits) == 1]
    found = set(known)
    for shapes in known[:2]:
        for i, j in places:
            found.update(_with(shapes, {(i, j): size}) for size in range(1, most[i][j] + 1))
        for pair in pairwise(places):
            shared = min(most[i][j] for i, j in pair)
            found.update(_with(shapes, dict.fromkeys(pair, size)) for size in range(1, shared + 1))
    choice = random.Random(0)
    for shapes in known[:60]:
        changed = {(i, j): choice.randint(1, most[i][j]) for i, j in choice.sample(places, min(2, len(places)))}
        found.add(_with(shapes, changed))
    return found


def _with(shapes: Sequence[Axes], sizes: Mapping[tuple[int, int], int]) -> tuple[Axes, ...]:
    return tuple(tuple(sizes.get((i, j), size) for j, size in enumerate(shape)) for i, shape in enumerate(shapes))


def runs(model: Any, shapes: Sequence[Axes], dtype: Any) -> bool:
    """Whether torch runs a model on the meta device."""
    try:
        with torch.no_grad():
            model(*(torch.zeros(shape, dtype=dtype, device="meta") for shape in shapes))
    except (RuntimeError, ValueError, IndexError, AssertionError):
        return False
    return True


def is_stretched(name: str, shapes: Sequence[Axes]) -> bool:
    """Whether a size of 1 comes up, which torch stretches where nobody meant it: modlint counts that as a mistake."""
    return any(size <= STRETCHED.get(name, 1) for shape in shapes for size in shape[1:])


@pytest.mark.parametrize(("file", "name", "most"), CASES, ids=[case[1] for case in CASES])
def test_what_is_told_is_what_torch_runs(file: str, name: str, most: tuple[Axes, ...]) -> None:
    ways = told(file)[name]
    assert all(way["whole"] for way in ways)
    fitting = [way for way in ways if [len(dims) for dims in way["arguments"].values()] == [len(axes) for axes in most]]
    (told_way,) = fitting or ways
    way = Way(told_way, most)
    with torch.device("meta"):
        model = getattr(module(file), name)().eval()
    dtype = torch.int64 if "below" in told_way else torch.float32
    members = list(islice(way.members(most), 400))
    assert members
    points = {shapes: (way.fits(shapes), runs(model, shapes, dtype)) for shapes in sorted(tried(members, most))}
    wrong = {
        shapes: (fits, really)
        for shapes, (fits, really) in points.items()
        if fits is not really and not (really and is_stretched(name, shapes))
    }
    assert not wrong, f"{len(wrong)} of {len(points)}: {dict(islice(wrong.items(), 8))}\n{told_way}"


NET = """\
import mystery
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3)
        self.gate = nn.Linear(8, 8)

    def forward(self, x):
        {body}
"""


def ways(body: str) -> list[dict[str, Any]]:
    text = NET.format(body=body.replace("\n", "\n        "))
    return [as_data(way, None) for way in session.shapes("net.py", text.encode(), None).takes["Net"]]


@pytest.mark.parametrize(
    ("body", "sizes"),
    [
        ("assert x.shape[2] == 32\nreturn self.conv(x)", None),
        ("h = x.size(2)\nassert 8 <= h < 100\nreturn self.conv(x)", [{"from": 8, "to": 99}]),
        ("h = x.size(2)\nif h % 4 or h > 64:\n    raise ValueError(h)\nreturn self.conv(x)", [
            {"from": 4, "to": 64, "step": 4}
        ]),
        ("h = x.size(2)\nif not h >= 16:\n    raise ValueError(h)\nreturn self.conv(x)", [{"from": 16}]),
        ("h = x.size(2)\nif h < 16 and h % 2:\n    raise ValueError(h)\nreturn self.conv(x)", [{"from": 3}]),
        ("h = x.size(2)\nif h < 16:\n    print(h)\nreturn self.conv(x)", [{"from": 3}]),
        ("h = x.size(2)\ntry:\n    assert h < 16\nexcept AssertionError:\n    pass\nreturn self.conv(x)", [{"from": 3}]),
    ],
)  # fmt: skip
def test_what_the_code_refuses_is_not_taken(body: str, sizes: list[dict[str, int]] | None) -> None:
    (way,) = ways(body)
    assert way["sizes"].get("H") == sizes


@pytest.mark.parametrize(
    ("body", "whole"),
    [
        ("return self.conv(x)", True),
        ("if x.size(2) > 9:\n    raise ValueError\nreturn self.conv(x)", True),
        ("if x.size(2) > 9:\n    x = x * 2\nreturn self.conv(x)", False),
        ("if x.sum() > 9:\n    raise ValueError\nreturn self.conv(x)", False),
        ("torch._assert(x.size(2) == 9, 'no 9')\nreturn self.conv(x)", False),
        ("return self.conv(mystery.of(x))", False),
    ],
)
def test_what_cannot_be_followed_is_said(body: str, whole: bool) -> None:
    assert [way["whole"] for way in ways(body)] == [whole]


def test_a_model_that_always_fails_takes_nothing() -> None:
    assert ways("return self.gate(self.conv(x).mean((2, 3))[:, :7])") == []


def test_the_reasons_are_the_layers_that_ask_for_it() -> None:
    (way,) = ways("return self.gate(self.conv(x).transpose(1, 3)) + torch.ones(20, 30, 8)")
    assert way["arguments"] == {"x": ["B", 3, 32, 22]}
    assert way["because"] == {
        "x.1": {"name": "conv", "line": 13},
        "x.2": {"name": "add", "line": 13},
        "x.3": {"name": "add", "line": 13},
    }


TOLD = {
    "return self.conv(x)": """
        Net takes x: [B, 3, H, W]
          3                 conv (line 13)
          H, W  at least 3  conv (line 13)
    """,
    "return self.conv(x).flatten(1) @ torch.ones(72, 5)": """
        Net takes x: [B, 3, H, W]
          3                            conv (line 13)
          H, W   3 or 5 or 11          matmul (line 13)
          where  (H - 2)*(W - 2) == 9
          H = W  5
    """,
    "return self.gate(x.reshape(len(x), -1))": """
        Net takes x: [B, 8]
          8    gate (line 13)
               or x: [B, C, L]
          C, L   1..2 or 4 or 8  gate (line 13)
          where  C*L == 8
               or x: [B, C, H, W]
          C, H, W  1..2 or 4 or 8  gate (line 13)
          where    C*H*W == 8
          H = W    1..2
    """,
    "return self.gate(self.conv(x).mean((2, 3))[:, :7])": "Net fails on every input",
}


@pytest.mark.parametrize(("body", "told"), TOLD.items())
def test_people_read_it_in_a_table(body: str, told: str) -> None:
    text = NET.format(body=body.replace("\n", "\n        "))
    shapes = session.shapes("net.py", text.encode(), None)
    assert click.unstyle("".join(lines("Net", shapes.takes["Net"], None))).strip() == textwrap.dedent(told).strip()
