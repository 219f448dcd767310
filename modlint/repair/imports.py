"""Imports that the grammar does not know."""

from __future__ import annotations

from collections.abc import Iterator

from modlint.edits import Edit
from modlint.repair.candidate import Candidate, family, one, together
from modlint.repair.draft import Draft, Fault
from modlint.repair.lexer import Statement
from modlint.repair.vocabulary import KEYWORDS


@family
def dotted_imports(draft: Draft, fault: Fault) -> Iterator[Candidate]:
    """`from torch.nn import torch.functional as F`: what is imported has a path of its own."""
    for statement in draft.around(fault):
        if statement.words[0] == "from" and "import" in statement.words and "," not in statement.words:
            yield from _dotted(statement)


def _dotted(statement: Statement) -> Iterator[Candidate]:
    middle = statement.words.index("import")
    source = [word for word in statement.words[1:middle] if word != "."]
    names = statement.tokens[middle + 1 :]
    dots = [i for i, token in enumerate(names) if token.text == "." and i > 0]
    if not dots or not source:
        return
    path = [token.text for token in names[: dots[-1] : 2]]
    drop = Edit(names[0].start, names[dots[-1]].end, "")
    if set(path) <= set(source):
        yield from together("impossible-import", 0.5, [drop])
    else:
        path = path[path[0] == source[-1] :]
        end = statement.tokens[middle - 1].end
        yield from together("impossible-import", 0.6, [Edit(end, end, "." + ".".join(path)), drop])


@family
def reversed_imports(draft: Draft, fault: Fault) -> Iterator[Candidate]:
    """`import nn from torch`."""
    for statement in draft.around(fault):
        words = statement.words
        middle = words.index("from") if words[0] == "import" and "from" in words[2:-1] else None
        if middle is not None and KEYWORDS.isdisjoint(words[middle + 1 :]):
            names = draft.text[statement.tokens[1].start : statement.tokens[middle - 1].end]
            source = draft.text[statement.tokens[middle + 1].start : statement.tokens[-1].end]
            begin, end = statement.tokens[0].start, statement.tokens[-1].end
            yield one("impossible-import", 0.6, begin, end, f"from {source} import {names}")


@family
def dangling_imports(draft: Draft, fault: Fault) -> Iterator[Candidate]:
    """`import torch.nn as`, `import torch.nn.`: what is begun and not there is left out."""
    for statement in draft.around(fault):
        if statement.words[0] in ("import", "from") and statement.words[-1] in ("as", ",", "."):
            yield one("impossible-import", 0.8, statement.tokens[-2].end, statement.tokens[-1].end, "")
