"""What forward takes, as far as it is stated: by comments, annotations, docstrings and the configuration."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from modlint import session
from modlint.cli import main
from modlint.diagnostics import Severity
from modlint.edits import Applicability
from modlint.inputs import parse_inputs

NET = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)
        self.fc = nn.Linear(64, 2)

    def forward(self, x):
        return self.fc(self.conv(x).flatten(1))
"""
FITS, WRONG = "8x3x6x6", "8x3x32x32"


def found(code: str, options: session.Options | None = None) -> list[str]:
    """What is found, but for the advice of ML208 on sizes that nobody states."""
    codes = [one.code for one in session.check("net.py", code.encode(), options).diagnostics]
    return [code for code in codes if code != "ML208"]


def commented(where: str, comment: str) -> str:
    """The class with a comment at one of the places that speak of it."""
    return {
        "above": NET.replace("class", f"{comment}\nclass"),
        "above with decorator": NET.replace("class", f"{comment}\n@torch.compile\nclass"),
        "at": NET.replace("(nn.Module):", f"(nn.Module):  {comment}"),
        "in the body": NET.replace("    def __init__", f"    {comment}\n    def __init__"),
        "below the docstring": NET.replace("    def __init__", f'    """Net."""\n\n    {comment}\n    def __init__'),
        "in a method": NET.replace("        return", f"        {comment}\n        return"),
        "below": f"{NET}\n{comment}\n",
        "far above": NET.replace("class", f"{comment}\n\n\nclass"),
    }[where]


def test_without_a_statement_any_size_may_fit() -> None:
    assert found(NET) == []


@pytest.mark.parametrize("where", ["above", "above with decorator", "at", "in the body", "below the docstring"])
def test_a_comment_states_the_input_of_its_class(where: str) -> None:
    assert found(commented(where, f"# modlint: input={WRONG}")) == ["ML201"]
    assert found(commented(where, f"# modlint: input={FITS}")) == []
    assert found(commented(where, f"# modlint: input = {WRONG}  # as in the paper")) == ["ML201"]


@pytest.mark.parametrize("where", ["in a method", "below", "far above"])
def test_a_comment_elsewhere_has_no_effect_and_that_is_said(where: str) -> None:
    assert found(commented(where, f"# modlint: input={WRONG}")) == ["ML503"]


@pytest.mark.parametrize("value", ["", "=", "=8*3", "=8x3x", "=8x3:flaot32", "=Net"])
def test_an_input_that_cannot_be_read_is_said(value: str) -> None:
    assert found(commented("above", f"# modlint: input{value}")) == ["ML503"]


def test_every_class_has_its_own_comment() -> None:
    second = NET.split("nn\n", 1)[1].replace("Net", "Other")
    code = commented("above", f"# modlint: input={FITS}") + second.replace("class", f"# modlint: input={WRONG}\nclass")
    found = session.check("net.py", code.encode()).diagnostics
    assert [(one.code, one.span.start.line > 14) for one in found] == [("ML201", True)]


@pytest.mark.parametrize(
    ("comment", "classes", "usual", "asked", "codes"),
    [
        (None, {}, WRONG, None, ["ML201"]),
        (None, {"Net": FITS}, WRONG, None, []),
        (None, {"Other": FITS}, WRONG, None, ["ML201"]),
        (FITS, {"Net": WRONG}, WRONG, None, []),
        (WRONG, {"Net": FITS}, FITS, None, ["ML201"]),
        (WRONG, {"Net": WRONG}, WRONG, FITS, []),
        (FITS, {"Net": FITS}, FITS, WRONG, ["ML201"]),
    ],
)
def test_the_nearer_statement_is_the_stronger(
    comment: str | None, classes: dict[str, str], usual: str, asked: str | None, codes: list[str]
) -> None:
    options = session.Options(
        inputs=None if asked is None else parse_inputs(asked),
        class_inputs={name: parse_inputs(spec) for name, spec in classes.items()},
        usual_inputs=parse_inputs(usual),
    )
    code = NET if comment is None else commented("above", f"# modlint: input={comment}")
    assert found(code, options) == codes


@pytest.mark.parametrize(
    ("settings", "codes"),
    [
        (f'"models/net.py::Net" = "{WRONG}"', ["ML201"]),
        (f'Net = "{WRONG}"', ["ML201"]),
        (f'Net = "{WRONG}"\n"models/net.py::Net" = "{FITS}"', []),
        (f'"net.py::Net" = "{WRONG}"', []),
        (f'"models/net.py::Other" = "{WRONG}"', []),
    ],
)
def test_the_configuration_states_inputs_of_classes(
    settings: str, codes: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "net.py").write_text(NET)
    (tmp_path / "modlint.toml").write_text(f"[inputs]\n{settings}\n")
    told = CliRunner().invoke(main, ["check", "--ignore", "ML208", "--output-format", "json"]).stdout
    assert [one["code"] for one in json.loads(told)["diagnostics"]] == codes


def test_models_are_run_on_what_is_stated() -> None:
    stated = commented("above", f"# modlint: input={FITS}")
    (model,) = session.verify_jobs("net.py", stated.encode()).models
    assert [spec.shape for spec in model.trials[0].inputs] == [(8, 3, 6, 6)]
    assert model.input_source == "comment at the class"
    (asked,) = session.verify_jobs("net.py", stated.encode(), session.Options(inputs=parse_inputs("2x3x6x6"))).models
    assert ([spec.shape for spec in asked.trials[0].inputs], asked.input_source) == ([(2, 3, 6, 6)], "--input")


def test_shapes_are_those_of_what_is_stated() -> None:
    told = session.shapes("net.py", commented("at", f"# modlint: input={FITS}").encode(), None)
    assert told.modules["Net.conv"]["in"] == [[8, 3, 6, 6]]


def annotated(annotation: str) -> str:
    return NET.replace("self, x", f"self, x: {annotation}").replace(
        "from torch import nn", "from jaxtyping import Float\nfrom torch import Tensor, nn"
    )


@pytest.mark.parametrize(
    "annotation",
    [
        'Float[Tensor, "b 3 32 32"]',
        'Float[torch.Tensor, "batch channels 32 32"]',
        'jaxtyping.Float32[Tensor, "8 3 h=32 w=32"]',
        "\"Float[Tensor, 'b _ 32 32']\"",
        'Float[Tensor, "b 3 side side"] | None',
        'Optional[Float[Tensor, "b 3 32 32"]]',
    ],
)
def test_an_annotation_states_the_input(annotation: str) -> None:
    wrong = annotated(annotation).replace("side side", "32 32")
    assert found(wrong) == ["ML201"]
    assert found(wrong.replace("32", "6").replace("Float6", "Float32")) == []


@pytest.mark.parametrize(
    "annotation",
    [
        'Float[Tensor, "b 3 h w"]',
        'Float[Tensor, "b 3 side side"]',
        'Float[Tensor, "..."]',
        'Float[Tensor, "*batch 3 32 32"]',
        'Float[Tensor, "b 3 h-1 2*w"]',
        'Float[Tensor, "b #c ?h w"]',
        'Float[Array, "b 3 32 32"]',
        'Annotated[Tensor, "b 3 32 32"]',
        "Float[Tensor, shape]",
        "Float[Tensor]",
        "'Float['",
        "Tensor",
    ],
)
def test_an_annotation_that_leaves_the_sizes_open_states_nothing(annotation: str) -> None:
    assert found(annotated(annotation)) == []


def test_a_name_in_annotations_is_one_size() -> None:
    code = """\
from jaxtyping import Float
from torch import Tensor, nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.wide = nn.Linear(8, 4)
        self.narrow = nn.Linear(6, 4)

    def forward(self, x: Float[Tensor, "b n"], y: Float[Tensor, "b n"]):
        return self.wide(x) + self.narrow(y)
"""
    assert found(code) == ["ML201"]
    assert found(code.replace('y: Float[Tensor, "b n"]', 'y: Float[Tensor, "b m"]')) == []


def test_a_call_goes_before_the_annotation() -> None:
    code = annotated('Float[Tensor, "b 3 32 32"]')
    assert found(f"{code}\n\nNet()(torch.randn({FITS.replace('x', ', ')}))\n") == []


def documented(line: str) -> str:
    return NET.replace(
        "        return", f'        """Scores.\n\n        Args:\n            {line}\n        """\n        return'
    )


@pytest.mark.parametrize(
    "line",
    [
        "x: (N, 3, 32, 32)",
        "x: [B, C, 32, 32]",
        "x : `(N, 3, 32, 32)`",
        "x (Tensor): (N, 3, 32, 32)",
        "x (torch.Tensor): images of shape (N, 3, 32, 32)",
        ":param x: a tensor of shape (N, 3, 32, 32), normalised.",
        "**x**: input tensor, shape: (N, 3, 32, 32)",
    ],
)
def test_a_docstring_states_what_is_likely(line: str) -> None:
    (one,) = (one for one in session.check("net.py", documented(line).encode()).diagnostics if one.code == "ML201")
    assert one.severity is Severity.WARNING
    assert one.fix is None or one.fix.applicability is Applicability.SUGGESTION
    assert session.fix_file("net.py", documented(line).encode()).after_text == documented(line)
    assert found(documented(line.replace("32", "6"))) == []


@pytest.mark.parametrize(
    "line",
    [
        "x: (N, C, H, W)",
        "x: (N, 3, 32)",
        "x: (N, *, 32, 32)",
        "x: (..., 32, 32)",
        "x: (float, optional)",
        "x: values in (3, 32, 32, 32)",
        "x: shape (N, 3, 32, 32) or (N, 3, 6, 6)",
        "x: (N, 0, 32, 32)",
        "x: (N, 3, 32, 32)\n            x: (N, 3, 6, 6)",
        "y: (N, 3, 32, 32)",
        "x: 32",
        "Returns: (N, 3, 32, 32)",
    ],
)
def test_a_docstring_that_is_not_clear_is_passed_over(line: str) -> None:
    assert found(documented(line)) == []


def test_the_docstring_of_a_base_states_nothing_of_what_a_class_does_instead() -> None:
    derived = """

class Wide(Net):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(3600, 2)
"""
    assert found(documented("x: (N, 3, 6, 6)") + derived) == []


STATED_FOR_ALL = [
    session.Options(inputs=parse_inputs("2x3x6x6")),
    session.Options(usual_inputs=parse_inputs("2x3x6x6")),
]
PARTS = """\
from torch import nn


class Block(nn.Module):
    def __init__(self, width=4):
        super().__init__()
        self.norm = nn.LayerNorm(width)

    def forward(self, x):
        batch, length, width = x.shape
        return self.norm(x).reshape(batch, length * width)


class Net(nn.Module):
    def __init__(self, block=Block, width=4):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)
        self.block = block(width)

    def forward(self, x):
        return self.block(self.conv(x).flatten(2).transpose(1, 2))
"""


@pytest.mark.parametrize("options", STATED_FOR_ALL)
def test_what_all_models_take_is_not_meant_for_their_parts(options: session.Options) -> None:
    assert found(PARTS, options) == []
    assert found(
        PARTS.replace(
            "width=4):\n        super().__init__()\n        self.conv",
            "width=5):\n        super().__init__()\n        self.conv",
        ),
        options,
    ) == ["ML203"]


def test_what_one_class_takes_is_meant_for_it_as_a_part_too() -> None:
    assert found(PARTS, session.Options(class_inputs={"Block": parse_inputs("2x5x3")})) == ["ML203"]


SIZED = """\
from torch import nn


class Net(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.size = size
        self.conv = nn.Conv2d(3, 4, 3)
        self.last = nn.Conv2d(4, 2, 3)

    def forward(self, x):
        assert x.shape[-1] == self.size
        return self.last(self.conv(x))


def small():
    return Net(size=8)
"""


@pytest.mark.parametrize("options", STATED_FOR_ALL)
def test_a_model_that_refuses_what_all_take_is_read_as_if_nothing_were_stated(options: session.Options) -> None:
    assert found(SIZED, options) == []
    assert found(SIZED.replace("Conv2d(4, 2", "Conv2d(5, 2"), options) == ["ML202"]
