"""modlint for programs: what the commands ``check``, ``fix`` and ``shapes`` do, as functions.

A *source* names a file, as a ``Path`` or a string without line ends; or it is text, as a string with line ends or an
empty one; or it is contents, as bytes. Text and contents go by ``name``, whose suffix says what they are. Nothing that
a source holds is imported or run.

The arguments mean what the options of these names mean: ``select`` and ``ignore`` hold codes, prefixes of codes, or names
of rules, ``input`` is what ``forward`` takes, such as ``"8x3x224x224"``. Configuration files are read, as the command
line reads them, when ``isolated`` is False.

Every function raises UnreadableError for bytes that are not what the name promises, MisuseError for rules and inputs
that do not exist, and OSError.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeAlias, TypeGuard

from modlint import session
from modlint.config import Configuration
from modlint.diagnostics import Diagnostic, Severity
from modlint.edits import Applicability
from modlint.session import FixedFile, Options
from modlint.shaping import Shapes
from modlint.tasks import files, options

__all__ = ["Diagnostic", "FixedFile", "Severity", "Shapes", "check", "fix", "shapes"]

Source: TypeAlias = "str | bytes | os.PathLike[str]"
_NAME = "source.py"


def check(
    source: Source,
    *,
    name: str = _NAME,
    select: Iterable[str] | None = None,
    ignore: Iterable[str] = (),
    input: str | None = None,
    fixes: bool = True,
    isolated: bool = True,
) -> list[Diagnostic]:
    """Say what is wrong with a source, or with all files of a folder, in the order of the places.

    Without ``fixes`` none are looked for, which is quicker.
    """
    configuration = _configuration(select, ignore, input, isolated)
    found: list[Diagnostic] = []
    for path, data in _files(source, name, configuration):
        found += session.check(path, data, options(path, configuration, Options(fixes=fixes))).diagnostics
    return found


def fix(
    source: Source,
    *,
    name: str = _NAME,
    select: Iterable[str] | None = None,
    ignore: Iterable[str] = (),
    input: str | None = None,
    unsafe: bool = False,
    isolated: bool = True,
) -> FixedFile:
    """Repair one source in memory: ``after`` holds the bytes and ``after_text`` the text with the fixes made.

    ``unsafe`` makes the proven fixes that involve a choice, too. Writing the file is left to the caller.
    """
    trusted = {Applicability.SAFE, Applicability.UNSAFE} if unsafe else {Applicability.SAFE}
    path, data = _contents(source, name)
    configuration = _configuration(select, ignore, input, isolated)
    return session.fix_file(path, data, options(path, configuration, Options(trusted=frozenset(trusted))))


def shapes(
    source: Source, *, name: str = _NAME, model: str | None = None, input: str | None = None, isolated: bool = True
) -> Shapes:
    """Tell the shapes of the models of one source, or of the one that the expression ``model`` builds.

    Raises NoModelError when that cannot be built.
    """
    path, data = _contents(source, name)
    return session.shapes(path, data, model, options(path, _configuration(None, (), input, isolated), Options()))


def _configuration(
    select: Iterable[str] | None, ignore: Iterable[str], input: str | None, isolated: bool
) -> Configuration:
    wanted = None if select is None else tuple(select)
    return Configuration({"select": wanted, "ignore": tuple(ignore) or None, "input": input, "isolated": isolated})


def _files(source: Source, name: str, configuration: Configuration) -> Iterator[tuple[str, bytes]]:
    if _is_folder(source):
        yield from (_contents(path, name) for path in files([os.fspath(source)], configuration))
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
