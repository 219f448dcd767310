"""What a check is asked, and what it answers: plain data, which is there before rules and interpreter are loaded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from modlint.baseline import Known
from modlint.diagnostics import Diagnostic, Severity
from modlint.edits import Applicability, Trace
from modlint.inputs import Inputs
from modlint.locating import Import


@dataclass(frozen=True)
class Options:
    """What a task needs to know; picklable. ``codes`` are those of the rules that run, None for all.

    ``severities`` of a code go before its rule's own. What is milder than ``mildest`` is neither sought nor told.
    ``known`` findings, and how many there are of each, are not told.
    ``inputs`` are what ``forward`` of every model takes, ``class_inputs`` and ``usual_inputs`` what it takes where no
    comment says otherwise. ``fixes``: look for a fix of every finding; ``seconds`` bounds that search for one file;
    ``refused`` are fixes that are not to be made.
    """

    codes: frozenset[str] | None = None
    severities: Mapping[str, Severity] = field(default_factory=dict)
    mildest: Severity = Severity.INFO
    known: Mapping[Known, int] = field(default_factory=dict)
    inputs: Inputs | None = None
    class_inputs: Mapping[str, Inputs] = field(default_factory=dict)
    usual_inputs: Inputs | None = None
    fixes: bool = True
    seconds: float = 5.0
    trusted: frozenset[Applicability] = frozenset({Applicability.SAFE})
    refused: frozenset[Trace] = frozenset()


@dataclass(frozen=True)
class Checked:
    """What ``check`` finds in one file, in the order of the places, and how much it knew already.

    ``imports`` are those that were followed. ``in_time``: no search was cut short, another check would find the same.
    """

    path: str
    diagnostics: tuple[Diagnostic, ...]
    hidden: int = 0
    imports: tuple[Import, ...] = ()
    in_time: bool = True
