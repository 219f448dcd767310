"""ML113: a name that torch does not define."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from modlint.diagnostics import Severity, Text
from modlint.edits import Applicability
from modlint.interpret.events import UnknownName
from modlint.interpret.names import tables
from modlint.likeness import closest, is_slip, nearest
from modlint.rewrite import Edits, rename_attribute, rename_import
from modlint.rule import Candidate, Doc, Finding, Invalid, Meta, Rule, Valid
from modlint.rulekit.siblings import self_attribute
from modlint.syntax import Place, nodes_in

_RIGHT = """\
import torch
import torch.nn.functional as F
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3)
        self.act = nn.ReLU()
        self.fc = torch.nn.Linear(8, 2)

    def forward(self, x):
        x = self.act(self.conv(x)).mean((2, 3))
        return F.log_softmax(self.fc(x), dim=1)


Net()(torch.randn(2, 3, 5, 5))
"""
_MISSPELT = (("nn.Conv2d", "nn.Conv2D", 9), ("nn.ReLU", "nn.Relu", 10), ("nn.Linear", "nn.Linaer", 11),
             ("F.log_softmax", "F.log_sofmax", 15))  # fmt: skip
_PLANAR = _RIGHT.replace("nn.ReLU()", "nn.Dropout2d()")
_NAMED = _RIGHT.replace("self.act", "self.relu")
_METHOD = "import torch\n\nx = torch.ones(2, 3)\nx.view(6)\n"
_GRAPH = """\
from torch import nn


class Net(nn.Module):
    def forward(self, graph):
        return graph.edge_index, graph.nodes
"""


class UnknownTorchName(Rule):
    meta = Meta(
        code="ML113",
        name="unknown-torch-name",
        severity=Severity.ERROR,
        en=Doc(
            title="A name that torch does not define",
            what="Finds names of `torch`, `torch.nn`, `torch.nn.functional`, `torch.optim`, `torch.utils.data` "
            "and methods of "
            "tensors that no version of torch from 1.13 on defines. Without a name that is like it, it is a warning.",
            why="Python looks the name up when the line runs, and raises.",
            torch_says="AttributeError: module 'torch.nn' has no attribute 'Conv2D'",
            fix="Writes the name that is spelt alike. Safe for another letter case, a slip of one letter, "
            "and for `nn.Conv` where only `Conv2d` fits; else unsafe.",
        ),
        zh=Doc(
            title="torch 没有定义的名字",
            what="查找 `torch`、`torch.nn`、`torch.nn.functional`、`torch.optim`、`torch.utils.data` 以及张量方法中，"
            "1.13 以来任何版本的 torch 都没有定义的名字。没有相近的名字时为警告。",
            why="Python 在运行到该行时才查找名字，找不到就报错。",
            torch_says="AttributeError: module 'torch.nn' has no attribute 'Conv2D'",
            fix="改写为拼写相近的名字。仅大小写不同、只差一个字母，或 `nn.Conv` 只能是 `Conv2d` 时为安全，否则为不安全。",
        ),
    )
    invalid = (
        *(Invalid(_RIGHT.replace(right, wrong), (line,), _RIGHT) for right, wrong, line in _MISSPELT),
        Invalid("from torch.nn import Linaer, ReLU\n", (1,), "from torch.nn import Linear, ReLU\n"),
        Invalid(_METHOD.replace("view", "veiw"), (4,), _METHOD),
        Invalid(_RIGHT.replace("nn.Conv2d", "nn.Conv"), (9,)),
        Invalid(_PLANAR.replace("nn.Conv2d", "nn.Conv"), (9,), _PLANAR),
        Invalid("from torch import nn\n\nnn.MaxPool(2)\n", (3,)),
        Invalid(_NAMED.replace("nn.ReLU()", "nn.relu()"), (10,), _NAMED),
    )
    valid = (
        Valid(_RIGHT),
        Valid(_METHOD),
        Valid(_NAMED),
        Valid(_RIGHT.replace("nn.ReLU()", "nn.relu()").replace("class", "nn.relu = nn.ReLU\n\n\nclass")),
        Valid("from torch.nn import Linear as Linaer, ReLU\n\nLinaer(2, 3)\n"),
        Valid("import torch\n\ntorch.nn.modules.conv.Conv2d(3, 8, 3)\n"),
        Valid("import torch\n\ntorch.backends.cudnn.benchmark = True\nprint(torch.__version__)\n"),
        Valid("import torch\n\nif hasattr(torch, 'no_such_thing'):\n    torch.no_such_thing()\n"),
        Valid("import torch\n\nx = torch.ones(2)\nx.tag = 'mask'\nprint(x.tag)\n"),
        Valid("from torch import nn\n\nnn.Linaer = nn.Linear\nnn.Linaer(2, 3)\n"),
        Valid(_GRAPH),
        Valid("import torch.utils.tensorboard\n", runs=False),
    )

    def check(self, event: UnknownName) -> Iterator[Finding]:
        """At the name, with the one that was probably meant."""
        module, _, name = event.name.rpartition(".")
        if _is_known_here(event.place, name):
            return
        known = {other for other in tables().get(module, ()) if not other.startswith("_")}
        meant = closest(name, known)
        yield Finding(
            event.place,
            _message(module, name, meant),
            candidates=(*_candidates(event.place, name, meant), *_of_each_rank(event.place, name, known)),
            severity=None if nearest(name, known) else Severity.WARNING,
        )


def _is_known_here(place: Place, name: str) -> bool:
    """Whether the file itself gives something this attribute, or asks whether it exists."""
    return any(
        (isinstance(node, ast.Attribute) and node.attr == name and _is_given(node))
        or (isinstance(node, ast.Constant) and node.value == name)
        for node in nodes_in(place.unit.tree)
    )


def _is_given(node: ast.Attribute) -> bool:
    return isinstance(node.ctx, ast.Store) and self_attribute(node) is None


def _message(module: str, name: str, meant: str | None) -> Text:
    hint = Text("", "") if meant is None else Text(f"; did you mean `{meant}`?", f"；是否应为 `{meant}`？")
    return Text(f"`{module}` has no `{name}`{hint.en}", f"`{module}` 没有 `{name}`{hint.zh}")


def _of_each_rank(place: Place, name: str, known: set[str]) -> Iterator[Candidate]:
    """``Conv1d``, ``Conv2d`` and ``Conv3d`` for ``Conv``: what most other names of the file end in costs least."""
    ends = [f"{rank}d" for rank in (1, 2, 3) if f"{name}{rank}d" in known]
    names = [node.attr for node in place.unit.nodes.get(ast.Attribute, ())]
    counts = {end: sum(other.endswith(end) for other in names) for end in ends}
    for end in ends:
        meant, cost = f"{name}{end}", 1 + sum(count > counts[end] for count in counts.values())
        yield Candidate(Text(f"write `{meant}`", f"改写为 `{meant}`"), _renamed(place, name, meant), cost)


def _candidates(place: Place, name: str, meant: str | None) -> Iterator[Candidate]:
    edits = _renamed(place, name, meant) if meant is not None else ()
    if meant is not None and edits:
        trust = Applicability.SAFE if is_slip(name, meant) else Applicability.UNSAFE
        yield Candidate(Text(f"write `{meant}`", f"改写为 `{meant}`"), edits, trust=trust)


def _renamed(place: Place, name: str, meant: str) -> Edits:
    node = place.node
    if isinstance(node, ast.Attribute) and node.attr == name:
        return rename_attribute(place.unit, node, meant)
    return rename_import(place.unit, node, name, meant) if isinstance(node, ast.ImportFrom) else ()
