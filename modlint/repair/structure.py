"""What an nn.Module file looks like: how odd a statement is where it stands.

One table of expectations serves both the search for a lost indentation and the judgement of a finished text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from modlint.repair.lexer import Statement
from modlint.repair.vocabulary import words

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


class Block(NamedTuple):
    """An open block, and what is remembered of its statements so far.

    ``main`` is the column of its first statement, ``columns`` all that were seen; ``spent`` are names that blocks
    closed within it have bound, ``uses`` the attributes of `self` in it; ``alternative`` is how the branch before an
    `elif` or `else` ended.
    """

    kind: str
    header: Statement | None
    main: int | None = None
    columns: frozenset[int] = frozenset()
    last: str = ""
    size: int = 0
    binds: frozenset[str] = frozenset()
    spent: frozenset[str] = frozenset()
    uses: frozenset[str] = frozenset()
    alternative: str = ""

    def with_statement(self, statement: Statement, column: int) -> Block:
        bound = frozenset() if statement.opens else statement.binds
        return Block(
            kind=self.kind,
            header=self.header,
            main=column if self.main is None else self.main,
            columns=self.columns | {column},
            last=statement.head,
            size=self.size + 1,
            binds=self.binds | bound,
            spent=self.spent - bound,
            uses=self.uses | statement.attributes,
            alternative=self.alternative,
        )


Stack = tuple[Block, ...]

MODULE: Stack = (Block("module", None),)


def opened(stack: Stack, header: Statement, alternative: str = "") -> Stack:
    """``stack`` with the block of ``header`` on top."""
    return (*stack, Block(header.head, header, binds=header.binds, alternative=alternative))


def closed(stack: Stack, depth: int) -> Stack:
    """``stack`` up to and with the block at ``depth``, which remembers the names that went out of use."""
    gone: frozenset[str] = frozenset()
    for block in stack[depth + 1 :]:
        if block.kind == "def":
            gone |= block.binds
        elif block.kind == "for" and block.header is not None:
            gone |= block.header.binds
    top = stack[depth]
    known = frozenset().union(*(block.binds for block in stack[: depth + 1]))
    return (*stack[:depth], top._replace(spent=top.spent | (gone - known)))


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
    after_class = stack[-1].last == "class" and takes_self
    return (3.0 if after_class else 2.0) if is_method else 0.0


def _module_level(stack: Stack, statement: Statement) -> float:
    if statement.head not in MODULE_LEVEL:
        is_main = statement.words[:2] == ("if", "__name__")
        return 2.5 if is_main and len(stack) > 1 else 0.0
    if statement.head == "class":
        return 2.0 if len(stack) > 1 and stack[-1].kind not in ("if", "else", "try", "except") else 0.0
    return {"module": 0.0, "class": 2.0}.get(stack[-1].kind, 0.5)


def _uses_self(stack: Stack, statement: Statement) -> float:
    if statement.head in ("def", "class") or "self" not in statement.words:
        return 0.0
    function = enclosing(stack, "def")
    if function is None or function.header is None:
        return 2.0 if enclosing(stack, "class") else 1.5
    return 0.0 if "self" in function.header.parameters else 0.5


def _calls_super(stack: Stack, statement: Statement) -> float:
    if statement.words[0] != "super" or "__init__" not in statement.words:
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


def _wants_what_is_spent(stack: Stack, statement: Statement) -> float:
    """A loop's variable behind the loop, a function's names outside it."""
    if statement.head in ("def", "class") or not stack[-1].spent:
        return 0.0
    bound = frozenset().union(*(block.binds for block in stack)) | statement.binds
    return 0.6 if (statement.names & stack[-1].spent) - bound else 0.0


def _returns_from_last_branch(stack: Stack, statement: Statement) -> float:
    block = stack[-1]
    falls_through = block.kind in ("elif", "else") and block.alternative not in LEAVES
    return 0.5 if falls_through and statement.head == "return" else 0.0


def _follows_definition(stack: Stack, statement: Statement) -> float:
    """A plain statement of a function after a nested function or class."""
    is_plain = statement.head not in ("def", "class", "@")
    return 0.3 if stack[-1].kind == "def" and stack[-1].last == "def" and is_plain and stack[-1].size > 1 else 0.0


def _calls_itself(stack: Stack, statement: Statement) -> float:
    """`net = Net()` within the class, `train(net)` within the function."""
    outermost = stack[1] if len(stack) > 1 and stack[1].kind in ("def", "class") else None
    if outermost is None or outermost.header is None or statement.head in ("super", "class", "def", "return"):
        return 0.0
    calls = _called(("", *statement.words))
    called = any(before != "." and name == outermost.header.name for before, name in calls)
    return 1.0 if called else 0.0


def _called(row: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Each word that stands before an opening bracket, with the word before it."""
    return ((a, b) for a, b, c in zip(row, row[1:], row[2:], strict=False) if c == "(")


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
    _wants_what_is_spent,
    _returns_from_last_branch,
    _follows_definition,
    _calls_itself,
    _decorated,
)


def oddity(stack: Stack, statement: Statement) -> float:
    """How odd ``statement`` is as the next one of the innermost block; 0 is perfectly usual."""
    return sum(expectation(stack, statement) for expectation in EXPECTATIONS)


_EPOCHS = words("epoch ep e step iteration t")


def lingering(stack: Stack, statement: Statement) -> float:
    """How odd it is that ``statement`` still belongs to the innermost block, if nothing but that speaks for it."""
    block = stack[-1]
    outside = frozenset().union(*(outer.binds for outer in stack[:-1]))
    own = block.binds | block.uses if block.kind == "for" else block.binds - outside
    if block.size == 0 or (statement.names | statement.attributes) & own or _is_main(block) or block.binds & _EPOCHS:
        return 0.0
    if statement.is_call:
        loops = frozenset().union(*(outer.header.binds for outer in stack[:-1] if outer.kind == "for" and outer.header))
        return 0.3 if statement.names & loops else 0.0
    return {"for": 0.25, "while": 0.1, "if": 0.15, "elif": 0.15, "else": 0.15}.get(block.kind, 0.0)


def departure(gone: Sequence[Block], statement: Statement) -> float:
    """How odd it is that the blocks ``gone`` end before ``statement``, if nothing but that speaks for it."""
    if statement.head in ("def", "class", "@"):
        return 0.0
    costs = {"for": 0.2, "while": 0.2, "with": 0.2, "def": 0.15}
    return sum(0.3 if _is_main(block) else costs.get(block.kind, 0.0) for block in gone)


def _is_main(block: Block) -> bool:
    return block.header is not None and block.header.words[:2] == ("if", "__name__")


def judge(statements: Sequence[Statement], tab: int = 8) -> float:
    """The oddity of a whole text that parses, by the indentation it has."""
    stack = MODULE
    total = 0.0
    alternative = ""
    pending: Statement | None = None
    for statement in statements:
        column = statement.column(tab)
        if pending is not None:
            stack = opened(stack, pending, alternative)
        depth = len(stack) - 1
        while depth > 0 and column != stack[depth].main and stack[depth].main is not None:
            depth -= 1
        alternative = stack[depth + 1].last if depth + 1 < len(stack) else ""
        stack = closed(stack, depth)
        total += oddity(stack, statement)
        stack = (*stack[:-1], stack[-1].with_statement(statement, column))
        pending = statement if statement.opens else None
    return total
