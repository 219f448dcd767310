"""What modlint makes of plain Python is what Python makes of it, and code that runs gets no error."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

import pytest

from modlint import session
from modlint.diagnostics import Severity
from modlint.interpret.files import Project
from modlint.interpret.reading import open_document
from modlint.sources import load
from modlint.syntax import parse
from modlint.values import ListValue, Tensor, Unknown

torch = pytest.importorskip("torch")

PREAMBLE = "import torch\nfrom torch import nn\nimport torch.nn.functional as F\n"


def _plain(value: Any) -> Any:
    """A value of either side: numbers and strings as they are, tensors as their shapes."""
    if isinstance(value, ListValue):
        return None if value.partial else [_plain(item) for item in value.items]
    if isinstance(value, (list, tuple)) and not isinstance(value, torch.Size):
        return type(value)(_plain(item) for item in value)
    return tuple(value.shape) if isinstance(value, (Tensor, torch.Tensor)) else value


def _read(program: str) -> Any:
    document = load("program.py", program.encode())
    reading = open_document([parse("program.py", document.cells[0])], Project())
    return reading.scope.own("result")


def _run(program: str) -> Any:
    namespace: dict[str, Any] = {"__name__": "program"}
    exec(compile(program, "program.py", "exec"), namespace)
    return namespace["result"]


RESULTS = {
    "super() in a decorated constructor": """
        import functools

        def keeping(init):
            @functools.wraps(init)
            def wrapper(self, *args, **kwargs):
                init(self, *args, **kwargs)
            return wrapper

        class Base:
            def __init__(self, width):
                self.width = width

        class Derived(Base):
            @keeping
            def __init__(self, width):
                super().__init__(width + 1)

        result = Derived(3).width
        """,
    "a tensor equals no string": """
        x = torch.ones(2)
        result = (x == "mean", x != "mean", x == None, x != [1, 1], x == (1, 1))
        """,
    "the handler of what is raised": """
        def attempt(wanted):
            try:
                raise KeyError(wanted)
            except ValueError:
                return 1
            except (LookupError, TypeError):
                return 2

        result = attempt(3)
        """,
    "the handler of what torch raises": """
        layer = nn.Linear(4, 2)
        try:
            result = layer(torch.ones(3, 5))
        except RuntimeError:
            result = layer(torch.ones(3, 4))
        """,
    "the handler of a call that does not fit": """
        try:
            result = nn.ReLU()(torch.ones(2), lengths=3)
        except TypeError:
            result = nn.ReLU()(torch.ones(2))
        """,
    "what is raised past handlers of something else": """
        def inner():
            try:
                return torch.ones(2).no_such_method()
            except KeyError:
                return 1

        try:
            result = inner()
        except AttributeError:
            result = 2
        """,
    "the handler of a name that is not bound": """
        try:
            text = basestring
        except NameError:
            text = str
        result = isinstance("a", text)
        """,
    "suppressed exceptions": """
        from contextlib import suppress

        result = 1
        with suppress(RuntimeError):
            nn.Linear(4, 2)(torch.ones(3, 5))
            result = 2
        """,
}


@pytest.mark.parametrize("program", RESULTS.values(), ids=RESULTS)
def test_the_result_is_that_of_python(program: str) -> None:
    text = PREAMBLE + textwrap.dedent(program)
    ours = _read(text)
    assert not isinstance(ours, Unknown), ours
    assert _plain(ours) == _plain(_run(text))


RUNNING = {
    "layers under names that are given": """
        class Block(nn.Sequential):
            def __init__(self, width, name="conv"):
                super().__init__()
                if width % 2 == 0:
                    self.pad = nn.ZeroPad2d((0, 1, 0, 1))
                self.__setattr__(name, nn.Conv2d(width, width, 2))

        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.block = Block(4)
                super().__setattr__("last", nn.Conv2d(4, 4, 1))

            def forward(self, x):
                return x + self.last(self.block(x))

        Net()(torch.ones(1, 4, 8, 8))
        """,
    "a table that is longer than what is looked up": """
        class Positions(nn.Module):
            def __init__(self, length=77, width=8):
                super().__init__()
                self.table = nn.Parameter(torch.zeros(length, width))
                self.embedding = nn.Embedding(100, width)

            def forward(self, tokens):
                batch, length = tokens.shape
                return self.embedding(tokens) + self.table[:length]

        Positions()
        """,
    "super() past bases that define nothing": """
        from abc import ABC
        from typing import Generic, TypeVar

        T = TypeVar("T")

        class Base(ABC, nn.Module, Generic[T]):
            pass

        class Net(Base[int]):
            def __init__(self):
                super().__init__()
                self.fc = nn.Linear(4, 2)

            def forward(self, x):
                return self.fc(x)

        Net()(torch.ones(3, 4))
        """,
    "a constructor that makes no layers, of a class that is never called": """
        class Schedule(nn.Module):
            def __init__(self, steps=10):
                self.steps = steps

            def beta(self, t):
                return t / self.steps

        Schedule().beta(3)
        """,
    "a module that is called with nothing": """
        class Late(nn.Module):
            def __init__(self, make):
                super().__init__()
                self.make = make

            def __call__(self):
                return self.make()

        Late(list)()
        """,
    "a loss with a name of its own": """
        class Named:
            def __init__(self, name=None):
                super().__init__()

        class Loss(nn.L1Loss, Named):
            pass

        Loss()
        """,
    "a size that is kept until the rank is known": """
        class Snake(nn.Module):
            def forward(self, x):
                shape = x.shape
                y = x.reshape(shape[0], shape[1], -1)
                return (y + 1).reshape(shape)

        Snake()
        """,
    "a mode beside tensors": """
        class Net(nn.Module):
            def forward(self, x, mode):
                return x.sum() if mode == "sum" else x

        Net()
        """,
    "an argument that not every layer takes": """
        class Scaled(nn.Module):
            def forward(self, x, scale=1):
                return x * scale

        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.layers = nn.ModuleList([Scaled(), nn.ReLU()])

            def forward(self, x):
                for layer in self.layers:
                    try:
                        x = layer(x, scale=2)
                    except TypeError:
                        x = layer(x)
                return x

        Net()(torch.ones(2))
        """,
}


def _errors(path: str, text: str) -> list[str]:
    found = session.check(path, text.encode(), session.Options(fixes=False)).diagnostics
    return [str(one.message) for one in found if one.severity is Severity.ERROR]


@pytest.mark.parametrize("program", RUNNING.values(), ids=RUNNING)
def test_code_that_runs_gets_no_error(program: str) -> None:
    text = PREAMBLE + textwrap.dedent(program)
    exec(compile(text, "program.py", "exec"), {"__name__": "program"})
    assert _errors("program.py", text) == []


def test_names_that_a_lazy_package_finds_later_are_not_undefined(tmp_path: Path) -> None:
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "__init__.py").write_text(
        "import sys\nfrom typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from .inner import Mixin\n"
        "else:\n    sys.modules[__name__] = lazy(__name__)\n"
    )
    text = PREAMBLE + "from package import Mixin\n\nclass Net(Mixin, nn.Module):\n    pass\n"
    assert _errors(str(tmp_path / "model.py"), text) == []
