"""Bytes to cells, and every place and edit of a cell back to the bytes."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from modlint.edits import Edit, apply_edits
from modlint.sources import Cell, Document, Kind, UnreadableError, load
from modlint.sources.magics import mask_magics
from modlint.sources.notebook import locate_strings, read_literal

BOM = b"\xef\xbb\xbf"


def page(text: str) -> Document:
    return load("page.md", text.encode())


def notebook(*sources: Any, language: str = "python", indent: int | None = 1) -> bytes:
    cells = [{"cell_type": "code", "outputs": [], "source": source} for source in sources]
    content = {"cells": cells, "metadata": {"language_info": {"name": language}}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(content, indent=indent, ensure_ascii=False).encode()


def reloaded(document: Document, cell: Cell, edit: Edit) -> Document:
    """The document after ``edit`` of the cell, read again from its bytes."""
    text = apply_edits(document.text, [cell.to_file(edit)])
    return load(document.path, document.encode(text))


def assert_places_agree(document: Document) -> None:
    """Each code point of each cell is found in the file at the offset and at the position that the cell names."""
    lines = document.text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for cell in document.cells:
        for number, line in enumerate(cell.text.split("\n"), 1):
            start = sum(len(above) + 1 for above in cell.text.split("\n")[: number - 1])
            for column, character in enumerate(line, 1):
                place = cell.position(number, column)
                assert lines[place.line - 1][place.column - 1] == character
                assert document.text[cell.offset(start + column - 1)] == character


# ---------------------------------------------------------------------------------------------- the table of suffixes


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("a.py", Kind.PYTHON),
        ("stubs/a.pyi", Kind.PYTHON),
        ("a.pyw", Kind.PYTHON),
        ("A.PY", Kind.PYTHON),
        ("README.md", Kind.MARKDOWN),
        ("x.y.markdown", Kind.MARKDOWN),
        ("a.ipynb", Kind.NOTEBOOK),
    ],
)
def test_suffix_chooses_the_reader(path: str, kind: Kind) -> None:
    data = notebook("x = 1") if kind is Kind.NOTEBOOK else b"x = 1\n"
    document = load(path, data)
    assert (document.path, document.kind, document.encode(document.text)) == (path, kind, data)


@pytest.mark.parametrize("path", ["a.txt", "a", "py", ".py/a", "a.py.bak", "a.pyc", "a.rst", "a.mdx", "a.json"])
def test_other_suffixes_are_refused(path: str) -> None:
    with pytest.raises(UnreadableError, match=r"does not read .* files; name one of \.py"):
        load(path, b"")


def test_loading_python_imports_no_parser_of_other_formats() -> None:
    code = "import sys, modlint.sources as s; s.load('a.py', b'x'); print([m for m in sys.modules])"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "modlint.sources.document" in loaded
    assert not any(f"'{name}'" in loaded for name in ("markdown_it", "json", "pathspec", "libcst", "torch"))


# ------------------------------------------------------------------------------------------------------------- Python


@pytest.mark.parametrize(
    ("data", "text", "encoding"),
    [
        (b"", "", "utf-8"),
        (b"x = 1", "x = 1", "utf-8"),
        (BOM + b"x = 1\n", "x = 1\n", "utf-8-sig"),
        ("s = 'é汉'\n".encode(), "s = 'é汉'\n", "utf-8"),
        (b"# -*- coding: latin-1 -*-\ns = '\xe9'\n", "# -*- coding: latin-1 -*-\ns = 'é'\n", "iso-8859-1"),
        (b"#!/bin/sh\n# vim: set fileencoding=gbk :\ns='\xba\xba'", None, "gbk"),
        (b"x = '\x00'\n", "x = '\x00'\n", "utf-8"),
        (b"x\r\ny\rz\n", "x\r\ny\rz\n", "utf-8"),
    ],
)
def test_python_is_decoded_as_it_declares(data: bytes, text: str | None, encoding: str) -> None:
    document = load("a.py", data)
    assert document.text == (data.decode(encoding) if text is None else text)
    assert document.encoding == encoding
    assert document.encode(document.text) == data


@pytest.mark.parametrize(
    "data",
    [
        b"x = '\xff'\n",
        b"\n\n\ns = '\xe9'\n",
        b"# coding: utf-8\n\n\n# \xe9\n",
        b"# coding: no-such-codec\n",
        b"# coding: rot13\nk = 1\n",
        b"# coding: hex\n",
        BOM + b"# coding: latin-1\n",
        "x = 1\n".encode("utf-16"),
    ],
)
def test_undecodable_python_says_what_to_do(data: bytes) -> None:
    with pytest.raises(UnreadableError, match=r"save it as UTF-8.*\.$"):
        load("a.py", data)


def test_python_that_would_not_be_written_back_exactly_is_refused() -> None:
    with pytest.raises(UnreadableError):
        load("a.py", b"# coding: utf-7\ns = '+AGE-'\n")


def test_python_file_is_one_certain_cell_without_index() -> None:
    (cell,) = load("a.py", BOM + b"a\r\nb\rc\n").cells
    assert (cell.index, cell.text, cell.certain) == (None, "a\nb\nc\n", True)


@pytest.mark.parametrize(
    ("line", "column", "place"),
    [
        (1, 1, (1, 1)),
        (1, 3, (1, 3)),
        (2, 1, (2, 1)),
        (3, 2, (3, 2)),
        (1, 99, (1, 3)),
        (2, 0, (2, 1)),
        (4, 1, (4, 1)),
        (9, 9, (4, 1)),
    ],
)
def test_python_position_is_kept_and_clamped(line: int, column: int, place: tuple[int, int]) -> None:
    (cell,) = load("a.py", "é汉\r\nb\rcd\n".encode()).cells
    assert cell.position(line, column) == place


@pytest.mark.parametrize(
    ("before", "edit", "after"),
    [
        ("a\r\nb\r\n", Edit(2, 2, "x\ny\n"), "a\r\nx\r\ny\r\nb\r\n"),
        ("a\r\nb\r\n", Edit(0, 2, ""), "b\r\n"),
        ("a\r\nb\r\n", Edit(1, 2, " "), "a b\r\n"),
        ("a\nb", Edit(3, 3, "\nc"), "a\nb\nc"),
        ("a\rb\r", Edit(4, 4, "c\n"), "a\rb\rc\r"),
        ("a", Edit(1, 1, "\n"), "a\n"),
        ("\n\nx", Edit(1, 1, "    y"), "\n    y\nx"),
    ],
)
def test_python_edit_uses_the_line_ends_of_the_file(before: str, edit: Edit, after: str) -> None:
    document = load("a.py", before.encode())
    assert apply_edits(document.text, [document.cells[0].to_file(edit)]) == after


# ----------------------------------------------------------------------------------------------------------- Markdown

PYTHON_TAGS = [
    "python",
    " python",
    "Python",
    "PYTHON ",
    "py",
    "py3",
    "python3",
    "python3.11",
    "Python 3",
    "ipython3",
    "pycon",
    "pyi",
    "{python}",
    "{.python .numberLines}",
    "{ .py }",
    "{code-cell} ipython3",
    "{code-block} python",
    "python {.line-numbers}",
    'python title="net.py"',
    'py hl_lines="1 2"',
    "python:net.py",
    "python, linenos",
]

OTHER_TAGS = [
    "bash",
    "sh",
    "console",
    "text",
    "txt",
    "json",
    "c",
    "c++",
    "C#",
    "cpp",
    "js {1,3-4}",
    "javascript",
    "r",
    "{r, echo=FALSE}",
    "yaml",
    "toml",
    "diff",
    "mermaid",
    "none",
    "python2",
    "pytb",
    "pypy",
    "python-traceback",
    "cython",
    "micropython",
    "not python",
    "latex",
    'title="x.c"',
    "linenos=table",
    "c title=x",
    "bash (linux)",
    "import React from 'react'",
    "import java.util.List;",
    "class Net {",
    "def net",
    "from here on",
    "#!/bin/sh",
    "imports",
    "define(x)y",
    "a == b",
]


@pytest.mark.parametrize("tag", PYTHON_TAGS)
@pytest.mark.parametrize("fence", ["```", "~~~", "`````"])
def test_block_tagged_as_python_is_a_certain_cell(fence: str, tag: str) -> None:
    (cell,) = page(f"Text.\n{fence}{tag}\nx = 1\n\ny = 2\n{fence}\n").cells
    assert (cell.index, cell.text, cell.certain) == (0, "x = 1\n\ny = 2", True)
    assert cell.position(3, 5) == (5, 5)


@pytest.mark.parametrize("tag", OTHER_TAGS)
def test_block_in_another_language_is_no_cell(tag: str) -> None:
    assert page(f"```{tag}\nx = 1\n```\n").cells == ()


@pytest.mark.parametrize(
    ("info", "certain"),
    [
        ("import numpy", True),
        ("import numpy as np, os  # both ", True),
        (" import torch . nn as nn ", True),
        ("from torch import nn", True),
        ("from . import nets", True),
        ("def __ init __( self ):", True),
        ("async def run():", True),
        ("class Net(nn.Module):", True),
        ("class Net:", True),
        ("@torch.no_grad()", True),
        ("@ property", True),
        ("x = net(y)", False),
        ("x[0] += 1", False),
        ("a, b = 1, 2", False),
        ("self.fc = nn.Linear(1, 2)", False),
        ("net.train()", False),
        ("for x in y:", False),
        ("with torch.no_grad():  # off", False),
        ("# a comment", False),
        (">>> x", False),
    ],
)
def test_code_on_the_fence_line_belongs_to_the_cell(info: str, certain: bool) -> None:
    document = page(f"```{info}\n    y = 2\n```\n")
    (cell,) = document.cells
    assert (cell.text, cell.certain) == (f"{info.lstrip()}\n    y = 2", certain)
    assert cell.position(1, 1) == (1, 4 + len(info) - len(info.lstrip()))
    assert cell.position(2, 5) == (2, 5)
    assert_places_agree(document)


MARKDOWN_CELLS = {
    "no block": ("Only text.\n", []),
    "untagged": ("```\nx = 1\n```\n", [("x = 1", False, (2, 1))]),
    "untagged with blanks": ("```  \nx\n```\n", [("x", False, (2, 1))]),
    "closing fence behind a blank": ("```python\nx\n ```\ny\n", [("x", True, (2, 1))]),
    "closing fence with blanks behind": ("```python\nx\n```  \ny\n", [("x", True, (2, 1))]),
    "never closed": ("```python\nx\ny", [("x\ny", True, (2, 1))]),
    "never closed, line end at the end": ("```python\nx\n", [("x", True, (2, 1))]),
    "longer fence holds shorter": ("````python\nx\n```\ny\n````\n", [("x\n```\ny", True, (2, 1))]),
    "tildes hold backticks": ("~~~py\n```\n~~~\n", [("```", True, (2, 1))]),
    "trailing line breaks are kept": ("```python\nx  \ny  \n```\n", [("x  \ny  ", True, (2, 1))]),
    "blank lines at both ends": ("```python\n\nx\n \n```\n", [("\nx\n ", True, (2, 1))]),
    "empty": ("```python\n```\n", []),
    "only blanks": ("```python\n\n   \n```\n", []),
    "common indentation": ("```python\n    x\n\n      y\n```\n", [("x\n\n  y", True, (2, 5))]),
    "no common indentation": ("```python\n    x\n y\n\tz\n```\n", [("    x\n y\n\tz", True, (2, 1))]),
    "indentation by tabs": ("```python\n\tx\n\t\ty\n```\n", [("x\n\ty", True, (2, 2))]),
    "fence behind blanks": ("  ```python\n  x\n y\n    z\n  ```\n", [("x\ny\n  z", True, (2, 3))]),
    "indented": ("Text\n\n    x\n      y\n\nText\n", [("x\n  y", False, (3, 5))]),
    "indented with blank lines": ("    x\n  \n\n      \n    y\n  \nText\n", [("x\n\n\n  \ny", False, (1, 5))]),
    "indented by tabs": ("\tx\n    \ty\n\t\tz\n", [("x\n\ty\n\tz", False, (1, 2))]),
    "indented, blanks then tab": ("  \tx\n\t y\n", [("x\n y", False, (1, 4))]),
    "indented at the end of the file": ("Text\n\n    x", [("x", False, (3, 5))]),
    "continues a paragraph": ("Text\n    x = 1\n", []),
    "in a list": ("1. Item\n\n   ```python\n   x\n     y\n   ```\n", [("x\n  y", True, (4, 4))]),
    "on the line of the list marker": ("- ```python\n  x\n  ```\n", [("x", True, (2, 3))]),
    "code on the fence line in a list": ("- ```import a\n  x\n  ```\n", [("import a\nx", True, (1, 6))]),
    "left by a less indented line": ("- ```python\n  x\ny\n", [("x", True, (2, 3))]),
    "in a list, tab": ("1. Item\n\n\t```python\n\tx\n\t\ty\n\t```\n", [("x\n\ty", True, (4, 2))]),
    "indented in a list": ("- Item\n\n      x\n        y\n", [("x\n  y", False, (3, 7))]),
    "indented by two tabs in a list": ("- Item\n\n\t\tx\n\t\t\ty\n", [("x\n\ty", False, (3, 3))]),
    "indented at the list marker": ("-     x\n      y\n", [("x\ny", False, (1, 7))]),
    "quoted": ("> ```python\n> x\n>\n>   y\n> ```\n", [("x\n\n  y", True, (2, 3))]),
    "quoted without blank": (">```python\n>x\n> y\n>```\n", [("x\ny", True, (2, 2))]),
    "quoted, cut off": ("> ```python\n> x\ny\n", [("x", True, (2, 3))]),
    "quoted list": ("> - ```python\n>   x\n>   ```\n", [("x", True, (2, 5))]),
    "quoted, indented": (">     x\n>       y\n", [("x\n  y", False, (1, 7))]),
    "nested quotes": ("> > ```python\n> > x\n> > ```\n", [("x", True, (2, 5))]),
    "null byte": ("```python\nx\0y\n```\n", [("x\0y", True, (2, 1))]),
    "wide characters": ("```python\n汉 = '😀'  # é\n```\n", [("汉 = '😀'  # é", True, (2, 1))]),
    "backticks in prose": ("Call ```f(x)``` and ```g(x)```.\n", []),
    "backticks that start a line of prose": ("```f(x)``` is a call.\n", []),
    "backticks over two lines of prose": ("Call ```f(x)\ny``` now.\n", []),
    "doctest": ("```pycon\n>>> x\n1\n```\n", [(">>> x\n1", True, (2, 1))]),
    "raw HTML": ("<pre>\n```python\nx\n```\n</pre>\n", []),
    "below a heading": ("# Title\n    x\n", [("x", False, (2, 5))]),
    "page of three": (
        "```python\na\n```\n```c\nb\n```\n```\nc\n```\n\n    d\n",
        [("a", True, (2, 1)), ("c", False, (8, 1)), ("d", False, (11, 5))],
    ),
    "shell command among Python": (
        "```python\n!pip install x\nx = 1\n```\n",
        [("#pip install x\nx = 1", True, (2, 1))],
    ),
    "shell command in a block of no language": ("```\n!ls\n```\n", [("!ls", False, (2, 1))]),
}


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(("text", "cells"), MARKDOWN_CELLS.values(), ids=MARKDOWN_CELLS)
def test_markdown_cells(text: str, cells: list[tuple[str, bool, tuple[int, int]]], newline: str) -> None:
    document = page(text.replace("\n", newline))
    assert [(cell.text, cell.certain, cell.position(1, 1)) for cell in document.cells] == cells
    assert [cell.index for cell in document.cells] == list(range(len(cells)))
    assert document.encode(document.text) == text.replace("\n", newline).encode()
    if "!" not in text:
        assert_places_agree(document)


def test_tab_cut_in_two_by_a_list_becomes_blanks_in_one_place() -> None:
    (cell,) = page("- Item\n\n\t\tx\n\t  y\n").cells
    assert cell.text == "  x\ny"
    assert [cell.position(1, column) for column in (1, 2, 3)] == [(3, 2), (3, 2), (3, 3)]
    assert [cell.position(2, column) for column in (1, 2)] == [(4, 4), (4, 5)]


MARKDOWN_EDITS = {
    "insert lines": ("```python\na\nb\n```\n", Edit(2, 2, "x\n\ny\n"), "```python\na\nx\n\ny\nb\n```\n"),
    "append a line": ("```python\na\n```\n", Edit(1, 1, "\nx"), "```python\na\nx\n```\n"),
    "delete a line": ("```python\na\nb\n```\n", Edit(0, 2, ""), "```python\nb\n```\n"),
    "indented": ("    a\n    b\n", Edit(2, 2, "x\n\n  y\n"), "    a\n    x\n\n      y\n    b\n"),
    "common indentation": ("```python\n  a\n  b\n```\n", Edit(2, 2, "x\n"), "```python\n  a\n  x\n  b\n```\n"),
    "quoted": ("> ```python\n> a\n> ```\n", Edit(1, 1, "\n\nb"), "> ```python\n> a\n>\n> b\n> ```\n"),
    "fence line": ("```import a\nb\n```\n", Edit(8, 8, "\nx"), "```import a\nx\nb\n```\n"),
    "fence line in a list": ("- ```import a\n  ```\n", Edit(8, 8, "\nx"), "- ```import a\n  x\n  ```\n"),
    "list marker": ("-     a\n", Edit(1, 1, "\nb"), "-     a\n      b\n"),
    "list marker in a quote": ("> -     a\n", Edit(1, 1, "\nb"), "> -     a\n>       b\n"),
    "blank line of an indented block": ("    a\n\n    b\n", Edit(2, 2, "x"), "    a\n    x\n    b\n"),
    "blank line joined with the next": ("    a\n\n    b\n", Edit(2, 3, ""), "    a\n    b\n"),
    "blank line of a quote": ("> ```py\n> a\n>\n> b\n> ```\n", Edit(2, 2, "x"), "> ```py\n> a\n> x\n> b\n> ```\n"),
    "line less indented than its fence": (
        "  ```python\na\nb\n  ```\n",
        Edit(2, 2, "  "),
        "  ```python\na\n    b\n  ```\n",
    ),
    "trailing blanks": ("```python\na  \nb\n```\n", Edit(1, 3, ""), "```python\na\nb\n```\n"),
    "two lines become one": ("> ```python\n> a\n> b\n> ```\n", Edit(1, 2, "; "), "> ```python\n> a; b\n> ```\n"),
    "second list item": ("- a\n- ```py\n  b\n  ```\n", Edit(0, 0, "x\n"), "- a\n- ```py\n  x\n  b\n  ```\n"),
}


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize(("before", "edit", "after"), MARKDOWN_EDITS.values(), ids=MARKDOWN_EDITS)
def test_markdown_edit(before: str, edit: Edit, after: str, newline: str) -> None:
    document = page(before.replace("\n", newline))
    edited = reloaded(document, document.cells[0], edit)
    assert edited.text == after.replace("\n", newline)
    assert edited.cells[0].text == apply_edits(document.cells[0].text, [edit])


@pytest.mark.parametrize("data", [b"\xff\n", "x".encode("utf-16"), b"```python\n\xe9\n```\n"])
def test_markdown_is_utf8(data: bytes) -> None:
    with pytest.raises(UnreadableError, match="save it as UTF-8"):
        load("a.md", data)


def test_markdown_keeps_its_byte_order_mark() -> None:
    document = load("a.md", BOM + b"```python\nx\n```\n")
    assert document.cells[0].position(1, 1) == (2, 1)
    assert document.encode("y") == BOM + b"y"


# ---------------------------------------------------------------------------------------------------------- notebooks


def test_notebook_cells_are_its_code_cells() -> None:
    content = {
        "cells": [
            {"cell_type": "markdown", "source": ["x = 0"]},
            {"cell_type": "code", "source": ["import torch\n", "x = 1"]},
            {"cell_type": "raw", "source": "x = 2"},
            {"cell_type": "code", "source": []},
            {"cell_type": "code", "source": "y = 'é'\n"},
            {"cell_type": "code", "source": ["", "z"]},
        ],
        "metadata": {},
    }
    document = load("a.ipynb", json.dumps(content).encode())
    assert [(cell.index, cell.text, cell.certain) for cell in document.cells] == [
        (0, "import torch\nx = 1", True),
        (2, "y = 'é'\n", True),
        (3, "z", True),
    ]


@pytest.mark.parametrize("language", ["R", "julia", "scala"])
def test_notebook_in_another_language_has_no_cells(language: str) -> None:
    assert load("a.ipynb", notebook("x <- 1", language=language)).cells == ()


@pytest.mark.parametrize(
    "metadata",
    [{}, {"kernelspec": {"name": "python3"}}, {"kernelspec": {"language": "python"}}, {"language_info": None}, None],
)
def test_notebook_is_python_unless_it_says_otherwise(metadata: object) -> None:
    data = json.dumps({"cells": [{"cell_type": "code", "source": "x"}], "metadata": metadata}).encode()
    assert [cell.text for cell in load("a.ipynb", data).cells] == ["x"]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "not a JSON notebook"),
        (b"{", "not a JSON notebook"),
        (b"x = 1\n", "not a JSON notebook"),
        (b'{"cells": ["a\nb"]}', "not a JSON notebook"),
        (b"[" * 100_000, "not a JSON notebook"),
        (b'{"cells": %s}' % (b"1" * 5000), "not a"),
        (b"\xff\xfe", "not valid utf-8"),
        (b"[]", "not a notebook of format 4"),
        (b"null", "not a notebook of format 4"),
        (b'"cells"', "not a notebook of format 4"),
        (b"{}", "not a notebook of format 4"),
        (b'{"cells": {}}', "not a notebook of format 4"),
        (b'{"worksheets": [{"cells": []}]}', "not a notebook of format 4"),
    ],
)
def test_what_is_no_notebook_says_so(data: bytes, message: str) -> None:
    with pytest.raises(UnreadableError, match=message):
        load("a.ipynb", data)


@pytest.mark.parametrize(
    "cell",
    [
        1,
        None,
        "x",
        [],
        {},
        {"cell_type": "code"},
        {"cell_type": "code", "source": None},
        {"cell_type": "code", "source": 3},
        {"cell_type": "code", "source": [1, None, {}]},
        {"cell_type": "code", "source": {"a": "x"}},
        {"cell_type": "code", "source": " \n"},
        {"source": "x"},
    ],
)
def test_malformed_notebook_cell_is_passed_over(cell: object) -> None:
    data = json.dumps({"cells": [cell, {"cell_type": "code", "source": "y"}]}).encode()
    assert [cell.text for cell in load("a.ipynb", data).cells] == ["y"]


def test_notebook_position_is_that_of_the_json_text() -> None:
    document = load("a.ipynb", b'{"cells": [{"cell_type": "code",\n "source": ["a\\n",\n  "\\tb \\u00e9c"]}]}')
    (cell,) = document.cells
    assert cell.text == "a\n\tb éc"
    places = {(1, 1): (2, 14), (1, 2): (2, 15), (2, 1): (3, 4), (2, 2): (3, 6), (2, 5): (3, 14), (2, 6): (3, 15)}
    assert {place: tuple(cell.position(*place)) for place in places} == places


def test_line_ends_inside_a_notebook_string_are_unified() -> None:
    document = load("a.ipynb", notebook("a\r\nb\rc"))
    (cell,) = document.cells
    assert cell.text == "a\nb\nc"
    assert '"a\\r\\nx\\rc"' in apply_edits(document.text, [cell.to_file(Edit(2, 3, "x"))])


@pytest.mark.parametrize(
    ("escaped", "text"),
    [
        (r"\u00e9", "é"),
        (r"\ud83d\ude00!", "😀!"),
        (r"\"\\\/\b\f\n\r\t", '"\\/\b\f\n\r\t'),
        (r"\\u00e9", r"\u00e9"),
        (r"\ud83d", "\ud83d"),
        (r"\ud83dx\ude00", "\ud83dx\ude00"),
        (r"\ude00\ud83d", "\ude00\ud83d"),
        ("", ""),
    ],
)
def test_json_literal_is_read_with_the_place_of_each_code_point(escaped: str, text: str) -> None:
    source = f'["{escaped}"]'
    value, offsets = read_literal(source, range(1, len(source) - 1))
    assert value == text
    bounds = [*offsets, len(source) - 2]
    pieces = [source[start:end] for start, end in pairwise(bounds)]
    assert [json.loads(f'"{piece}"') for piece in pieces] == list(text)


def test_lone_surrogate_in_a_notebook_becomes_a_character_that_can_be_encoded() -> None:
    (cell,) = load("a.ipynb", b'{"cells": [{"cell_type": "code", "source": "s = \'\\ud800\'"}]}').cells
    assert cell.text == "s = '\N{REPLACEMENT CHARACTER}'"


NOTEBOOK_EDITS = {
    "string": ('"a\\nb"', Edit(2, 2, "x\n"), '"a\\nx\\nb"'),
    "list": ('["a\\n", "b"]', Edit(2, 2, "x\n"), '["a\\n", "x\\n","b"]'),
    "list over lines": ('[\n  "a\\n",\n  "b"\n ]', Edit(2, 2, "x\n"), '[\n  "a\\n",\n  "x\\n",\n  "b"\n ]'),
    "append": ('[\n  "a"\n ]', Edit(1, 1, "\nx"), '[\n  "a\\n",\n  "x"\n ]'),
    "quotation marks": ('["a"]', Edit(0, 1, 'x = "\\n"'), '["x = \\"\\\\n\\""]'),
    "escape replaced": ('["\\u00e9 = 1"]', Edit(0, 1, "e"), '["e = 1"]'),
    "other escapes stay": ('["\\u00e9 = \\u0031"]', Edit(4, 5, "汉"), '["\\u00e9 = 汉"]'),
    "line deleted": ('["a\\n", "b\\n", "c"]', Edit(2, 4, ""), '["a\\n", "c"]'),
    "lines joined": ('["a\\n", "b"]', Edit(1, 2, "; "), '["a; b"]'),
    "masked line replaced": ('["%magic\\n", "b"]', Edit(0, 6, "x"), '["x\\n", "b"]'),
}


@pytest.mark.parametrize(("before", "edit", "after"), NOTEBOOK_EDITS.values(), ids=NOTEBOOK_EDITS)
def test_notebook_edit_stays_inside_the_source(before: str, edit: Edit, after: str) -> None:
    frame = '{{"cells": [\t{{"source": {}, "cell_type": "code"}}], "x": 1.50}}\n'
    document = load("a.ipynb", frame.format(before).encode())
    edited = reloaded(document, document.cells[0], edit)
    assert edited.text == frame.format(after)
    assert edited.cells[0].text == apply_edits(document.cells[0].text, [edit])


MAGICS = {
    "line magic": ("%matplotlib inline\nx", "#matplotlib inline\nx"),
    "shell": ("!pip install a", "#pip install a"),
    "two marks": ("!!ls", "#!ls"),
    "help before": ("?f\nx", "#f\nx"),
    "help behind": ("torch.nn.Conv2d??\nx", "#orch.nn.Conv2d??\nx"),
    "shell command by name": ("pip install a\nx", "#ip install a\nx"),
    "indented": ("if a:\n    !ls -l\nx", "if a:\n    0#s -l\nx"),
    "indented, one character": ("if a:\n  !\nx", "if a:\n  0\nx"),
    "assigned": ("files = !ls\nx", "files = _#s\nx"),
    "magic assigned": ("t = %timeit -o f()", "t = _#imeit -o f()"),
    "continued": ("!ls \\\n   -l \\\n -a\nx", "#ls \\\n#  -l \\\n#-a\nx"),
    "before a future import": ("%load_ext a\nfrom __future__ import annotations", None),
    "cell magic in Python": ("%%time\nx = 1", "#%time\nx = 1"),
    "cell magic in another language": ("%%bash\n\ncd x\n ls", "#%bash\n\n#d x\n#ls"),
    "cell magic below blanks": ("\n%%html\n<b>", "\n#%html\n#b>"),
    "quote in a command": ("!echo don't\nx = '''\n%a\n'''\n!ls", "#echo don't\nx = '''\n%a\n'''\n#ls"),
    "after brackets": ("f(\n)\n%a", "f(\n)\n#a"),
    "after a comment with a bracket": ("x # (\n%a", "x # (\n#a"),
    "after a string with a bracket": ("x = '('\n%a", "x = '('\n#a"),
    "after an unclosed quote": ("x = 'a\n%a", "x = 'a\n#a"),
    "last line is blank": ("%a\n", "#a\n"),
}


@pytest.mark.parametrize(("text", "masked"), MAGICS.values(), ids=MAGICS)
def test_magic_is_masked_in_place(text: str, masked: str | None) -> None:
    result = mask_magics(text)
    assert result == ("#" + text[1:] if masked is None else masked)
    assert [len(line) for line in result.split("\n")] == [len(line) for line in text.split("\n")]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n\n",
        "x = 1\n",
        "x = (a\n% b)",
        "x = [\n  !a\n]",
        "x = a \\\n% b",
        "s = '''\n%d\n!ls\n?x\nf?\n'''",
        's = """\n\\"""\n!ls\n"""',
        "s = 'a\\\n%d'",
        "x = a % b",
        "x != y",
        "x %= 2",
        "x = y = '%d' % 3",
        "# %matplotlib inline",
        "print('what?')",
        "pip = install",
        "conda.install()",
        "f(a=\n%b)",
        "x = {'!': 1,\n'%': 2}",
    ],
)
def test_python_is_not_masked(text: str) -> None:
    assert mask_magics(text) == text


# --------------------------------------------------------------------------------------------------------- properties

texts = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from("`~> -\t\r\n#'\"\\"), max_size=200)
code_lines = st.sampled_from(
    ["a", "b = c", "def f(x):", "  a", "    return x", "\ta", "", "", "  ", "汉 = '😀'", "a  "]
)
inserted = st.lists(code_lines, min_size=1, max_size=4).map("\n".join)


@st.composite
def codes(draw: st.DrawFn) -> str:
    """A few lines of which the first and the last are neither blank nor indented."""
    return "\n".join(["x = 1", *draw(st.lists(code_lines, max_size=6)), "y = 2"])


@st.composite
def edits(draw: st.DrawFn, text: str) -> Edit:
    start = draw(st.integers(0, len(text)))
    return Edit(start, draw(st.integers(start, len(text))), draw(st.just("") | inserted))


@st.composite
def pages(draw: st.DrawFn, code: str) -> str:
    """A page that shows ``code`` in one of the ways in which Markdown can."""
    fence = draw(st.sampled_from(["```", "~~~", "````"]))
    style = draw(st.sampled_from(["tagged", "untagged", "indented", "shifted", "fence line"]))
    lines = code.split("\n")
    if style == "indented":
        lines = [draw(st.sampled_from(["    ", "\t"])) + line if line else "" for line in lines]
    elif style == "shifted":
        lines = [f"{fence}python", *("    " + line if line else line for line in lines), fence]
    elif style == "fence line":
        lines = [f"{fence}import os", *lines, fence]
    else:
        lines = [fence + ("python" if style == "tagged" else ""), *lines, fence]
    first, rest = draw(st.sampled_from([("", ""), ("> ", "> "), ("- ", "  "), ("12. ", "    "), ("> - ", ">   ")]))
    assume(style != "indented" or not rest or not any(line.startswith("\t") for line in lines))
    body = [(first if not number else rest if line else rest.rstrip()) + line for number, line in enumerate(lines)]
    return draw(st.sampled_from(["\n", "\r\n"])).join(["Text.", "", *body, "", "Text.", ""])


@given(st.sampled_from(["a.py", "a.md", "a.ipynb"]), st.binary(max_size=200) | texts.map(str.encode))
def test_any_bytes_are_written_back_exactly_or_refused(path: str, data: bytes) -> None:
    try:
        document = load(path, data)
    except UnreadableError as error:
        assert str(error).endswith(".")
    else:
        assert document.encode(document.text) == data


@given(st.sampled_from(["a.py", "a.md"]), texts)
def test_any_text_agrees_with_its_places(path: str, text: str) -> None:
    document = load(path, text.encode())
    for cell in document.cells:
        assert "\r" not in cell.text
        places = [cell.offset(offset) for offset in range(len(cell.text) + 1)]
        assert places == sorted(places)
        assert places[-1] <= len(document.text)


@given(st.data())
def test_python_edit_round_trip(data: st.DataObject) -> None:
    text = data.draw(codes()) + data.draw(st.sampled_from(["", "\n"]))
    document = load("a.py", text.replace("\n", data.draw(st.sampled_from(["\n", "\r\n", "\r"]))).encode())
    edit = data.draw(edits(text))
    assert document.cells[0].text == text
    assert reloaded(document, document.cells[0], edit).cells[0].text == apply_edits(text, [edit])


@given(st.data())
@settings(max_examples=300)
def test_markdown_edit_round_trip(data: st.DataObject) -> None:
    document = page(data.draw(codes().flatmap(pages)))
    (cell,) = document.cells
    assert_places_agree(document)
    edit = data.draw(edits(cell.text))
    assume(edit.start > len("import os") or not cell.text.startswith("import os"))
    after = apply_edits(cell.text, [edit])
    assume(any(line and not line[0].isspace() for line in after.split("\n")))
    assume(after.split("\n")[0].strip() and after.split("\n")[-1].strip())
    assert [cell.text for cell in reloaded(document, cell, edit).cells] == [after]


@given(st.data())
def test_notebook_edit_round_trip(data: st.DataObject) -> None:
    text = data.draw(codes())
    source = data.draw(st.sampled_from([text, text.splitlines(keepends=True)]))
    ascii_only, indent = data.draw(st.booleans()), data.draw(st.sampled_from([None, 0, 1]))
    content = {"a": ['"', {}], "cells": [{"cell_type": "code", "source": source, "outputs": [{"text": ["x"]}]}]}
    document = load("a.ipynb", json.dumps(content, ensure_ascii=ascii_only, indent=indent).encode())
    (cell,) = document.cells
    edit = data.draw(edits(text))
    after = apply_edits(text, [edit])
    assume(after.strip())
    edited = reloaded(document, cell, edit)
    assert (cell.text, edited.cells[0].text) == (text, after)
    assert {**json.loads(edited.text), "cells": []} == {**content, "cells": []}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=3), children, max_size=3),
    max_leaves=10,
)


@given(json_values, st.sampled_from([None, 0, 2]), st.booleans())
def test_strings_are_located_in_any_json(value: object, indent: int | None, ascii_only: bool) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)

    def strings_at(places: object) -> object:
        match places:
            case range():
                return json.loads(text[places.start : places.stop])
            case list():
                return [strings_at(place) for place in places]
            case dict():
                return {key: strings_at(place) for key, place in places.items()}
        return None

    def strings_of(value: object) -> object:
        match value:
            case str():
                return value
            case list():
                return [strings_of(item) for item in value]
            case dict():
                return {key: strings_of(item) for key, item in value.items()}
        return None

    assert strings_at(locate_strings(text)) == strings_of(value)


@pytest.mark.parametrize("path", ["a.py", "a.md", "a.ipynb"])
def test_document_survives_pickling(path: str) -> None:
    document = load(path, notebook("x = 1") if path == "a.ipynb" else b"```python\nx\n```\n")
    again = pickle.loads(pickle.dumps(document))
    assert again == document
    assert again.cells[0].position(1, 1) == document.cells[0].position(1, 1)
