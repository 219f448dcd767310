"""How models are built and called for a run: as the file says, or by what its constraints allow."""

from __future__ import annotations

import pytest

from modlint import session
from modlint.inputs import parse_inputs
from modlint.verify.protocol import InputSpec, ModelJob

HEADER = "import torch\nfrom torch import nn\nfrom dataclasses import dataclass\n\n\n"


def net(init: str, forward: str = "return self.layer(x)", arguments: str = "", name: str = "Net") -> str:
    return (
        f"class {name}(nn.Module):\n"
        f"    def __init__(self{arguments}):\n        super().__init__()\n        {init}\n"
        f"    def forward(self, x):\n        {forward}\n\n\n"
    )


def planned(source: str, inputs: str | None = None) -> dict[str, ModelJob]:
    given = None if inputs is None else session.Options(inputs=parse_inputs(inputs))
    job = session.verify_jobs("model.py", (HEADER + source).encode(), given)
    return {model.name: model for model in job.models}


LINEAR = net("self.layer = nn.Linear(784, 10)")
CONV = net("self.layer = nn.Conv2d(3, 8, 3)")
BLOCK = net("self.layer = nn.Conv2d(wide, out, 3, stride=stride)", arguments=", wide, out, stride=1", name="Block")
EMBEDDING = net("self.layer = nn.Embedding(50, 8)")
PART = net("self.inner = inner", "return self.inner(x)", ", inner", "Part")
OPAQUE = "return torch.ops.other.call(x)"


@pytest.mark.parametrize(
    ("source", "name", "expression", "shapes", "source_of_input"),
    [
        (LINEAR, "Net", "Net()", [(2, 784)], "made up from the constraints"),
        (CONV, "Net", "Net()", [(2, 3, 56, 56)], "made up from the constraints"),
        (CONV + "Net()(torch.randn(5, 3, 9, 9))", "Net", "Net()", [(5, 3, 9, 9)], "line 14: torch.randn(5, 3, 9, 9)"),
        (BLOCK, "Block", "Block(wide=64, out=4)", [(2, 64, 56, 56)], "made up from the constraints"),
        (BLOCK + "Block(16, out=32, stride=2)", "Block", "Block(wide=16, out=32, stride=2)", [(2, 16, 56, 56)], None),
        (BLOCK + "sizes = [16, 8]\nBlock(*sizes)", "Block", "Block(wide=16, out=8)", [(2, 16, 56, 56)], None),
        (net("self.layer = nn.Linear(8, 8)", arguments=", act=nn.ReLU"), "Net", "Net()", [(2, 8)], None),
        (
            net("self.layer = nn.Sequential(nn.Linear(8, 8), act())", arguments=", act") + "Net(nn.GELU)",
            "Net",
            "Net(act=__import__('torch').nn.GELU)",
            [(2, 8)],
            None,
        ),
        (PART + "Part(nn.Linear(8, 4))", "Part", "Part(inner=__import__('torch').nn.Linear(", [(2, 8)], None),
        (LINEAR + PART + "Part(Net())", "Part", "Part(inner=Net())", [(2, 784)], None),
        ("net = nn.Sequential(nn.Linear(6, 2), nn.ReLU())", "net", "net", [(2, 6)], None),
    ],
)
def test_how_a_model_is_built_and_called(
    source: str, name: str, expression: str, shapes: list[tuple[int, ...]], source_of_input: str | None
) -> None:
    job = planned(source)[name]
    trial = job.trials[0]
    assert trial.expression.startswith(expression)
    assert [spec.shape for spec in trial.inputs] == shapes
    assert source_of_input in (None, job.input_source)


@pytest.mark.parametrize(
    ("source", "name", "guessed"),
    [
        (LINEAR, "Net", (False, False)),
        (BLOCK, "Block", (False, False)),
        (net("pass", OPAQUE), "Net", (False, True)),
        (net("self.layer = nn.Linear(wide, 2)", OPAQUE, ", wide"), "Net", (True, True)),
        (net("pass", OPAQUE) + "Net()(torch.randn(2, 3))", "Net", (False, False)),
    ],
)
def test_what_is_made_up_and_not_understood_is_a_guess(source: str, name: str, guessed: tuple[bool, bool]) -> None:
    job = planned(source)[name]
    assert (job.arguments_guessed, job.inputs_guessed) == guessed


def test_guesses_come_in_several_shapes() -> None:
    shapes = [trial.inputs[0].shape for trial in planned(net("pass", OPAQUE))["Net"].trials]
    assert {len(shape) for shape in shapes} == {2, 3, 4}


@pytest.mark.parametrize(
    ("arguments", "call", "expression"),
    [
        (", wide, **more", "", "Net(wide=4)"),
        (", wide, *more", "Net(8)", "Net(wide=8)"),
        (", wide, **more", "Net(wide=8)", "Net(wide=8)"),
        (", stride, wide=8", "def make(**sizes):\n    return Net(**sizes)\nmake()", "Net(stride=1)"),
        (", wide=8, deep=2", "Net(wide=int(open('wide').read()), deep=3)", "Net(deep=3)"),
        (", wide=8, *, rate", "Net(rate=float(open('rate').read()))", "Net(rate=4)"),
    ],
)
def test_what_nobody_shows_is_usual(arguments: str, call: str, expression: str) -> None:
    inits = {True: "self.layer = nn.Linear(8, wide)", False: "self.layer = nn.Linear(wide, 8)"}
    job = planned(net(inits["stride" in arguments], arguments=arguments) + call)["Net"]
    assert job.trials[0].expression == expression


@pytest.mark.parametrize(("expression", "line"), [("Net()", 6), ("make(3)", 14), ("Net", 6), ("nn.Linear(2, 3)", 1)])
def test_an_expression_stands_where_its_name_is_defined(expression: str, line: int) -> None:
    source = HEADER + LINEAR + "def make(n):\n    return Net()\n"
    (job,) = session.verify_jobs("model.py", source.encode(), None, expression).models
    assert (job.name, job.line) == (expression, line)


def test_inputs_that_are_not_only_looked_up_are_a_guess() -> None:
    two = net("self.layer = nn.Embedding(9, 8)", "return self.layer(x), y").replace("self, x", "self, x, y")
    assert planned(two)["Net"].inputs_guessed is True


def test_a_table_of_unknown_length_is_asked_for_its_first_row() -> None:
    job = planned(net("self.layer = nn.Embedding(rows, 8)", "return self.layer(x.long())", ", rows"))["Net"]
    assert job.trials[0].inputs[0] == InputSpec((2, 4), "int64", 1)


FIRST = "[*given, *named.values()][0]"
LAYER = f"type('Layer', (__import__('torch').nn.Module,), {{'forward': lambda self, *given, **named: {FIRST}}})()"
TWO = LAYER.replace(FIRST, f"({FIRST},) * 2")
INNER = """
class Inner(nn.Module):
    expansion = 4
    def __init__(self, wide, act):
        super().__init__()
        self.layer = nn.Linear(wide, getattr(nn, act))
    def forward(self, x):
        return self.layer(x)

def stack(sizes):
    return nn.Sequential(*[nn.Linear(a, b) for a, b in sizes])

KINDS = {"gelu": nn.GELU, "relu": nn.ReLU}

"""


@pytest.mark.parametrize(
    ("use", "value"),
    [
        ("self.layer = nn.Linear(8, 8).to(given)", "'cpu'"),
        ("self.layer = nn.Linear(8, 8, device=given)", "'cpu'"),
        ("self.layer = nn.Linear(8, 8, dtype=given)", "__import__('torch').float32"),
        ("self.layer = getattr(nn, given)()", "'ReLU'"),
        ("self.layer = KINDS[given]()", "'gelu'"),
        ("self.layer = nn.ReLU() if given == 'relu' else nn.GELU()", "'relu'"),
        ("assert given in ('small', 'large')", "'small'"),
        ("assert given in [50, 101]", "50"),
        ("self.path = given + '.pt'", "'a'"),
        ("self.name = given.lower()", "'a'"),
        ("self.layer = nn.Linear(8, 8) if given else nn.ReLU()", "False"),
        ("self.layer = nn.ReLU() if given is None else given", "None"),
        ("self.layer = nn.ModuleList(given)", f"[{LAYER}, {LAYER}]"),
        ("self.layer = nn.Sequential(*[nn.Linear(8, n) for n in given])", "[4, 4]"),
        ("self.tall, self.wide = given", "[4, 4]"),
        ("a, b, c = given", "[4, 4, 4]"),
        ("self.layer = nn.Linear(given[0], given[2])", "[4, 4, 4]"),
        ("self.layer = stack(given)", "[[4, 4], [4, 4]]"),
        ("self.layer = nn.Linear(given['wide_dim'], 8)", "{'wide_dim': 64}"),
        ("self.layer = nn.Linear(given.dim, given.wide)", "__import__('types').SimpleNamespace(dim=64, wide=4)"),
        (
            "self.layer = nn.Dropout(given.part.drop)",
            "__import__('types').SimpleNamespace(part=__import__('types').SimpleNamespace(drop=0.1))",
        ),
        ("self.layer = nn.Softmax(dim=given)", "-1"),
        ("self.weight = nn.Parameter(given)", "__import__('torch').rand(4, 64)"),
        ("self.layer = Inner(given, 'ReLU')", None),
        ("self.layer = Inner(8, given)", "'ReLU'"),
        ("self.layer = given(8)", "__import__('torch').nn.Identity"),
        ("self.layer = given(8 * given.expansion)", "Inner"),
        ("self.given = given", None),
        ("self.layer = nn.Linear(given, 8)", None),
        ("self.layer = nn.Linear(8 if given > 2 else 4, 8)", None),
        ("self.layer = nn.Linear(min(given, 8), 8)", None),
    ],
)
def test_what_is_made_up_can_be_used_as_the_constructor_does(use: str, value: str | None) -> None:
    job = planned(INNER + net(use, OPAQUE, ", given"))["Net"]
    assert job.trials[0].expression == f"Net(given={value or 4})"
    assert job.arguments_guessed


@pytest.mark.parametrize(
    ("use", "value"),
    [
        ("return self.given(x)", LAYER),
        ("y, state = self.given(x, x, mask=None)\n        return y", TWO),
        ("for layer in self.given:\n            x, state = layer(x)\n        return x", f"[{TWO}, {TWO}]"),
        ("for a, b in zip(self.given, [1, 2]):\n            x = x * a + b\n        return x", "[4, 4]"),
        ("return x.view(*self.given)", "[-1]"),
        ("return x.transpose(*self.given)", "[0, 1]"),
        ("return x.to(self.given)", "'cpu'"),
        ("return x if self.given == 'none' else -x", "'none'"),
    ],
)
def test_what_is_made_up_can_be_used_as_the_forward_does(use: str, value: str) -> None:
    job = planned(net("self.given = given", use, ", given"))["Net"]
    assert job.trials[0].expression == f"Net(given={value})"


@pytest.mark.parametrize(
    ("arguments", "expression"),
    [
        (", sizes: list", "Net(sizes=[4, 4])"),
        (", name: str", "Net(name='a')"),
        (", rate: float", "Net(rate=0.1)"),
        (", flag: bool", "Net(flag=False)"),
        (", part: nn.Module", f"Net(part={LAYER})"),
        (", part: Inner", "Net(part=Inner(wide=4, act='ReLU'))"),
        (", device: torch.device = None", "Net()"),
        (", sizes: list = (1, 2)", "Net()"),
    ],
)
def test_what_is_made_up_is_what_the_annotation_says(arguments: str, expression: str) -> None:
    assert planned(INNER + net("pass", OPAQUE, arguments))["Net"].trials[0].expression == expression


@pytest.mark.parametrize(
    ("use", "expression"),
    [
        ("self.layer = nn.Linear(wide // 2, 8)", "Net(wide=4)"),
        ("self.layer = nn.Linear(8, 8) if wide is None else nn.Linear(8, wide)", None),
        ("self.layer = nn.Linear(8, wide or 8)", None),
        ("self.layer = nn.Linear(8, 8, device=wide)", None),
        ("self.wide = wide", None),
    ],
)
def test_what_may_be_left_out_is_made_up_second_where_none_does_not_do(use: str, expression: str | None) -> None:
    job = planned(net(use, OPAQUE, ", wide=None"))["Net"]
    expressions = list(dict.fromkeys(trial.expression for trial in job.trials))
    assert expressions == ["Net()", *([expression] if expression else [])]
    assert job.arguments_guessed is bool(expression)


@pytest.mark.parametrize(
    ("source", "guessed"),
    [
        ("class Net(nn.GroupNorm):\n    def forward(self, x):\n        return x\n", True),
        ("class Net(nn.GroupNorm):\n    def forward(self, x):\n        return x\nNet(2, 4)\n", False),
        (net("pass", OPAQUE, ", **more"), True),
        (net("pass", OPAQUE, ", *more"), True),
        (net("self.layer = nn.Linear(8, 8)", arguments=", wide=3") + "Net(wide=4)", False),
        (LINEAR, False),
    ],
)
def test_a_constructor_that_does_not_say_what_it_takes_is_guessed(source: str, guessed: bool) -> None:
    assert planned(source)["Net"].arguments_guessed is guessed


def test_what_is_passed_on_in_many_ways_is_followed_once_each() -> None:
    parts = (
        net(f"self.parts = [{', '.join([f'C{n + 1}(given)'] * 9)}]", "return x", ", given", f"C{n}") for n in range(6)
    )
    job = planned("".join(parts) + net("self.wide = given.wide", "return x", ", given", "C6"))["C0"]
    assert job.trials[0].expression == "C0(given=__import__('types').SimpleNamespace(wide=4))"


def test_a_class_of_the_file_is_made_for_the_parameter_that_bears_its_name() -> None:
    source = INNER + net("self.inner = inner", "return self.inner(x)", ", inner")
    expressions = [trial.expression for trial in planned(source)["Net"].trials]
    assert list(dict.fromkeys(expressions)) == ["Net(inner=Inner(wide=4, act='ReLU'))", f"Net(inner={LAYER})"]


@pytest.mark.parametrize("call", ["Net(device)", "Net(given=device)", "make()"])
def test_what_the_file_gives_is_not_made_up(call: str) -> None:
    source = net("self.layer = nn.Linear(8, 8).to(given)", arguments=", given")
    calls = f"device = 'meta'\ndef make():\n    return Net(device)\n{call}"
    assert planned(source + calls)["Net"].trials[0].expression == "Net(given='meta')"


@pytest.mark.parametrize(
    ("body", "models"),
    [
        ("raise NotImplementedError", ["Net"]),
        ("raise NotImplementedError('later')", ["Net"]),
        ('"""Told."""\n        raise NotImplementedError', ["Net"]),
        ("raise ValueError", ["Base", "Net"]),
        ("x = x + 1\n        raise NotImplementedError", ["Base", "Net"]),
    ],
)
def test_a_forward_that_is_left_to_subclasses_is_not_run(body: str, models: list[str]) -> None:
    assert sorted(planned(LINEAR + net("pass", body, name="Base"))) == models


@pytest.mark.parametrize(
    "source",
    [
        net("self.layer = make(8)", arguments=", make") + "Net(lambda n: nn.Linear(n, n))",
        net("self.layer = nn.Linear(*sizes)", arguments=", *sizes") + "Net(3, 4)",
        net("self.layer = nn.Linear(**sizes)", arguments=", **sizes") + "Net(in_features=3, out_features=4)",
    ],
)
def test_a_constructor_that_nobody_can_call_has_no_trials(source: str) -> None:
    ((job),) = planned(source).values()
    assert job.trials == ()


@pytest.mark.parametrize(
    ("source", "predicted"),
    [
        (LINEAR, {"shape": [2, 10], "dtype": "float32"}),
        (net("pass", OPAQUE), None),
        (net("self.layer = nn.Linear(4, 2)", "y = self.layer(x)\n        return y, {'a': [y, None]}"),
         {"tuple": [{"shape": [2, 2], "dtype": "float32"},
                    {"dict": {"a": {"list": [{"shape": [2, 2], "dtype": "float32"}, None]}}}]}),
    ],
)  # fmt: skip
def test_prediction(source: str, predicted: object) -> None:
    assert planned(source)["Net"].trials[0].predicted == predicted


def test_a_call_by_keyword_predicts_nothing_of_calls_by_position() -> None:
    forward = "return (x, x) if both else x"
    source = net("pass", forward).replace("self, x)", "self, x, both=False)") + "Net()(torch.ones(2, 3), both=True)"
    assert planned(source)["Net"].trials[0].predicted != {"tuple": [{"shape": [2, 3], "dtype": "float32"}] * 2}


def test_given_inputs_take_the_place_of_others() -> None:
    (trial,) = planned(CONV, "5x3x32x32")["Net"].trials
    assert trial.inputs == (InputSpec((5, 3, 32, 32)),)


def test_embeddings_are_given_row_numbers() -> None:
    (spec,) = planned(EMBEDDING)["Net"].trials[0].inputs
    assert (spec.dtype, spec.high) == ("int64", 50)


def test_only_what_is_looked_up_is_a_row_number() -> None:
    layers = "self.layer, self.table = nn.Linear(6, 8), nn.Embedding(50, 8)"
    source = net(layers, "return self.layer(x) + self.table(t)").replace("self, x)", "self, x, t)")
    specs = planned(source + "Net()(torch.randn(2, 6), torch.randint(50, (2,)))")["Net"].trials[0].inputs
    assert [(spec.shape, spec.dtype, spec.high) for spec in specs] == [((2, 6), "float32", 2), ((2,), "int64", 50)]


def test_a_model_of_the_main_part_is_not_run() -> None:
    main = "if __name__ == '__main__':\n    class Inner(nn.Module):\n        def forward(self, x): return x\n"
    assert list(planned(LINEAR + main)) == ["Net"]


def test_wholes_come_before_their_parts() -> None:
    assert list(planned(PART + LINEAR)) == ["Net", "Part"]
