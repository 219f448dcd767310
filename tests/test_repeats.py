"""What a loop repeats is worked out once, and gives what it would give if every round were worked out."""

from __future__ import annotations

import textwrap
from typing import Any

import pytest

from modlint.interpret.files import Project
from modlint.interpret.reading import Reading, open_document
from modlint.sources import load
from modlint.syntax import parse
from modlint.values import ListValue, Tensor

torch = pytest.importorskip("torch")

BLOCK = """
import torch
from torch import nn


class Block(nn.Module):
    def __init__(self, dim, hidden=8):
        super().__init__()
        self.norm = nn.LayerNorm(dim)
        self.up = nn.Linear(dim, hidden)
        self.down = nn.Linear(hidden, dim)
        self.sizes = [dim, hidden]

    def forward(self, x):
        return x + self.down(self.up(self.norm(x)))

"""
REPEATING = (
    BLOCK
    + """
blocks = [Block(4) for _ in range({count})]
x = torch.randn(2, 4)
for block in blocks:
    x = block(x)
result = x
"""
)


def _read(program: str) -> Reading:
    cell = load("program.py", program.encode()).cells[0]
    return open_document([parse("program.py", cell)], Project())


def _plain(value: Any) -> Any:
    if isinstance(value, (ListValue, list)):
        return [_plain(item) for item in (value.items if isinstance(value, ListValue) else value)]
    return tuple(value.shape) if isinstance(value, (Tensor, torch.Tensor)) else value


def test_further_rounds_cost_next_to_nothing() -> None:
    few, many = (_read(REPEATING.format(count=count)).machine for count in (4, 24))
    of_the_loop_itself = 3
    assert many.steps - few.steps == 20 * of_the_loop_itself
    assert len(many.instances) == 6 * len(few.instances)


CHOOSING = BLOCK.replace("    def forward", "        self.forward = self.plain\n\n    def plain")


def test_objects_that_hold_a_method_of_their_own_are_alike() -> None:
    few, many = (_read(REPEATING.replace(BLOCK, CHOOSING).format(count=count)).machine for count in (4, 24))
    of_the_loop_itself = 3
    assert many.steps - few.steps == 20 * of_the_loop_itself


def test_a_function_of_plain_arguments_is_not_worked_out_again() -> None:
    program = "def pad(size, kernel):\n    total = size - 1\n    total += kernel\n    return total // 2\n\n\n"
    few, many = (_read(f"{program}pads = [pad(7, 3) for _ in range({count})]") for count in (5, 50))
    of_the_loop_itself = 1
    assert many.machine.steps - few.machine.steps == 45 * of_the_loop_itself
    assert many.scope.variables["pads"].items == [4] * 50


DIFFERING = {
    "a-name-around-a-function-is-bound-again": """
        extra = 2

        def pad(size):
            return size + extra

        def outer(size):
            return pad(size) * 2

        first = [[pad(4), outer(4)] for _ in range(5)]
        extra = 3
        second = [[pad(4), outer(4)] for _ in range(5)]

        def pad(size):
            return size

        result = [first, second, [[pad(4), outer(4)] for _ in range(5)]]
    """,
    "a-list-around-a-function-grows": """
        sizes, table = [1], {"a": [1]}

        def count():
            return len(sizes) + len(table["a"])

        result = []
        for index in range(6):
            result.append(count())
            (sizes if index % 2 else table["a"]).append(index)
    """,
    "a-default-grows": """
        def count(size, seen=[]):
            seen.append(size)
            return len(seen)

        result = [count(3) for _ in range(6)]
    """,
    "a-function-counts": """
        calls = 0

        def number():
            global calls
            calls += 1
            return calls

        result = [number() for _ in range(6)]
    """,
    "an-attribute-of-a-class-changes": """
        class Config:
            width = 1

        def width():
            return Config.width

        result = []
        for index in range(6):
            result.append(width())
            Config.width = index
    """,
    "an-attribute-of-a-function-changes": """
        def width():
            return 1

        def count():
            count.calls += 1
            return count.calls

        count.calls = 0
        result = [[width(), count()] for _ in range(6)]
    """,
    "functions-that-close-over-a-variable": """
        def make(size):
            def pad(extra):
                return size + extra
            sizes = [pad(1) for _ in range(4)]
            size = 10
            return sizes + [pad(1) for _ in range(4)]

        result = [make(1), make(2), make(1)]
    """,
    "a-comprehension-hides-the-name-outside": """
        size = 1

        def sizes(count):
            return [size for size in range(count)] + [size]

        first = [sizes(2) for _ in range(5)]
        size = 5
        result = [first, [sizes(2) for _ in range(5)]]
    """,
    "generators-are-used-up": """
        numbers = iter(range(10))

        def following():
            return next(numbers)

        result = [following() for _ in range(6)]
    """,
    "a-tensor-comes-back": """
        def scaled(x, by):
            y = x * by
            return y.repeat(1, by)

        result = [scaled(torch.randn(2, size), by) for size in (2, 2, 3, 2, 2) for by in (1, 2, 1)]
    """,
    "changed-deep-inside": """
        class Stage(nn.Module):
            def __init__(self):
                super().__init__()
                self.inner = nn.ModuleList([Block(4), Block(4)])
                self.forward = self.walk

            def walk(self, x):
                for block in self.inner:
                    x = block.down(x.new_zeros(1, block.sizes[1]))
                return x

        stages = [Stage() for _ in range(4)]
        x = torch.randn(1, 4)
        first = [stage(x) for stage in stages]
        stages[1].inner[1].down = nn.Linear(8, 5)
        second = [stage(x) for stage in stages]
        stages[2].inner[0].sizes[1] = 6
        stages[2].inner[0].down = nn.Linear(6, 4)
        stages[2].inner[1].down = nn.Linear(8, 7)
        result = [first, second, [stage(x) for stage in stages]]
    """,
    "methods-of-each-other": """
        class Left(nn.Module):
            def __init__(self, size):
                super().__init__()
                self.sizes = [size]

            def forward(self, x):
                return x.repeat(1, self.other.width())

            def width(self):
                return len(self.sizes)

        pairs = [(Left(1), Left(2)) for _ in range(3)]
        for left, right in pairs:
            left.__dict__["other"] = right
            right.__dict__["other"] = left
            left.ask, right.ask = right.width, left.width
        pairs[1][0].sizes.append(1)
        result = [[left.ask(), right.ask()] for left, right in pairs]
    """,
    "other-arguments": """
        blocks = [Block(dim, dim * 2) for dim in (4, 4, 6, 4)]
        result = [block.up(torch.randn(1, block.sizes[0])) for block in blocks]
    """,
    "other-inputs": """
        blocks = [Block(4) for _ in range(4)]
        result = [block(torch.randn(size, 4)) for size, block in enumerate(blocks)]
    """,
    "changed-after-it-was-made": """
        blocks = [Block(4) for _ in range(3)]
        blocks[0].sizes.append(7)
        blocks[1].down = nn.Linear(8, 5)
        result = [[block.sizes, block.down(torch.randn(1, 8))] for block in blocks]
    """,
    "changed-while-others-are-made": """
        result = []
        for index in range(4):
            block = Block(4)
            result.append(list(block.sizes))
            block.sizes.append(index)
    """,
    "copies-share-nothing": """
        blocks = [Block(4) for _ in range(4)]
        blocks[3].sizes.append(1)
        blocks[2].up.out_features = 5
        result = [[block.sizes, block.up.out_features] for block in blocks]
    """,
    "arguments-are-shared": """
        class Holder(nn.Module):
            def __init__(self, shared):
                super().__init__()
                self.shared = shared

        names = []
        holders = [Holder(names) for _ in range(4)]
        holders[2].shared.append("x")
        result = [holder.shared for holder in holders]
    """,
    "counted": """
        class Counted(nn.Module):
            made = []

            def __init__(self):
                super().__init__()
                Counted.made.append(len(Counted.made))
                self.linear = nn.Linear(4, len(Counted.made))

            def forward(self, x):
                return self.linear(x)

        counted = [Counted() for _ in range(4)]
        result = [one(torch.randn(1, 4)) for one in counted]
    """,
    "remembered-by-forward": """
        class Memory(nn.Module):
            def __init__(self, log):
                super().__init__()
                self.log = log

            def forward(self, x):
                self.log.append(len(self.log))
                return x.repeat(1, len(self.log))

        log = []
        memories = [Memory(log) for _ in range(4)]
        result = [memory(torch.randn(1, 2)) for memory in memories]
    """,
    "own-memory": """
        class Cache(nn.Module):
            def __init__(self):
                super().__init__()
                self.seen = 0

            def forward(self, x):
                self.seen += 1
                return x.repeat(1, self.seen)

        caches = [Cache() for _ in range(3)]
        result = [cache(torch.randn(1, 2)) for cache in caches + caches]
    """,
    "closures": """
        class Closing(nn.Module):
            def __init__(self, dim):
                super().__init__()
                self.dims = [dim]
                self.width = lambda: len(self.dims)

        closing = [Closing(4) for _ in range(4)]
        closing[3].dims.append(1)
        result = [one.width() for one in closing]
    """,
    "bound-methods": """
        class Choosing(nn.Module):
            def __init__(self):
                super().__init__()
                self.dims = [1]
                self.run = self.count

            def count(self):
                return len(self.dims)

        choosing = [Choosing() for _ in range(4)]
        choosing[2].dims.append(1)
        result = [one.run() for one in choosing]
    """,
    "training-and-evaluation": """
        class Mode(nn.Module):
            def forward(self, x):
                return x.repeat(1, 2) if self.training else x

        modes = [Mode() for _ in range(4)]
        modes[2].eval()
        whole = nn.Sequential(Mode(), Mode()).eval().train()
        result = [mode(torch.randn(1, 3)) for mode in [*modes, whole, whole.train(False)]]
    """,
    "a-list-handed-in-grows": """
        class Taps(nn.Module):
            def __init__(self):
                super().__init__()
                self.linear = nn.Linear(4, 4)

            def forward(self, x, taps):
                taps.append(x)
                return self.linear(x)

        taps, x = [], torch.randn(1, 4)
        for layer in [Taps() for _ in range(4)]:
            x = layer(x, taps)
        result = [len(taps), x]
    """,
}


@pytest.mark.parametrize("program", DIFFERING.values(), ids=DIFFERING.keys())
def test_rounds_that_differ_are_told_apart(program: str) -> None:
    source = BLOCK + textwrap.dedent(program)
    namespace: dict[str, Any] = {"__name__": __name__}
    exec(compile(source, "program.py", "exec"), namespace)
    assert _plain(_read(source).scope.own("result")) == _plain(namespace["result"])


def test_a_program_leaves_the_environment_of_the_next_alone() -> None:
    asked = "import os\nresult = 'N' in os.environ\n"
    changed = _read("import os\nos.environ['N'] = 3\nresult = [os.environ['N']]\n")
    assert _plain(changed.scope.variables["result"]) == [3]
    assert _read(asked).scope.variables["result"] is False
