"""How values are written in a configuration: what is read from them, and their JSON schema."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from modlint.choices import SEVERITIES
from modlint.diagnostics import Severity
from modlint.inputs import Inputs, parse_inputs
from modlint.misuse import MisuseError, did_you_mean
from modlint.patterns import Patterns, is_pattern


class Where(NamedTuple):
    """The key whose value is read, and the folder that its paths are relative to."""

    key: str
    folder: Path


@dataclass(frozen=True)
class Kind:
    """A kind of value; ``read`` raises MisuseError for a value that is not of it."""

    schema: Mapping[str, Any]
    read: Callable[[Where, object], Any]


def _boolean(where: Where, value: object) -> bool:
    if isinstance(value, bool):
        return value
    raise MisuseError(f"`{where.key}` must be true or false")


def _strings(where: Where, value: object) -> tuple[str, ...]:
    if isinstance(value, list | tuple) and all(isinstance(item, str) for item in value):
        return tuple(value)
    raise MisuseError(f"`{where.key}` must be a list of strings")


def _path(where: Where, value: object) -> str:
    if isinstance(value, str):
        return os.path.normpath(where.folder / Path(value).expanduser())
    raise MisuseError(f"`{where.key}` must be a path")


def _patterns(where: Where, value: object) -> Patterns:
    lines = _strings(where, value)
    wrong = next((line for line in lines if not is_pattern(line)), None)
    if wrong is not None:
        raise MisuseError(f"`{where.key}`: `{wrong}` is no pattern as in .gitignore")
    return Patterns(_below(where.folder), lines)


def _below(folder: Path) -> str:
    return folder.as_posix().rstrip("/") + "/"


def _inputs(where: Where, value: object) -> Inputs:
    if isinstance(value, str):
        return parse_inputs(value)
    raise MisuseError(f'`{where.key}` must be a string such as "8x3x224x224"')


def _severity(where: Where, value: object) -> Severity:
    return Severity(_chosen(SEVERITIES, where, value))


def _chosen(choices: Sequence[str], where: Where, value: object) -> str:
    if value in choices:
        return str(value)
    raise MisuseError(f"`{where.key}` must be one of {', '.join(choices)}{did_you_mean(str(value), choices)}")


def choice(choices: Sequence[str]) -> Kind:
    """One word of several."""
    return Kind({"enum": list(choices)}, lambda where, value: _chosen(choices, where, value))


def table(of: Kind, name: Callable[[Where, str], Any] = lambda _, key: key) -> Kind:
    """A table of values of one kind, whose keys ``name`` reads; gives pairs."""

    def read(where: Where, value: object) -> tuple[tuple[Any, Any], ...]:
        if not isinstance(value, Mapping):
            raise MisuseError(f"`{where.key}` must be a table")
        return tuple(
            (name(where, key), of.read(Where(f"{where.key}.{key}", where.folder), item)) for key, item in value.items()
        )

    return Kind({"type": "object", "additionalProperties": of.schema}, read)


def one_pattern(where: Where, key: str) -> Patterns:
    """A key that is a pattern."""
    return _patterns(where, (key,))


def class_name(where: Where, key: str) -> str:
    """A key such as ``models/net.py::Net``, or ``Net`` for the class in any file."""
    file, separator, name = key.rpartition("::")
    if not name.isidentifier() or bool(separator) != bool(file):
        raise MisuseError(f"`{where.key}`: `{key}` is no class; write `models/net.py::Net` or `Net`")
    return f"{Path(os.path.normpath(where.folder / file)).as_posix()}::{name}" if file else name


BOOLEAN = Kind({"type": "boolean"}, _boolean)
PATH = Kind({"type": "string"}, _path)
STRINGS = Kind({"type": "array", "items": {"type": "string"}}, _strings)
PATTERNS = Kind(STRINGS.schema, _patterns)
INPUTS = Kind({"type": "string", "pattern": r"^\s*\d+(x\d+)*(:\w+)?(\s*,\s*\d+(x\d+)*(:\w+)?)*\s*$"}, _inputs)
SEVERITY = Kind({"enum": list(SEVERITIES)}, _severity)
