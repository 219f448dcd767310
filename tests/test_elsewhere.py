"""Models that are spread over files: what fails in another file is told in the one that leads there."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from modlint import session
from modlint.diagnostics import Diagnostic, Severity

LAYERS = """\
    import functools
    import torch
    from torch import nn
    import torch.nn.functional as F

    class ConvNorm(nn.Module):
        def __init__(self, inputs, outputs):
            super().__init__()
            self.conv = nn.Conv2d(inputs, outputs, 3, padding=1)
            self.norm = nn.BatchNorm2d(outputs)

        def forward(self, x):
            return self.norm(self.conv(x))

    class Norm(nn.LayerNorm):
        def forward(self, x):
            return F.layer_norm(x, self.normalized_shape, self.weight, self.bias, self.eps)

    class Net(nn.Module):
        def __init__(self, block, width):
            super().__init__()
            self.stem = nn.Conv2d(3, width, 3)
            self.block = block(width)

        def forward(self, x):
            return self.block(self.stem(x))

    def legacy(**defaults):
        def outer(builder):
            @functools.wraps(builder)
            def inner(*args, **kwargs):
                return builder(*args, **kwargs)
            return inner
        return outer

    def build(cls, *args, **kwargs):
        return cls(*args, **kwargs)
"""
HEAD = "import torch\nfrom torch import nn\nfrom layers import ConvNorm, Net, Norm, build, legacy\n"


def _errors(folder: Path, program: str) -> list[Diagnostic]:
    return [one for one in _found(folder, program) if one.severity is Severity.ERROR]


def _found(folder: Path, program: str) -> tuple[Diagnostic, ...]:
    (folder / "layers.py").write_text(textwrap.dedent(LAYERS), encoding="utf-8")
    path = folder / "model.py"
    return session.check(str(path), (HEAD + textwrap.dedent(program)).encode()).diagnostics


def _model(first: str, second: str, line: str = "x = self.second(self.first(x))") -> str:
    return f"""
    class Two(nn.Module):
        def __init__(self):
            super().__init__()
            self.first = {first}
            self.second = {second}

        def forward(self, x):
            {line}
            return x
    """


def _decorated(width: int) -> str:
    return f"""
    class Wide(nn.Module):
        def __init__(self, width, classes=10):
            super().__init__()
            self.first = nn.Linear(8, width)
            self.second = nn.Linear({width}, classes)

        def forward(self, x):
            return self.second(self.first(x))

    @legacy(weights=None)
    def wide(*, weights=None, **kwargs):
        return Wide(16, **kwargs)
    """


def _block(width: int) -> str:
    return f"""
    class Block(nn.Module):
        def __init__(self, width):
            super().__init__()
            self.conv = nn.Conv2d(width + {width}, width, 1)

        def forward(self, x):
            return self.conv(x)

    def net(**kwargs):
        return build(Net, Block, 16, **kwargs)
    """


BROKEN = {
    "channels of a layer in a block": (_model("ConvNorm(3, 8)", "ConvNorm(16, 8)"), "16"),
    "sizes of a function in a block": (_model("nn.Linear(3, 8)", "Norm(4)"), "4 features"),
    "no argument of a class that a helper calls": (
        "class Net(nn.Module):\n    def __init__(self, a):\n        super().__init__()\n"
        "def net():\n    return build(Net, b=1)\n",
        "no parameter `b`",
    ),
    "what a decorator of another file wraps": (_decorated(17), "16"),
    "a block that a class of another file runs": (_block(1), "17"),
    "no forward of a block that another file calls": (_block(0).replace("def forward", "def forwad"), "forwad"),
}
RIGHT = {
    "channels of a layer in a block": _model("ConvNorm(3, 8)", "ConvNorm(8, 8)"),
    "sizes of a function in a block": _model("nn.Linear(3, 8)", "Norm(8)"),
    "a block that nobody runs": _model("ConvNorm(3, 8)", "ConvNorm(16, 8)", "x = self.first(x)"),
    "a failure that is caught": _model(
        "ConvNorm(3, 8)",
        "ConvNorm(16, 8)",
        "x = self.first(x)\n            try:\n                x = self.second(x)\n            except RuntimeError:\n                pass",
    ),
    "what a decorator of another file wraps": _decorated(16),
    "a block that a class of another file runs": _block(0),
    "a helper whose class is not known": "def net(cls, **kwargs):\n    return build(cls, b=1, **kwargs)\n",
}


@pytest.mark.parametrize(("program", "says"), BROKEN.values(), ids=BROKEN)
def test_a_fault_that_comes_up_elsewhere_is_told_here(tmp_path: Path, program: str, says: str) -> None:
    found = _errors(tmp_path, program)
    assert [one for one in found if says in one.message.en], [one.message.en for one in found]


@pytest.mark.parametrize("program", RIGHT.values(), ids=RIGHT)
def test_nothing_is_told_of_what_runs(tmp_path: Path, program: str) -> None:
    assert not _errors(tmp_path, program)


def test_no_edit_of_another_file_is_offered(tmp_path: Path) -> None:
    program = _model("ConvNorm(3, 8)", "nn.Identity()", "x = self.first(x) + self.first(x)[:, :4]")
    (found,) = _errors(tmp_path, program)
    assert "do not broadcast" in found.message.en
    assert found.fix is not None
    text = HEAD + textwrap.dedent(program)
    assert [(text[: edit.start].endswith("ConvNorm(3, "), edit.text) for edit in found.fix.edits] == [(True, "4")]


def test_what_the_document_passes_to_another_file_is_mended(tmp_path: Path) -> None:
    (found,) = _errors(tmp_path, _model("ConvNorm(3, 8)", "ConvNorm(16, 5)"))
    assert found.fix is not None
    assert [edit.text for edit in found.fix.edits] == ["8"]


def test_a_fault_elsewhere_names_its_file_and_stands_at_the_call(tmp_path: Path) -> None:
    (found,) = _errors(tmp_path, _model("ConvNorm(3, 8)", "ConvNorm(16, 8)"))
    assert found.message.en.endswith("(layers.py, line 9)")
    assert found.message.zh.endswith("（layers.py 第 9 行）")
    assert (HEAD + textwrap.dedent(_model("", ""))).splitlines()[found.span.start.line - 1].startswith("        x = ")


def test_a_layer_that_a_base_in_another_file_calls_is_used(tmp_path: Path) -> None:
    program = """
        class Wide(ConvNorm):
            def __init__(self):
                super().__init__(3, 8)
                self.conv = nn.Conv2d(3, 8, 5, padding=2)
                self.extra = nn.Conv2d(3, 8, 5, padding=2)

        Wide()(torch.zeros(2, 3, 8, 8))
    """
    told = [one for one in _found(tmp_path, program) if one.code == "ML111"]
    assert [one.message.en for one in told] == ["`self.extra` is made, and nothing in this file uses it"]
