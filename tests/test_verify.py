"""Models run stage by stage, and the report says what happened on which line."""

from __future__ import annotations

import ast
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from verify_support import INPUT, job, model, model_job, run

from modlint.verify import supervisor
from modlint.verify.launcher import Zygote
from modlint.verify.plan import executable
from modlint.verify.predictions import contradicts
from modlint.verify.protocol import (
    Assignment,
    FileJob,
    InputSpec,
    LeftOut,
    ModelJob,
    ModelReport,
    Segment,
    Trial,
    Unframer,
    Verdict,
    VerifyOptions,
    assignment_from_json,
    assignment_to_json,
    frame,
)
from modlint.verify.supervisor import UnavailableError, verify

torch = pytest.importorskip("torch", reason="models cannot run without torch")
pytestmark = pytest.mark.xdist_group("runs models")
OPTIONS = VerifyOptions(timeout=30)

BACKWARD = """
class Broken(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x * 1
    @staticmethod
    def backward(ctx, gradient):
        raise RuntimeError("no way back")
""" + model("x = Broken.apply(self.layer(x))\nreturn x")

JOBS = {
    "good": job(model("pass")),
    "float batch": job(model("return {'a': self.layer(x), 'b': (x, [1, None])}")),
    "int input": job(
        "class Model(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        "        self.e = nn.Embedding(5, 3)\n    def forward(self, x):\n        return self.e(x)\n",
        inputs=(InputSpec((64, 7), "int64", high=5),),
    ),
    "missing super": job("class Model(nn.Module):\n    def __init__(self):\n        self.layer = nn.Linear(4, 2)\n"),
    "build": job(model("pass", init="raise ValueError('no width')")),
    "shape": job(model("x = torch.cat([x, x], 1)")),
    "meta only code": job(model("float(x.sum())")),
    "backward": job(BACKWARD),
    "eval": job(model("if not self.training:\n    raise RuntimeError('only training')")),
    "hard-coded batch": job(model("x = x.view(2, 4)")),
    "unused parameter": job(model("pass", init="self.spare = nn.Linear(3, 3)")),
    "not finite": job(model("return self.layer(x) / 0")),
    "no input": job(model("pass"), inputs=()),
    "no input and no layers": job("class Model(nn.Module):\n    def forward(self, x):\n        return x\n", inputs=()),
    "weights": job(
        "from torch import hub\n" + model("pass", "self.load_state_dict(hub.load_state_dict_from_url('http://a.b/c'))")
    ),
    "some weights": job(
        "from torch import hub\n"
        + model("pass", "self.layer.load_state_dict({k: v for k, v in hub.load_state_dict_from_url('').items()})")
    ),
    "own weights": job(model("pass", "self.load_state_dict({})")),
    "network": job("from urllib.request import urlopen\n" + model("pass", "urlopen('http://example.org')")),
    "needs none": job(model("return torch.zeros(2)").replace("self, x", "self"), inputs=()),
    "not a module": job("Model = list"),
    "undefined": job(model("return missing(x)")),
    "missing package": job("import surely_missing\n" + model("surely_missing.act(x)")),
    "missing package of a base": job(
        "import surely_missing.nn as other\nclass Model(other.Base):\n    pass\n" + "x = other.y"
    ),
    "missing package unused": job("import surely_missing\nfrom surely_missing import *\n" + model("pass")),
    "missing star import": job("from surely_missing import *\n" + model("act(x)")),
    "missing package inside": job(model("import surely_missing")),
    "optional package": job(
        "try:\n    import surely_missing\nexcept ImportError:\n    surely_missing = None\n"
        + model("assert surely_missing is None")
    ),
    "annotation": job("import surely_missing as s\ndef f(x: s.A | None) -> s.B[int]: ...\n" + model("pass")),
    "wrong torch name": job("from torch.nn import Conv2D\n" + model("Conv2D(1, 2, 3)")),
    "left out": job("width = input()\n" + model("pass", init="self.other = nn.Linear(width, 2)")),
    "training code": job(
        model("pass") + "for i in range(9):\n    model = Model()\n    raise SystemExit\nraise SystemExit\n"
    ),
    "module level": job("net = nn.Sequential(nn.Linear(4, 3), nn.ReLU())", "net"),
    "broken class": job("class Other(Missing):\n    pass\n" + model("pass"), "Other()", "Model()"),
    "huge": job(model("pass", init="self.big = nn.Linear(10 ** 7, 10 ** 7)")),
    "huge and wrong": job(model("self.layer(self.layer(x))", init="self.big = nn.Linear(10 ** 7, 10 ** 7)")),
    "source": job(model("pass", init="import inspect; assert 'nn.Linear(4, 2)' in inspect.getsource(type(self))")),
    "dataclass": job(
        "from __future__ import annotations\nfrom dataclasses import dataclass\n".join(["", ""])
        + "from dataclasses import dataclass\n@dataclass\nclass Output:\n    logits: torch.Tensor\n"
        + model("return Output(self.layer(x))")
    ),
}


@pytest.fixture(scope="module")
def reports() -> dict[str, list[ModelReport]]:
    """All jobs, run by one supervisor; by the name of the job."""
    named = [FileJob(name, item.segments, item.models) for name, item in JOBS.items()]
    found: dict[str, list[ModelReport]] = {name: [] for name in JOBS}
    for report, _ in run(named, OPTIONS):
        found[report.file].append(report)
    return found


RAN, FAILED, ENV_ERROR = Verdict.RAN, Verdict.FAILED, Verdict.ENV_ERROR


@pytest.mark.parametrize(
    ("name", "verdict", "stage", "message", "line"),
    [
        ("good", RAN, "eval", "", None),
        ("float batch", RAN, "eval", "", None),
        ("int input", RAN, "eval", "", None),
        ("missing super", FAILED, "build", "cannot assign module before Module.__init__() call", 5),
        ("build", FAILED, "build", "ValueError: no width", 7),
        ("shape", FAILED, "forward", "mat1 and mat2 shapes cannot be multiplied (2x8 and 4x2)", 10),
        ("meta only code", RAN, "eval", "", None),
        ("backward", FAILED, "backward", "RuntimeError: no way back", 10),
        ("eval", FAILED, "eval", "RuntimeError: only training", 10),
        ("hard-coded batch", FAILED, "eval", "hard-coded batch", 9),
        ("unused parameter", RAN, "eval", "", None),
        ("not finite", RAN, "eval", "", None),
        ("no input", RAN, "eval", "", None),
        ("no input and no layers", RAN, "eval", "", None),
        ("weights", RAN, "eval", "its pretrained weights were not downloaded", None),
        ("some weights", RAN, "eval", "its pretrained weights were not downloaded", None),
        ("own weights", FAILED, "build", "Missing key(s) in state_dict", 7),
        ("network", ENV_ERROR, "build", "URLError", 8),
        ("needs none", RAN, "eval", "", None),
        ("not a module", FAILED, "build", "Model() is a list, not a module", None),
        ("undefined", FAILED, "forward", "NameError: name 'missing' is not defined", 9),
        ("missing package", ENV_ERROR, "import", "surely_missing cannot be imported", 3),
        ("missing package of a base", ENV_ERROR, "import", "surely_missing.nn cannot be imported", 3),
        ("missing package unused", RAN, "eval", "", None),
        ("missing star import", ENV_ERROR, "import", "surely_missing cannot be imported", 3),
        ("missing package inside", ENV_ERROR, "forward", "surely_missing cannot be imported", 9),
        ("optional package", RAN, "eval", "", None),
        ("annotation", RAN, "eval", "", None),
        ("wrong torch name", FAILED, "import", "cannot import name 'Conv2D' from 'torch.nn'", 3),
        ("left out", ENV_ERROR, "import", "needs what line 3 binds, which is not run: it calls input", 3),
        ("training code", RAN, "eval", "", None),
        ("module level", RAN, "eval", "", None),
        ("broken class", FAILED, "import", "NameError: name 'Missing' is not defined", 3),
        ("huge", Verdict.META_ONLY, "meta", "bytes, and ", None),
        ("huge and wrong", FAILED, "meta", "must have same reduction dim", 9),
        ("source", RAN, "eval", "", None),
        ("dataclass", RAN, "eval", "", None),
    ],
)
def test_verdict(
    reports: dict[str, list[ModelReport]], name: str, verdict: Verdict, stage: str, message: str, line: int | None
) -> None:
    report = reports[name][0]
    assert (report.verdict, report.stage, report.failed_line) == (verdict, stage, line), report.message
    assert message in report.message


def test_message_quotes_the_line(reports: dict[str, list[ModelReport]]) -> None:
    assert reports["shape"][0].message.endswith("\nline 10: return self.layer(x)")


def test_what_a_run_shows(reports: dict[str, list[ModelReport]]) -> None:
    report = reports["good"][0]
    assert report.output == {"shape": [2, 2], "dtype": "float32"}
    assert (report.input, report.input_source) == ("2x4", "given by the test")
    assert (report.parameters, report.parameters_without_gradient, report.finite) == (10, (), True)
    assert report.torch == torch.__version__
    assert 0 < report.seconds < 30


def test_structured_output(reports: dict[str, list[ModelReport]]) -> None:
    pair = {"tuple": [{"shape": [2, 4], "dtype": "float32"}, {"list": [{"py": "1"}, None]}]}
    assert reports["float batch"][0].output == {"dict": {"a": {"shape": [2, 2], "dtype": "float32"}, "b": pair}}
    assert reports["dataclass"][0].output == {"dict": {"logits": {"shape": [2, 2], "dtype": "float32"}}}


def test_other_findings(reports: dict[str, list[ModelReport]]) -> None:
    assert reports["int input"][0].input == "64x7:int64"
    assert reports["unused parameter"][0].parameters_without_gradient == ("spare.weight", "spare.bias")
    assert reports["not finite"][0].finite is False
    assert reports["huge"][0].output == {"shape": [2, 2], "dtype": "float32"}
    assert reports["huge"][0].device == "meta"


def test_a_broken_class_leaves_the_others_alone(reports: dict[str, list[ModelReport]]) -> None:
    assert [report.verdict for report in reports["broken class"]] == [FAILED, RAN]


TWO_LAYERS = """
class Part(nn.Module):
    def __init__(self, inner):
        super().__init__()
        self.inner = inner
    def forward(self, x):
        return self.inner(x)
""" + model("x = self.part(x)", "self.part = Part(nn.Linear(4, 4))")
FITS, TOO_WIDE, TOO_DEEP = (Trial("Model()", (InputSpec(shape),)) for shape in ((2, 4), (2, 5), (2, 3, 5)))
WRONG = {"shape": [2, None, 2], "dtype": "float32"}


def only(source: str, *models: ModelJob) -> list[ModelReport]:
    """The reports on models of one file."""
    return [report for report, _ in run([replace(job(source), models=models)], OPTIONS)]


def test_the_first_trial_that_fits_is_run() -> None:
    (report,) = only(model("pass"), model_job("Model", TOO_WIDE, TOO_DEEP, FITS, inputs_guessed=True))
    assert (report.verdict, report.input) == (RAN, "2x4")


@pytest.mark.parametrize(
    ("source", "guessed", "verdict"),
    [
        (model("pass"), {}, FAILED),
        (model("x.view(9)"), {"inputs_guessed": True}, Verdict.NO_INPUTS),
        (model("pass"), {"arguments_guessed": True}, Verdict.NO_INPUTS),
        (model("return misspelt(x)"), {"inputs_guessed": True}, FAILED),
        (model("return self.misspelt(x)"), {"inputs_guessed": True}, FAILED),
        (model("return self.layer.misspelt(x)"), {"inputs_guessed": True}, Verdict.NO_INPUTS),
        (model("import surely_missing"), {"inputs_guessed": True}, ENV_ERROR),
        (model("pass", "raise ValueError('no width')"), {"inputs_guessed": True}, FAILED),
        (model("pass", "raise ValueError('no width')"), {"arguments_guessed": True}, Verdict.NO_INPUTS),
    ],
)
def test_what_was_made_up_is_no_fault_of_the_model(source: str, guessed: dict[str, bool], verdict: Verdict) -> None:
    (report,) = only(source, model_job("Model", TOO_WIDE, **guessed))
    assert report.verdict is verdict, report.message
    assert report.message.startswith("what was made up does not fit: ") is (verdict is Verdict.NO_INPUTS)


LAYERS = {
    "nn.Conv1d(5, 2, 3)": "2x5x56",
    "nn.Conv2d(3, 2, 3)": "2x3x56x56",
    "nn.ConvTranspose2d(100, 2, 4)": "2x100x1x1",
    "nn.Conv3d(3, 2, 3)": "2x3x16x112x112",
    "nn.Conv3d(64, 2, 3)": "2x64x8x14x14",
    "nn.Embedding(9, 2)": "2x7:int64",
    "nn.LSTM(6, 2, batch_first=True)": "2x7x6",
    "nn.GRUCell(6, 2)": "2x6",
    "nn.Sequential(nn.ReLU(), nn.Linear(5, 2))": "2x5",
    "nn.Sequential(nn.Conv2d(3, 8, 3), nn.AvgPool2d(60), nn.Flatten(), nn.Linear(72, 2))": "2x3x224x224",
}


@pytest.mark.parametrize(("layer", "given"), LAYERS.items())
def test_layers_tell_what_they_take(layer: str, given: str) -> None:
    source = f"class Model(nn.Module):\n    def __init__(self):\n        super().__init__()\n        self.a = {layer}\n"
    (report,) = only(
        source + "    def forward(self, x):\n        return self.a(x)\n", model_job("Model", Trial("Model()"))
    )
    assert (report.verdict, report.input, report.input_source) == (RAN, given, "made up from the layers"), (
        report.message
    )


FEW_ROWS = """
class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.words, self.kinds = nn.Embedding(99, 4), nn.Embedding(2, 4)
    def forward(self, words, kinds):
        return self.words(words) + self.kinds(kinds)
"""
LOSS = """
class Model(nn.Module):
    def forward(self, scores, classes):
        assert len(scores) == len(classes)
        return -scores.log_softmax(1).gather(1, classes.unsqueeze(1)).mean()
"""


DECODER = """
class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(5, 2)
    def forward(self, hidden, encoded):
        assert hidden.shape[1] == encoded.shape[0]
        return self.layer(hidden[-1] + encoded[:, 0])
"""
GRAPH = """
class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(6, 3)
    def forward(self, nodes, adj):
        return self.layer(adj @ nodes)[adj.sum(1).nonzero()]
"""
MASKED = """
class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.attention = nn.MultiheadAttention(8, 2, batch_first=True)
    def forward(self, x, mask):
        assert mask.dtype == torch.bool
        return self.attention(x, x, x, key_padding_mask=mask)[0]
"""
PACKED = """
class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.words, self.cell = nn.Embedding(9, 6), nn.GRU(6, 5, batch_first=True)
    def forward(self, text, lengths):
        packed = nn.utils.rnn.pack_padded_sequence(self.words(text), lengths.cpu(), batch_first=True)
        return self.cell(packed)[1]
"""
TOKENS_AND_FEATURES = """
class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.words, self.layer = nn.Embedding(9, 6), nn.Linear(6, 6)
    def forward(self, features, words):
        return self.layer(features) + self.words(words)
"""


@pytest.mark.parametrize(
    ("source", "given"),
    [
        (DECODER, "2x7x5, 7x2x5"),
        (GRAPH, "2x6, 2x2"),
        (MASKED, "2x7x8, 2x7:bool"),
        (PACKED, "2x7:int64, 2:int64"),
        (TOKENS_AND_FEATURES, "2x6, 7x2:int64"),
        (model("x = x.cpu()\nx[x.sum(1) > 9]"), "2x4"),
        (model("assert not (self.layer(x).sum() + x.log().sum()).isnan().item()"), "2x4"),
    ],
)
def test_inputs_that_lead_further_are_kept(source: str, given: str) -> None:
    (report,) = only(source, model_job("Model", Trial("Model()")))
    assert (report.verdict, report.input) == (RAN, given), report.message


def test_a_batch_that_nothing_vouches_for_may_be_the_only_one() -> None:
    (report,) = only(model("x = x.view(2, 4)"), model_job("Model", Trial("Model()")))
    assert (report.verdict, report.evaluated) == (RAN, {"shape": [2, 2], "dtype": "float32"}), report.message


@pytest.mark.parametrize(
    ("source", "given"), [(FEW_ROWS, "2x7:int64, 2x7:int64"), (LOSS, "2x4, 2:int64"), (model("pass"), "2x4")]
)
def test_several_arguments_that_nobody_shows(source: str, given: str) -> None:
    (report,) = only(source, model_job("Model", Trial("Model()")))
    assert (report.verdict, report.input) == (RAN, given), report.message


def test_what_is_proven_and_too_much_gives_way_to_less() -> None:
    source = model("pass", "self.layer = nn.ConvTranspose2d(64, 64, 4)")
    trials = [Trial("Model()", (InputSpec((2, 64, side, side)),)) for side in (2000, 8)]
    (report,) = only(source, model_job("Model", *trials))
    assert (report.verdict, report.input) == (RAN, "2x64x8x8")


def test_what_takes_long_is_run_on_smaller_images() -> None:
    source = model("pass", "self.layer = nn.Conv2d(64, 64, 3)")
    trials = [Trial("Model()", (InputSpec((2, 64, side, side)),)) for side in (2000, 1900)]
    (report,) = only(source, model_job("Model", *trials))
    assert (report.verdict, report.input) == (RAN, "2x64x32x32")


def test_what_is_proven_and_fails_is_no_matter_of_other_inputs() -> None:
    (report,) = only(model("pass"), model_job("Model", TOO_WIDE, FITS))
    assert (report.verdict, report.input) == (FAILED, "2x5")


def test_an_abstract_class_has_not_failed() -> None:
    source = "from abc import ABC, abstractmethod\nclass Model(nn.Module, ABC):\n    @abstractmethod\n"
    (report,) = only(source + "    def forward(self, x): ...\n", model_job("Model", FITS))
    assert report.verdict is Verdict.NO_INPUTS
    assert "it is abstract" in report.message


def test_the_least_of_what_is_too_much_is_run() -> None:
    trials = (Trial("Model()", (InputSpec((size, 2**20, 4)),)) for size in (99, 66, 33))
    (report,) = only(model("assert x.shape[1] > 9"), model_job("Model", *trials, inputs_guessed=True))
    assert (report.verdict, report.input) == (RAN, "33x1048576x4")


def test_meta_alone_when_it_is_asked_for() -> None:
    jobs = [job(model(text)) for text in ("pass", "x.tolist()", "x = x.view(9)")]
    reports = [report for report, _ in run(jobs, VerifyOptions(timeout=30, device="meta"))]
    assert [report.verdict for report in reports] == [Verdict.META_ONLY, ENV_ERROR, FAILED]
    assert reports[0].output == {"shape": [2, 2], "dtype": "float32"}
    assert "while its code computes with values" in reports[1].message


def test_evaluation_may_give_something_else() -> None:
    (report,) = only(model("if self.training:\n    return x, x"), model_job("Model", FITS))
    assert report.output["tuple"][0] == {"shape": [2, 4], "dtype": "float32"}
    assert report.evaluated == {"shape": [3, 2], "dtype": "float32"}


def test_a_backward_that_fails_is_no_matter_of_inputs() -> None:
    (report,) = only(BACKWARD, model_job("Model", FITS, inputs_guessed=True))
    assert (report.verdict, report.stage) == (FAILED, "backward")


def test_a_part_that_nobody_can_build_runs_inside_the_whole() -> None:
    before, whole, after = only(TWO_LAYERS, model_job("Part"), model_job("Model", FITS), model_job("Part"))
    assert (before.verdict, before.message) == (Verdict.NO_INPUTS, "no arguments are known for its constructor")
    assert whole.verdict is RAN
    assert (after.verdict, after.input, after.input_source, after.parameters) == (RAN, "2x4", "inside Model", 20)
    assert after.output == {"shape": [2, 4], "dtype": "float32"}


def test_a_part_of_what_failed_has_not_run() -> None:
    failing = TWO_LAYERS.replace("return self.layer(x)", "raise ValueError")
    _, part = only(failing, model_job("Model", FITS), model_job("Part"))
    assert part.verdict is Verdict.NO_INPUTS


def test_a_prediction_is_compared_with_what_ran() -> None:
    right, wrong = (replace(FITS, predicted=item) for item in ({"shape": [2, None], "dtype": "float32"}, WRONG))
    reports = only(model("pass"), model_job("Model", right), model_job("Model", wrong))
    assert [report.verdict for report in reports] == [RAN, RAN]
    assert [report.refuted_prediction for report in reports] == [None, WRONG]


PREDICTION = {"tuple": [{"shape": [2, None]}, {"list": [None]}, {"dict": {"a": {"shape": [3]}}}]}
OUTPUT = {"tuple": [{"shape": [2, 9]}, {"list": [{"py": "1"}]}, {"dict": {"a": {"shape": [3]}}}]}


@pytest.mark.parametrize(
    ("predicted", "output", "wrong"),
    [
        (None, {"shape": [2]}, False),
        (PREDICTION, OUTPUT, False),
        ({"shape": [2], "dtype": "float32"}, {"shape": [2], "dtype": "float16"}, False),
        ({"shape": [2]}, None, True),
        ({"shape": [2]}, {"shape": [3]}, True),
        ({"shape": [2]}, {"shape": [2, 2]}, True),
        ({"shape": [2]}, {"tuple": [{"shape": [2]}]}, True),
        ({"tuple": [None]}, {"list": [None]}, True),
        ({"tuple": [None]}, {"tuple": [None, None]}, True),
        ({"dict": {"a": None}}, {"dict": {"b": None}}, True),
        ({"dict": {"a": {"shape": [3]}}}, {"dict": {"a": {"shape": [4]}}}, True),
    ],
)
def test_contradicts(predicted: Any, output: Any, wrong: bool) -> None:
    assert contradicts(predicted, output) is wrong


def test_each_definition_runs_where_it_stands() -> None:
    first = "import torch\nfrom torch import nn\n" + model("pass")
    second = "\n" * 20 + model("return self.layer(self.layer(x))")
    segments = tuple(executable(ast.parse(text), text) for text in (first, second))
    models = tuple(model_job("Model", Trial("Model()", INPUT), upto=upto) for upto in (1, 2))
    reports = [report for report, _ in run([FileJob("page.md", segments, models)], OPTIONS)]
    assert [report.verdict for report in reports] == [RAN, FAILED]
    assert reports[1].failed_line == 27
    assert reports[1].message.endswith("line 27: return self.layer(self.layer(x))")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder that everybody can read, with a package that imports its own ``net`` and registers each model once."""
    files = {
        "__init__.py": "from .net import *\n",
        "net.py": "raise RuntimeError('the text of the job is what counts')\n",
        "layers.py": "from torch import nn\nwidth = 2\nclass Head(nn.Linear):\n    pass\n",
        "registry.py": "names = []\ndef register(cls):\n    assert cls.__name__ not in names\n"
        "    names.append(cls.__name__)\n    return cls\ndef configure(n):\n    return {'out': n}\n",
    }
    for name, text in files.items():
        path = tmp_path / "project" / "package" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    tmp_path.parent.chmod(0o755)
    tmp_path.chmod(0o755)
    return tmp_path / "project"


def test_files_of_the_project_are_imported(project: Path) -> None:
    source = (
        "from .layers import Head\nfrom .registry import configure, register\nfrom package import layers\n"
        "sizes = configure(layers.width)\n@register\n"
    ) + model("return self.head(x)", "self.head = Head(4, sizes['out'])")
    item = job(source, module="package.net", search_path=(str(project),))
    ((report, _),) = run([item], OPTIONS)
    assert report.verdict is RAN, report.message


def test_a_package_that_cannot_be_imported_says_why(project: Path) -> None:
    (project / "package" / "__init__.py").write_text("raise OSError('no library')")
    source = "from .layers import Head\n" + model("return self.head(x)", "self.head = Head(4, 2)")
    ((report, _),) = run([job(source, module="package.net", search_path=(str(project),))], OPTIONS)
    assert report.verdict is ENV_ERROR
    assert report.message.startswith(".layers cannot be imported: OSError: no library")


def test_a_package_that_is_not_there_is_no_fault_of_the_model() -> None:
    jobs = [job("from .layers import Head\n" + model(use), module="surely.net") for use in ("pass", "Head(4, 2)")]
    reports = [report for report, _ in run(jobs, OPTIONS)]
    assert [report.verdict for report in reports] == [RAN, ENV_ERROR]
    assert reports[1].message.startswith(".layers cannot be imported")


def test_restarts_a_dead_zygote(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[Zygote] = []

    class Recorded(Zygote):
        def __init__(self, python: str) -> None:
            super().__init__(python)
            started.append(self)

    monkeypatch.setattr(supervisor, "Zygote", Recorded)
    verdicts = []
    for report in verify([job(model("pass"))] * 3, OPTIONS):
        verdicts.append(report.verdict)
        if len(started) == 1:
            os.kill(started[0].pid, signal.SIGKILL)
    assert verdicts == [RAN] * 3
    assert len(started) == 2


def test_parallel_jobs_report_every_model() -> None:
    jobs = [job(model("pass"), "Model()", "Model()", file=f"{number}.py") for number in range(6)]
    reports = [report for report, _ in run(jobs, VerifyOptions(timeout=30, jobs=3))]
    assert sorted(report.file for report in reports) == sorted(f"{number}.py" for number in range(6) for _ in "ab")
    assert {report.verdict for report in reports} == {RAN}


def test_an_abandoned_iterator_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    reports = verify([job(model("pass")), job(model("while True: pass"))], OPTIONS)
    assert next(reports).verdict is RAN
    assert list(tmp_path.iterdir())
    assert isinstance(reports, Iterator)
    reports.close()  # type: ignore[attr-defined]
    assert list(tmp_path.iterdir()) == []


def test_nothing_to_run_starts_nothing() -> None:
    assert list(verify([FileJob("a.py", (), ())], VerifyOptions(python="/nowhere/python"))) == []


@pytest.mark.parametrize(
    ("script", "message"),
    [
        (None, "cannot be started: No such file or directory; choose another with --python"),
        (f'exec {sys.executable} -S -E "$@"', "has no torch: install it there, or choose another interpreter"),
        ("exit 3", "cannot run models: it gave no answer"),
        ("echo broken installation >&2", "cannot run models: broken installation"),
    ],
)
def test_unavailable(tmp_path: Path, script: str | None, message: str) -> None:
    python = tmp_path / "python"
    if script is not None:
        python.write_text(f"#!/bin/sh\n{script}\n")
        python.chmod(0o755)
    with pytest.raises(UnavailableError, match=message):
        list(verify([job(model("pass"))], VerifyOptions(python=str(python))))


@pytest.mark.parametrize(
    ("platform", "message"),
    [("win32", "cannot be run on Windows"), ("darwin", "darwin offers no sandbox .*--no-sandbox")],
)
def test_other_systems_say_so(monkeypatch: pytest.MonkeyPatch, platform: str, message: str) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    with pytest.raises(UnavailableError, match=message):
        list(verify([job(model("pass"))], OPTIONS))


def test_the_supervisor_loads_where_signals_and_limits_are_missing() -> None:
    program = (
        "import signal, socket, sys; del signal.SIGKILL, signal.SIGXCPU, socket.send_fds, socket.recv_fds; "
        "sys.modules['resource'] = sys.modules['fcntl'] = None; import modlint.commands.confirming"
    )
    assert subprocess.run([sys.executable, "-c", program], capture_output=True).stderr == b""


def test_assignment_survives_json() -> None:
    trial = Trial("A(1)", (InputSpec((2, 3), "int64", 9, None),), {"shape": [2, None], "dtype": "float32"})
    models = (ModelJob("A", 3, 1, (trial, Trial("A(2)")), "line 3", inputs_guessed=True),)
    segments = (Segment("x = 1\n", (LeftOut(1, ("a",), "it calls b"),)),)
    assignment = Assignment(FileJob("a.py", segments, models, "a", ("/b",)), VerifyOptions(jobs=2), "/tmp", "n")
    assert assignment_from_json(assignment_to_json(assignment)) == assignment


@pytest.mark.parametrize("garbage", [b"", b"half a line", b'{"end": true}\n', b"abc", b"\xff\n" * 9, b"x" * 3_000_000])
def test_frames_survive_garbage(garbage: bytes) -> None:
    data = (
        garbage
        + frame("abc", {"a": 1})
        + garbage
        + b"\nabcnot json\n"
        + frame("other", {"b": 1})
        + frame("abc", {"c": 2})
    )
    unframer = Unframer("abc")
    events = [event for start in range(0, len(data), 1000) for event in unframer.feed(data[start : start + 1000])]
    assert events == [{"a": 1}, {"c": 2}]
