"""The shapes of a model: for programs, and for people beside the lines of its source."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import click

from modlint.report import taken
from modlint.report.json import dump
from modlint.report.page import Page
from modlint.report.quoting import width
from modlint.shaping import Shapes

_COLUMN = 64


def as_json(shapes: Shapes) -> Iterator[str]:
    """``modules`` by path, ``lines`` by place, and what every model ``takes``."""
    takes = {
        model: [taken.as_data(way, shapes.sources.get(model)) for way in ways] for model, ways in shapes.takes.items()
    }
    yield dump({"modules": shapes.modules, "lines": shapes.lines, "takes": takes})


def as_text(page: Page, shapes: Shapes) -> Iterator[str]:
    """The source with the shapes of what a line assigns or returns beside it, the modules, and what models take."""
    beside = _by_line(shapes)
    for label, line in page.lines():
        yield line + (_padding(line) + click.style(beside[label], fg="cyan") if label in beside else "") + "\n"
    yield from _modules(shapes)
    for model, ways in shapes.takes.items():
        yield "\n"
        yield from taken.lines(model, ways, shapes.sources.get(model))


def shape_text(shape: Any) -> str:
    """A shape as ``modlint shapes`` tells it in JSON, as people write it."""
    match shape:
        case {"tuple": items}:
            return f"({', '.join(map(shape_text, items))})"
        case {"list": items}:
            return f"[{', '.join(map(shape_text, items))}]"
        case {"dict": items}:
            return f"{{{', '.join(f'{key}: {shape_text(item)}' for key, item in items.items())}}}"
        case {"py": value}:
            return str(value)
        case {"shape": sizes, "dtype": dtype}:
            return shape_text(sizes) if dtype == "float32" else f"{shape_text(sizes)} {dtype}"
        case list():
            return f"[{', '.join('?' if size is None else str(size) for size in shape)}]"
        case _:
            return str(shape)


def _by_line(shapes: Shapes) -> dict[str, str]:
    told: dict[str, list[str]] = defaultdict(list)
    for place, found in shapes.lines.items():
        line, _, name = place.rpartition(":")
        told[line].append(f"{name.strip('<>')}: {' or '.join(map(shape_text, found))}")
    return {line: f"# {'; '.join(parts)}" for line, parts in told.items()}


def _padding(line: str) -> str:
    return " " * max(2, _COLUMN - width(line))


def _modules(shapes: Shapes) -> Iterator[str]:
    rows = [
        (f"{path or '(model)'}", entry["cls"], ", ".join(map(shape_text, entry["in"])), shape_text(entry["out"]))
        for path, entry in shapes.modules.items()
    ]
    if rows:
        path_width, class_width, in_width = (max(len(row[column]) for row in rows) for column in range(3))
        yield "\n"
        for path, cls, taken, given in rows:
            yield f"{path:<{path_width}}  {cls:<{class_width}}  {taken:<{in_width}}  -> {given}\n"
