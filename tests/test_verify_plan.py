"""What is executed of a file, and what is not."""

from __future__ import annotations

import ast
import re
import textwrap

import pytest

from modlint.verify.plan import executable

IMPORTS = "import argparse, math, os\nimport torch\nfrom torch import nn\nfrom torch.utils.data import DataLoader\n"
NET = "class Net(nn.Module):\n    pass\n"
HELPERS = (
    "def widths(n):\n    return [2 ** i for i in range(n)]\n"
    "def read(path):\n    return open(path).read()\n"
    "class Config:\n    def __init__(self):\n        self.width = 4\n"
    "class Reader:\n    def __init__(self):\n        self.text = open('a').read()\n"
)


def planned(statement: str) -> str:
    """What is left of the statement after a module's usual beginning."""
    source = IMPORTS + NET + HELPERS + textwrap.dedent(statement)
    text = executable(ast.parse(source), source).text
    assert len(text.splitlines()) == len(source.splitlines())
    ast.parse(text)
    return text.removeprefix(IMPORTS + NET + HELPERS).strip()


def test_of_the_main_part_only_what_definitions_read_is_executed() -> None:
    left = planned(
        "class Tail(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        "        self.out = nn.Linear(width, classes)\n    def forward(self, data):\n        return self.out(data)\n"
        "if __name__ == '__main__':\n    classes = 3\n    width = 2 * classes\n    data = open('data').read()\n"
        "    size = len(data)\n    Tail()(torch.randn(2, 6))\n"
    )
    lines = ["if True                  :", "    classes = 3", "    width = 2 * classes", *["    pass"] * 3]
    assert [line.rstrip() for line in left.splitlines()[6:]] == lines


@pytest.mark.parametrize(
    "definition",
    ["def tail(size):\n    return size\n", "def tail():\n    size = 1\n    return size\n", "def size():\n    pass\n"],
)
def test_the_main_part_is_left_alone_when_no_definition_needs_it(definition: str) -> None:
    left = planned(definition + "if __name__ == '__main__':\n    size = 3\n")
    assert left == definition.strip()


EXECUTED = (
    "WIDTH = 64",
    "WIDTHS = [2 ** i for i in range(4)]",
    "WIDTHS = widths(3)",
    "WIDTHS: list[int] = sorted({1, 2})",
    "A = B = math.sqrt(2)",
    "CONFIG = Config()",
    "TABLE = {'relu': nn.ReLU(), 'size': math.ceil(2.5)}",
    "device = torch.device('cuda' if torch.cuda.is_available() else 'cpu')",
    "net = nn.Sequential(nn.Linear(4, 2), nn.ReLU())",
    "net = nn.Sequential(nn.Linear(4, 2)).to(device)",
    "def f(x):\n    print(x)",
    "@torch.no_grad()\ndef f(x):\n    return x",
    "WIDTH += 2",
    "WIDTHS.append(4)",
    "torch.manual_seed(0)",
    "make = lambda: open('a')",
    "for width in range(3):\n    WIDTHS.append(width)",
    "if torch.cuda.is_available():\n    WIDTH = 128\nelse:\n    WIDTH = 64",
    "try:\n    import cv2\nexcept ImportError:\n    cv2 = None",
    "if True:\n    def f():\n        return 1",
    "'A docstring.'",
)

LEFT_OUT = (
    "print('hello')",
    "model = Net()",
    "model = Net().to(device)",
    "model(torch.randn(2, 4))",
    "y = model(torch.randn(2, 4))",
    "x = x.cuda()",
    "x = x.to(device)",
    "args = argparse.ArgumentParser().parse_args()",
    "text = open('labels.txt').read()",
    "text = read('labels.txt')",
    "reader = Reader()",
    "model.load_state_dict(torch.load('weights.pt'))",
    "weights = torch.load('weights.pt')",
    "hub = torch.hub.load('a/b', 'c')",
    "loader = DataLoader([], batch_size=2)",
    "optimizer = torch.optim.Adam([])",
    "os.system('ls')",
    "while True:\n    pass",
    "assert read('a')",
    "raise SystemExit",
    "with open('a') as f:\n    text = 'b'",
    "with torch.no_grad():\n    y = model(x)",
    "for epoch in range(9):\n    total = 0\n    model.step()",
    "for batch in loader():\n    total = 1",
    "if __name__ == '__main__':\n    WIDTH = 3",
    "if input('go?'):\n    WIDTH = 3",
    "try:\n    print(1)\nexcept ValueError:\n    print(2)",
    "values = [read(path) for path in PATHS]",
    "value = await_it(lambda: 1)",
)


@pytest.mark.parametrize("statement", EXECUTED)
def test_executed(statement: str) -> None:
    assert planned(statement) == statement


@pytest.mark.parametrize("statement", LEFT_OUT)
def test_left_out(statement: str) -> None:
    assert planned(statement) == ""


def test_branches_run_in_part() -> None:
    source = "try:\n    import cv2\nexcept ImportError:\n    print('é'); cv2 = None"
    assert planned(source) == "try:\n    import cv2\nexcept ImportError:\n    pass       ; cv2 = None"


def test_one_line_of_two_statements() -> None:
    assert planned("print(1); A = 1; print(2); B = 2") == "pass    ; A = 1; pass    ; B = 2"


def test_multi_line_statement_leaves_its_lines() -> None:
    source = "A = 1\nprint(\n    'x',\n)\nB = 2\n"
    assert executable(ast.parse(source), source).text == "A = 1\n      \n        \n \nB = 2\n"


def test_line_ends_stay() -> None:
    source = "A = 1\r\nprint(1)\r\nB = 2"
    assert executable(ast.parse(source), source).text == "A = 1\r\n        \r\nB = 2"


def test_form_feed_is_no_line_end() -> None:
    source = "A = 1\n\x0c\nprint(1)\nB = 2\n"
    assert executable(ast.parse(source), source).text == "A = 1\n\x0c\n        \nB = 2\n"


def test_model_that_a_definition_reads_is_made() -> None:
    statement = "backbone = Net()\nclass Head(nn.Module):\n    base = backbone"
    assert planned(statement) == statement


@pytest.mark.parametrize(
    ("statement", "line", "names", "reason"),
    [
        ("x, y = load()", 1, ("x", "y"), "it calls load"),
        ("print([i for i in range(3)])", 1, (), "it calls print"),
        ("if __name__ == '__main__':\n    a = 1\n    def f(): b = 2", 1, ("a", "f"), "it is the script's main part"),
        ("A = 1\nwith open('x') as f:\n    c = 1", 2, ("f", "c"), "it calls open"),
        ("while True:\n    d = 1", 1, ("d",), "it is no definition"),
    ],
)
def test_what_is_said_about_it(statement: str, line: int, names: tuple[str, ...], reason: str) -> None:
    (item,) = executable(ast.parse(statement), statement).left_out
    assert (item.line, sorted(item.names), item.reason) == (line, sorted(names), reason)


@pytest.mark.parametrize(
    ("statement", "runs"),
    [
        ("from .registry import make\nCONFIGS = make(1)\ndef model():\n    return CONFIGS", True),
        ("from timm.layers import make\nCONFIGS = make(1)\n@CONFIGS\ndef model(): ...", True),
        ("from timm.layers import make\nCONFIGS = make(1)\ndef model(): ...", False),
        ("from datasets import load_dataset\nCONFIGS = load_dataset('a')\ndef model():\n    return CONFIGS", False),
        ("from torchvision import datasets\nCONFIGS = datasets.MNIST('a')\ndef model():\n    return CONFIGS", False),
        ("CONFIGS = argparse.ArgumentParser()\ndef model():\n    return CONFIGS", False),
        ("from .registry import make\nCONFIGS = make(1)", True),
        ("from .registry import register_block\nregister_block(CONFIGS := 1)", True),
        ("from .registry import run_block\nrun_block(CONFIGS := 1)", False),
        ("from .training import train\nnet = Net()\nCONFIGS = train(net)", False),
        ("width = input()\nCONFIGS = [width]", False),
        ("CONFIGS = open('a')\ndef model():\n    return CONFIGS", False),
    ],
)
def test_unknown_functions_are_called_when_a_definition_needs_it(statement: str, runs: bool) -> None:
    assert bool(re.search("CONFIGS :?=", planned(statement))) is runs
