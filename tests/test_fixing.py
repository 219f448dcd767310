"""The search for fixes: which candidate wins, what follows from what, and what is never done."""

from __future__ import annotations

from dataclasses import replace

import pytest

from modlint import session, textual
from modlint.diagnostics import Severity
from modlint.edits import Applicability, Edit
from modlint.fixing import _needed, _Step, choose_all, fix
from modlint.judge import Question, judge
from modlint.sources import load
from modlint.weighing import Case, Deadline, Outcome

_HEAD = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self{parameters}):
        super().__init__()
"""
_TAIL = """\

    def forward(self, x):
        return {result}


Net()(torch.randn({shape}))
"""


def model(*layers: str, result: str, shape: str = "2, 3, 8, 8", parameters: str = "") -> str:
    body = "".join(f"        self.{layer}\n" for layer in layers)
    return _HEAD.format(parameters=parameters) + body + _TAIL.format(result=result, shape=shape)


_WRONG_GIVER = model(
    "a = nn.Conv2d(3, 12, 1)",
    "b = nn.BatchNorm2d(16)",
    "c = nn.Conv2d(16, 4, 1)",
    result="self.c(self.b(self.a(x)))",
)
_WRONG_TAKER = model("a = nn.Linear(8, 16)", "b = nn.Linear(12, 4)", result="self.b(self.a(x))", shape="2, 8")
_REVERSED = model("a = nn.Linear(8, 16)", "b = nn.Linear(4, 16)", result="self.b(self.a(x))", shape="2, 8")
_NAMED = model(
    "a = nn.Linear(8, hidden)",
    "b = nn.Linear(12, 4)",
    result="self.b(self.a(x))",
    shape="2, 8",
    parameters=", hidden=16",
)
_CLAIMED = model(
    "a = nn.Conv2d(3, 6, 3)",
    "b = nn.Linear(16 * 6 * 6, 10)",
    result="self.b(self.a(x).flatten(1))",
)
_OTHER_IMAGES = _CLAIMED.replace("16 * 6 * 6", "6 * 5 * 5")
_REUSED = model(
    "a = nn.Conv2d(3, 16, 1)",
    "norm16 = nn.BatchNorm2d(16)",
    "b = nn.Conv2d(16, 8, 1)",
    "c = nn.Conv2d(8, 2, 1)",
    result="self.c(self.norm16(self.b(self.norm16(self.a(x)))))",
)
_NEIGHBOURS = model(
    "net = nn.Sequential(nn.Conv2d(3, 4, 1), nn.BatchNorm2d(9), nn.Conv2d(4, 9, 1))",
    result="self.net(x)",
)
_UNFLATTENED = model(
    "body = nn.Sequential(nn.Conv2d(3, 8, 3), nn.Flatten(), nn.AdaptiveAvgPool2d(1), nn.Linear(8, 4))",
    result="self.body(x)",
)
_LOST_PARAMETER = model(
    "a = nn.Conv2d(3, width, 1)",
    "b = nn.Conv2d(width, width, 1)",
    "norm = nn.BatchNorm2d(out)",
    result="self.norm(self.b(self.a(x)))",
    parameters=", width=4, out=9",
)
_HIDDEN = model("a = nn.Conv(3, 8, 1)", "b = nn.Conv2d(4, 2, 1)", result="self.b(self.a(x))")


_OWN_LINEAR = model(
    "a = nn.Linear(8, width)",
    "weight = nn.Parameter(torch.ones(4, out))",
    result="nn.functional.linear(self.a(x), self.weight)",
    shape="2, 8",
    parameters=", width=12, out=16",
)
_TURNED = model("a = nn.Conv2d(64, 3, 1)", "b = nn.Conv2d(64, 8, 1)", result="self.b(self.a(x))").replace(
    "\n\nNet()(torch.randn(2, 3, 8, 8))\n", ""
)
_FACTOR = model(
    "qkv = nn.Linear(dim, dim * 11)",
    result="self.qkv(x).reshape(2, 5, 3, 4, 2)",
    shape="2, 5, 8",
    parameters=", dim=8",
)
_TIMES_ONE = model(
    "a = nn.Conv2d(3, dim * 3, 1)",
    result="x + self.a(x).reshape(2, self.dim, 8, 8)",
    parameters=", dim=3",
).replace("        self.a =", "        self.dim = dim\n        self.a =")
_PIXELS = model(
    "a = nn.Conv2d(16, 3, 4, 4)",
    result="self.a(x).reshape(x.shape[0], 16, (x.shape[2] // 4) * (x.shape[3] // 4))",
).replace("\n\nNet()(torch.randn(2, 3, 8, 8))\n", "")
_EXPANDED = """\
import torch
from torch import nn


class Block(nn.Module):
    expansion = 2

    def __init__(self):
        super().__init__()
        self.a = nn.Conv2d(3, 128 * self.expansion, 1)

    def forward(self, x):
        return self.a(x)


class Net(nn.Module):
    def __init__(self, block=Block, classes=10):
        super().__init__()
        self.body = block()
        self.head = nn.Linear(129 * block.expansion, classes)

    def forward(self, x):
        return self.head(self.body(x).mean((2, 3)))


Net()(torch.randn(2, 3, 8, 8))
"""
_SPLIT = model(
    "gate = nn.Linear(8, hidden * 3)",
    result="torch.cat(self.gate(x).split([16, 16], dim=1), 1)",
    shape="2, 8",
    parameters=", hidden=16",
)
_SHORTCUT = model(
    "up = nn.Conv2d(3, hidden, 1)",
    "down = nn.Conv2d(hidden, hidden, 1)",
    result="x + self.down(self.up(x))",
    parameters=", inputs=3, hidden=12",
)
_VOTED = model(
    "a = nn.Conv2d(3, width // 4, 1)",
    "norm = nn.BatchNorm2d(width // 2)",
    "b = nn.Conv2d(width // 2, width, 1)",
    result="self.b(self.norm(self.a(x)))",
    parameters=", width=32",
)
_RENEWED = (
    model(
        "hidden = hidden or 2 * width",
        "self.a = nn.Linear(8, width)",
        "self.b = nn.Linear(hidden, 4)",
        result="self.b(self.a(x))",
        shape="2, 8",
        parameters=", width=8, hidden=None",
    )
    .replace("self.hidden = hidden or", "hidden = hidden or")
    .replace("self.self.", "self.")
)
_FORGOTTEN = model(
    "a = nn.Conv2d(width, width, 1)",
    result="self.a(x)",
    parameters=", inputs=3, width=8",
)
_HALF = model(
    "a = nn.Conv2d(3, 3, kernel)",
    result="x + self.a(x)",
    parameters=", kernel=5",
)
_TWICE = model(
    "a = nn.Conv2d(3, out, 1)",
    "a = nn.BatchNorm2d(out)",
    result="self.norm(self.a(x))",
    parameters=", out=8",
)
_NO_SIZE = model(
    "a = nn.Conv2d(3, out, 1)",
    "norm = nn.BatchNorm2d(F)",
    result="self.norm(self.a(x))",
    parameters=", out=8",
).replace("import nn\n", "import nn\nimport torch.nn.functional as F\n")


_BLOCKS = """\
import torch
from torch import nn


class Block(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.outputs = outputs
        self.conv = nn.Conv2d(inputs, self.outputs, 3)
        self.norm = nn.BatchNorm2d(outputs)

    def forward(self, x):
        return torch.relu(self.norm(self.conv(x)))


def block(inputs, outputs):
    return nn.Sequential(nn.Conv2d(inputs, outputs, 3), nn.BatchNorm2d(outputs))


class Net(nn.Module):
    def __init__(self, hidden=32):
        super().__init__()
        self.body = nn.Sequential(Block(3, 16), Block(16, hidden), block(32, 48), block(48, 64), Block(64, 8))

    def forward(self, x):
        return self.body(x)


Net()(torch.randn(2, 3, 32, 32))
"""
_GROWING = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        layers, inputs = [], 3
        for width in (8, 16, 32):
            layers += [nn.Conv2d(inputs, width, 3), nn.BatchNorm2d(width)]
            inputs = width
        self.layers = nn.Sequential(*layers)

    def forward(self, x):
        return self.layers(x)


Net()(torch.randn(2, 3, 32, 32))
"""


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        pytest.param("Block(16, hidden)", "Block(24, hidden)", id="a number that a class passes on"),
        pytest.param("Block(3, 16)", "Block(16, 3)", id="two arguments that a class passes on"),
        pytest.param("block(48, 64)", "block(40, 64)", id="a number that a function passes on"),
        pytest.param("block(48, 64)", "block(64, 48)", id="two arguments that a function passes on"),
        pytest.param("Block(3, 16), Block(16, hidden)", "Block(16, hidden), Block(3, 16)", id="two blocks exchanged"),
    ],
)
def test_a_size_that_is_passed_on_is_mended_where_it_is_written(right: str, wrong: str) -> None:
    broken = _BLOCKS.replace(right, wrong)
    assert session.fix_file("model.py", broken.encode()).after_text == _BLOCKS


def test_what_a_fix_uncovers_at_the_same_place_is_fixed_with_it() -> None:
    broken = _BLOCKS.replace("Conv2d(inputs, self.outputs", "Conv2d(outputs, self.outputs").replace(
        "Block(3, 16), Block(16, hidden)", "Block(16, hidden), Block(3, 16)"
    )
    fixed = session.fix_file("model.py", broken.encode())
    assert "nn.Conv2d(inputs, self.outputs, 3)" in fixed.after_text
    assert [one for one in fixed.left if one.severity is not Severity.INFO] == []


_MISNAMED = """\
import torch
from torch import nn


class Head(nn.Sequential):
    def __init__(self, width, classes):
        super().__init__(nn.Linear(width, classes), nn.BatchNorm1d(classes))


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.head = Head(8, 4)
        self.q = nn.Linear(4, 2)

    def forward(self, x):
        return self.q(self.head(x))


Net()(torch.randn(2, 8))
"""


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param(("__init__(self, width", "_init__(self, width", "BatchNorm1d", "BatchNorm2d"), id="a constructor"),
        pytest.param(("def forward", "def forwrad", "self.q(", "self.q_("), id="forward, and a name of one letter"),
    ],
)
def test_a_wrong_name_is_mended_with_what_it_hid(wrong: tuple[str, str, str, str]) -> None:
    one, other, two, another = wrong
    broken = _MISNAMED.replace(one, other).replace(two, another)
    assert session.fix_file("model.py", broken.encode()).after_text == _MISNAMED


def test_what_only_advises_is_not_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[object] = []
    monkeypatch.setattr(Case, "outcome", lambda case, candidates: tried.append(candidates))
    code = _GROWING.replace("width, 3)", "width, 3, bias=True)")
    units = textual.prepare(load("model.py", code.encode())).units
    done = fix(units, Question(), frozenset({Applicability.SAFE}))
    assert ([one.rule.meta.code for one in done.left], tried) == (["ML313"], [])


def test_what_sizes_are_taken_from_is_known_by_its_use() -> None:
    right = model(
        "depths = [4, 8, 16]",
        "a = nn.Conv2d(3, 8, 1)",
        "norm = nn.BatchNorm2d(self.depths[1])",
        "b = nn.Conv2d(self.depths[1], self.depths[2], 1)",
        result="self.b(self.norm(self.a(x)))",
    ).replace("self.depths", "depths")
    broken = right.replace("Conv2d(depths[1]", "Conv2d(depths[0]")
    assert session.fix_file("model.py", broken.encode()).after_text == right


@pytest.mark.parametrize(
    ("right", "wrong"), [("Conv2d(inputs, width", "Conv2d(width, width"), ("BatchNorm2d(width)", "BatchNorm2d(inputs)")]
)
def test_a_name_is_taken_for_the_value_that_it_had_when_the_layer_was_made(right: str, wrong: str) -> None:
    assert session.fix_file("model.py", _GROWING.replace(right, wrong).encode()).after_text == _GROWING


@pytest.mark.parametrize(
    ("broken", "wrong", "right"),
    [
        pytest.param(_OWN_LINEAR, "(8, width)", "(8, out)", id="what a function gets is as large as its weight"),
        pytest.param(_TURNED, "(64, 3, 1)", "(3, 64, 1)", id="what gives pixels was meant to take them"),
        pytest.param(_PIXELS, "(16, 3, 4, 4)", "(3, 16, 4, 4)", id="what is reshaped grows in proportion"),
        pytest.param(_EXPANDED, "129 * block", "128 * block", id="a large factor of a product"),
        pytest.param(_FACTOR, "dim * 11", "dim * 3", id="one factor of a product"),
        pytest.param(_TIMES_ONE, "dim * 3", "dim", id="a product with a factor 1 is no product"),
        pytest.param(_SPLIT, "hidden * 3", "hidden * 2", id="what is split is as large as its parts"),
        pytest.param(
            _SHORTCUT, "(hidden, hidden, 1)", "(hidden, inputs, 1)", id="what is added is as large as the other"
        ),
        pytest.param(_VOTED, "width // 4", "width // 2", id="two lines outvote one"),
        pytest.param(_RENEWED, "(8, width)", "(8, hidden)", id="a parameter with a late default keeps its effect"),
        pytest.param(_FORGOTTEN, "(width, width", "(inputs, width", id="a parameter without use"),
        pytest.param(_HALF, "3, kernel)", "3, kernel, padding=kernel // 2)", id="padding by the name of the kernel"),
        pytest.param(_TWICE, "a = nn.BatchNorm2d", "norm = nn.BatchNorm2d", id="one fix that clears the others"),
        pytest.param(_NO_SIZE, "(F)", "(out)", id="a size for what is none"),
        pytest.param(_WRONG_GIVER, "(3, 12, 1)", "(3, 16, 1)", id="two takers outvote one giver"),
        pytest.param(_WRONG_TAKER, "Linear(12, 4)", "Linear(16, 4)", id="the taker before the giver"),
        pytest.param(_REVERSED, "Linear(4, 16)", "Linear(16, 4)", id="both sizes exchanged"),
        pytest.param(_NAMED, "Linear(12, 4)", "Linear(hidden, 4)", id="a name before a number"),
        pytest.param(_CLAIMED, "(3, 6, 3)", "(3, 16, 3)", id="a product tells of the channels"),
        pytest.param(_OTHER_IMAGES, "6 * 5 * 5", "6 * 6 * 6", id="a product stays a product"),
        pytest.param(
            _NEIGHBOURS,
            "nn.BatchNorm2d(9), nn.Conv2d(4, 9, 1)",
            "nn.Conv2d(4, 9, 1), nn.BatchNorm2d(9)",
            id="neighbours exchanged",
        ),
        pytest.param(
            _UNFLATTENED,
            "nn.Flatten(), nn.AdaptiveAvgPool2d(1)",
            "nn.AdaptiveAvgPool2d(1), nn.Flatten()",
            id="neighbours without sizes exchanged",
        ),
        pytest.param(
            _LOST_PARAMETER, "Conv2d(width, width", "Conv2d(width, out", id="a parameter that would lose its effect"
        ),
    ],
)
def test_the_likeliest_edit_is_made(broken: str, wrong: str, right: str) -> None:
    assert session.fix_file("model.py", broken.encode()).after_text == broken.replace(wrong, right)


def test_a_layer_that_is_called_for_two_sizes_is_made_twice() -> None:
    made = "        self.norm16 = nn.BatchNorm2d(16)\n"
    wanted = _REUSED.replace(made, made + made.replace("16", "8")).replace("norm16(self.b", "norm8(self.b")
    assert session.fix_file("model.py", _REUSED.encode()).after_text == wanted


@pytest.mark.parametrize("broken", [_WRONG_GIVER, _REVERSED, _CLAIMED, _REUSED, _NEIGHBOURS, _HIDDEN])
def test_what_was_fixed_has_no_fault_and_stays(broken: str) -> None:
    fixed = session.fix_file("model.py", broken.encode())
    assert [one for one in fixed.left if one.severity is not Severity.INFO] == []
    assert session.fix_file("model.py", fixed.after).after == fixed.after


_ONE_CAUSE = model(
    "a = nn.Conv2d(3, 8, 1)",
    "b = nn.Conv2d(3, 16, 1)",
    "c = nn.Conv2d(24, 4, 1)",
    "d = nn.Conv2d(24, 4, 1)",
    "e = nn.BatchNorm2d(24)",
    result="(lambda y: self.c(y) + self.d(y) + self.c(self.e(y)))(torch.cat([self.a(x), self.b(x)], 0))",
)


def test_what_has_one_cause_is_fixed_there() -> None:
    assert session.fix_file("model.py", _ONE_CAUSE.encode()).after_text == _ONE_CAUSE.replace("], 0)", "], 1)")


_JOINED = model(
    "a = nn.Conv2d(3, 8, 1)",
    "b = nn.Conv2d(16, 4, 1)",
    result="self.b(torch.cat([self.a(x), self.a(x)], 2))",
)


def test_a_join_along_the_axis_that_adds_up_to_what_is_wanted() -> None:
    assert session.fix_file("model.py", _JOINED.encode()).after_text == _JOINED.replace("], 2)", "], 1)")


_MISSPELT_AND_DOUBLED = model(
    "first = nn.Linear(8, 8)",
    "first = nn.Linear(8, 8)",
    "dropout = nn.Dropout(0.1)",
    result="self.dropuot(self.second(self.first(x)))",
    shape="2, 8",
)


_TWO_LOST = model(
    "a = nn.Linear(8, 8)",
    "a = nn.Dropout(drop)",
    result="self.drop(self.a(self.gate(x)))",
    shape="2, 8",
    parameters=", drop=0.1",
)


def test_an_assignment_goes_to_the_lost_attribute_that_its_value_names() -> None:
    fixed = session.fix_file("model.py", _TWO_LOST.encode()).after_text
    assert fixed == _TWO_LOST.replace("self.a = nn.Dropout", "self.drop = nn.Dropout")


def test_a_slip_of_a_name_needs_no_second_assignment() -> None:
    wanted = _MISSPELT_AND_DOUBLED.replace("dropuot", "dropout").replace(
        "first = nn.Linear(8, 8)\n        self.dropout", "second = nn.Linear(8, 8)\n        self.dropout"
    )
    assert session.fix_file("model.py", _MISSPELT_AND_DOUBLED.encode()).after_text == wanted


_UNCOVERED = """\
import torch
from torch import nn


class Block(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, 1)
        self.norm = nn.BatchNorm2d(inputs)

    def forward(self, x):
        return self.norm(self.conv(x))


class Net(nn.Module):
    def __init__(self, width=8, hidden=16, classes=10):
        super().__init__()
        self.stem = nn.Conv2d(3, width, 1)
        self.norm = nn.BatchNorm2d()
        self.block = Block(width, hidden)
        self.head = nn.Conv2d(hidden, classes, 1)

    def forward(self, x):
        return self.head(self.block(self.norm(self.stem(x))))


Net()(torch.randn(2, 3, 8, 8))
"""


def test_a_fault_that_another_one_hides_is_fixed_with_it() -> None:
    wanted = _UNCOVERED.replace("BatchNorm2d()", "BatchNorm2d(width)").replace("Norm2d(inputs)", "Norm2d(outputs)")
    assert session.fix_file("model.py", _UNCOVERED.encode()).after_text == wanted


def test_a_fix_that_brings_another_fault_to_light_is_made_with_the_fix_of_that() -> None:
    wanted = _HIDDEN.replace("nn.Conv(", "nn.Conv2d(").replace("(4, 2, 1)", "(8, 2, 1)")
    assert session.fix_file("model.py", _HIDDEN.encode()).after_text == wanted


_REVEALING = model("a = nn.Conv(3, 8, 1)", "b = nn.Conv2d(8, 2, 1)", result="self.b(self.a(x)).view(7, 7)")


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param(model("a = nn.MaxPool(2)", result="self.a(x) + 1"), id="two candidates are as good"),
        pytest.param(model(result="x.view(5, 5)", shape="2, 3"), id="nothing is proposed"),
        pytest.param(_REVEALING, id="what comes to light stays"),
        pytest.param(model("a = nn.Linear(8, 4)", result="self.a(x)", shape="2, 8"), id="nothing is wrong"),
        pytest.param(model("a = nn.Linear(8, 4)", result="self.a(x[q])", shape="2, 8"), id="nobody knows the name"),
    ],
)
def test_what_cannot_be_proven_is_left(broken: str) -> None:
    assert session.fix_file("model.py", broken.encode()).after_text == broken


@pytest.mark.parametrize(
    "layers",
    [
        pytest.param(("a = nn.LazyLinear(16)", "b = nn.Linear(12, 4)"), id="the giver has one size alone"),
        pytest.param(("a = nn.Linear(8, 16)", "b = nn.Linear(*(12, 4))"), id="sizes from a tuple"),
        pytest.param(("a = nn.Linear(8, 8 +\n 8)", "b = nn.Linear(12, 8 +\n 8)"), id="sizes on two lines"),
        pytest.param(("a = (nn.Linear(8, 16))", "b = (nn.Linear(12, 16))"), id="a layer in brackets"),
    ],
)
def test_unusual_spellings_are_no_obstacle(layers: tuple[str, ...]) -> None:
    broken = model(*layers, result="self.b(self.a(x)) + self.b(self.a(x)[:, :12])", shape="2, 8")
    fixed = session.fix_file("model.py", broken.encode())
    assert session.fix_file("model.py", fixed.after).after == fixed.after


def arguments(*layers: str, result: str, shape: str = "2, 3, 8, 8", parameters: str = "") -> str:
    return model(*layers, result=result, shape=shape, parameters=parameters)


@pytest.mark.parametrize(
    ("broken", "wrong", "right"),
    [
        pytest.param(
            arguments("a = nn.Conv2d(3, 8, 1)", "b = nn.BatchNorm2d()", result="self.b(self.a(x))"),
            "BatchNorm2d()",
            "BatchNorm2d(8)",
            id="what the layer before gives",
        ),
        pytest.param(
            arguments("a = nn.Linear(8)", result="self.a(x)", shape="2, 8", parameters=", num_classes=10"),
            "Linear(8)",
            "Linear(8, num_classes)",
            id="a parameter without use",
        ),
        pytest.param(
            arguments(
                "a = nn.Linear(dim, dim)",
                "b = nn.Linear(dim, bias=False)",
                result="self.b(self.a(x)).view(2, 5, 3, dim)".replace("dim)", "8)"),
                shape="2, 5, 8",
                parameters=", dim=8",
            ),
            "Linear(dim, bias",
            "Linear(dim, dim * 3, bias",
            id="what the view behind it needs",
        ),
        pytest.param(
            arguments(
                "a = nn.AdaptiveAvgPool2d()", "b = nn.Linear(3 * 4 * 4, 2)", result="self.b(self.a(x).flatten(1))"
            ),
            "Pool2d()",
            "Pool2d((4, 4))",
            id="what the layer behind it counts on",
        ),
    ],
)
def test_a_missing_size_is_what_the_shapes_force(broken: str, wrong: str, right: str) -> None:
    assert session.fix_file("model.py", broken.encode()).after_text == broken.replace(wrong, right)


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param(
            arguments("a = nn.Linear(8, 4)", "b = nn.Linear(4)", result="self.b(self.a(x))", shape="2, 8"),
            id="any size would do",
        ),
        pytest.param(
            arguments("a = nn.Conv2d(3, 8, 3)", "b = nn.Conv2d(8, 8)", result="self.b(self.a(x))"),
            id="any kernel would do",
        ),
    ],
)
def test_a_value_that_nothing_forces_is_a_choice(broken: str) -> None:
    fixed = session.fix_file("model.py", broken.encode())
    assert fixed.after_text == broken
    assert [one.fix.applicability for one in fixed.left if one.fix] == [Applicability.UNSAFE]


def test_a_number_in_the_place_of_a_name_is_a_choice() -> None:
    broken = model("b = nn.Linear(width, 4)", result="self.b(x)", shape="2, 8", parameters=", width=12, depth=1")
    assert session.fix_file("model.py", broken.encode()).after_text == broken
    unsafe = session.Options(trusted=frozenset({Applicability.SAFE, Applicability.UNSAFE}))
    assert "nn.Linear(8, 4)" in session.fix_file("model.py", broken.encode(), unsafe).after_text


def test_a_refused_fix_is_not_made_and_the_others_are() -> None:
    broken = _NAMED.replace("        super().__init__()\n", "")
    first, second = session.fix_file("model.py", broken.encode()).changes
    options = session.Options(refused=frozenset({second.trace}))
    again = session.fix_file("model.py", broken.encode(), options)
    assert second.trace not in {change.trace for change in again.changes}
    assert first.trace in {change.trace for change in again.changes}


def test_a_cell_whose_text_is_no_clear_repair_is_left_as_it_is() -> None:
    net = (
        "import torch\nfrom torch import nn\n\nclass Net(nn.Module):\ndef forward(self, x):\n"
        "if self.ok:\nx = self.a(x)\nx = self.b(X)\nreturn x\n"
    )
    page = f"```python\n{net}```\n"
    fixed = session.fix_file("page.md", page.encode())
    assert fixed.after_text == page
    assert fixed.changes == ()
    assert {"ML014", "ML108"} <= {one.code for one in fixed.left}


_UNEXPLAINED = model(
    "a = nn.Conv2d(3, 8, 1)",
    "b = nn.Conv2d(4, 2, 1)",
    result="self.b(self.a(x)).view(7, 7)",
)


def test_a_size_beside_an_error_that_nothing_explains_is_a_choice() -> None:
    fixed = session.fix_file("model.py", _UNEXPLAINED.encode())
    assert fixed.after_text == _UNEXPLAINED
    assert [one.fix.applicability for one in fixed.left if one.fix] == [Applicability.UNSAFE]


_HIDING = model("a = nn.Linear(4, 4)", result="self.a(x)", shape="2, 4").replace(
    "    def forward", "    def train(self, data, target):\n        return self(data) - target\n\n    def forward"
)


@pytest.mark.parametrize(
    ("calls", "trust"),
    [
        pytest.param("Net().train(torch.randn(2, 4), 1)", Applicability.SAFE, id="a program"),
        pytest.param(
            "def fit(net):\n    net.train(torch.randn(2, 4), 1)", Applicability.UNSAFE, id="what others import"
        ),
    ],
)
def test_a_method_that_hides_one_of_torch_is_renamed_where_nobody_imports_it(calls: str, trust: Applicability) -> None:
    (found,) = session.check("model.py", f"{_HIDING}{calls}\n".encode()).diagnostics
    assert found.code == "ML117"
    assert found.fix is not None
    assert found.fix.applicability is trust


_PARTS = """\
import torch
from torch import nn


class Front(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Conv2d(3, 8, 1)
        self.b = nn.Conv2d(4, 2, 1)

    def forward(self, x):
        return self.b(self.a(x))


class Back(nn.Module):
    def __init__(self):
        super().__init__()
        self.front = {front}

    def forward(self, x):
        return self.front(x).view(7, 7)


Front()(torch.randn(2, 3, 8, 8))
Back()(torch.randn(2, 3, 8, 8))
"""


@pytest.mark.parametrize(
    ("front", "is_fixed"),
    [
        pytest.param("Front()", False, id="the class with an error uses it"),
        pytest.param("nn.Conv2d(3, 2, 1)", True, id="the class with an error has no part in it"),
    ],
)
def test_a_size_is_changed_where_no_error_of_sizes_hangs_on_it(front: str, is_fixed: bool) -> None:
    broken = _PARTS.format(front=front)
    fixed = session.fix_file("model.py", broken.encode()).after_text
    assert fixed == (broken.replace("Conv2d(4, 2, 1)", "Conv2d(8, 2, 1)") if is_fixed else broken)


_STRUCTURE_FIRST = model(
    "a = nn.Conv2d(3, 8, 1)",
    "b = nn.Conv2d(16, 4, 1)",
    "c = nn.BatchNorm2d(16)",
    result="self.b(self.c(torch.cat([self.a(x), self.a(x)], 2)))",
).replace("        super().__init__()\n", "")


def test_what_is_wrong_with_the_structure_is_put_right_before_the_sizes() -> None:
    fixed = session.fix_file("model.py", _STRUCTURE_FIRST.encode())
    assert fixed.changes[0].diagnostic.code == "ML101"
    assert "], 1)" in fixed.after_text
    assert fixed.left == ()


_KERNEL = model(
    "a = nn.Sequential(nn.Conv2d(3, 3, kernel, padding=kernel // 2), nn.Conv2d(3, 3, padding=0))",
    result="x + self.a(x)",
    parameters=", kernel=3",
)


def test_a_value_that_calls_for_another_edit_is_not_forced() -> None:
    assert session.fix_file("model.py", _KERNEL.encode()).after_text == _KERNEL


_NESTED = """\
import torch
from torch import nn


class Part(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(8, 8)

    def forward(self, x):
        return self.fc(x)


class Branch(nn.Module):
    def __init__(self):
        super().__init__()
        self.part = Part()
        self.last = nn.Linear(9, 4)

    def forward(self, x):
        return self.last(self.part(x))


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.branch = Branch()
        self.fc = nn.Linear(4, 2)

    def forward(self, x):
        return self.fc(self.branch(x))


class Other(nn.Module):
    def forward(self, x):
        return x


Net()(torch.randn(2, 8))
"""


@pytest.mark.parametrize(("made", "classes"), [("Linear(9, 4)", {"Part", "Branch", "Net"}), ("Linear(8, 4)", set())])
def test_an_error_unsettles_what_leads_there_and_what_comes_behind(made: str, classes: set[str]) -> None:
    units = textual.prepare(load("model.py", _NESTED.replace("Linear(9, 4)", made).encode())).units
    unsettled = Outcome(list(units), judge(units, Question()).findings).unsettled
    assert unsettled & {"Part", "Branch", "Net", "Other"} == classes


_SHARED = """\
import torch
from torch import nn


def pair(inputs, outputs):
    return nn.Sequential(nn.Conv2d(inputs, outputs, 3, padding=1), nn.ReLU())


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.one = pair(3, 8)
        self.two = pair(8, 16)
        self.three = pair(24, 12)
        self.four = pair(15, 4)

    def forward(self, x):
        one = self.one(x)
        two = self.two(one)
        three = self.three(torch.cat([one, two], 1))
        return self.four(torch.cat([x, three], 1))


Net()(torch.randn(2, 3, 8, 8))
"""


@pytest.mark.parametrize(
    "changes",
    [
        {"pair(24": "pair(16"},
        {"pair(24": "pair(16", "pair(15": "pair(12"},
        {"pair(8,": "pair(3,", "pair(15": "pair(12"},
    ],
)
def test_every_call_of_one_helper_is_mended_where_it_stands(changes: dict[str, str]) -> None:
    wrong = _SHARED
    for right, other in changes.items():
        wrong = wrong.replace(right, other)
    assert session.fix_file("net.py", wrong.encode(), session.Options(seconds=20.0)).after_text == _SHARED


_COUNTED_ON = """\
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 32, 3)
        self.norm1 = nn.BatchNorm2d(32)
        self.conv2 = nn.Conv2d(32, 64, 3)
        self.last = nn.BatchNorm2d(64)
        self.fc = nn.Linear(64 * 7 * 7, 10)

    def forward(self, x):
        x = self.norm1(self.conv1(x))
        return self.fc(self.last(self.conv2(x)).flatten(1))
"""
_CONVOLVED = _COUNTED_ON.replace("nn.BatchNorm2d(64)", "nn.Conv2d(64, 64, 3)")


@pytest.mark.parametrize(("source", "right", "wrong"), [(_COUNTED_ON, "BatchNorm2d(64)", "BatchNorm2d(32)"),
                                                        (_CONVOLVED, "Conv2d(64, 64, 3)", "Conv2d(32, 64, 3)")])  # fmt: skip
def test_a_size_that_others_count_on_stays(source: str, right: str, wrong: str) -> None:
    made = session.fix_file("net.py", source.replace(right, wrong).encode(), session.Options(seconds=20.0))
    assert made.after_text == source


_LOOPED = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self, width=3, sizes=(8, 16, 4)):
        super().__init__()
        layers = []
        for size in sizes:
            layers += [nn.Linear(width, size), nn.ReLU()]
            width = size
        self.layers = nn.Sequential(*layers)

    def forward(self, x):
        return self.layers(x)


Net()(torch.randn(2, 3))
"""
_STAGES = """\
import torch
from torch import nn


class Block(nn.Module):
    expansion = 2

    def __init__(self, inputs, outputs):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs * self.expansion, 3, padding=1)

    def forward(self, x):
        return torch.relu(self.conv(x))


class Net(nn.Module):
    def __init__(self, block=Block):
        super().__init__()
        self.inputs = 3
        self.one = self.stage(block, 4, 2)
        self.two = self.stage(block, 8, 2)

    def stage(self, block, outputs, count):
        layers = []
        for _ in range(count):
            layers.append(block(self.inputs, outputs))
            self.inputs = outputs * block.expansion
        return nn.Sequential(*layers)

    def forward(self, x):
        return self.two(self.one(x))


Net()(torch.randn(2, 3, 8, 8))
"""


@pytest.mark.parametrize(
    ("source", "lost"),
    [(_LOOPED, "            width = size\n"), (_STAGES, "            self.inputs = outputs * block.expansion\n")],
)
def test_a_loop_carries_its_width_on(source: str, lost: str) -> None:
    made = session.fix_file("net.py", source.replace(lost, "").encode(), session.Options(seconds=20.0))
    assert made.after_text == source


@pytest.mark.parametrize(
    ("source", "right", "wrong"),
    [(_LOOPED, "Linear(width,", "Linear(7 + width,"), (_STAGES, "inputs = 3", "inputs = 1")],
)
def test_a_loop_that_carries_its_width_on_stays(source: str, right: str, wrong: str) -> None:
    made = session.fix_file("net.py", source.replace(right, wrong).encode(), session.Options(seconds=20.0))
    assert [made.after_text.count(name) for name in ("width = ", "inputs = ")] == [
        source.count(name) for name in ("width = ", "inputs = ")
    ]


def test_a_fix_that_another_makes_needless_is_not_made() -> None:
    units = textual.prepare(load("model.py", _WRONG_TAKER.encode())).units
    found = judge(units, Question()).findings
    case = Case(units, found, Question(), Deadline(9))
    (good,) = (one for one in choose_all(case) if one.judged.rule.meta.code == "ML201")
    at = units[0].text.index("8, 16)")
    needless = replace(good.candidate, edits=((units[0], Edit(at, at + 1, "4 + 4")),))
    both = [good._replace(candidate=needless), good]
    outcome = case.outcome([one.candidate for one in both])
    assert outcome is not None
    assert _needed(case, _Step(both, outcome)).chosen == [good]
