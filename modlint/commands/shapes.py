"""``modlint shapes``: what every layer and every line of a model gives."""

from __future__ import annotations

from pathlib import Path

import click

from modlint import api
from modlint.commands.common import echo
from modlint.report import shapes
from modlint.report.page import Page
from modlint.sources import load


def run(path: str, *, model: str | None, inputs: str | None, output_format: str) -> int:
    """0 when something could be told. Raises MisuseError, NoModelError, UnreadableError and OSError."""
    file = Path(path)
    told = api.shapes(file, model=model, input=inputs, isolated=False)
    page = Page.of(load(path, file.read_bytes()))
    echo(shapes.as_json(told) if output_format == "json" else shapes.as_text(page, told))
    for note in told.notes:
        click.echo(note, err=True)
    return 0
