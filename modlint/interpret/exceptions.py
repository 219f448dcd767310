"""Which exceptions a ``try`` or ``with`` statement catches, by their names."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Sequence

from modlint.syntax import last_name
from modlint.values import ClassValue, External, Instance, Value

_EXPECTING = frozenset({"assertRaises", "assertRaisesRegex", "raises", "suppress"})


def handled(node: ast.ExceptHandler) -> tuple[str, ...]:
    """The names of the exceptions that a handler catches for good; none when it ends by raising one itself."""
    if isinstance(node.body[-1], ast.Raise):
        return ()
    return _caught_by(node)


def _caught_by(node: ast.ExceptHandler) -> tuple[str, ...]:
    return ("BaseException",) if node.type is None else _names(node.type)


def expected(node: ast.With | ast.AsyncWith) -> tuple[str, ...]:
    """The exceptions that ``with suppress(…)``, ``with pytest.raises(…)`` and the like catch."""
    calls = [item.context_expr for item in node.items if isinstance(item.context_expr, ast.Call)]
    return tuple(
        name for call in calls if last_name(call.func) in _EXPECTING for arg in call.args for name in _names(arg)
    )


def _names(node: ast.expr) -> tuple[str, ...]:
    return tuple(map(last_name, node.elts if isinstance(node, ast.Tuple) else (node,)))


def caught(raised: Sequence[str], names: Sequence[str]) -> str | None:
    """The first of the exceptions ``raised`` that handlers for ``names`` catch."""
    return next((one for one in raised if any(_is_kind(one, name) for name in names)), None)


def _is_kind(raised: str, name: str) -> bool:
    kind, base = (getattr(builtins, one, None) for one in (raised, name))
    return isinstance(kind, type) and isinstance(base, type) and issubclass(kind, base)


def may_catch(node: ast.ExceptHandler, error: Value) -> bool:
    """Whether a handler may catch an exception that the code raises; what is not known may be anything."""
    cls = error.cls if isinstance(error, Instance) else error
    if not isinstance(cls, (External, ClassValue)):
        return True
    bases = [base.name.rsplit(".", 1)[-1] for base in (cls.mro if isinstance(cls, ClassValue) else (cls,))]
    names = _caught_by(node)
    unknown = any(not hasattr(builtins, name) for name in (*bases, *names))
    return unknown or caught(bases, names) is not None
