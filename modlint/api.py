"""modlint for programs: what the commands ``check``, ``fix`` and ``shapes`` do, as functions.

A *source* names a file, as a ``Path`` or a string without line ends; or it is text, as a string with line ends or an
empty one; or it is contents, as bytes. Text and contents go by ``name``, whose suffix says what they are. Nothing that
a source holds is imported or run, and no configuration file is read.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeAlias, TypeGuard

from modlint import session
from modlint.config import Selection
from modlint.diagnostics import Diagnostic, Severity
from modlint.edits import Applicability
from modlint.inputs import Inputs, parse_inputs
from modlint.rule import load_rules
from modlint.selection import selected_codes
from modlint.session import FixedFile, Options
from modlint.shaping import Shapes
from modlint.sources.discovery import discover

__all__ = ["Diagnostic", "FixedFile", "Severity", "Shapes", "check", "fix", "shapes"]

Source: TypeAlias = "str | bytes | os.PathLike[str]"
_NAME = "source.py"


def check(
    source: Source,
    *,
    name: str = _NAME,
    select: Iterable[str] = (),
    ignore: Iterable[str] = (),
    input: str | Inputs | None = None,
    fixes: bool = True,
) -> list[Diagnostic]:
    """Say what is wrong with a source, or with all files of a folder, in the order of the places.

    ``select`` and ``ignore`` hold codes, prefixes of codes, or names of rules. ``input`` is what ``forward`` takes, such
    as ``"8x3x224x224"``. Without ``fixes`` none are looked for, which is quicker.

    Raises UnreadableError for bytes that are not what the name promises, MisuseError for rules and inputs that do not
    exist, and OSError.
    """
    options = Options(codes=_codes(select, ignore), inputs=_inputs(input), fixes=fixes)
    return [one for path, data in _files(source, name) for one in session.check(path, data, options).diagnostics]


def fix(
    source: Source,
    *,
    name: str = _NAME,
    select: Iterable[str] = (),
    ignore: Iterable[str] = (),
    input: str | Inputs | None = None,
    unsafe: bool = False,
) -> FixedFile:
    """Repair one source in memory: ``after`` holds the bytes and ``after_text`` the text with the fixes made.

    ``unsafe`` makes the proven fixes that involve a choice, too. Writing the file is left to the caller. The other
    arguments and what is raised are those of ``check``.
    """
    trusted = {Applicability.SAFE, Applicability.UNSAFE} if unsafe else {Applicability.SAFE}
    options = Options(codes=_codes(select, ignore), inputs=_inputs(input), trusted=frozenset(trusted))
    return session.fix_file(*_contents(source, name), options)


def shapes(source: Source, *, name: str = _NAME, model: str | None = None, input: str | Inputs | None = None) -> Shapes:
    """Tell the shapes of the models of one source, or of the one that the expression ``model`` builds.

    Raises NoModelError when that cannot be built, and what ``check`` raises.
    """
    return session.shapes(*_contents(source, name), model, Options(inputs=_inputs(input)))


def _codes(select: Iterable[str], ignore: Iterable[str]) -> frozenset[str] | None:
    return selected_codes(load_rules(), [Selection(tuple(select) or None, ignore=tuple(ignore))])


def _inputs(given: str | Inputs | None) -> Inputs | None:
    return parse_inputs(given) if isinstance(given, str) else given


def _files(source: Source, name: str) -> Iterator[tuple[str, bytes]]:
    if _is_folder(source):
        yield from (_contents(path, name) for path in discover([os.fspath(source)]))
    else:
        yield _contents(source, name)


def _contents(source: Source, name: str) -> tuple[str, bytes]:
    """The name and the bytes of a source."""
    match source:
        case bytes():
            return name, source
        case str() if _is_text(source):
            return name, source.encode()
    return os.fspath(source), Path(source).read_bytes()


def _is_folder(source: Source) -> TypeGuard[str | os.PathLike[str]]:
    named = isinstance(source, os.PathLike) or (isinstance(source, str) and not _is_text(source))
    return named and Path(os.fsdecode(source)).is_dir()


def _is_text(text: str) -> bool:
    return not text or "\n" in text or "\r" in text
