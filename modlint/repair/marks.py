"""Colons and commas that are missing, dots that dangle, marks that nothing needs."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from modlint.edits import Edit
from modlint.repair.candidate import Candidate, family, one, together
from modlint.repair.draft import Draft, Fault
from modlint.repair.lexer import CLOSERS, OPENERS, Statement, Token
from modlint.repair.vocabulary import BLOCKS, KEYWORDS

_WRONG_COLONS = (";", ",", ".")


@family
def missing_colons(draft: Draft, fault: Fault) -> Iterator[Candidate]:
    """The colon of a header: at its end, or behind its brackets when its body stands on the same line."""
    for statement in draft.around(fault):
        last = statement.tokens[-1]
        if statement.head not in BLOCKS or last.text == ":":
            continue
        if last.text in _WRONG_COLONS:
            yield one("missing-colon", 0.5, last.start, last.end, ":")
        elif statement.colon is None:
            yield one("missing-colon", 0.5, last.end, last.end, ":")
            yield from _before_body(statement)


def _before_body(statement: Statement) -> Iterator[Candidate]:
    for token, after in pairwise(statement.tokens):
        if token.line != statement.first or not (token.text == ")" or statement.head in ("else", "try", "finally")):
            continue
        yield one("missing-colon", 1.0, token.end, token.end, ":")
        if after.text in _WRONG_COLONS:
            yield one("missing-colon", 0.9, after.start, after.end, ":")


@family
def missing_commas(draft: Draft, fault: Fault) -> Iterator[Candidate]:
    """A comma between two operands inside brackets; `;` where one is meant."""
    for statement in draft.around(fault):
        depth = 0
        for before, after in pairwise(statement.tokens):
            depth += (before.text in OPENERS) - (before.text in CLOSERS)
            is_message = statement.head == "assert" and after.kind == "string"
            is_listed = statement.head in _LISTS or _lists_several(statement) or _is_target(statement, after)
            if depth <= 0 and not is_listed and not is_message:
                continue
            near = abs(after.line - fault.line) <= 1
            if after.text == ";":
                yield one("missing-comma", 0.7, after.start, after.end, ",")
            elif before.is_operand_end and after.is_operand_start and after.text not in ("(", "[", "-", "*"):
                likely = near and (depth > 0 or is_message or _lists_several(statement))
                yield one("missing-comma", 0.7 if likely else 1.2, before.end, before.end, ",")
            elif before.text == ")" and after.text == "(":
                yield one("missing-comma", 1.0, before.end, before.end, ",")


def _is_target(statement: Statement, token: Token) -> bool:
    """`a b = f(x)`: whether a value is given to the token."""
    return "=" in statement.words and token.start < statement.tokens[statement.words.index("=")].start


_LISTS = ("import", "from", "for", "return")


def _lists_several(statement: Statement) -> bool:
    """`a, b = c d`, `return a, b c`."""
    if statement.head == "return":
        return "," in statement.words
    return "=" in statement.words and "," in statement.words[1 : statement.words.index("=")]


@family
def missing_commas_at_line_ends(draft: Draft, fault: Fault) -> Iterator[Candidate]:
    """The layers of an `nn.Sequential`, one a line, without their commas."""
    for statement in draft.around(fault):
        depth, edits = 0, []
        for before, after in pairwise(statement.tokens):
            depth += (before.text in OPENERS) - (before.text in CLOSERS)
            goes_on = before.line < after.line and before.is_operand_end and after.kind in ("name", "string")
            if depth > 0 and goes_on and after.text not in KEYWORDS and before.kind != after.kind != "string":
                edits.append(Edit(before.end, before.end, ","))
        if len(edits) > 1:
            yield from together("missing-comma", 0.7, edits, each=0.1)


@family
def dangling_dots(draft: Draft, fault: Fault) -> Iterator[Candidate]:
    """`torch.nn.` with nothing behind the dot."""
    for statement in draft.around(fault):
        for before, after in zip(statement.tokens, (*statement.tokens[1:], None), strict=True):
            if before.text == "." and (after is None or after.kind != "name"):
                yield one("dotted-blank", 0.9, before.start, before.end, "")


@family
def stray_tokens(draft: Draft, fault: Fault) -> Iterator[Candidate]:
    """The mark at which the parser stops, or a mark that stands twice."""
    if fault.line >= len(draft.lines):
        return
    here = draft.starts[fault.line] + fault.column
    found = [t for t in draft.tokens if t.line == fault.line and (t.kind in ("op", "other") or t.text in ("'", '"'))]
    for token in found:
        if token.start <= here <= token.end:
            yield one("stray-token", 1.6, token.start, token.end, "")
    for before, after in pairwise(found):
        if before.text == after.text and before.end == after.start and before.text in (":", ",", "."):
            yield one("stray-token", 0.6, after.start, after.end, "")
