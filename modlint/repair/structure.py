"""What an nn.Module file looks like: how odd a statement is where it stands.

One table of expectations serves both the search for a lost indentation and the judgement of a finished text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

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


class Block(NamedTuple):
    """An open block, and what is remembered of its statements so far, those of blocks ended within it included.

    ``main`` is the column of its first statement, ``columns`` all that were seen. ``binds`` are the names that have a
    value; ``spent`` those of functions and loops that have ended, ``branched`` and ``looped`` those that only some
    branch or the body of a loop has bound. ``targets`` is all that was assigned, ``unread`` what of it was not read
    since, ``fills`` what has grown, ``uses`` the attributes of `self`, ``own`` the statements themselves, without those of
    blocks within; ``spaced`` tells of blank lines between them. ``falls`` tells whether the flow reaches the place behind
    the last statement; ``ended`` is the block that has ended there, ``before`` the branch that an `elif`
    or `else` follows. ``below`` is the column of the header.
    """

    kind: str
    header: Statement | None
    main: int | None = None
    columns: frozenset[int] = frozenset()
    last: str = ""
    size: int = 0
    binds: frozenset[str] = frozenset()
    spent: frozenset[str] = frozenset()
    branched: frozenset[str] = frozenset()
    looped: frozenset[str] = frozenset()
    targets: frozenset[str] = frozenset()
    unread: frozenset[str] = frozenset()
    reads: frozenset[str] = frozenset()
    uses: frozenset[str] = frozenset()
    calls: frozenset[str] = frozenset()
    own: tuple[Statement, ...] = ()
    spaced: bool = False
    fills: frozenset[str] = frozenset()
    falls: bool = True
    returns: bool = False
    breaks: bool = False
    ended: Block | None = None
    previous: Statement | None = None
    before: Block | None = None
    below: int = -1

    def begins_anew(self, column: int) -> bool:
        """Whether the second statement stands deeper than the header, and only the first one does not."""
        return self.size == 1 and self.main is not None and self.main <= self.below < column

    def with_statement(self, statement: Statement, column: int) -> Block:
        bound = statement.defines
        return self._replace(
            main=column if self.main is None or self.begins_anew(column) else self.main,
            columns=self.columns | {column},
            last=statement.head,
            size=self.size + 1,
            binds=self.binds | bound,
            spent=self.spent - bound,
            branched=self.branched - bound,
            looped=self.looped - bound,
            targets=self.targets | statement.targets,
            unread=(self.unread - statement.reads) | statement.targets,
            reads=self.reads | statement.reads,
            uses=self.uses | statement.attributes,
            calls=self.calls | statement.calls,
            own=(*self.own, statement),
            spaced=self.spaced or (self.size > 0 and statement.gap > 0),
            fills=self.fills | statement.fills,
            falls=statement.head not in LEAVES,
            returns=self.returns or (statement.head == "return" and len(statement.words) > 1),
            breaks=self.breaks or statement.head == "break",
            ended=None,
            previous=statement,
        )

    def after(self, inner: Block) -> Block:
        """This block once ``inner``, the last one within it, has ended."""
        if inner.kind in ("def", "class"):
            return self._replace(
                spent=self.spent | (inner.binds | inner.spent) - self.binds,
                reads=self.reads | inner.reads,
                ended=inner,
            )
        is_branch, is_loop = inner.kind in ("if", "elif", "else"), inner.kind in ("for", "while")
        binds = self.binds | (_bound_by_every_branch(inner) if is_branch else _NONE if is_loop else inner.binds)
        counters = inner.header.binds if is_loop and inner.header is not None else _NONE
        return self._replace(
            binds=binds,
            spent=(self.spent | inner.spent | counters) - binds,
            branched=(self.branched | inner.branched | (inner.binds if is_branch else _NONE)) - binds,
            looped=(self.looped | inner.looped | (inner.binds if is_loop else _NONE)) - binds,
            targets=self.targets | inner.targets,
            unread=(self.unread - inner.reads) | inner.unread,
            reads=self.reads | inner.reads,
            falls=_may_be_passed(inner),
            returns=self.returns or inner.returns,
            breaks=self.breaks or (inner.breaks and not is_loop),
            ended=inner,
            uses=self.uses | inner.uses,
            calls=self.calls | inner.calls,
            fills=self.fills | inner.fills,
        )


_NONE: frozenset[str] = frozenset()


def branches(last: Block) -> Iterator[Block]:
    """The branches of the compound statement that ``last`` ends."""
    block: Block | None = last
    while block is not None:
        yield block
        block = block.before


def _bound_by_every_branch(last: Block) -> frozenset[str]:
    """Names that have a value whichever branch was taken; those that leave do not count."""
    staying = [branch.binds for branch in branches(last) if branch.falls]
    return frozenset.intersection(*staying) if last.kind == "else" and staying else _NONE


def _may_be_passed(last: Block) -> bool:
    """Whether the flow may reach what stands behind the compound statement that ``last`` ends."""
    if last.kind == "while" and last.header is not None:
        return last.breaks or last.header.words[1] not in ("True", "1")
    return last.kind in ("if", "elif", "for") or any(branch.falls for branch in branches(last))


Stack = tuple[Block, ...]

MODULE: Stack = (Block("module", None),)


def opened(stack: Stack, header: Statement, tab: int, before: Block | None = None) -> Stack:
    """``stack`` with the block of ``header`` on top, which follows the branch ``before`` if it is a clause."""
    follows = before if header.head in CLAUSES else None
    return (*stack, Block(header.head, header, binds=header.binds, before=follows, below=header.column(tab)))


def closed(stack: Stack, depth: int) -> Stack:
    """``stack`` up to and with the block at ``depth``, which remembers what has ended within it."""
    while len(stack) > depth + 1:
        stack = (*stack[:-2], stack[-2].after(stack[-1]))
    return stack


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


def _field(stack: Stack, statement: Statement) -> float:
    """`channels: int` declares the field of a class."""
    is_bare = statement.words[1:2] == (":",) and statement.tokens[0].kind == "name" and "=" not in statement.words
    is_outside = stack[-1].kind != "class" and not statement.is_header and statement.words[-1] != ":"
    return 1.5 if is_bare and is_outside else 0.0


def _wants_what_is_gone(stack: Stack, statement: Statement) -> float:
    """A loop's variable behind the loop, a function's names outside it, what only one branch has bound."""
    block = stack[-1]
    if statement.head in ("def", "class") or not (block.spent or block.branched or block.looped):
        return 0.0
    wanted = statement.reads - _visible(stack) - statement.binds
    gone = ((block.spent, 0.6), (block.branched, 0.8), (block.looped, 0.6))
    return max(cost if wanted & names else 0.0 for names, cost in gone)


def _visible(stack: Stack) -> frozenset[str]:
    return frozenset().union(*(block.binds for block in stack))


def _returns_from_last_branch(stack: Stack, statement: Statement) -> float:
    block = stack[-1]
    falls_through = block.kind in ("elif", "else") and (block.before is None or block.before.last not in LEAVES)
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
    if stack[-1].kind == "class" and stack[-1].header is not None and stack[-1].header.name in statement.reads:
        return _UNBOUND
    calls = _called(("", *statement.words))
    called = any(before != "." and name == outermost.header.name for before, name in calls)
    return 1.0 if called else 0.0


# A class has no name before its body has ended.
_UNBOUND = 4.0


def _called(row: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Each word that stands before an opening bracket, with the word before it."""
    return ((a, b) for a, b, c in zip(row, row[1:], row[2:], strict=False) if c == "(")


def _follows_unsettled_function(stack: Stack, _: Statement) -> float:
    """The function that has just ended returns a value on some ways, and on others none."""
    ended = stack[-1].ended
    while ended is not None and ended.kind == "class":
        ended = ended.ended
    return 0.7 if ended is not None and ended.kind == "def" and ended.returns and ended.falls else 0.0


def _else_of_unbroken_loop(stack: Stack, statement: Statement) -> float:
    """The `else` of a loop means something only where the loop has a `break`."""
    ended = stack[-1].ended
    is_loop = ended is not None and ended.kind in ("for", "while") and not ended.breaks
    return 1.5 if is_loop and statement.head == "else" else 0.0


def _updates_what_the_loop_read(stack: Stack, statement: Statement) -> float:
    """Right behind a loop, a value for what every round has read, and none has assigned: the next round was to see it."""
    ended = stack[-1].ended
    is_loop = ended is not None and ended.kind in ("for", "while")
    return 0.6 if is_loop and ended is not None and statement.targets & ended.reads - ended.targets else 0.0


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
    _field,
    _wants_what_is_gone,
    _returns_from_last_branch,
    _follows_definition,
    _calls_itself,
    _follows_unsettled_function,
    _else_of_unbroken_loop,
    _updates_what_the_loop_read,
    _decorated,
)


def oddity(stack: Stack, statement: Statement) -> float:
    """How odd ``statement`` is as the next one of the innermost block; 0 is perfectly usual."""
    return sum(expectation(stack, statement) for expectation in EXPECTATIONS)


def places(statements: Sequence[Statement], tab: int = 8) -> Iterator[tuple[Stack, int, Statement]]:
    """Each statement with the blocks that are open before it, and the depth that its column gives it there."""
    stack = MODULE
    before: Block | None = None
    pending: Statement | None = None
    for statement in statements:
        column = statement.column(tab)
        if pending is not None:
            stack = opened(stack, pending, tab, before)
        depth = len(stack) - 1
        while depth > 0 and column != stack[depth].main and stack[depth].main is not None:
            depth -= 1
        yield stack, depth, statement
        before = stack[depth + 1] if depth + 1 < len(stack) else None
        stack = closed(stack, depth)
        stack = (*stack[:-1], stack[-1].with_statement(statement, column))
        pending = statement if statement.opens else None


def judge(statements: Sequence[Statement]) -> float:
    """The oddity of a whole text that parses, by the indentation it has."""
    return sum(oddity(closed(stack, depth), statement) for stack, depth, statement in places(statements))
