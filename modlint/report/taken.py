"""What models take as input: for programs, and for people."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

import click

from modlint.dims import Dim, Expr
from modlint.interpret.taking import Taken, written
from modlint.progressions import Allowed, Progression
from modlint.values import Open, Origin, Shape

_MANY = 6
_LONGEST = 100


def as_data(taken: Taken, source: str | None) -> dict[str, Any]:
    """``arguments``, the values of the names in their shapes as progressions, and the conditions on several names."""
    found: dict[str, Any] = {
        "arguments": {name: None if shape is None else _dims(shape) for name, shape in taken.arguments.items()},
        "sizes": {name: _values(allowed) for name, allowed in taken.sizes.items()},
        "where": list(taken.relations),
        "whole": taken.whole,
        "because": {name: {"name": by.label, "line": by.place.span.start.line} for name, by in taken.reasons.items()},
    }
    if taken.square is not None:
        found["equal"] = {"sizes": list(taken.square[0]), "values": _values(taken.square[1])}
    if taken.below:
        found["below"] = dict(taken.below)
    return found if source is None else {**found, "source": source}


def _dims(shape: Shape) -> list[int | str]:
    dims = shape.tail if isinstance(shape, Open) else shape
    return [*(["…"] if isinstance(shape, Open) else []), *map(_dim, dims)]


def _dim(dim: Dim) -> int | str:
    return written(dim) if isinstance(dim, Expr) else dim


def _values(allowed: Allowed) -> list[dict[str, int]]:
    return [_progression(one) for one in allowed.progressions]


def _progression(one: Progression) -> dict[str, int]:
    end = {} if one.high is None else {"to": one.high}
    return {"from": one.low, **end, **({"step": one.step} if one.step > 1 and one.low != one.high else {})}


# For people


def lines(model: str, ways: Sequence[Taken], source: str | None) -> Iterator[str]:
    """``Net takes x: [B, 3, H, W]``, and below it what is known of the sizes and why."""
    if not ways:
        yield f"{model} fails on every input\n"
    for place, taken in enumerate(ways):
        shapes = ", ".join(_argument(taken, name) for name in taken.arguments)
        head = f"{click.style(model, bold=True)} takes" if place == 0 else " " * len(model) + "    or"
        yield f"{head} {shapes or 'nothing'}{f'  ({source})' if source else ''}\n"
        yield from ("  " + row + "\n" for row in _aligned(_rows(taken)))
    if not all(taken.whole for taken in ways):
        yield "  Not everything that it does could be followed: it may take less.\n"


def _argument(taken: Taken, name: str) -> str:
    shape = taken.arguments[name]
    dims = "?" if shape is None else f"[{', '.join(map(str, _dims(shape)))}]"
    return f"{name}: {dims}" + (f" of integers below {taken.below[name]}" if name in taken.below else "")


def _rows(taken: Taken) -> Iterator[tuple[str, str, str]]:
    """Which sizes, what they may be, and who says so."""
    for name, shape in taken.arguments.items():
        dims = () if shape is None else shape.tail if isinstance(shape, Open) else shape
        for place, dim in enumerate(dims):
            if f"{name}.{place}" in taken.reasons:
                yield str(dim), "", _who(taken.reasons[f"{name}.{place}"])
    for alike, names in _alike(taken).items():
        yield ", ".join(names), *alike
    short = [relation for relation in taken.relations if len(relation) <= _LONGEST]
    yield from (("where", relation, "") for relation in short)
    if len(short) < len(taken.relations):
        yield "and", f"{len(taken.relations) - len(short)} more conditions, told as JSON", ""
    if taken.square is not None:
        yield " = ".join(taken.square[0]), _told(taken.square[1]), ""


def _alike(taken: Taken) -> Mapping[tuple[str, str], list[str]]:
    """The names that may have the same values for the same reason; what may be anything is left out."""
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    batches = {
        str(_dims(shape)[0]) for shape in taken.arguments.values() if shape is not None and len(_dims(shape)) > 1
    }
    for name, allowed in taken.sizes.items():
        narrow = any(one.high is not None or one.step > 1 for one in allowed.progressions)
        if narrow or (name in taken.reasons and name not in batches):
            found[_told(allowed), _who(taken.reasons[name]) if name in taken.reasons else ""].append(name)
    return found


def _who(origin: Origin) -> str:
    return f"{origin.label} (line {origin.place.line})"


def _told(allowed: Allowed) -> str:
    """``28..31 or 63``; in short where there are very many."""
    parts = [part for _, group in groupby(allowed.progressions, _round) for part in _in_rounds(list(group))]
    if len(parts) > _MANY:
        last = allowed.progressions[-1].high
        return f"{', '.join(parts[:3])}, …" + (f" up to {last}" if last is not None else "")
    return " or ".join(parts)


def _round(one: Progression) -> tuple[int, bool]:
    return one.step, one.high is None


def _in_rounds(group: Sequence[Progression]) -> Iterable[str]:
    """Endless progressions of one step that start one after the other are told as one: ``28..31 and every 28 more``."""
    first, last = group[0], group[-1]
    if len(group) == 1 or first.step == 1 or first.high is not None or last.low - first.low != len(group) - 1:
        return map(str, group)
    return [f"{first.low}..{last.low} and every {first.step} more"]


def _aligned(rows: Iterable[tuple[str, str, str]]) -> Iterator[str]:
    rows = list(dict.fromkeys(rows))
    widths = [max(len(row[column]) for row in rows) for column in range(2)] if rows else []
    for name, values, who in rows:
        told = f"{name:<{widths[0]}}  {values:<{widths[1]}}"
        yield f"{told}  {click.style(who, fg='cyan')}" if who else told.rstrip()
