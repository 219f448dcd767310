"""Lost, partial and inconsistent indentation: a beam search over the depth of every statement."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from modlint.edits import Edit
from modlint.repair.candidate import Candidate, family
from modlint.repair.draft import Change, Draft, Fault
from modlint.repair.lexer import Statement
from modlint.repair.structure import Block, Stack, admits, departure, oddity

BEAM = 24
OFFERED = 3
TAB_SIZES = (8, 4)

_LOST = 0.5
_MISPLACED = 1.0
_MISPLACED_THOUGH_FITTING = 1.6
_UNEXPECTED = 0.6
_BODYLESS = 2.5


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """A depth for each statement so far; ``fit`` is what it costs in columns, ``odd`` in structure."""

    fit: float
    odd: float
    stack: Stack
    pending: Statement | None = None
    depths: tuple[int, ...] = ()
    bodyless: tuple[int, ...] = ()

    @property
    def cost(self) -> float:
        return self.fit + self.odd


@family
def layouts(draft: Draft, fault: Fault) -> Iterator[Candidate]:
    """Give every statement the depth at which the text looks most like a file of modules."""
    if not _about_indentation(draft, fault):
        return
    tabs = TAB_SIZES if "\t" in draft.text else TAB_SIZES[:1]
    ranked = sorted((h for tab in tabs for h in _search(draft.statements, tab)), key=lambda h: h.cost)
    for hypothesis in ranked[:OFFERED]:
        changes = _changes(draft, hypothesis)
        if changes:
            yield Candidate(0.5 + hypothesis.fit, changes)


def _about_indentation(draft: Draft, fault: Fault) -> bool:
    return any(word in fault.message for word in ("indent", "tabs and spaces")) or "'return' outside" in fault.message


def _search(statements: list[Statement], tab: int) -> list[Hypothesis]:
    beam = [Hypothesis(0.0, 0.0, (Block("module", None, frozenset()),))]
    for index, statement in enumerate(statements):
        column = statement.column(tab)
        following = [child for parent in beam for child in _place(parent, statement, column, index)]
        beam = _prune(following)
    return [h for h in beam if h.pending is None] or beam


def _prune(hypotheses: list[Hypothesis]) -> list[Hypothesis]:
    best: dict[object, Hypothesis] = {}
    for hypothesis in sorted(hypotheses, key=lambda h: h.cost):
        key = tuple((b.kind, b.header.first if b.header else -1, b.last) for b in hypothesis.stack)
        best.setdefault((key, hypothesis.depths[-2:]), hypothesis)
    return list(best.values())[:BEAM]


def _place(parent: Hypothesis, statement: Statement, column: int, index: int) -> Iterator[Hypothesis]:
    """Every depth that the grammar allows for the next statement."""
    if parent.pending is not None:
        header = parent.pending
        above = max(parent.stack[-1].columns, default=0)
        header_column = _header_column(parent)
        fit = 0.0 if column > header_column else _LOST + (0.2 if column < min(header_column, above) else 0.0)
        block = Block(header.head, header, frozenset(), binds=header.binds)
        yield from _settle(parent, (*parent.stack, block), statement, column, fit)
        if not _worth_leaving_out(statement):
            return
        parent = replace(parent, fit=parent.fit + _BODYLESS, pending=None, bodyless=(*parent.bodyless, index - 1))
    fitting = any(column in block.columns for block in parent.stack)
    for depth in range(len(parent.stack)):
        stack = parent.stack[: depth + 1]
        fit = _misfit(stack, column, fitting, is_top=depth == len(parent.stack) - 1)
        closed = parent.stack[depth + 1 :]
        left = departure(closed, stack, statement) if not _only(column, depth, parent.stack) else 0.0
        yield from _settle(replace(parent, odd=parent.odd + left), stack, statement, column, fit)


def _only(column: int, depth: int, stack: Stack) -> bool:
    """Whether the column speaks for this depth and no other."""
    return [i for i, block in enumerate(stack) if column in block.columns] == [depth]


def _worth_leaving_out(statement: Statement) -> bool:
    return statement.head in ("def", "class", "@", "if", "elif", "else", "except", "finally", "import", "from")


def _header_column(parent: Hypothesis) -> int:
    header = parent.pending
    assert header is not None
    return header.column(8)


def _misfit(stack: Stack, column: int, fitting: bool, is_top: bool) -> float:
    block = stack[-1]
    if column in block.columns:
        return 0.0
    if not block.columns:
        return 0.3 if column else 0.0
    distance = min(abs(column - seen) for seen in block.columns)
    cost = _MISPLACED_THOUGH_FITTING if fitting else _MISPLACED
    cost += min(0.08 * distance, 0.8)
    return cost + (_UNEXPECTED if is_top and column > max(block.columns) else 0.0)


def _settle(parent: Hypothesis, stack: Stack, statement: Statement, column: int, fit: float) -> Iterator[Hypothesis]:
    if not admits(stack, statement):
        return
    yield replace(
        parent,
        fit=parent.fit + fit,
        odd=parent.odd + oddity(stack, statement),
        stack=(*stack[:-1], stack[-1].with_statement(statement, column)),
        pending=statement if statement.opens else None,
        depths=(*parent.depths, len(stack) - 1),
    )


def _changes(draft: Draft, hypothesis: Hypothesis) -> tuple[Change, ...]:
    """Write the depths down as leading blanks, keeping those that the author's blocks agree on."""
    wanted = _indents(draft.statements, hypothesis.depths)
    indents: dict[int, str] = {}
    for statement, indent in zip(draft.statements, wanted, strict=False):
        _indent_statement(draft, statement, indent, indents)
    _indent_comments(draft, wanted, indents)
    changes = [
        Change(_kind(old, new), Edit(draft.starts[line], draft.starts[line] + len(old), new))
        for line, new in sorted(indents.items())
        if (old := _leading(draft.lines[line])) != new
    ]
    return (*changes, *_bodies(draft, hypothesis, wanted))


def _bodies(draft: Draft, hypothesis: Hypothesis, wanted: list[str]) -> Iterator[Change]:
    unit = step_of(draft.statements)
    for index in hypothesis.bodyless:
        last = draft.statements[index].last
        at = draft.starts[last] + len(draft.lines[last])
        yield Change("missing-body", Edit(at, at, f"\n{wanted[index]}{unit}pass"))


def _indents(statements: list[Statement], depths: tuple[int, ...]) -> list[str]:
    """The indentation of each statement: per block the most common one that fits below its header's."""
    unit = step_of(statements)
    members: dict[int, list[int]] = {}
    owner: list[int] = []
    open_blocks: list[int] = [-1]
    for index, depth in enumerate(depths):
        open_blocks = open_blocks[: depth + 1] if depth < len(open_blocks) else [*open_blocks, index - 1]
        owner.append(open_blocks[-1])
        members.setdefault(open_blocks[-1], []).append(index)
    indents: dict[int, str] = {-1: ""}
    for header in sorted(members):
        if header < 0:
            continue
        above = indents[owner[header]]
        usual = Counter(statements[i].indent for i in members[header])
        fitting = [i for i, _ in usual.most_common() if i.startswith(above) and len(i) > len(above)]
        indents[header] = fitting[0] if fitting else above + unit
    return [indents[header] for header in owner]


def step_of(statements: list[Statement]) -> str:
    """One step of the author's indentation; four blanks where there is none to see."""
    steps = Counter(
        below.indent[len(above.indent) :]
        for above, below in pairwise(statements)
        if above.opens and below.indent.startswith(above.indent) and len(below.indent) > len(above.indent)
    )
    even = [step for step, _ in steps.most_common() if step in ("  ", "    ", "\t", "   ")]
    return even[0] if even else "    "


def _indent_statement(draft: Draft, statement: Statement, indent: str, indents: dict[int, str]) -> None:
    """Indent a statement, and move the lines it continues in along with it, unless they lie in a string."""
    indents[statement.first] = indent
    inside = _inside_strings(statement)
    for line in range(statement.first + 1, statement.last + 1):
        if line in inside or not draft.lines[line].strip():
            continue
        old = _leading(draft.lines[line])
        if indent != statement.indent:
            indents[line] = _moved(old, statement.indent, indent)


def _moved(old: str, before: str, after: str) -> str:
    if old.startswith(before):
        return after + old[len(before) :]
    width = len(old.expandtabs(8)) - len(before.expandtabs(8)) + len(after.expandtabs(8))
    return " " * max(0, width)


def _inside_strings(statement: Statement) -> set[int]:
    return {
        line
        for token in statement.tokens
        if token.kind == "string"
        for line in range(token.line + 1, token.line + token.text.count("\n") + 1)
    }


def _indent_comments(draft: Draft, wanted: list[str], indents: dict[int, str]) -> None:
    """A line of comment goes with the statement below it when it stood in the same column."""
    following: tuple[str, str] | None = None
    for index in range(len(draft.statements) - 1, -1, -1):
        statement = draft.statements[index]
        below = draft.statements[index + 1].first if index + 1 < len(draft.statements) else len(draft.lines)
        for line in range(statement.last + 1, below):
            old = _leading(draft.lines[line])
            if draft.lines[line].lstrip().startswith("#") and following is not None and old == following[0]:
                indents[line] = following[1]
        following = (statement.indent, wanted[index])


def _kind(old: str, new: str) -> str:
    same_width = old.expandtabs(8) == new.expandtabs(8) or old.expandtabs(4) == new.expandtabs(4)
    return "mixed-tabs" if same_width else "indentation"


def _leading(line: str) -> str:
    return line[: len(line) - len(line.lstrip(" \t\f"))]
