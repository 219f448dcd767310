"""Text that does not parse: what is repaired, how, and what is left alone."""

from __future__ import annotations

import ast
import json
import sys
from textwrap import dedent

import pytest
from corruption import CORRUPTIONS, TEMPLATES, attempts, several
from hypothesis import given, settings
from hypothesis import strategies as st

import modlint
from modlint.edits import Edit, apply_edits
from modlint.repair import (
    KINDS,
    Hopeless,
    Illustration,
    NewerSyntax,
    NotPython,
    Parses,
    Repaired,
    repair,
)
from modlint.repair.draft import Change, Draft, Fault, parse
from modlint.repair.newer import newer_feature
from modlint.sources import load
from modlint.sources.document import Lines

NET = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.fc = nn.Linear(width, 2)

    def forward(self, x):
        x = torch.flatten(x, 1)
        return self.fc(x)
"""


def repaired(text: str, *, certain: bool = True) -> Repaired:
    outcome = repair(text, certain=certain)
    assert isinstance(outcome, Repaired), outcome
    assert apply_edits(text, [e.edit for e in outcome.edits]) == outcome.text
    assert all(text[e.edit.start : e.edit.end] == e.was and e.edit.text == e.becomes for e in outcome.edits)
    assert {e.kind for e in outcome.edits} <= KINDS.keys()
    return outcome


# What was written, what is meant, the kinds of the edits.
LINES: tuple[tuple[str, str, str], ...] = (
    ("def _ init _( s )：\n    pass\n", "def __init__( s ):\n    pass\n", "mangled-dunder full-width-punctuation"),
    ("def__init__( self )：\n    pass\n", "def __init__( self ):\n    pass\n", "mangled-dunder full-width-punctuation"),
    ("def __ init __(self):\n    pass\n", "def __init__(self):\n    pass\n", "mangled-dunder"),
    ("def _ _init_ _ (self):\n    pass\n", "def __init__(self):\n    pass\n", "mangled-dunder"),
    ("x = super().__ init__()\n", "x = super().__init__()\n", "mangled-dunder"),
    ("if __ name __ == '__main__':\n    main()\n", "if __name__ == '__main__':\n    main()\n", "mangled-dunder"),
    ("layer = nn.Linear(3，4)\n", "layer = nn.Linear(3,4)\n", "full-width-punctuation"),
    ("layer = nn.Linear（3, 4）\n", "layer = nn.Linear(3, 4)\n", "full-width-punctuation full-width-punctuation"),
    ("x = ３ + model(y)\n", "x = 3 + model(y)\n", "full-width-punctuation"),
    ("x = a – b\n", "x = a - b\n", "full-width-punctuation"),
    ("ok = a ≤ b\n", "ok = a <= b\n", "full-width-punctuation"),
    ("print(“a，b”)\n", 'print("a，b")\n', "typographic-quote typographic-quote"),
    ("print(‘loss’, loss)\n", "print('loss', loss)\n", "typographic-quote typographic-quote"),
    ("print('loss’, loss)\n", "print('loss', loss)\n", "typographic-quote"),
    ("x =\u00a0model(y)\n", "x = model(y)\n", "unusual-space"),
    ("x = model\u200b(y)\n", "x = model(y)\n", "invisible-character"),
    ("x = 1\n\ufeffy = model(x)\n", "x = 1\ny = model(x)\n", "invisible-character"),
    ("x = model(y)\x00\n", "x = model(y)\n", "nul-byte"),
    ("if a &gt; b:\n    print(&quot;a&quot;)\n", 'if a > b:\n    print("a")\n', "html-entity html-entity html-entity"),
    ("dfe forward(self, x):\n    return x\n", "def forward(self, x):\n    return x\n", "misspelled-keyword"),
    ("del forward(self, x):\n    return x\n", "def forward(self, x):\n    return x\n", "misspelled-keyword"),
    ("define forward(self, x):\n    return x\n", "def forward(self, x):\n    return x\n", "misspelled-keyword"),
    ("定义 f(self, x):\n    返回 x\n", "def f(self, x):\n    return x\n", "misspelled-keyword misspelled-keyword"),
    ("calss Net(nn.Module):\n    pass\n", "class Net(nn.Module):\n    pass\n", "misspelled-keyword"),
    ("form torch import nn\n", "from torch import nn\n", "misspelled-keyword"),
    ("improt torch\nx = torch.ones(2)\n", "import torch\nx = torch.ones(2)\n", "misspelled-keyword"),
    ("defforward(self, x):\n    return x\n", "def forward(self, x):\n    return x\n", "glued-def"),
    ("classNet(nn.Module):\n    pass\n", "class Net(nn.Module):\n    pass\n", "glued-def"),
    ("import torch.nn asnn\n", "import torch.nn as nn\n", "glued-def"),
    ("for i inrange(3):\n    print(i)\n", "for i in range(3):\n    print(i)\n", "glued-def"),
    ("def Net(nn.Module):\n    pass\n", "class Net(nn.Module):\n    pass\n", "wrong-definition"),
    ("def _Net(nn.Module):\n    pass\n", "class _Net(nn.Module):\n    pass\n", "wrong-definition"),
    ("class Net(nn.Module)\n    pass\n", "class Net(nn.Module):\n    pass\n", "missing-colon"),
    ("def f(x)  # doubles\n    return 2 * x\n", "def f(x):  # doubles\n    return 2 * x\n", "missing-colon"),
    ("def f(x);\n    return 2 * x\n", "def f(x):\n    return 2 * x\n", "missing-colon"),
    ("for i in range(3)\n    print(i)\n", "for i in range(3):\n    print(i)\n", "missing-colon"),
    ("layer = nn.Conv2d(3 64, 3)\n", "layer = nn.Conv2d(3, 64, 3)\n", "missing-comma"),
    (
        "net = nn.Sequential(\n    nn.Linear(3, 4)\n    nn.ReLU(),\n)\n",
        "net = nn.Sequential(\n    nn.Linear(3, 4),\n    nn.ReLU(),\n)\n",
        "missing-comma",
    ),
    ("x = F.relu(conv(x)\ny = x\n", "x = F.relu(conv(x))\ny = x\n", "missing-bracket"),
    ("super(Net, self.__init__()\nx = 1\n", "super(Net, self).__init__()\nx = 1\n", "missing-bracket"),
    ("x = x.view(x.size(0, -1)\n", "x = x.view(x.size(0), -1)\n", "missing-bracket"),
    ("x = F.relu self.fc(x))\n", "x = F.relu(self.fc(x))\n", "missing-bracket"),
    ("fc = nn.Linear 784, 10)\n", "fc = nn.Linear(784, 10)\n", "missing-bracket"),
    ("fc = nn.Linear(784, 10]\n", "fc = nn.Linear(784, 10)\n", "missing-bracket"),
    ("fc = nn.Linear(784, 10))\n", "fc = nn.Linear(784, 10)\n", "extra-bracket"),
    (
        "net = nn.Sequential(\n    nn.Linear(3, 4),\n    nn.ReLU(),\nprint(net)\n",
        "net = nn.Sequential(\n    nn.Linear(3, 4),\n    nn.ReLU(),)\nprint(net)\n",
        "missing-bracket",
    ),
    ("print('loss, loss)\n", "print('loss', loss)\n", "missing-quote"),
    ("print(loss', loss)\n", "print('loss', loss)\n", "missing-quote"),
    ("print('epoch')\nprint('loss\")\n", "print('epoch')\nprint('loss')\n", "missing-quote"),
    ("d = torch.device('cuda if ok else 'cpu')\n", "d = torch.device('cuda' if ok else 'cpu')\n", "missing-quote"),
    ("if x = 1:\n    y = 2\n", "if x == 1:\n    y = 2\n", "assignment-for-comparison"),
    ("print x\n", "print(x)\n", "python2 python2"),
    ("try:\n    f()\nexcept Error, e:\n    g(e)\n", "try:\n    f()\nexcept Error as e:\n    g(e)\n", "python2"),
    ("if a && b:\n    f()\n", "if a and b:\n    f()\n", "foreign-operator"),
    ("if a:\n    f()\nelse if b:\n    g()\n", "if a:\n    f()\nelif b:\n    g()\n", "foreign-operator"),
    ("from torch.nn import torch.functional as F\n", "from torch.nn import functional as F\n", "impossible-import"),
    ("from torch.nn import nn.functional as F\n", "from torch.nn import functional as F\n", "impossible-import"),
    ("from torch import nn.functional as F\n", "from torch.nn import functional as F\n", "impossible-import " * 2),
    ("import nn from torch\n", "from torch import nn\n", "impossible-import"),
    ("import torch.nn.\nx = torch.ones(1)\n", "import torch.nn\nx = torch.ones(1)\n", "impossible-import"),
    ("layer = torch.nn.\n", "layer = torch.nn\n", "dotted-blank"),
    ("y = nn.relu.(x)\n", "y = nn.relu(x)\n", "dotted-blank"),
    (">>> import torch\n>>> x = torch.ones(2)\n", "import torch\nx = torch.ones(2)\n", "prompt prompt"),
    (">>> print(x)\n3\n>>> y = 1\n", "print(x)\n# 3\ny = 1\n", "prompt console-output prompt"),
    (
        "In [3]: for i in x:\n   ...:     print(i)\n",
        "for i in x:\n    print(i)\n",
        "prompt prompt",
    ),
    ("1 import torch\n2 x = torch.ones(2)\n3 y = x\n", "import torch\nx = torch.ones(2)\ny = x\n", "line-number " * 3),
    (
        " def f(x):\n+    y = 2 * x\n-    y = x\n     return y\n",
        "def f(x):\n    y = 2 * x\n# -    y = x\n    return y\n",
        "diff-mark " * 4,
    ),
    ("> import torch\n> x = torch.ones(2)\n", "import torch\nx = torch.ones(2)\n", "quote-mark quote-mark"),
    ("```python\nimport torch\n```\n", "\nimport torch\n\n", "fence fence"),
    ("!pip install torch\nimport torch\n", "# !pip install torch\nimport torch\n", "notebook-magic"),
    ("x = f(y) z = g(x)\nprint(z)\n", "x = f(y)\nz = g(x)\nprint(z)\n", "merged-lines"),
    ("x =\nf(y)\n", "x = f(y)\n", "split-line"),
    ("x = f(y)  # one\nor two of all\nz = g(x)\n", "x = f(y)  # one\n# or two of all\nz = g(x)\n", "wrapped-comment"),
    ("for i in x::\n    f(i)\n", "for i in x:\n    f(i)\n", "stray-token"),
    ("pool = nn.MaxPool 2d(2)\n", "pool = nn.MaxPool2d(2)\n", "torn-name"),
    ("class U Net(nn.Module):\n    pass\n", "class UNet(nn.Module):\n    pass\n", "torn-name"),
    ("y = conv block(x, 64)\nz = f(y)\n", "y = conv_block(x, 64)\nz = f(y)\n", "torn-name"),
    ("def for ward(self, x):\n    return x\n", "def forward(self, x):\n    return x\n", "torn-name"),
    ("x = self.g(y)\nz = self.h(x)\nif ok {\n    f()\n}\n", "x = self.g(y)\nz = self.h(x)\nif ok:\n    f()\n\n", "foreign-operator " * 2),
    (
        "x = self.g(y)\nz = self.h(x)\nfor (i in range(3)) {\n    f(i)\n}\n",
        "x = self.g(y)\nz = self.h(x)\nfor i in range(3):\n    f(i)\n\n",
        "foreign-operator " * 2,
    ),
    ("x = f(y)\n// then the rest\nz = g(x)\n", "x = f(y)\n# then the rest\nz = g(x)\n", "foreign-operator"),
    ("print x\nprint >>sys.stderr, x\n", "print(x)\nprint(x, file=sys.stderr)\n", "python2 " * 4),
    ("y = y.cuda(0, async = True)\n", "y = y.cuda(0, non_blocking = True)\n", "python2"),
    ("x, y = a.copy_(b, async=c), d.to(e, async=f)\n", "x, y = a.copy_(b, non_blocking=c), d.to(e, non_blocking=f)\n", "python2 python2"),
    ("if x:\n    raise E, 'no', trace\n", "if x:\n    raise E('no').with_traceback(trace)\n", "python2"),
    ("y = self.f(x)\nprint(f'{y:.4f, {x}')\n", "y = self.f(x)\nprint(f'{y:.4f}, {x}')\n", "missing-bracket"),
    ("y = self.f(x)\nprint(f'{y.item()')\n", "y = self.f(x)\nprint(f'{y.item()}')\n", "missing-bracket"),
    ("print（f'{f（x）}'）\n", "print(f'{f(x)}')\n", "full-width-punctuation " * 4),
    ("x = torch.cat([a[:n],\n    b[:n])\n", "x = torch.cat([a[:n],\n    b[:n]])\n", "missing-bracket"),
    ("print('a {}, b {}.format(a, b))\n", "print('a {}, b {}'.format(a, b))\n", "missing-quote"),
    ("1  x = f(y)\n2\n10 if x:\n11     y = x\n", "x = f(y)\n\nif x:\n    y = x\n", "line-number " * 4),
    (
        ">>> print(net)\nNet(\n  (fc): Linear(4, 2)\n)\n>>> x = net(y)\n",
        "print(net)\n# Net(\n#   (fc): Linear(4, 2)\n# )\nx = net(y)\n",
        "prompt console-output console-output console-output prompt",
    ),
    (
        'def f(x):\n    """Doubles."\n    return 2 * x\ndef g(x):\n    """Halves."""\n    return x / 2\n',
        'def f(x):\n    """Doubles."""\n    return 2 * x\ndef g(x):\n    """Halves."""\n    return x / 2\n',
        "missing-quote",
    ),
    (
        "&lt;pre&gt;\nif a &gt; b:\n&nbsp;&nbsp;c = self.f(a)\nprint(c)\nd = self.g(c)\n&lt;/pre&gt;\n",
        "\nif a > b:\n  c = self.f(a)\nprint(c)\nd = self.g(c)\n\n",
        "fence html-entity html-entity html-entity fence",
    ),
    ('@register()\ndef f(a):\n    return g(a)\n\n@register()\ndef h(a):\n    if a is None.\n        a = f(a)\n    return a\n', '@register()\ndef f(a):\n    return g(a)\n\n@register()\ndef h(a):\n    if a is None:\n        a = f(a)\n    return a\n', 'missing-colon'),
    ('model = Net(3)\nif weights is not None.\n    model.load(weights)\nmodel.eval()\n', 'model = Net(3)\nif weights is not None:\n    model.load(weights)\nmodel.eval()\n', 'missing-colon'),
    ('def f(x: nn.Module, n: str)) -> None:\n    pass\n', 'def f(x: nn.Module, n: str) -> None:\n    pass\n', 'extra-bracket'),
    ('n = len(weights.meta["categories"]))\n', 'n = len(weights.meta["categories"])\n', 'extra-bracket'),
    ("self.register_parameter('weight', None))\n", "self.register_parameter('weight', None)\n", 'extra-bracket'),
    ('def f(kw: Optional[Dict[str, Any] = None, n: int = 3):\n    pass\n', 'def f(kw: Optional[Dict[str, Any]] = None, n: int = 3):\n    pass\n', 'missing-bracket'),
    ('def f(layer: Type[nn.Module = nn.ReLU):\n    pass\n', 'def f(layer: Type[nn.Module] = nn.ReLU):\n    pass\n', 'missing-bracket'),
    ('dtype, device = xs[0.dtype, xs[0].device\n', 'dtype, device = xs[0].dtype, xs[0].device\n', 'missing-bracket'),
    ('y = x.mean(dim=1, keepdim=True + eps\n', 'y = x.mean(dim=1, keepdim=True) + eps\n', 'missing-bracket'),
    ("names = [a for a in xs if a.startswith('_' and a in ys]\n", "names = [a for a in xs if a.startswith('_') and a in ys]\n", 'missing-bracket'),
    ("self.register_parameter('bias, None)\n", "self.register_parameter('bias', None)\n", 'missing-quote'),
    ("self.net = nn.Linear(3, 4)\nmeta = {\n    'acc@1: 56.5,\n    'acc@5': 79.0,\n}\nself.meta = f(meta)\n", "self.net = nn.Linear(3, 4)\nmeta = {\n    'acc@1': 56.5,\n    'acc@5': 79.0,\n}\nself.meta = f(meta)\n", 'missing-quote'),
    ("self.net = nn.Linear(3, 4)\nmeta = {\n    recipe': 'https://a.org/b#c',\n}\nself.meta = f(meta)\n", "self.net = nn.Linear(3, 4)\nmeta = {\n    'recipe': 'https://a.org/b#c',\n}\nself.meta = f(meta)\n", 'missing-quote'),
    ("params = {'inplace: inplace}\n", "params = {'inplace': inplace}\n", 'missing-quote'),
    ("self.net = nn.Linear(3, 4)\nx = 1  # odd\nassert layer is None, layer is not known'  # odd\n", "self.net = nn.Linear(3, 4)\nx = 1  # odd\nassert layer is None, 'layer is not known'  # odd\n", 'missing-quote'),
    ('def f(a, b, c):\n    return a, b c\n', 'def f(a, b, c):\n    return a, b, c\n', 'missing-comma'),
    ('for x in xs:\n    if x is None:\n        continue y = x\n    g(y)\n', 'for x in xs:\n    if x is None:\n        continue\n    y = x\n    g(y)\n', 'merged-lines'),
    ('net = nn.Sequential\n    nn.Linear(3, 4),\n    nn.ReLU(),\n)\n', 'net = nn.Sequential(\n    nn.Linear(3, 4),\n    nn.ReLU(),\n)\n', 'missing-bracket'),
    ('def __init__ \n        self,\n        width=3,\n):\n    pass\n', 'def __init__( \n        self,\n        width=3,\n):\n    pass\n', 'missing-bracket'),
    ("w = Weights(\n    transforms=partial Image, size=224),\n    meta={\n        'a': 1,\n    },\n)\n", "w = Weights(\n    transforms=partial(Image, size=224),\n    meta={\n        'a': 1,\n    },\n)\n", 'missing-bracket'),
    ('def scale(tensor):\n    fan = fan_of(tensor))\n    return tensor / fan\n', 'def scale(tensor):\n    fan = fan_of(tensor)\n    return tensor / fan\n', 'extra-bracket'),
    ("return_layers = {'a': str(v)}\nshape = x.shape[-2:\ny = f(shape)\n", "return_layers = {'a': str(v)}\nshape = x.shape[-2:]\ny = f(shape)\n", 'missing-bracket'),
    ('def g(a):\n    return f(a, **dict(a, b=3)\n\n\n@register\ndef h(a):\n    return a\n', 'def g(a):\n    return f(a, **dict(a, b=3))\n\n\n@register\ndef h(a):\n    return a\n', 'missing-bracket'),
    ('self.register_buffer("var, torch.ones(n))\n', 'self.register_buffer("var", torch.ones(n))\n', 'missing-quote'),
    ("y = (str(config['size][-2:]), str(other[-2:]))\n", "y = (str(config['size'][-2:]), str(other[-2:]))\n", 'missing-quote'),
    ('loss = loss.sum-1).mean()\nself.last = loss\n', 'loss = loss.sum(-1).mean()\nself.last = loss\n', 'missing-bracket'),
    ('def f(self, layers):\n    return nn.Sequential *layers)\n', 'def f(self, layers):\n    return nn.Sequential(*layers)\n', 'missing-bracket'),
    ('y = x.view(B * N))\nself.y = y\n', 'y = x.view(B * N)\nself.y = y\n', 'extra-bracket'),
    ("class A:\n    def **init**(self):\n        super().**init**()\n", "class A:\n    def __init__(self):\n        super().__init__()\n", "mangled-dunder mangled-dunder"),
    ('if **name** == "**main**":\n    print(1)\n', 'if __name__ == "__main__":\n    print(1)\n', "mangled-dunder mangled-dunder"),
    ('def f\\_x(a\\_b):\n    return a\\_b["c\\_d"]\n', 'def f_x(a_b):\n    return a_b["c_d"]\n', "stray-token stray-token stray-token stray-token"),
    ("Class A:\n    Def f(self):\n        Self.x = 1\n        Print(self.x)\n", "class A:\n    def f(self):\n        self.x = 1\n        print(self.x)\n", "misspelled-keyword misspelled-keyword misspelled-keyword misspelled-keyword"),
    ("1import torch\n2\n3x = torch.ones(2)\n", "import torch\n\nx = torch.ones(2)\n", "line-number line-number line-number"),
    ("1\nimport torch\n2\ndef f(x):\n3\n    return x\n", "import torch\ndef f(x):\n    return x\n", "line-number line-number line-number"),
    ("1\n2\n3\nimport torch\ndef f(x):\n    return x：\n", "import torch\ndef f(x):\n    return x\n", "line-number line-number line-number stray-token"),
    ("def f(x):\n    y = x.a()<br>\n    return y<br/>\n", "def f(x):\n    y = x.a()\n    return y\n", "fence fence"),
    ("def f(x):\n    take the mean over the rows\n    return x.mean(0)\n", "def f(x):\n    # take the mean over the rows\n    return x.mean(0)\n", "prose"),
    ("python code\nimport torch\nx = torch.ones(2)\nprint(x)\n", "# python code\nimport torch\nx = torch.ones(2)\nprint(x)\n", "prose"),
    ("x = f(y)  // the residual connection\n", "x = f(y)  # the residual connection\n", "foreign-operator"),
    ("x = f(num _ classes, in _ size, d_ model=2)\n", "x = f(num_classes, in_size, d_model=2)\n", "torn-name torn-name torn-name torn-name torn-name"),
    ("d = f(0 . 01, 1e - 3)\n", "d = f(0.01, 1e-3)\n", "torn-name torn-name torn-name torn-name"),
    ("for x in _ xs:\n    print(x)\n", "for x in _xs:\n    print(x)\n", "torn-name"),
    ("if x ! = 2:\n    y + = 1\n", "if x != 2:\n    y += 1\n", "foreign-operator foreign-operator"),
    ("x = a if b else c for i in x: print(i)\ny = x\n", "x = a if b else c\nfor i in x: print(i)\ny = x\n", "merged-lines"),
    ("n = f(x)\nassert ok \"no size\"\n", "n = f(x)\nassert ok, \"no size\"\n", "missing-comma"),
    ("n = f(x)\nassert n > 1, Should have one (at least)'\n", "n = f(x)\nassert n > 1, 'Should have one (at least)'\n", "missing-quote"),
    ("pw = max(k[1] - (w % s[1], 0)\n", "pw = max(k[1] - (w % s[1]), 0)\n", "missing-bracket"),
    ("y = torch.cat([a, b, dim=2)\n", "y = torch.cat([a, b], dim=2)\n", "missing-bracket"),
    ("n = sizes[max_index['channels']\n", "n = sizes[max_index]['channels']\n", "missing-bracket"),
    ("kv = f(k)\ny = f(q, k v)\nz = k + v\n", "kv = f(k)\ny = f(q, k, v)\nz = k + v\n", "missing-comma"),
    ("out = transform *inputs)\n", "out = transform(*inputs)\n", "missing-bracket"),
    ("def forwardctx, x):\n    return x\n", "def forward(ctx, x):\n    return x\n", "missing-bracket"),
    ("log = getLogger(__name__))\n", "log = getLogger(__name__)\n", "extra-bracket"),
    ("ys = [f(a)\n      fork, a in zip(xs, zs)]\n", "ys = [f(a)\n      for k, a in zip(xs, zs)]\n", "glued-def"),
    ("import torch\n# taken from there\nfrom torch.nn importModule as Base\nnet = Base()\n", "import torch\n# taken from there\nfrom torch.nn import Module as Base\nnet = Base()\n", "glued-def"),
    ("check(h = self.size, '')\n", "check(h == self.size, '')\n", "assignment-for-comparison"),
    ("x = f()\nassert x, ’`a` must be \"b\"’\n", "x = f()\nassert x, '`a` must be \"b\"'\n", "typographic-quote typographic-quote"),
    ("f(″params″, 'of \"a\" b')\ng(″x″)\n", "f(\"params\", 'of \"a\" b')\ng(\"x\")\n", "typographic-quote typographic-quote typographic-quote typographic-quote"),
    ("c = g()\ny = f((a - b)) / c)\n", "c = g()\ny = f((a - b) / c)\n", "extra-bracket"),
    ("pads = [pad(n, d=1) * 4\n", "pads = [pad(n, d=1)] * 4\n", "missing-bracket"),
    ("if x:\n    raise ValueErrorf\"no {x}\")\n", "if x:\n    raise ValueError(f\"no {x}\")\n", "missing-bracket"),
    ("if x:\n    raise ValueError(width=True wants a list of widths\")\n", "if x:\n    raise ValueError(\"width=True wants a list of widths\")\n", "missing-quote"),
    ("path = f()\nnet = torch.load_filepath, 1)\n", "path = f()\nnet = torch.load_file(path, 1)\n", "missing-bracket"),
    ("if x:\n    raise ValueError\n        \"one\"\n        \"two\")\n", "if x:\n    raise ValueError(\n        \"one\"\n        \"two\")\n", "missing-bracket"),
    ("class A:\n    def --init--(self):\n        self.x = 1\n", "class A:\n    def __init__(self):\n        self.x = 1\n", "mangled-dunder"),
    ("class A:\n    def ——init——(self):\n        self.x = 1\n", "class A:\n    def __init__(self):\n        self.x = 1\n", "mangled-dunder"),
    ("def f(x):\n    /* the mean */\n    return x.mean(0)\n", "def f(x):\n    # the mean\n    return x.mean(0)\n", "foreign-operator"),
    ("def f(x):\n    y = x  <!-- the same -->\n    return y\n", "def f(x):\n    y = x  # the same\n    return y\n", "foreign-operator"),
    ("class Net nn.Module:\n    pass\n", "class Net(nn.Module):\n    pass\n", "missing-bracket missing-bracket"),
    ("def forward self, x:\n    return x\n", "def forward(self, x):\n    return x\n", "missing-bracket missing-bracket"),
    ("Source: https://example.org/a/b.html\nimport torch\nx = torch.ones(2)\n", "# Source: https://example.org/a/b.html\nimport torch\nx = torch.ones(2)\n", "prose"),
    ("1. 定义网络\nimport torch\nx = torch.ones(2)\n", "# 1. 定义网络\nimport torch\nx = torch.ones(2)\n", "prose"),
    ("import torch\nx = torch.ones(2)\n（省略）\nprint(x)\n", "import torch\nx = torch.ones(2)\n# （省略）\nprint(x)\n", "prose"),
    ("def f(x):\n    the forward pass of it\n    return x.mean(0)\n", "def f(x):\n    # the forward pass of it\n    return x.mean(0)\n", "prose"),
    ("import torch\nx = torch.ones(2)\nprint(x)\nOutput:\ntensor([1., 1.])\nEpoch 1, loss: 2\n", "import torch\nx = torch.ones(2)\nprint(x)\n# Output:\n# tensor([1., 1.])\n# Epoch 1, loss: 2\n", "console-output console-output console-output"),
    ("import torch\nx = torch.ones(2)\nprint(x)\n运行结果如下：\ntensor([1., 1.])\n", "import torch\nx = torch.ones(2)\nprint(x)\n# 运行结果如下：\n# tensor([1., 1.])\n", "console-output console-output"),
    ("  1 | def f(x):\n  2 |     return x\n", "def f(x):\n    return x\n", "line-number line-number"),
    ("[1] def f(x):\n[2]     return x\n", "def f(x):\n    return x\n", "line-number line-number"),
    ("L1: import torch\nL2: x = torch.ones(2)\n", "import torch\nx = torch.ones(2)\n", "line-number line-number"),
    ("def Data(Dataset):\n    pass\ndef Net(nn.Module):\n    pass\n", "class Data(Dataset):\n    pass\nclass Net(nn.Module):\n    pass\n", "wrong-definition wrong-definition"),
    ("def f(a):\n    x, y = a.to(1),\na.to(2)\n    return x\n", "def f(a):\n    x, y = a.to(1), a.to(2)\n    return x\n", "split-line"),
    ("def f(x):\n    y = len(x.stages - 1\n    return y\n", "def f(x):\n    y = len(x.stages) - 1\n    return y\n", "missing-bracket"),
    ("if len(set(x.values()) > 1:\n    y = x\n", "if len(set(x.values())) > 1:\n    y = x\n", "missing-bracket"),
    ("def f(x: Union[str, Type[nn.Module] = 'a'):\n    return x\n", "def f(x: Union[str, Type[nn.Module]] = 'a'):\n    return x\n", "missing-bracket"),
    ("if x:\n    y = nn.Identity(\n    y.train(x)\n", "if x:\n    y = nn.Identity()\n    y.train(x)\n", "missing-bracket"),
    ("def f(**kw):\n    a = dict(\n        b=B, c=[3, 4], d=dict(scale=6)\n    return a\n", "def f(**kw):\n    a = dict(\n        b=B, c=[3, 4], d=dict(scale=6))\n    return a\n", "missing-bracket"),
    ("y = f(g([a, b], dim=-1, dim=-1)\nz = y\n", "y = f(g([a, b], dim=-1), dim=-1)\nz = y\n", "missing-bracket"),
    ("def f(x):\n    out _ = g(x)\n    return out x\n", "def f(x):\n    out, _ = g(x)\n    return out, x\n", "missing-comma missing-comma"),
    ("def checkpath: str) -> str:\n    return path\n", "def check(path: str) -> str:\n    return path\n", "missing-bracket"),
    ("def f(weights):\n    weights = W.verifyweights)\n    return weights\n", "def f(weights):\n    weights = W.verify(weights)\n    return weights\n", "missing-bracket"),
    ("def f(self):\n    return getattr(self, a', None)\n", "def f(self):\n    return getattr(self, 'a', None)\n", "missing-quote"),
    ("if x:\n    raise ValueError(scales and mapper are missing\")\n", "if x:\n    raise ValueError(\"scales and mapper are missing\")\n", "missing-quote"),
    ("def f(x):\n    if x:\n        y = g(x) elif h(x):\n        y = x\n    return y\n", "def f(x):\n    if x:\n        y = g(x)\n    elif h(x):\n        y = x\n    return y\n", "merged-lines"),
)  # fmt: skip


# Files as beginners post them, with five to fourteen faults each; the meant text, compared as trees.
MANY: dict[str, tuple[str, str]] = {
    "what the interpreter said, below the code": (
        """
        import torch
        x = torch.ones(2, 3)
        w = torch.ones(4, 5)
        y = x @ w
        print(y.shape)
        for row in y:
            print(row.sum())
            z = row.mean()
            print(z)
        y = y.relu()
        w = w.relu()
        Traceback (most recent call last):
          File "a.py", line 4, in <module>
            y = x @ w
        RuntimeError: mat1 and mat2 shapes cannot be multiplied
        """,
        """
        import torch
        x = torch.ones(2, 3)
        w = torch.ones(4, 5)
        y = x @ w
        print(y.shape)
        for row in y:
            print(row.sum())
            z = row.mean()
            print(z)
        y = y.relu()
        w = w.relu()
        """,
    ),
    "a whole file on one line": (
        """
        import torch from torch import nn class Net(nn.Module): def __init__(self, n): super().__init__() self.n = n self.fc = nn.Linear(n, 2) def forward(self, x): y = x if self.n else x * 2 return self.fc(y) if __name__ == "__main__": for n in range(3): print(Net(n))
        """,
        """
        import torch
        from torch import nn
        class Net(nn.Module):
            def __init__(self, n):
                super().__init__()
                self.n = n
                self.fc = nn.Linear(n, 2)
            def forward(self, x):
                y = x if self.n else x * 2
                return self.fc(y)
        if __name__ == "__main__":
            for n in range(3):
                print(Net(n))
        """,
    ),
    "colons, brackets, a comma, a quote and a keyword": (
        """
        import torch
        import torch.nn as nn
        import torch.nn.functional as F

        class Digits(nn.Module)
            def __init__(self, width):
                super(Digits, self).__init__()
                self.first = nn.Conv2d(1, 20, 5, 1
                self.second = nn.Linear(4*4*50 500)
                self.third = nn.Linear(500, 10))

            def forward(self, x)
                x = F.relu(self.first(x)
                x = F.max_pool2d(x, 2, 2
                x = x.view(-1, 4*4*50)
                retrun F.log_softmax(self.third(x), dim=1)

        def train(model, loader, optimizer, epoch)
            for index, (data, target) in enumerate(loader)
                loss = F.nll_loss(model(data), target)
                if index % 10 = 0:
                    print('epoch {} loss {:.6f}.format(
                        epoch, loss.item()))
        """,
        """
        import torch
        import torch.nn as nn
        import torch.nn.functional as F

        class Digits(nn.Module):
            def __init__(self, width):
                super(Digits, self).__init__()
                self.first = nn.Conv2d(1, 20, 5, 1)
                self.second = nn.Linear(4*4*50, 500)
                self.third = nn.Linear(500, 10)

            def forward(self, x):
                x = F.relu(self.first(x))
                x = F.max_pool2d(x, 2, 2)
                x = x.view(-1, 4*4*50)
                return F.log_softmax(self.third(x), dim=1)

        def train(model, loader, optimizer, epoch):
            for index, (data, target) in enumerate(loader):
                loss = F.nll_loss(model(data), target)
                if index % 10 == 0:
                    print('epoch {} loss {:.6f}'.format(
                        epoch, loss.item()))
        """,
    ),
    "a list of layers without commas, and nothing that closes it": (
        """
        from torch import nn

        class Stack(nn.Module):
            def __init__(self):
                super().__init__()
                self.layers = nn.Sequential(
                    nn.Conv2d(1, 8, 3)
                    nn.ReLU(),
                    nn.MaxPool2d(2)
                    nn.Flatten()
                    nn.Linear(16, 10)

            def forward(self, x)
                return self.layers(x

        net = Stack()
        opt = torch.optim.SGD(net.parameters(), lr = 0.01, momentum = 0.9
        """,
        """
        from torch import nn

        class Stack(nn.Module):
            def __init__(self):
                super().__init__()
                self.layers = nn.Sequential(
                    nn.Conv2d(1, 8, 3),
                    nn.ReLU(),
                    nn.MaxPool2d(2),
                    nn.Flatten(),
                    nn.Linear(16, 10))

            def forward(self, x):
                return self.layers(x)

        net = Stack()
        opt = torch.optim.SGD(net.parameters(), lr = 0.01, momentum = 0.9)
        """,
    ),
    "brackets open over several statements, and one body out of line": (
        """
        class Attention(nn.Module)
            def forward(self, x):
                qkv = self.to_qkv(x).chunk(3, dim=-1
                q, k, v = map(lambda t: t.reshape(b, n, h, -1), qkv
                dots = torch.matmul(q, k.transpose(-1, -2)) * self.scale
                attn = dots.softmax(dim=-1))
                out = torch.matmul(attn, v
              return self.to_out(out)
        """,
        """
        class Attention(nn.Module):
            def forward(self, x):
                qkv = self.to_qkv(x).chunk(3, dim=-1)
                q, k, v = map(lambda t: t.reshape(b, n, h, -1), qkv)
                dots = torch.matmul(q, k.transpose(-1, -2)) * self.scale
                attn = dots.softmax(dim=-1)
                out = torch.matmul(attn, v)
                return self.to_out(out)
        """,
    ),
    "a Chinese page: full-width marks, sentences, one method in column one, flat loops": (
        """
        class MLP（nn.Module）:
            def __init__（self, width）:
                super（MLP, self）.__init__（）
                self.fc = nn.Linear（width, 2）
        def forward（self, x）:
                x = self.fc（x)
                return x
        首先，我们创建模型的实例。
        model = MLP（784）
        for epoch in range（10）:
        for data, target in loader:
        optimizer.zero_grad（）
        loss = criterion（model（data）, target）
        loss.backward（）
        """,
        """
        class MLP(nn.Module):
            def __init__(self, width):
                super(MLP, self).__init__()
                self.fc = nn.Linear(width, 2)
            def forward(self, x):
                x = self.fc(x)
                return x
        model = MLP(784)
        for epoch in range(10):
            for data, target in loader:
                optimizer.zero_grad()
                loss = criterion(model(data), target)
                loss.backward()
        """,
    ),
    "a question with its code": (
        """
        Hi all, I get an error when I run this code, please help me!!

        from torch import nn

        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.fc1 = nn.Linear(100, 50)
                self.fc2 = nn.Linear(50 10)

            def forward(self, x)
                x = self.fc1(x
                return self.fc2(x)

        The error is on this line:
        out = Net()(torch.randn(5, 100)
        Thanks in advance!
        """,
        """
        from torch import nn

        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.fc1 = nn.Linear(100, 50)
                self.fc2 = nn.Linear(50, 10)

            def forward(self, x):
                x = self.fc1(x)
                return self.fc2(x)

        out = Net()(torch.randn(5, 100))
        """,
    ),
    "written by a phone": (
        """
        Import torch
        From torch import nn

        Class Net(nn.Module):
            Def __init__(self):
                super().__init__()
                self.fc = nn.Linear(10, 2)

            Def forward(self, x):
                Return self.fc(x)

        For epoch in range(10):
            print(“epoch”, epoch)
        """,
        """
        import torch
        from torch import nn

        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.fc = nn.Linear(10, 2)

            def forward(self, x):
                return self.fc(x)

        for epoch in range(10):
            print("epoch", epoch)
        """,
    ),
    "recognised from a picture": (
        """
        from torch.nn import torch.functional as F
        import torch as

        class U Net(nn.Module):
            def __init__(self, in_ch = 3):
                super(UNet, self).__init__()
                self.down = conv block(in_ch, 64)
                self.pool = nn.MaxPool 2d(2)
                self.up = nn.ConvTranspose2d(64, 32, 2, stride = 2

            def for ward(self, x):
                x = self. up(self.pool(x))
                retur x
        """,
        """
        from torch.nn import functional as F
        import torch

        class UNet(nn.Module):
            def __init__(self, in_ch = 3):
                super(UNet, self).__init__()
                self.down = conv_block(in_ch, 64)
                self.pool = nn.MaxPool2d(2)
                self.up = nn.ConvTranspose2d(64, 32, 2, stride = 2)

            def forward(self, x):
                x = self. up(self.pool(x))
                return x
        """,
    ),
    "all lines run together": (
        """
        import torch import torch.nn as nn
        class Net(nn.Module): def __init__(self): super().__init__() self.a = nn.Linear(4, 2) self.b = nn.ReLU()
            def forward(self, x): x = self.a(x) x = self.b(x) return x
        net = Net() print(net)
        """,
        """
        import torch
        import torch.nn as nn
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.a = nn.Linear(4, 2)
                self.b = nn.ReLU()
            def forward(self, x):
                x = self.a(x)
                x = self.b(x)
                return x
        net = Net()
        print(net)
        """,
    ),
    "by habit of another language": (
        """
        class Net(nn.Module):
            def __init__(self)
                super().__init__()
                self.a = nn.Linear(2, 10);
            }
            def forward(self, x) {
                return self.a(x);
            }
        }
        net = Net()
        // train the net
        for (i in range(100)) {
            loss = f(net(x), y)
            i++
        }
        """,
        """
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.a = nn.Linear(2, 10)
            def forward(self, x):
                return self.a(x)
        net = Net()
        for i in range(100):
            loss = f(net(x), y)
            i += 1
        """,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", MANY)
def test_many_faults(name: str) -> None:
    text, meant = (dedent(part).lstrip("\n") for part in MANY[name])
    assert ast.dump(ast.parse(repaired(text).text)) == ast.dump(ast.parse(meant))


@pytest.mark.parametrize(("text", "meant", "kinds"), LINES, ids=[row[0].strip()[:40] for row in LINES])
def test_single_faults(text: str, meant: str, kinds: str) -> None:
    outcome = repaired(text)
    assert outcome.text == meant
    assert [edit.kind for edit in outcome.edits] == kinds.split()


# Indentation: what was written; the meant structure as text, compared as trees.
LAYOUTS: dict[str, tuple[str, str]] = {
    "flat class": (
        """
        class Net(nn.Module):
        def __init__(self):
        super().__init__()
        # one layer
        self.fc = nn.Linear(4, 2)
        def forward(self, x):
        return self.fc(x)
        net = Net()
        """,
        """
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                # one layer
                self.fc = nn.Linear(4, 2)
            def forward(self, x):
                return self.fc(x)
        net = Net()
        """,
    ),
    "all in one column of one blank, and blanks before the imports": (
        """
        import torch
         import torch . nn as nn

        class TinyNet ( nn . Module ):
         def __ init __( self ):
         pass

         def forward ( x ):
         return x
        """,
        """
        import torch
        import torch . nn as nn

        class TinyNet ( nn . Module ):
            def __init__( self ):
                pass

            def forward ( x ):
                return x
        """,
    ),
    "body further out than its header, tabs at last": (
        """
        class Branch(nn.Module):
              def __init__(self, width):
             super(Branch, self).__init__()  # the parent
             def forward(self, x):
        \t\treturn X
        """,
        """
        class Branch(nn.Module):
            def __init__(self, width):
                super(Branch, self).__init__()
            def forward(self, x):
                return X
        """,
    ),
    "first method one column deeper than its siblings": (
        """
        class Tower(nn.Module):
             def __init__(self, width):
                super().__init__()
                self.width = width

                self.conv = nn.Conv2d(3, width, 3)

            def _make(self, count):
                return [Branch(self.width) for _ in range(count)]

            def forward(self, x):
                return self.conv(x)
        """,
        """
        class Tower(nn.Module):
            def __init__(self, width):
                super().__init__()
                self.width = width
                self.conv = nn.Conv2d(3, width, 3)
            def _make(self, count):
                return [Branch(self.width) for _ in range(count)]
            def forward(self, x):
                return self.conv(x)
        """,
    ),
    "forward three blanks in": (
        """
        class Pool(nn.Module):
            def __init__(self):
                super().__init__()

           def forward(self, x):
                return x.mean(1)
        """,
        """
        class Pool(nn.Module):
            def __init__(self):
                super().__init__()
            def forward(self, x):
                return x.mean(1)
        """,
    ),
    "one body lost": (
        """
        class Pool(nn.Module):
            def __init__(self):
            super().__init__()
            self.n = 1

            def forward(self, x):
                return x.mean(self.n)
        """,
        """
        class Pool(nn.Module):
            def __init__(self):
                super().__init__()
                self.n = 1
            def forward(self, x):
                return x.mean(self.n)
        """,
    ),
    "a method without a body": (
        """
        class Pool(nn.Module):
            def __init__(self):

            def forward(self, x):
                return x.mean(1)
        """,
        """
        class Pool(nn.Module):
            def __init__(self):
                pass
            def forward(self, x):
                return x.mean(1)
        """,
    ),
    "tabs and blanks": (
        """
        class Pool(nn.Module):
            def forward(self, x):
                y = x.mean(1)
        \ty = y + 1
                return y
        """,
        """
        class Pool(nn.Module):
            def forward(self, x):
                y = x.mean(1)
                y = y + 1
                return y
        """,
    ),
    "first line has lost its indentation": (
        """
        def __init__(self):
                super().__init__()
                self.n = 1

            def forward(self, x):
                return x.mean(self.n)
        """,
        """
        def __init__(self):
            super().__init__()
            self.n = 1
        def forward(self, x):
            return x.mean(self.n)
        """,
    ),
    "flat training loop": (
        """
        for epoch in range(3):
        for x, y in loader:
        optimizer.zero_grad()
        loss = criterion(net(x), y)
        loss.backward()
        optimizer.step()
        """,
        """
        for epoch in range(3):
            for x, y in loader:
                optimizer.zero_grad()
                loss = criterion(net(x), y)
                loss.backward()
                optimizer.step()
        """,
    ),
    "flat class with a full-width colon and a missing one": (
        """
        class Net(nn.Module)
        def __init__(self)：
        super().__init__()
        self.fc = nn.Linear(4, 2)
        def forward(self, x):
        return self.fc(x)
        """,
        """
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.fc = nn.Linear(4, 2)
            def forward(self, x):
                return self.fc(x)
        """,
    ),
    "what a loop reads and then renews stays in the loop": (
        """
        def make_layers(cfg, in_channels):
        layers = []
        for v in cfg:
        layers += [nn.Conv2d(in_channels, 64, 3), nn.ReLU()]
        in_channels = v
        return nn.Sequential(*layers)
        """,
        """
        def make_layers(cfg, in_channels):
            layers = []
            for v in cfg:
                layers += [nn.Conv2d(in_channels, 64, 3), nn.ReLU()]
                in_channels = v
            return nn.Sequential(*layers)
        """,
    ),
    "both branches assign the same": (
        """
        class Norms(nn.Module):
        def __init__(self, dim, qk_norm):
        super().__init__()
        if qk_norm:
        self.q_norm = nn.LayerNorm(dim)
        self.k_norm = nn.LayerNorm(dim)
        else:
        self.q_norm = nn.Identity()
        self.k_norm = nn.Identity()
        """,
        """
        class Norms(nn.Module):
            def __init__(self, dim, qk_norm):
                super().__init__()
                if qk_norm:
                    self.q_norm = nn.LayerNorm(dim)
                    self.k_norm = nn.LayerNorm(dim)
                else:
                    self.q_norm = nn.Identity()
                    self.k_norm = nn.Identity()
        """,
    ),
    "blank lines part what no column parts": (
        """
        def export(model, path, training):

        if training:
        mode = modes.TRAIN
        model.train()
        else:
        mode = modes.EVAL
        model.eval()

        if path is None:
        path = default_path(model)

        names = ['input']
        return run(model, path, mode, names)
        """,
        """
        def export(model, path, training):

            if training:
                mode = modes.TRAIN
                model.train()
            else:
                mode = modes.EVAL
                model.eval()

            if path is None:
                path = default_path(model)

            names = ['input']
            return run(model, path, mode, names)
        """,
    ),
    "a loop without break has no else": (
        """
        def names_of(include):
        if include:
        found = set()
        for name in include:
        found = found | set(matching(name))
        else:
        found = set(all_names())
        return sorted(found)
        """,
        """
        def names_of(include):
            if include:
                found = set()
                for name in include:
                    found = found | set(matching(name))
            else:
                found = set(all_names())
            return sorted(found)
        """,
    ),
    "a function that returns on one way returns on all": (
        """
        def make(layer, stride, kwargs):
        if takes_stride(layer):
        kwargs['stride'] = stride
        try:
        return layer(**kwargs)
        except TypeError:
        return layer(stride)


        def other(x):
        return x
        """,
        """
        def make(layer, stride, kwargs):
            if takes_stride(layer):
                kwargs['stride'] = stride
            try:
                return layer(**kwargs)
            except TypeError:
                return layer(stride)


        def other(x):
            return x
        """,
    ),
    "a function may call itself": (
        """
        def replace_relu(module):
        found = {}
        for name, child in module.named_children():
        replace_relu(child)
        if type(child) is nn.ReLU:
        found[name] = nn.ReLU(inplace=False)

        for name, child in found.items():
        module._modules[name] = child
        """,
        """
        def replace_relu(module):
            found = {}
            for name, child in module.named_children():
                replace_relu(child)
                if type(child) is nn.ReLU:
                    found[name] = nn.ReLU(inplace=False)

            for name, child in found.items():
                module._modules[name] = child
        """,
    ),
    "an instance of a flat class stands behind it": (
        """
        class DigitCNN(nn.Module):
        def __init__(self):
        super(DigitCNN, self).__init__()
        self.stem = nn.Sequential(
        nn.Conv2d(1, 16, 5, padding=2),
        nn.MaxPool2d(kernel_size=2),
        )
        # one score per digit
        self.head = nn.Linear(1050, 10)
        def forward(self, img):
        feat = self.stem(img)
        scores = self.head(feat)
        return scores, feat # for the plot
        net = DigitCNN()
        summary(net, (1, 28, 28))
        """,
        """
        class DigitCNN(nn.Module):
            def __init__(self):
                super(DigitCNN, self).__init__()
                self.stem = nn.Sequential(
                nn.Conv2d(1, 16, 5, padding=2),
                nn.MaxPool2d(kernel_size=2),
                )
                # one score per digit
                self.head = nn.Linear(1050, 10)
            def forward(self, img):
                feat = self.stem(img)
                scores = self.head(feat)
                return scores, feat # for the plot
        net = DigitCNN()
        summary(net, (1, 28, 28))
        """,
    ),
    "one statement too deep": (
        """
        def f(x):
            y = x + 1
              z = y + 1
            return z
        """,
        """
        def f(x):
            y = x + 1
            z = y + 1
            return z
        """,
    ),
    "a sequential in brackets keeps its lines": (
        """
        class Net(nn.Module):
        def __init__(self):
        super().__init__()
        self.net = nn.Sequential(
        nn.Linear(4, 2),
        nn.ReLU(),
        )
        def forward(self, x):
        return self.net(x)
        """,
        """
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.net = nn.Sequential(
                    nn.Linear(4, 2),
                    nn.ReLU(),
                )
            def forward(self, x):
                return self.net(x)
        """,
    ),
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_indentation(name: str) -> None:
    text, meant = (dedent(part).lstrip("\n") for part in LAYOUTS[name])
    assert ast.dump(ast.parse(repaired(text).text)) == ast.dump(ast.parse(meant))


def test_one_column_too_many_is_a_slip_and_no_other_block() -> None:
    meant = next(text for text in TEMPLATES if "    for step" in text)
    broken = meant.replace("    for step", "     for step")
    assert ast.dump(ast.parse(repaired(broken).text)) == ast.dump(ast.parse(meant))


def test_comments_move_with_the_statement_below() -> None:
    text = "class Net(nn.Module):\ndef forward(self, x):\n# twice\nreturn 2 * x\n"
    assert (
        repaired(text).text
        == "class Net(nn.Module):\n    def forward(self, x):\n        # twice\n        return 2 * x\n"
    )


def test_strings_over_several_lines_keep_their_text() -> None:
    text = 'class Net(nn.Module):\ndef forward(self, x):\n"""Twice\n  and again."""\nreturn 2 * x\n'
    assert '"""Twice\n  and again."""' in repaired(text).text


def test_what_is_no_fault_stays() -> None:
    """Blanks in dotted names, odd spacing and full-width marks in strings and comments are the author's."""
    text = "import torch . nn as nn\nprint( '（a，b）' )  # 一、二\nlayer = nn . Linear( 3 ，4 )\n"
    assert (
        repaired(text).text == "import torch . nn as nn\nprint( '（a，b）' )  # 一、二\nlayer = nn . Linear( 3 ,4 )\n"
    )


@pytest.mark.parametrize("text", [NET, "", "\n", "# nothing\n", "x = 1", *TEMPLATES, "def _init_(self):\n    pass\n"])
def test_text_that_parses_is_left_alone(text: str) -> None:
    assert repair(text) == Parses()


@pytest.mark.parametrize(
    "text",
    [
        "with torch.no_grad():\n",
        "with torch.no_grad():\n    # evaluate here\n",
        "for x, y in loader:",
        NET + "\n    def extra(self, x):\n",
    ],
)
@pytest.mark.parametrize("certain", [True, False])
def test_a_header_at_the_end_is_an_illustration(text: str, certain: bool) -> None:
    assert repair(text, certain=certain) == Illustration()


NOT_PYTHON: tuple[str, ...] = (
    "This is a model. It has two layers and a loss, and we train it for ten epochs.\n",
    "The model takes an image of 28x28 pixels, and returns ten scores.\nIt is trained with SGD.\n",
    "First install the package, then run the training script.\nThe results are in the table below.\n",
    "Note: the batch size is 64, the learning rate is 0.1 and we use momentum.\n",
    "本文介绍如何使用卷积神经网络，对手写数字进行分类。\n首先，我们需要加载数据集。\n",
    "在这个例子中，模型由两个卷积层组成，最后是全连接层。\n",
    "⑴学习率：影响模型的收敛速度，\n\n⑵批大小：影响梯度的稳定性，\n\n⑶步长：影响特征图的大小，\n",
    "输入：图片，输出：类别。\n注意：不要忘记归一化。\n",
    '{"name": "net", "layers": [1, 2, 3], "bias": true}\n',
    '{\n  "lr": 0.1,\n  "epochs": 10,\n}\n',
    '[\n  {"cell_type": "code", "source": null}\n]\n',
    "#include <stdio.h>\n\nint main(void) {\n    printf(\"hello\\n\");\n    return 0;\n}\n",
    "for (int i = 0; i < n; i++) {\n    sum += a[i];\n}\n",
    "public class Net {\n    private int width;\n    public Net(int width) {\n        this.width = width;\n    }\n}\n",
    "const x = require('x');\nfunction add(a, b) {\n  return a + b;\n}\n",
    "template <typename T>\nT twice(T x) {\n  return 2 * x;\n}\n",
    "package main\n\nimport \"fmt\"\n\nfunc main() {\n\tfmt.Println(\"hello\")\n}\n",
    "fn main() {\n    let x = 5;\n    println!(\"{}\", x);\n}\n",
    "$ pip install torch\n$ python train.py --epochs 10\n",
    "pip install torch torchvision\n",
    "conda create -n env python=3.9\nconda activate env\n",
    "git clone https://example.org/net.git\ncd net\npython setup.py install\n",
    "python train.py --lr 0.1 --batch-size 64\n",
    "CUDA_VISIBLE_DEVICES=0 python main.py --cfg a.yaml\n",
    "for f in *.py; do\n  echo $f\ndone\n",
    "set(_flags 1)\nmacro(__compile lang)\nendmacro()\n",
    "find_program(MAKE_PROGRAM make.exe PATHS\n  c:/make/bin\n  /make/bin\n  )\nmark_as_advanced(MAKE_PROGRAM)\n",
    "#[=======[.rst:\nFind\n----\n\nThe module finds:\n\n``FOUND``\n  True if found.\n#]=======]\n\nfind(_x _y)\n",
    "set(_lang C)\ninclude(Platform/Other-C)\n__other_language(C)\n",
    "model:\n  name: resnet\n  depth: 18\ntrain:\n  lr: 0.1\n",
    "- name: build\n  run: make\n- name: test\n  run: make test\n",
    "[net]\nbatch=64\nwidth=416\n\n[convolutional]\nfilters=32\n",
    "Epoch 1/10, loss: 0.53, acc: 0.81\nEpoch 2/10, loss: 0.41, acc: 0.86\n",
    "epoch 0 step 100 loss 2.31\nepoch 0 step 200 loss 2.30\n",
    "100%|██████████| 938/938 [00:12<00:00, 75.61it/s]\n",
    "Train Epoch: 1 [0/60000 (0%)]\tLoss: 2.300039\nTest set: Average loss: 0.0487, Accuracy: 9842/10000\n",
    "torch.Size([8, 64, 56, 56])\ntorch.Size([8 64])\nshape of x is 8\n",
    "tensor([[0.1, 0.2],\n        [0.3, 0.4]], device='cuda:0' grad_fn=<AddmmBackward>)\n",
    "Traceback (most recent call last):\n  File \"a.py\", line 3, in f\n    net(x)\nRuntimeError: size mismatch\n",
    "Net(\n  (fc): Linear(in_features=4, out_features=2, bias=True)\n)\n",
    "Sequential(\n  (0): Flatten(start_dim=1, end_dim=-1)\n  (1): Linear(784, 10, bias=True)\n  (2): ReLU()\n)\n",
    "Net(\n  (features): Sequential(\n    (conv): Conv2d(1, 6, kernel_size=(5, 5))\n    (act): Tanh()\n  )\n)\n",
    "Net((fc): Linear(in_features=4, out_features=2, bias=True))\n",
    "--------------------------------\n        Layer (type)               Output Shape         Param #\n"
    "================================\n            Conv2d-1           [-1, 64, 56, 56]           9,472\n",
    "| layer | size |\n|-------|------|\n| conv  | 64   |\n",
    "<html>\n<body>\n<p>hello</p>\n</body>\n</html>\n",
    "SELECT name, size FROM layers WHERE size > 3 ORDER BY name;\n",
    "\\frac{1}{n} \\sum_i (x_i - y_i)^2\n",
    "y = \\mathbf{W} x + b \\cdot s\n",
    "torch==1.7.0\ntorchvision==0.8.1\nnumpy>=1.19\n",
    "data/\n  train/\n    cat/\n    dog/\n  test/\n",
    "├── data\n│   ├── train\n│   └── test\n└── model.py\n",
    "input -> conv -> relu -> pool -> fc -> output\n",
    "(1) conv 3x3, 64\n(2) pool 2x2\n(3) fc 10\n",
    "GPU  Name        Persistence-M| Bus-Id        Disp.A\n  0  Tesla V100          On   | 00000000:00:1E.0 Off\n",
    "\x01\x02\x03\ufffd\ufffd\x00\x05garbage\x06\x07\x0e\x0f\ufffd\ufffd\n",
    "@article{he2016deep,\n  title={Deep residual learning},\n  year={2016}\n}\n",
    "FROM pytorch/pytorch:latest\nRUN pip install timm\nCOPY . /app\n",
    "x <- c(1, 2, 3)\ny <- lm(a ~ b, data = d)\n",
    "Region\nCreate(Display *dpy, Box *boxes, int n);\n\nvoid\nDestroy(Display *dpy, Region region);\n",
    "int add(int a, int b);\nstatic char *name(struct item *it, size_t n);\n",
    "my code does not work and I do not know why\nplease tell me what is wrong with it\n",
)  # fmt: skip


@pytest.mark.parametrize("certain", [True, False])
@pytest.mark.parametrize("text", NOT_PYTHON, ids=[text[:30] for text in NOT_PYTHON])
def test_what_is_not_python_is_not_repaired(text: str, certain: bool) -> None:
    outcome = repair(text, certain=certain)
    assert isinstance(outcome, (NotPython, Hopeless, Parses)), outcome


UNCERTAIN = ("loss = 0.3，acc = 0.9\n", "x = f(y\n", "print x\n", "model train\n", "a = b c\n")


@pytest.mark.parametrize("text", UNCERTAIN)
def test_an_untagged_block_needs_more_than_one_likely_line(text: str) -> None:
    assert isinstance(repair(text, certain=False), NotPython)


def test_an_untagged_block_that_clearly_is_python_is_repaired() -> None:
    assert repaired(NET.replace("(self, x):", "(self, x)："), certain=False).text == NET


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="the running interpreter knows them")
@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("x = 1\ntype Pair = tuple[int, int]\n", 2),
        ("def first[T](xs: list[T]) -> T:\n    return xs[0]\n", 1),
        ("class Box[T]:\n    pass\n", 1),
        ('d = {}\nprint(f"{d["a"]}")\n', 2),
        ('d = {}\nprint(f"{d["a"]!r:>{w}} {d}")\n', 2),
        ("x = 1\nprint(f'a {x:.4f}, b {d['b']:.2f}')\n", 2),
        ('x = 1\nprint(f"{\n    x\n}")\n', 2),
        ("x = 1\nprint(f'{\"\\n\".join(xs)}')\n", 2),
    ],
)
def test_newer_syntax_is_named(text: str, line: int) -> None:
    outcome = repair(text)
    assert isinstance(outcome, NewerSyntax)
    assert outcome.line == line
    assert "3.12" in outcome.feature


def test_syntax_is_newer_only_for_an_older_interpreter() -> None:
    text = "def first[T](xs:\n    return xs[0]\n"
    fault = parse(text)
    assert isinstance(fault, Fault)
    assert newer_feature(text, fault, running=(3, 14)) is None


def test_hopeless_carries_the_place_and_message_of_python() -> None:
    outcome = repair("import torch\nx = 1 2 3 4 ( / 5 ] / 6 } / 7 / = = 8 / ( 9 *\n")
    assert isinstance(outcome, Hopeless)
    assert outcome.line == 2
    assert outcome.column > 1
    assert outcome.message


def test_clear_tells_whether_structure_was_a_choice() -> None:
    choice = "def f(xs):\nfor x in xs:\ng(x)\nh()\n"
    assert not repaired(choice).clear
    assert repaired(NET.replace("Linear(", "Linear（")).clear


def test_the_first_line_of_a_body_does_not_tell_where_the_others_stand() -> None:
    lost = NET.replace("        super", "super").replace("        x = ", "x = ")
    outcome = repaired(lost)
    assert outcome.text == NET
    assert outcome.clear


def test_code_that_a_comment_has_swallowed_is_no_clear_repair() -> None:
    text = "import torch class A: def f(self, x): y = x # the same self.y = y return y def g(self): return 1\n"
    outcome = repair(text)
    assert not isinstance(outcome, Repaired) or not outcome.clear


def test_prompts_within_a_diff() -> None:
    lines = [(">>> " if line[:1].strip() else "... ") + line for line in NET.split("\n")]
    marked = "\n".join("+ "[number % 2] + line for number, line in enumerate(lines))
    assert ast.dump(ast.parse(repaired(marked).text)) == ast.dump(ast.parse(NET))


def test_lines_that_all_begin_with_a_dash_are_not_all_taken_away() -> None:
    assert repaired("".join(f"- {line}\n" for line in NET.split("\n"))).text.rstrip() == NET.rstrip()


UNDECIDED = (
    "class Net(nn.Module):\ndef forward(self, x):\nif self.ok:\nx = self.a(x)\nx = self.b(x)\nreturn x\n",
    "for x in xs:\ntotal += f(x)\ncount += 1\nprint(total)\n",
    "x = f(a, g(b, c)\n",
)


@pytest.mark.parametrize("text", UNDECIDED)
def test_what_could_as_well_be_meant_otherwise_is_not_clear(text: str) -> None:
    assert not repaired(text).clear


def test_what_a_tab_counts_for_is_no_choice_where_it_changes_nothing() -> None:
    text = (
        "class Block(nn.Module):\n"
        "      def __init__(self, channels):\n"
        "     super().__init__()\n"
        "     def forward(self, x):\n"
        "\t\treturn x\n"
    )
    mended = repaired(text)
    assert mended.clear
    assert [node.name for node in ast.parse(mended.text).body[0].body] == ["__init__", "forward"]  # type: ignore[attr-defined]


def test_one_choice_among_many_faults_takes_the_clearness_of_all() -> None:
    broken = NET.replace("(self, x):", "(self, x)").replace("width, 2)", "width，2)")
    assert repaired(broken).clear
    assert not repaired(broken.replace("torch.flatten(x, 1)", "torch.flatten(f(x, 1)")).clear


def test_every_kind_is_described() -> None:
    assert all(kind == kind.lower() and sentence.endswith(".") for kind, sentence in KINDS.items())


EDITS = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 3), st.text("xyz", max_size=3)), max_size=8)


@settings(max_examples=400, deadline=None)
@given(EDITS)
def test_edits_one_upon_the_other_are_edits_of_the_original(steps: list[tuple[int, int, str]]) -> None:
    draft = Draft("0123456789ab")
    text = draft.original
    for start, length, inserted in steps:
        begin = min(start, len(text))
        end = min(begin + length, len(text))
        draft = draft.having([Change("prose", Edit(begin, end, inserted))])
        text = text[:begin] + inserted + text[end:]
        assert draft.text == text
        assert apply_edits(draft.original, [e.edit for e in draft.edits()]) == text


@pytest.mark.parametrize("family", CORRUPTIONS)
def test_each_family_of_single_corruptions(family: str) -> None:
    results = [result for _, result in attempts([family], 6, seed=11)]
    assert len(results) == 6
    assert all(result.parses for result in results)
    assert sum(result.same for result in results) >= 5


@pytest.mark.parametrize(("faults", "count", "parse_rate", "same_rate"), [(2, 60, 0.85, 0.75), (3, 40, 0.75, 0.55)])
def test_several_corruptions(faults: int, count: int, parse_rate: float, same_rate: float) -> None:
    results = [result for _, result in several(faults, count, seed=11)]
    assert sum(result.parses for result in results) >= parse_rate * count
    assert sum(result.same for result in results) >= same_rate * count


def test_repairs_are_quick() -> None:
    seconds = sorted(result.seconds for _, result in attempts(["missing-colon", "full-width"], 10, seed=5))
    assert seconds[len(seconds) // 2] < 0.05


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_line_ends_of_both_sorts(newline: str) -> None:
    text = NET.replace("forward(self, x):", "forward(self, x)").replace("\n", newline)
    assert repaired(text).text == NET.replace("\n", newline)


BROKEN = NET.replace("(self, x):", "(self, x)：").replace("width, 2)", "width, 2").replace("return", "\treturn")

FILES: dict[str, tuple[str, bytes]] = {
    "as it is": ("net.py", BROKEN.encode()),
    "with a byte order mark": ("net.py", BROKEN.encode("utf-8-sig")),
    "with line ends of two characters": ("net.py", BROKEN.replace("\n", "\r\n").encode()),
    "in another encoding": ("net.py", f"# coding: gbk\n# 网络\n{BROKEN}".encode("gbk")),
    "on a page": ("net.md", f"# Net\n\n```python\n{BROKEN}```\n\nThe end.\n".encode()),
    "in a list in a quotation": (
        "net.md",
        "".join(f"> {line}\n" for line in ["- A net:", "", *(f"  {x}" for x in f"```python\n{BROKEN}```".split("\n"))])
        .encode(),
    ),
    "in a notebook": (
        "net.ipynb",
        json.dumps(
            {"cells": [{"cell_type": "code", "source": BROKEN.splitlines(keepends=True)}], "nbformat": 4}
        ).encode(),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_edits_made_in_the_bytes_of_a_file_give_the_repaired_text(name: str) -> None:
    path, data = FILES[name]
    document = load(path, data)
    (cell,) = document.cells
    outcome = repaired(cell.text)
    written = apply_edits(document.text, [cell.to_file(edit.edit) for edit in outcome.edits])
    (mended,) = load(path, document.encode(written)).cells
    assert mended.text == outcome.text
    assert ast.dump(ast.parse(mended.text)) == ast.dump(ast.parse(NET))


@pytest.mark.parametrize("name", FILES)
def test_reported_places_are_those_of_the_file(name: str) -> None:
    path, data = FILES[name]
    document = load(path, data)
    (cell,) = document.cells
    lines = Lines(document.text)
    for edit in repaired(cell.text).edits:
        line = cell.text.count("\n", 0, edit.edit.start)
        column = edit.edit.start - (cell.text.rfind("\n", 0, edit.edit.start) + 1)
        place = cell.position(line + 1, column + 1)
        assert lines.offset(*place) == cell.to_file(edit.edit).start


UNREADABLE: dict[str, tuple[bytes, str, str]] = {
    "a sealed file": (
        "x\x1d#kt\0\ufffd\x02\0\0\0KEYED\0\0\0\x0f\x06H.\x01\x02\ufffd^a_\x0e\x14\ufffd\x0b\x0c8\x10\n\x07\ufffd".encode(),
        "no Python but binary data, such as a compiled or encrypted file",
        "这不是 Python，而是二进制数据（例如编译或加密过的文件）",
    ),
    "an answer of the interpreter": (
        b'Traceback (most recent call last):\n  File "a.py", line 3, in f\n    net(x)\nRuntimeError: size mismatch\n',
        "no Python but a traceback",
        "而是异常回溯",
    ),
    "a list of settings": (b"model:\n  name: resnet\n  depth: 18\n", "YAML or a list of settings", "YAML 或设置列表"),
}  # fmt: skip


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_is_no_python_is_called_by_its_name_and_left_as_it_is(name: str) -> None:
    data, english, chinese = UNREADABLE[name]
    (found,) = modlint.check(data)
    assert found.code == "ML001"
    assert english in found.message.en
    assert chinese in found.message.zh
    assert modlint.fix(data, unsafe=True).after == data


def test_a_flat_text_is_laid_out_without_being_asked_where_the_odds_are_high() -> None:
    flat = "\n".join(line.lstrip() for line in NET.split("\n"))
    mended = modlint.fix(flat).after_text
    assert ast.dump(ast.parse(mended)) == ast.dump(ast.parse(NET))
