"""Names with a blank inside, as optical recognition and phones leave them: `nn.Conv 2d(`, `conv block(`, `for ward(`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from modlint.repair.candidate import Candidate, family, one
from modlint.repair.draft import Draft, Fault
from modlint.repair.lexer import Statement
from modlint.repair.vocabulary import CALLABLES, DUNDERS, KEYWORDS

_PAIR = re.compile(r"(?<![\w'\"])(?=(?P<left>[^\W\d]\w*)(?P<gap>[ \t]+)(?P<right>\w+))")
_DEFINED = re.compile(r"(?:class|def)\s+$")


@family
def torn_names(draft: Draft, fault: Fault) -> Iterator[Candidate]:
    """The two parts as one, where the text or torch knows it, or as the name of a definition."""
    names = [t.text for t in draft.tokens if t.kind == "name"]
    known = CALLABLES.union(KEYWORDS, names)
    for statement in draft.around(fault):
        yield from _joined(draft, statement, known)


def _joined(draft: Draft, statement: Statement, known: frozenset[str]) -> Iterator[Candidate]:
    start = draft.starts[statement.first]
    text = draft.text[start : draft.starts[statement.last + 1] - 1]
    covered = [(t.start - start, t.end - start) for t in statement.tokens if t.kind in ("string", "quoted")]
    for match in _PAIR.finditer(text):
        if any(begin <= match.start() < end for begin, end in covered):
            continue
        left, right = match["left"], match["right"]
        if left.strip("_") in DUNDERS | {""} or right.strip("_") in DUNDERS | {""}:
            continue
        gap = start + match.start("gap"), start + match.end("gap")
        defined = _DEFINED.search(text[: match.start()]) is not None
        for joint in ("", "_"):
            if left + joint + right in known:
                yield one("torn-name", 0.6, *gap, joint)
            elif defined and left not in KEYWORDS:
                yield one("torn-name", 0.8 if joint else 0.75, *gap, joint)
            elif joint and text[match.end("right") :].startswith("(") and not {left, right} & (CALLABLES | KEYWORDS):
                yield one("torn-name", 0.65, *gap, joint)
