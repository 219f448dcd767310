"""Line ends that are missing or too many, and blocks without a body."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from modlint.edits import Edit
from modlint.repair.candidate import Candidate, family, one, together
from modlint.repair.draft import Draft, Fault
from modlint.repair.layout import step_of
from modlint.repair.lexer import CLOSERS, OPENERS, Statement, Token
from modlint.repair.plausible import CODE_IN_COMMENT
from modlint.repair.structure import LEAVES
from modlint.repair.vocabulary import BLOCKS, INFIX, OPEN_ENDS, STATEMENT_STARTS


@family
def merged_lines(draft: Draft, fault: Fault) -> Iterator[Candidate]:
    """Two statements on one line: a line end between them, or behind the colon of a header."""
    step = step_of(draft.statements)
    for statement in draft.around(fault):
        yield from _outdented(draft, statement)
        depth = 0
        for index, (before, after) in enumerate(pairwise(statement.tokens)):
            depth += (before.text in OPENERS) - (before.text in CLOSERS)
            if depth <= 0 and before.line == after.line:
                yield from _parted(statement, index, before, after, step)


@family
def lines_run_together(draft: Draft, fault: Fault) -> Iterator[Candidate]:
    """Three or more statements on one line, as chats and searches show them: all parted, their depth yet to be found."""
    for statement in draft.around(fault):
        joints = list(_joints(statement))
        if len(joints) > 1:
            edits = [Edit(before.end, after.start, f"\n{statement.indent}") for before, after in joints]
            edits += [Edit(at, at, f"\n{statement.indent}") for at in _code_in_comment(draft, statement)]
            yield from together("merged-lines", 0.8, edits, each=0.01)


def _code_in_comment(draft: Draft, statement: Statement) -> Iterator[int]:
    """Where in the comment behind the statement the next one begins, of which the line end is lost as well."""
    for token in draft.tokens:
        if token.kind == "comment" and token.line == statement.last and (found := CODE_IN_COMMENT.search(token.text)):
            yield token.start + found.start()


def _joints(statement: Statement) -> Iterator[tuple[Token, Token]]:
    """Where in a line one statement ends, or a header, and the next begins."""
    depth, first = 0, 0
    for index, (before, after) in enumerate(pairwise(statement.tokens)):
        depth += (before.text in OPENERS) - (before.text in CLOSERS)
        head = statement.words[first]
        ends_header = before.text == ":" and head in BLOCKS
        begins = before.is_statement_end and before.text != "return" and _may_begin(statement, index + 1)
        imports = after.text == "import" and head == "from" and "import" not in statement.words[first : index + 1]
        if depth <= 0 and before.line == after.line and (ends_header or (begins and not imports)):
            yield before, after
            first = index + 1


def _may_begin(statement: Statement, index: int) -> bool:
    """Whether the word at ``index``, which stands outside of all brackets, may be the first of a statement."""
    token, rest = statement.tokens[index], statement.words[index + 1 :]
    if token.text == "if":
        # an `else` before any colon makes it a condition within an expression
        return ":" in rest and "else" not in rest[: rest.index(":")]
    if token.text == "else":
        return rest[:1] == (":",)
    return token.kind == "name" and token.text not in INFIX - {"import", "for"}


def _parted(statement: Statement, index: int, before: Token, after: Token, step: str) -> Iterator[Candidate]:
    below = f"\n{statement.indent}{step}"
    beside = f"\n{statement.indent}"
    colon = statement.colon if statement.head in BLOCKS else None
    if index == colon:
        yield one("merged-lines", 0.9, before.end, after.start, below)
    elif (after.kind == "name" or after.text == "@") and before.is_statement_end:
        cost = 0.7 if after.text in STATEMENT_STARTS else 0.9
        yield one("merged-lines", cost, before.end, after.start, beside)
        if colon is not None and colon < index:
            header = Edit(statement.tokens[colon].end, statement.tokens[colon + 1].start, below)
            for joint in (below, beside):
                yield from together("merged-lines", cost + 0.1, [header, Edit(before.end, after.start, joint)])


_OUTDENTED = ("def", "class", "return", "@", "if", "for", "elif", "else", "except")


def _outdented(draft: Draft, statement: Statement) -> Iterator[Candidate]:
    """What begins a block's end or the next definition may stand further out than the statement before it."""
    outer = {s.indent for s in draft.statements if s.opens and s.first < statement.first}
    indents = sorted((i for i in outer if len(i) < len(statement.indent)), key=len, reverse=True)
    leaves = statement.words[0] in LEAVES
    for before, after in pairwise(statement.tokens):
        if (leaves or after.text in _OUTDENTED) and before.is_statement_end:
            for steps, indent in enumerate(indents, 1):
                yield one("merged-lines", 0.7 + 0.1 * steps, before.end, after.start, f"\n{indent}")


@family
def split_lines(draft: Draft, fault: Fault) -> Iterator[Candidate]:
    """A statement that goes on in the next line without a bracket: the two become one line. A header is whole."""
    index = draft.statement_index(fault.line)
    for above, below in pairwise(draft.statements[max(0, index - 2) : index + 2]):
        if below.first != above.last + 1 or "#" in draft.lines[above.last] or above.opens:
            continue
        dotted = above.words[-1] == "." or below.words[0] == "."
        listed = above.words[-1] == "," and "=" in above.words
        cost = 0.6 if dotted or listed or above.words[-1] in OPEN_ENDS or below.words[0] == "=" else 1.2
        kind = "dotted-blank" if dotted else "split-line"
        yield one(kind, cost, above.tokens[-1].end, below.tokens[0].start, "" if dotted else " ")


@family
def missing_bodies(draft: Draft, fault: Fault) -> Iterator[Candidate]:
    """A header with nothing below it at the end of the text."""
    if "expected an indented block" in fault.message and draft.statements[-1].opens:
        last = draft.statements[-1]
        at = last.tokens[-1].end
        yield one("missing-body", 1.5, at, at, f"\n{last.indent}{step_of(draft.statements)}pass")
