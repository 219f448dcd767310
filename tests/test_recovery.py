"""Lines that a constructor has lost: which are written again, which are only proposed, which cannot be known."""

from __future__ import annotations

import textwrap

import pytest

from modlint import session
from modlint.edits import Applicability
from modlint.rulekit.numbered import family, nearest_alike, number_of, written_for

_MODEL = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self{parameters}):
        super().__init__()
{layers}

    def forward(self, x):
        return {result}


Net()(torch.randn({shape}))
"""


def model(*layers: str, result: str, shape: str = "2, 3, 8, 8", parameters: str = "") -> str:
    body = textwrap.indent("\n".join(layers), "        ")
    return _MODEL.format(parameters=parameters, layers=body, result=result, shape=shape)


_FILLED = (
    "layers = [nn.Conv2d(3, 8, 1)]",
    "layers.append(nn.ReLU())",
    "layers += [nn.Conv2d(8, 4, 1)]",
)
_TWINS = """\
import torch
from torch import nn


class Left(nn.Module):
    def __init__(self, width, rate=0.1):
        super().__init__()
        self.fc = nn.Linear(width, width)
        self.gate = nn.Linear(width, 2 * width)

    def forward(self, x):
        return self.gate(self.fc(x))


class Right(nn.Module):
    def __init__(self, width, rate=0.1):
        super().__init__()
        self.fc = nn.Linear(width, width)
        self.gate = nn.Linear(width, 2 * width)

    def forward(self, x):
        return torch.relu(self.gate(self.fc(x)))


Left(4)(torch.randn(2, 4))
Right(4)(torch.randn(2, 4))
"""
_UNMADE = """\
import torch
from torch import nn


class CrossAttention(nn.Module):
    def __init__(self, dim, heads=2, rate=0.0):
        super().__init__()
        self.mix = nn.MultiheadAttention(dim, heads, rate, batch_first=True)

    def forward(self, x):
        return self.mix(x, x, x)[0]


class Block(nn.Module):
    def __init__(self, dim, heads=4, rate=0.1):
        super().__init__()
        self.norm = nn.LayerNorm(dim)
        self.attn = CrossAttention(dim, heads=heads, rate=rate)

    def forward(self, x):
        return x + self.attn(self.norm(x))


Block(8)(torch.randn(2, 5, 8))
"""
_PASSED_ON = """\
import torch
from torch import nn


class Pair(nn.Module):
    def __init__(self, inputs, outputs, kernel=1):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel)

    def forward(self, x):
        return self.conv(x)


class Net(nn.Module):
    def __init__(self, inputs=3, outputs=8):
        super().__init__()
        self.stem = Pair(inputs, outputs)

    def forward(self, x):
        return self.stem(x).relu()


Net()(torch.randn(2, 3, 5, 5))
"""


def without(source: str, line: str, last: bool = True) -> str:
    """The source without a line, the last one that reads so."""
    head, _, tail = source.rpartition(f"{line}\n") if last else source.partition(f"{line}\n")
    return head.rstrip(" ") + tail


def fixed(source: str, *trusted: Applicability) -> str:
    options = session.Options(trusted=frozenset(trusted or {Applicability.SAFE}))
    return session.fix_file("model.py", source.encode(), options).after_text


_RESET = """\
import torch
from torch import nn


class Net(nn.Module):
    def reset(self, classes):
        self.head = nn.Linear(self.width, classes)

    def __init__(self, width=8, classes=4):
        super().__init__()
        self.width = width
        self.head = nn.Linear(self.width, classes)

    def forward(self, x):
        return self.head(x)


Net()(torch.randn(2, 8))
"""


@pytest.mark.parametrize(
    ("source", "line"),
    [
        pytest.param(
            model(*_FILLED, "self.body = nn.Sequential(*layers)", result="self.body(x)"),
            "self.body = nn.Sequential(*layers)",
            id="a list of layers that is called",
        ),
        pytest.param(
            model(*_FILLED[:2], "self.body = nn.ModuleList(layers)", result="self.body[1](self.body[0](x))"),
            "self.body = nn.ModuleList(layers)",
            id="a list of layers that is indexed",
        ),
        pytest.param(_TWINS, "self.gate = nn.Linear(width, 2 * width)", id="a class that is alike"),
        pytest.param(
            model(
                "self.conv = nn.Conv2d(3, 8, 1)",
                "self.norm1 = nn.BatchNorm2d(8)",
                "self.norm2 = nn.BatchNorm2d(8)",
                result="self.norm2(self.norm1(self.conv(x)).relu())",
            ),
            "self.norm2 = nn.BatchNorm2d(8)",
            id="the same as its neighbour",
        ),
        pytest.param(
            model(
                "self.a1 = nn.Conv2d(3, 16, 1)",
                "self.a2 = nn.Conv2d(16, 32, 1)",
                "self.a3 = nn.Conv2d(32, 64, 1)",
                "self.a4 = nn.Conv2d(64, 128, 1)",
                result="self.a4(self.a3(self.a2(self.a1(x))))",
            ),
            "self.a3 = nn.Conv2d(32, 64, 1)",
            id="between its neighbours",
        ),
        pytest.param(
            model(
                "self.conv = nn.Conv2d(3, 8, 1)",
                "self.bn = nn.BatchNorm2d(8)",
                "self.head = nn.Conv2d(8, 2, 1)",
                result="self.head(self.bn(self.conv(x)))",
            ),
            "self.bn = nn.BatchNorm2d(8)",
            id="a norm for the convolution before it",
        ),
        pytest.param(_UNMADE, "self.attn = CrossAttention(dim, heads=heads, rate=rate)", id="a class nobody makes"),
        pytest.param(_PASSED_ON, "self.stem = Pair(inputs, outputs)", id="a class for all that has no use"),
        pytest.param(
            model(
                "self.fc = nn.Linear(8, 4)",
                "self.drop = nn.Dropout(drop_rate)",
                result="self.drop(self.fc(x))",
                shape="2, 8",
                parameters=", drop_rate=0.1",
            ),
            "self.drop = nn.Dropout(drop_rate)",
            id="a parameter without use",
        ),
        pytest.param(
            model(
                "self.conv = nn.Conv2d(3, 8, 3)",
                "self.avgpool = nn.AdaptiveAvgPool2d((2, 2))",
                "self.fc = nn.Linear(8 * 2 * 2, 4)",
                result="self.fc(self.avgpool(self.conv(x)).flatten(1))",
            ),
            "self.avgpool = nn.AdaptiveAvgPool2d((2, 2))",
            id="a pool to the size that the next layer counts on",
        ),
        pytest.param(
            model(
                "self.conv = nn.Conv1d(3, 8, 3)",
                "self.pool = nn.AdaptiveAvgPool1d(1)",
                "self.fc = nn.Linear(8, 4)",
                result="self.fc(self.pool(self.conv(x)).flatten(1))",
                shape="2, 3, 8",
            ),
            "self.pool = nn.AdaptiveAvgPool1d(1)",
            id="a pool to nothing but the channels",
        ),
        pytest.param(
            model(
                "self.body = nn.Sequential()",
                "for width in (3, 8):",
                "    self.body.append(nn.Conv2d(width, 8, 1))",
                result="self.body(x)",
            ),
            "self.body = nn.Sequential()",
            id="an empty container that is called",
        ),
        pytest.param(
            model(
                "self.body = nn.ModuleList()",
                "for width in (3, 8):",
                "    self.body.append(nn.Conv2d(width, 8, 1))",
                result="[layer(x) for layer in self.body[:1]]",
            ),
            "self.body = nn.ModuleList()",
            id="an empty container that is read",
        ),
        pytest.param(_RESET, "self.head = nn.Linear(self.width, classes)", id="what another method makes"),
        pytest.param(
            model(
                "self.fc1 = nn.Linear(8, 32)",
                "self.fc2 = nn.Linear(32, 12)",
                "self.fc3 = nn.Linear(12, 2)",
                "self.act = nn.ReLU()",
                result="self.fc3(self.act(self.fc2(self.act(self.fc1(x)))))",
                shape="2, 8",
            ),
            "self.fc2 = nn.Linear(32, 12)",
            id="between two sizes",
        ),
        pytest.param(
            model(
                "self.fc1 = nn.Linear(8, 32)",
                "self.fc2 = nn.Linear(32, classes)",
                result="self.fc2(self.fc1(x))",
                shape="2, 8",
                parameters=", classes=5",
            ),
            "self.fc2 = nn.Linear(32, classes)",
            id="as many outputs as a parameter says",
        ),
        pytest.param(
            model("self.fc = nn.Linear(8, 4)", "self.relu = nn.ReLU()", result="self.relu(self.fc(x))", shape="2, 8"),
            "self.relu = nn.ReLU()",
            id="a layer that is all name",
        ),
    ],
)
def test_a_lost_line_is_written_again(source: str, line: str) -> None:
    assert fixed(without(source, line)) == source


_ALONE = model("self.conv1 = nn.Conv2d(3, 8, 1)", "self.conv2 = nn.Conv2d(8, 8, 1)", result="self.conv2(self.conv1(x))")
_OPEN_END = model("self.fc1 = nn.Linear(8, 8)", result="self.fc2(self.fc1(x))", shape="2, 8")
_BRANCHES = model(
    "if torch.cuda.is_available():",
    "    self.norm1 = nn.BatchNorm2d(3)",
    "else:",
    "    self.norm1 = nn.Identity()",
    result="self.norm2(self.norm1(x))",
)
_TWO_LISTS = model("one = [nn.Conv2d(3, 8, 1)]", "two = [nn.Conv2d(3, 4, 1)]", result="self.body(x)")
_USED_LIST = model("layers = [nn.Conv2d(3, 8, 1)]", "self.size = len(layers)", result="self.body(x) * self.size")
_UNLIKE = _UNMADE.replace("self.attn", "self.stem")


@pytest.mark.parametrize(
    "source",
    [
        pytest.param(_OPEN_END, id="any other size would do as well"),
        pytest.param(_BRANCHES, id="its neighbour is made in two ways"),
        pytest.param(_TWO_LISTS, id="two lists of layers"),
        pytest.param(model(result="self.relu(x) * self.relu.factor"), id="more is wanted of it than a layer has"),
        pytest.param(
            model("self.conv = nn.Conv2d(3, 8, 3)", result="self.pool(self.conv(x))"), id="pooled to any size"
        ),
        pytest.param(_USED_LIST, id="the list is used otherwise"),
        pytest.param(
            without(_UNLIKE, "self.stem = CrossAttention(dim, heads=heads, rate=rate)"), id="no class of such a name"
        ),
        pytest.param(
            without(_PASSED_ON, "self.stem = Pair(inputs, outputs)").replace(
                "inputs, outputs, kernel", "inputs, kernel"
            ),
            id="a class for one of two parameters without use",
        ),
        pytest.param(model(result="self.features(x)"), id="nothing tells of it"),
        pytest.param(
            model("self.fc = nn.Linear(8, 8)", result="self.body(self.fc(x))", shape="2, 8"), id="other names"
        ),
        pytest.param(
            model("self.bn = nn.BatchNorm2d(3)", result="self.bn(self.other.bn(x))"),
            id="an attribute of another object",
        ),
    ],
)
def test_what_cannot_be_known_is_left(source: str) -> None:
    assert fixed(source) == source


def test_a_guess_is_offered_and_made_only_when_asked_for() -> None:
    made = fixed(_OPEN_END, Applicability.SAFE, Applicability.UNSAFE)
    assert made == _OPEN_END.replace("(8, 8)\n", "(8, 8)\n        self.fc2 = nn.Linear(8, 8)\n")


@pytest.mark.parametrize(
    "source",
    [
        pytest.param(
            model("self.size = self.head.out_features", "self.size = 2", result="self.head(x)"),
            id="assigning it to itself gives it nothing",
        ),
        pytest.param(
            model("self.norm1_out = nn.Linear(8, 4)", result="self.norm2_out(self.norm1_out(x))", shape="2, 8"),
            id="another number is another name",
        ),
    ],
)
def test_no_other_attribute_is_taken_for_it(source: str) -> None:
    assert fixed(source) == source


@pytest.mark.parametrize(
    ("name", "others", "numbers"),
    [
        ("fc2", ["fc1", "fc3", "conv1", "fc"], {"fc1": 1, "fc3": 3}),
        ("norm2_proj", ["norm1_proj", "norm1", "norm3_projection"], {"norm1_proj": 1}),
        ("branch5x5_2", ["branch5x5_1", "branch3x3_1"], {"branch5x5_1": 1}),
        ("head", ["head1", "head2"], {}),
    ],
)
def test_names_that_go_by_number(name: str, others: list[str], numbers: dict[str, int]) -> None:
    assert family(name, others) == numbers


@pytest.mark.parametrize(
    ("name", "texts", "wanted"),
    [
        ("l2", {1: "f(64)", 3: "f(64)"}, ["f(64)"]),
        ("l3", {1: "f(a[0], 64, s=1)", 2: "f(a[1], 128, s=2)", 4: "f(a[3], 512, s=2)"}, ["f(a[2], 256, s=2)"]),
        ("l4", {1: "f(10)", 2: "f(20)", 3: "f(30)"}, ["f(40)"]),
        ("l1", {2: "f(128)", 3: "f(256)", 4: "f(512)"}, ["f(64)"]),
        ("l2", {1: "f(2, 0.5, x1)"}, ["f(2, 0.5, x1)"]),
        ("l2", {1: "f(2)", 3: "f(8)"}, ["f(5)", "f(4)"]),
        ("l4", {1: "f(3)", 2: "f(16)", 3: "f(32)"}, ["f(48)", "f(64)"]),
        ("l5", {1: "f(3)", 2: "f(5)", 3: "f(11)", 4: "f(12)"}, ["f(13)"]),
        ("l1", {2: "f(3)", 3: "f(5)", 4: "f(11)"}, []),
    ],
)
def test_numbers_go_on_as_they_do(name: str, texts: dict[int, str], wanted: list[str]) -> None:
    number = number_of(name)
    assert written_for(number, nearest_alike(number, texts)) == wanted


def test_neighbours_of_another_kind_say_nothing_of_the_numbers() -> None:
    assert nearest_alike(3, {1: "g(8)", 2: "f(16)", 4: "f(64)"}) == {2: "f(16)", 4: "f(64)"}
