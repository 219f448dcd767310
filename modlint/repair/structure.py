"""What an nn.Module file looks like: how odd a statement is where it stands.

One table of expectations serves both the search for a lost indentation and the judgement of a finished text.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from modlint.repair.lexer import Statement

# The clauses that may follow a compound statement at its own level.
FOLLOWERS: dict[str, frozenset[str]] = {
    "if": frozenset({"elif", "else"}),
    "elif": frozenset({"elif", "else"}),
    "for": frozenset({"else"}),
    "while": frozenset({"else"}),
    "try": frozenset({"except", "finally"}),
    "except": frozenset({"except", "else", "finally"}),
}
CLAUSES = frozenset({"elif", "else", "except", "finally"})
LEAVES = frozenset({"return", "raise", "break", "continue"})
METHODS = frozenset({"forward", "__init__", "__call__", "__len__", "__getitem__", "__iter__", "__repr__"})
MODULE_LEVEL = frozenset({"import", "from", "class"})


@dataclass(frozen=True, slots=True)
class Block:
    """An open block: its header, the columns its statements were seen at, what stands in it last, what it binds."""

    kind: str
    header: Statement | None
    columns: frozenset[int]
    last: str = ""
    size: int = 0
    binds: frozenset[str] = frozenset()

    def with_statement(self, statement: Statement, column: int) -> Block:
        return replace(
            self,
            columns=self.columns | {column},
            last=statement.head,
            size=self.size + 1,
            binds=self.binds | statement.binds,
        )


Stack = tuple[Block, ...]


def enclosing(stack: Stack, *kinds: str) -> Block | None:
    """The innermost open block of one of ``kinds``."""
    return next((block for block in reversed(stack) if block.kind in kinds), None)


def admits(stack: Stack, statement: Statement) -> bool:
    """Whether the grammar lets ``statement`` stand next in the innermost block."""
    if statement.head not in CLAUSES or not statement.is_clause:
        return True
    return statement.head in FOLLOWERS.get(stack[-1].last, ())


def _definition(stack: Stack, statement: Statement) -> float:
    if statement.head != "def":
        return 0.0
    block = stack[-1].kind
    takes_self = statement.parameters[:1] == ("self",)
    is_method = takes_self or statement.name in METHODS
    if block == "class":
        return 0.0 if is_method or stack[-1].last == "@" else 0.3
    if enclosing(stack, "def") is not None:
        return 3.0 if is_method else 0.7
    return 2.0 if is_method else 0.0


def _module_level(stack: Stack, statement: Statement) -> float:
    if statement.head not in MODULE_LEVEL:
        return 2.5 if statement.words[:2] == ("if", "__name__") and len(stack) > 1 else 0.0
    if statement.head == "class":
        return 2.0 if len(stack) > 1 and stack[-1].kind not in ("if", "else", "try", "except") else 0.0
    return {"module": 0.0, "class": 2.0}.get(stack[-1].kind, 0.5)


def _uses_self(stack: Stack, statement: Statement) -> float:
    words = statement.words
    if statement.head in ("def", "class") or "self" not in words:
        return 0.0
    function = enclosing(stack, "def")
    if function is None or function.header is None:
        return 2.0 if enclosing(stack, "class") else 1.5
    return 0.0 if "self" in function.header.parameters else 0.5


def _calls_super(stack: Stack, statement: Statement) -> float:
    words = statement.words
    if words[0] != "super" or "__init__" not in words:
        return 0.0
    function = enclosing(stack, "def")
    if function is None or function.header is None:
        return 1.5
    return 0.0 if function.header.name == "__init__" and stack[-1].kind == "def" else 1.0


def _leaves(stack: Stack, statement: Statement) -> float:
    head = statement.head
    if head in ("return", "yield"):
        if enclosing(stack, "def") is None:
            return 4.0
        return 0.6 if stack[-1].kind == "for" and stack[-1].size > 0 else 0.0
    if head in ("break", "continue"):
        return 0.0 if enclosing(stack, "for", "while") else 4.0
    return 0.0


def _dead(stack: Stack, _: Statement) -> float:
    return 2.0 if stack[-1].last in LEAVES else 0.0


def _in_class_body(stack: Stack, statement: Statement) -> float:
    if stack[-1].kind != "class" or statement.head in ("def", "class", "@", "pass"):
        return 0.0
    if statement.tokens[0].kind == "string":
        return 0.0 if stack[-1].size == 0 else 1.0
    return 0.7 if "=" in statement.words[1:4] or ":" in statement.words[1:2] else 2.0


def _branch_goes_on(stack: Stack, _: Statement) -> float:
    return 0.12 if stack[-1].kind in ("if", "elif", "else") and stack[-1].size > 0 else 0.0


def _follows_definition(stack: Stack, statement: Statement) -> float:
    """A plain statement of a function after a nested function or class."""
    is_plain = statement.head not in ("def", "class", "@")
    return 0.3 if stack[-1].kind == "def" and stack[-1].last == "def" and is_plain and stack[-1].size > 1 else 0.0


def _calls_itself(stack: Stack, statement: Statement) -> float:
    function = stack[1] if len(stack) > 1 and stack[1].kind in ("def", "class") else None
    if function is None or function.header is None or statement.head in ("super", "class", "def"):
        return 0.0
    words = statement.words
    name = function.header.name
    called = any(a == name and b == "(" for a, b in itertools.pairwise(words))
    return 1.0 if called and "super" not in words and statement.head != "return" else 0.0


def _decorated(stack: Stack, statement: Statement) -> float:
    return 3.0 if stack[-1].last == "@" and statement.head not in ("def", "class", "@", "async") else 0.0


EXPECTATIONS: tuple[Callable[[Stack, Statement], float], ...] = (
    _definition,
    _module_level,
    _uses_self,
    _calls_super,
    _leaves,
    _dead,
    _in_class_body,
    _branch_goes_on,
    _follows_definition,
    _calls_itself,
    _decorated,
)


def oddity(stack: Stack, statement: Statement) -> float:
    """How odd ``statement`` is as the next one of the innermost block; 0 is perfectly usual."""
    return sum(expectation(stack, statement) for expectation in EXPECTATIONS)


def departure(closed: Sequence[Block], remaining: Stack, statement: Statement) -> float:
    """How odd it is that the blocks ``closed`` end before ``statement``: it may still want the names they bind."""
    cost = 0.0
    known = frozenset().union(*(block.binds for block in remaining))
    for block in closed:
        wanted = (statement.names & block.binds) - known if statement.head not in ("def", "class") else frozenset()
        if block.kind == "def":
            cost += 0.8 if wanted else 0.0
            cost += 0.15 if statement.head not in ("def", "class", "@") else 0.0
        elif block.kind in ("for", "while", "with") and block.last not in LEAVES:
            header = block.header.binds if block.header else frozenset()
            cost += 0.6 if wanted & header else 0.1
    return cost


def judge(statements: Sequence[Statement], tab: int = 8) -> float:
    """The oddity of a whole text that parses, by the indentation it has."""
    stack: Stack = (Block("module", None, frozenset({0})),)
    total = 0.0
    pending: Statement | None = None
    for statement in statements:
        column = statement.column(tab)
        if pending is not None:
            stack = (*stack, Block(pending.head, pending, frozenset({column}), binds=pending.binds))
        while len(stack) > 1 and column not in stack[-1].columns:
            stack = stack[:-1]
        total += oddity(stack, statement)
        stack = (*stack[:-1], stack[-1].with_statement(statement, column))
        pending = statement if statement.opens else None
    return total
