"""``modlint shapes``: what every layer and every line of a model gives."""

from __future__ import annotations

from pathlib import Path

import click

from modlint import session
from modlint.commands.common import echo, options
from modlint.config import Configuration
from modlint.report import shapes
from modlint.report.page import Page
from modlint.sources import load


def run(path: str, *, model: str | None, inputs: str | None, output_format: str) -> int:
    """0 when something could be told. Raises MisuseError, NoModelError, UnreadableError and OSError."""
    stated = options(path, Configuration({"input": inputs}), session.Options())
    data = Path(path).read_bytes()
    told = session.shapes(path, data, model, stated)
    echo(shapes.as_json(told) if output_format == "json" else shapes.as_text(Page.of(load(path, data)), told))
    for note in told.notes:
        click.echo(note, err=True)
    return 0
