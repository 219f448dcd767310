"""Notebooks and pages as people have them: what is read, how places are told, and which bytes a fix leaves alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import click
import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st

import modlint
from modlint import session
from modlint.diagnostics import Diagnostic, Severity
from modlint.report import formats, shapes
from modlint.report.page import Page
from modlint.sources import load
from modlint.sources.document import Lines

IMPORTS = "import torch\nfrom torch import nn\n%matplotlib inline\n!pip install torch > /dev/null"
MODEL = """\
class Net(nn.Module):
    def __init__(self):
        self.conv = nn.Conv2d(3, 16, 5)
        self.norm = nn.BatchNorm1d(16)  # µ 网络

    def forward(self, x):
        return self.norm(self.conv(x))"""
RUN = "%%time\nmodel = Net()\nmodel(torch.randn(8, 3, 32, 32))"
FIXED = MODEL.replace("BatchNorm1d", "BatchNorm2d").replace("__(self):\n", "__(self):\n        super().__init__()\n")
PICTURE = {"image/png": "iVBORw0KGgo=\n", "text/plain": ["<Figure>"], "application/json": {"b": 1, "a": [1.50, 1e3]}}


def notebook(*sources: str) -> dict[str, Any]:
    """A notebook with these code cells, prose before each, outputs, ids and metadata."""
    cells: list[Any] = []
    for number, source in enumerate(sources):
        output = nbformat.v4.new_output("display_data", data=PICTURE, metadata={"needs_background": "light"})
        code = nbformat.v4.new_code_cell(source, id=f"code-{number}", execution_count=7, outputs=[output])
        cells += [nbformat.v4.new_markdown_cell("# Prose\n", id=f"text-{number}"), code]
    book = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": KERNEL, "widgets": {"π": "\u2028"}})
    nbformat.validate(book)
    return dict(book)


KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}


def as_jupyter(book: dict[str, Any]) -> bytes:
    text: str = nbformat.writes(nbformat.from_dict(book))
    return text.encode()


def spelled(**style: Any) -> Callable[[dict[str, Any]], bytes]:
    return lambda book: json.dumps(book, **style).encode()


SPELLINGS: dict[str, Callable[[dict[str, Any]], bytes]] = {
    "jupyter": as_jupyter,
    "one line": spelled(),
    "ascii": spelled(indent=4, sort_keys=True),
    "unicode": spelled(indent=1, ensure_ascii=False),
    "tabs": spelled(indent="\t", separators=(" ,", " : ")),
    "windows": lambda book: as_jupyter(book).replace(b"\n", b"\r\n"),
    "byte order mark": lambda book: b"\xef\xbb\xbf" + as_jupyter(book),
}
each_spelling = pytest.mark.parametrize("spell", SPELLINGS.values(), ids=SPELLINGS)


def found(data: bytes) -> tuple[Diagnostic, ...]:
    """The findings that are no advice."""
    every = session.check("net.ipynb", data).diagnostics
    return tuple(one for one in every if one.severity is not Severity.INFO)


def told(data: bytes, name: str = "concise") -> str:
    page = Page.of(load("net.ipynb", data), found(data))
    return click.unstyle("".join(formats.report(name)([page], "en")))


@each_spelling
def test_places_are_told_by_cell_and_line(spell: Callable[[dict[str, Any]], bytes]) -> None:
    data = spell(notebook(IMPORTS, "", MODEL, RUN))
    places = [line.split(" ML")[0] for line in told(data).splitlines()]
    assert places == ["net.ipynb:cell 3:3:9: error", "net.ipynb:cell 3:4:21: error"]
    norm = json.loads(told(data, "json"))["diagnostics"][-1]
    assert (norm["code"], norm["cell"], norm["cell_line"], norm["cell_column"]) == ("ML204", 2, 4, 21)
    assert "`conv` (line 3:7) gives [8, 16, 28, 28]" in norm["message"]


@each_spelling
def test_quotations_are_lines_of_the_cell(spell: Callable[[dict[str, Any]], bytes]) -> None:
    shown = told(spell(notebook(IMPORTS, "", MODEL, RUN)), "full")
    assert "   3:4 |         self.norm = nn.BatchNorm1d(16)  # µ 网络\n" in shown
    assert "       |                     ^^^^^^^^^^^^^^^^^^\n" in shown
    assert "   3:7 |         return self.norm(self.conv(x))\n" in shown


def test_reasons_in_another_cell_are_told_with_it() -> None:
    taken = "import torch\nfrom torch import nn\nconv = nn.Conv2d(3, 8, 3)\nx = conv(torch.randn(2, 3, 9, 9))"
    shown = told(as_jupyter(notebook(taken, "norm = nn.BatchNorm1d(8)", "norm(x)")), "full")
    assert shown.startswith("net.ipynb:cell 2:1:8: error ML204")
    assert "(line 1:4) gives [2, 8, 7, 7]" in shown


@pytest.mark.parametrize(
    ("cells", "wanted"),
    [
        ((IMPORTS, MODEL, RUN), ["ML101", "ML204"]),
        ((IMPORTS + "\n" + MODEL, RUN), ["ML101", "ML204"]),
        ((IMPORTS, MODEL.replace("(3, 16, 5)", "(3, width, 5)"), "width = 16", RUN), ["ML101", "ML204"]),
        ((IMPORTS, FIXED, RUN), []),
        ((IMPORTS, "%%bash\n" + MODEL, "%%html\n<b>"), []),
        ((IMPORTS, "%load_ext autoreload\nnn.Linear?", "files = !ls\nx = %who", FIXED, RUN), []),
        ((IMPORTS, FIXED, "del model", RUN), []),
    ],
)
def test_cells_share_a_namespace(cells: tuple[str, ...], wanted: list[str]) -> None:
    assert [one.code for one in found(as_jupyter(notebook(*cells)))] == wanted


@each_spelling
def test_a_fix_changes_the_source_and_no_other_byte(spell: Callable[[dict[str, Any]], bytes]) -> None:
    before = spell(notebook(IMPORTS, "", MODEL, RUN))
    after = session.fix_file("net.ipynb", before).after
    book = json.loads(after.decode("utf-8-sig"))
    nbformat.validate(nbformat.from_dict(book))
    assert "".join(book["cells"][5]["source"]) == FIXED
    assert unfixed(after) == before


def unfixed(data: bytes) -> bytes:
    """The notebook as it was, when the two fixes are its only changes; line ends and indentation are its own."""
    text = data.decode("utf-8-sig")
    start = text.index("        super().__init__()")
    call = text[start : text.index("        self.conv", start)]
    mark = b"\xef\xbb\xbf" if data.startswith(b"\xef\xbb\xbf") else b""
    return mark + text.replace(call, "").replace("BatchNorm2d", "BatchNorm1d").encode()


@each_spelling
def test_fixing_twice_is_fixing_once(spell: Callable[[dict[str, Any]], bytes]) -> None:
    once = session.fix_file("net.ipynb", spell(notebook(IMPORTS, MODEL, RUN))).after
    again = session.fix_file("net.ipynb", once)
    assert (again.after, again.changes) == (once, ())


@pytest.mark.parametrize("source", [IMPORTS, RUN, "%%bash\nls", "!ls\n", "x = 1", "", "# only a comment"])
@each_spelling
def test_a_notebook_without_findings_stays_as_it_is(source: str, spell: Callable[[dict[str, Any]], bytes]) -> None:
    data = spell(notebook("import torch\nfrom torch import nn", FIXED, "Net()", source))
    assert session.fix_file("net.ipynb", data).after == data


@each_spelling
def test_shapes_stand_beside_the_lines_of_cells(spell: Callable[[dict[str, Any]], bytes]) -> None:
    data = spell(notebook(IMPORTS, "", FIXED.replace("return ", "x = ") + "\n        return x", RUN))
    told = modlint.shapes(data, name="net.ipynb", input="8x3x32x32")
    assert told.lines == {"3:8:x": [[8, 16, 28, 28]], "3:9:<return>": [[8, 16, 28, 28]]}
    shown = click.unstyle("".join(shapes.as_text(Page.of(load("net.ipynb", data)), told))).splitlines()
    assert [line for line in shown if line.startswith("---")] == ["--- cell 1", "--- cell 3", "--- cell 4"]
    assert shown[1:5] == IMPORTS.splitlines()
    (line,) = [line for line in shown if "# x: [8, 16, 28, 28]" in line]
    assert line.startswith("        x = self.norm(self.conv(x))  ")


_SOURCES = st.lists(
    st.text(st.sampled_from('ab"\\\t\n é网\N{BUG}%!#=()'), min_size=1, max_size=30), min_size=1, max_size=3
)


@given(_SOURCES, st.sampled_from([None, 1, "\t"]), st.booleans())
def test_every_place_of_a_cell_is_found_again(sources: list[str], indent: int | str | None, escaped: bool) -> None:
    cells = [{"cell_type": "code", "source": source.splitlines(keepends=True)} for source in sources]
    data = json.dumps({"cells": cells, "nbformat": 4}, indent=indent, ensure_ascii=escaped).encode()
    for cell in load("net.ipynb", data).cells:
        lines = Lines(cell.text)
        for offset in range(len(cell.text) + 1):
            place = cell.file.position(cell.offset(offset))
            assert cell.holds(place)
            assert cell.locate(place) == lines.position(offset)


@pytest.mark.parametrize(
    "source", [IMPORTS, RUN, "x = 'a\"\\t' # é\n%cd ..", "!ls \\\n  -l", "files = !ls\nnn.Linear?"]
)
@each_spelling
def test_magics_are_shown_as_they_are_written(source: str, spell: Callable[[dict[str, Any]], bytes]) -> None:
    (cell,) = load("net.ipynb", spell(notebook(source))).cells
    assert cell.shown == source
    assert cell.text != source


PAGE = """\
# Title  \n\tquoted\ttabs \n
> ```python
> from torch import nn
> ```

1. item

   ```py
   layer = nn.Linear(16, 4)   # µ
   layer(torch.randn(2, 16))
   ```

```bash
pip install torch
```
<!-- end -->"""


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_a_fix_of_a_page_changes_the_source_and_no_other_byte(newline: str, mark: bytes) -> None:
    right = mark + PAGE.replace("from torch", "import torch\n> from torch").replace("\n", newline).encode()
    wrong = right.replace(b"Linear(16,", b"Linear(12,")
    fixed = session.fix_file("page.md", wrong, session.Options(seconds=20.0))
    assert fixed.after == right
    assert session.fix_file("page.md", right).after == right
