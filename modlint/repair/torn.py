"""Names with a blank inside, as optical recognition and phones leave them: `nn.Conv 2d(`, `conv block(`, `for ward(`."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from modlint.edits import Edit
from modlint.repair.candidate import Candidate, family, one, together
from modlint.repair.draft import Draft, Fault
from modlint.repair.lexer import Statement
from modlint.repair.vocabulary import CALLABLES, DUNDERS, KEYWORDS

_PAIR = re.compile(r"(?<![\w'\"])(?=(?P<left>[^\W\d]\w*)(?P<gap>[ \t]+)(?P<right>\w+))")
_DEFINED = re.compile(r"(?:class|def)\s+$")


@family
def torn_names(draft: Draft, fault: Fault) -> Iterator[Candidate]:
    """The two parts as one, where the text or torch knows it, or as the name of a definition."""
    names = Counter(t.text for t in draft.tokens if t.kind == "name")
    for statement in draft.around(fault):
        yield from _joined(draft, statement, names)


def _joined(draft: Draft, statement: Statement, names: Counter[str]) -> Iterator[Candidate]:
    known = CALLABLES.union(KEYWORDS, names)
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
                are_names = names[left] > 1 and names[right] > 1
                yield one("torn-name", 0.9 if are_names else 0.6, *gap, joint)
            elif defined and left not in KEYWORDS:
                yield one("torn-name", 0.8 if joint else 0.75, *gap, joint)
            elif joint and text[match.end("right") :].startswith("(") and not {left, right} & (CALLABLES | KEYWORDS):
                yield one("torn-name", 0.65, *gap, joint)


@family
def torn_words(draft: Draft, _: Fault) -> Iterator[Candidate]:
    """`hidden _ size`, `num_ classes`, `0 . 25`, `1e - 3`: every blank within a name or number, at once."""
    covered = [(t.start, t.end) for t in draft.tokens if t.kind in ("string", "comment")]
    gaps = [*_gaps_in_names(draft.text), *_gaps_in_numbers(draft.text)]
    edits = [Edit(*gap, "") for gap in gaps if not any(begin <= gap[0] < end for begin, end in covered)]
    yield from together("torn-name", 0.5, edits, each=0.02)


_GAP = re.compile(r"(?<![\w.])(?=(?P<left>\w+)(?P<gap>[ \t]+)(?P<right>\w+))")
_NUMBER = re.compile(
    r"(?<![\w.])\d+(?:(?P<dot>[ \t]+\.[ \t]*|[ \t]*\.[ \t]+)\d+)?(?:e(?P<sign>[ \t]+-[ \t]*|-[ \t]+)\d+)?"
)


def _gaps_in_names(text: str) -> Iterator[tuple[int, int]]:
    for match in _GAP.finditer(text):
        left, right = match["left"], match["right"]
        special = {left.strip("_"), right.strip("_")} & DUNDERS or _is_name_of_its_own(text, match)
        parted = right not in KEYWORDS if left not in KEYWORDS else _is_operand(text[: match.start()])
        if (left[-1] == "_" or right[0] == "_") and parted and not special:
            yield match.span("gap")


def _is_name_of_its_own(text: str, pair: re.Match[str]) -> bool:
    """`output _ = f(x)`: an underscore that no word follows is a name."""
    return not pair["right"].strip("_") and re.match(r"[ \t]*\w", text[pair.end("right") :]) is None


def _is_operand(before: str) -> bool:
    """Whether the word behind ``before`` stands where none but a name can: `(in _ channels`."""
    return before.rstrip(" \t").endswith(("(", ",", ".", "=", "["))


def _gaps_in_numbers(text: str) -> Iterator[tuple[int, int]]:
    for match in _NUMBER.finditer(text):
        for begin, end in (match.span("dot"), match.span("sign")):
            yield from (gap.span() for gap in _BLANK.finditer(text, max(begin, 0), max(end, 0)))


_BLANK = re.compile(r"[ \t]+")
