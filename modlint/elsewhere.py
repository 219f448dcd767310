"""A fault that comes up in another file is told where the document calls what leads there."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

from modlint.diagnostics import Text
from modlint.interpret.events import Event
from modlint.rule import Candidate, Finding, Later
from modlint.syntax import Place, Unit


def brought_home(finding: Finding, event: Event, units: Collection[Unit]) -> Finding | None:
    """The finding at the innermost call of the document that led to it, with the edits and reasons of the document
    alone; None when no call did."""
    own = Later(partial(_own, finding.candidates, units))
    why = tuple(because for because in finding.why if because.place.unit in units)
    if finding.place.unit in units:
        return replace(finding, why=why, candidates=own)
    calls = [place for place in event.trail if place.unit in units]
    if not calls:
        return None
    return Finding(
        calls[-1],
        _with_file(finding.message, finding.place),
        why,
        own,
        finding.severity,
    )


def _with_file(message: Text, place: Place) -> Text:
    file = Path(place.unit.path).name
    return Text(f"{message.en} ({file}, line {place.line})", f"{message.zh}（{file} 第 {place.line} 行）")


def _own(candidates: Iterable[Candidate], units: Collection[Unit]) -> Iterator[Candidate]:
    """The candidates that edit nothing but the document."""
    return (candidate for candidate in candidates if all(unit in units for unit, _ in candidate.edits))
