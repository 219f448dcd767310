"""Help for the tests of projects that have models, or rules of their own."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from click import unstyle

from modlint import session
from modlint.commands.verify import ran
from modlint.edits import Applicability
from modlint.inputs import parse_inputs
from modlint.report import verification
from modlint.rule import Rule
from modlint.verify.protocol import ModelReport, VerifyOptions
from modlint.verify.supervisor import verify


def assert_model_runs(
    file: str | os.PathLike[str],
    model: str | None = None,
    input: str | None = None,
    *,
    timeout: float = 60.0,
    sandbox: bool = True,
) -> list[ModelReport]:
    """Run all models of a file, or the one that the expression ``model`` builds: forward, backward and evaluation.

    ``input`` is what ``forward`` takes, such as ``"8x3x224x224"``; without it modlint finds or makes up what fits. The
    models run in a process of their own, with the Python that runs the tests, for at most ``timeout`` seconds each.
    Returns what the runs showed.

    Raises AssertionError when a model fails or none can be run, UnavailableError where there is no torch or, unless
    ``sandbox`` is False, no sandbox, and UnreadableError, MisuseError and OSError.
    """
    path = os.fspath(file)
    options = session.Options(inputs=None if input is None else parse_inputs(input))
    job = session.verify_jobs(path, Path(path).read_bytes(), options, model)
    reports = list(verify([job], VerifyOptions(sys.executable, timeout=timeout, jobs=1, sandbox_required=sandbox)))
    failures = [report for report in reports if not ran(report)]
    if failures or not reports:
        raise AssertionError(_told(failures) or f"{path} has no model to run")
    return reports


def assert_examples_hold(rule: Rule) -> None:
    """Hold an installed rule to its own examples: lines, fixed texts, and silence on what is right.

    Raises AssertionError with the first example that does not hold.
    """
    for wrong in rule.invalid:
        assert _lines(rule, wrong.code) == sorted(wrong.lines), f"{rule.meta.code} on\n{wrong.code}"
        fixed = session.fix_file("example.py", wrong.code.encode(), _alone(rule)).after_text
        assert fixed == (wrong.fixed or wrong.code), f"{rule.meta.code} makes\n{fixed}"
    for right in rule.valid:
        assert _lines(rule, right.code) == [], f"{rule.meta.code} on\n{right.code}"


def _lines(rule: Rule, code: str) -> list[int]:
    found = session.check("example.py", code.encode(), _alone(rule)).diagnostics
    return sorted({one.span.start.line for one in found})


def _alone(rule: Rule) -> session.Options:
    trusted = frozenset({Applicability.SAFE, Applicability.UNSAFE})
    return session.Options(codes=frozenset({rule.meta.code}), trusted=trusted)


def _told(reports: Sequence[ModelReport]) -> str:
    return unstyle("".join(line for report in reports for line in verification.lines(report)))
