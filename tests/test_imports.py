"""Which names an import binds, across the files of a project."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from modlint import session

NOTHING: list[str] = []
PROJECTS: dict[str, tuple[dict[str, str], list[str]]] = {
    "everything-of-everything": (
        {
            "tools.py": "import torch\nimport torch.nn as nn\n",
            "layers.py": "from tools import *\n\nclass Wide(nn.Module):\n    pass\n",
            "net.py": "from layers import *\n\nclass Net(nn.Module):\n    pass\n\nprint(torch.ones(1), Wide())\n",
        },
        NOTHING,
    ),
    "a-package-that-collects-its-modules": (
        {
            "models/__init__.py": "from .one import *\nfrom .two import *\n",
            "models/one.py": "def one():\n    return 1\n",
            "models/two.py": "from .one import *\n\ndef two():\n    return one() + 1\n",
            "net.py": "from models import *\n\nprint(one(), two(), three())\n",
        },
        ["`three` is not defined"],
    ),
    "only-what-is-listed": (
        {
            "layers.py": "__all__ = ['shown', '_odd']\nshown = hidden = _odd = 1\n",
            "net.py": "from layers import *\n\nprint(shown, _odd, hidden)\n",
        },
        ["`hidden` is not defined"],
    ),
    "what-is-listed-in-parts": (
        {
            "inner.py": "__all__ = ['one']\none = 1\n",
            "layers.py": "import inner\nfrom inner import *\n__all__ = ['two']\n__all__ += inner.__all__\ntwo = 2\n",
            "net.py": "from layers import *\n\nprint(one, two)\n",
        },
        NOTHING,
    ),
    "a-list-that-nobody-knows": (
        {
            "layers.py": "import names\n__all__ = names.public()\nshown = 1\n",
            "net.py": "from layers import *\n\nprint(shown)\n",
        },
        NOTHING,
    ),
    "private-names-stay": (
        {"layers.py": "_private = shown = 1\n", "net.py": "from layers import *\n\nprint(shown, _private)\n"},
        ["`_private` is not defined"],
    ),
    "in-a-circle": (
        {
            "one.py": "from two import *\nfirst = 1\n",
            "two.py": "from one import *\nsecond = 2\n",
            "net.py": "from one import *\nfrom two import *\n\nprint(first, second, third)\n",
        },
        ["`third` is not defined"],
    ),
    "everything-of-a-library-on-the-way": (
        {
            "layers.py": "from torch.nn import *\n",
            "net.py": "from layers import *\n\nprint(Linear(2, 3), Liner(2, 3))\n",
        },
        NOTHING,
    ),
    "everything-of-something-unknown-on-the-way": (
        {"layers.py": "from somewhere import *\n", "net.py": "from layers import *\n\nprint(anything)\n"},
        NOTHING,
    ),
    "a-name-of-ones-own-goes-first": (
        {
            "layers.py": "size = 8\n",
            "net.py": "from layers import *\nfrom torch import nn, randn\n\nsize = 4\nnn.Linear(size, 2)(randn(1, 4))\n",
        },
        NOTHING,
    ),
    "the-last-one-wins": (
        {
            "one.py": "size = 8\n",
            "two.py": "size = 4\n",
            "net.py": (
                "from one import *\nfrom two import *\nfrom torch import nn, randn\n\nnn.Linear(size, 2)(randn(1, 4))\n"
            ),
        },
        NOTHING,
    ),
    "sizes-come-along": (
        {
            "inner.py": "size = 8\n",
            "layers.py": "from inner import *\n",
            "net.py": "from layers import *\nfrom torch import nn, randn\n\nnn.Linear(size, 2)(randn(1, 4))\n",
        },
        ["`Linear(8, 2)` takes 8 features, but gets 4"],
    ),
}


@pytest.mark.parametrize(("files", "told"), PROJECTS.values(), ids=PROJECTS.keys())
def test_names_of_other_files(files: dict[str, str], told: list[str], tmp_path: Path) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(textwrap.dedent(text))
    path = tmp_path / "net.py"
    found = session.check(str(path), path.read_bytes(), session.Options(fixes=False)).diagnostics
    assert [one.message.en.split(":")[0] for one in found] == told
