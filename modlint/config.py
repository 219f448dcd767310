"""What a project asks for, in ``[tool.modlint]`` of pyproject.toml or in modlint.toml."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from modlint.choices import LANGUAGES, OUTPUT_FORMATS, SEVERITIES
from modlint.diagnostics import Severity
from modlint.inputs import Inputs, parse_inputs
from modlint.misuse import MisuseError, did_you_mean

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


@dataclass(frozen=True)
class Config:
    """The settings of a run.

    ``select`` and ``ignore`` hold codes, prefixes of codes, or names of rules; nothing selected means every rule.
    ``include`` and ``exclude`` are gitignore patterns.
    """

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    fail_on: Severity = Severity.WARNING
    language: str = "en"
    input: Inputs | None = None
    output_format: str = "full"
    show_info: bool = False


class ConfigError(MisuseError):
    """A configuration file says something that modlint does not know; the message names the file."""


def configure(paths: Sequence[str], given: Mapping[str, object]) -> Config:
    """The settings for ``paths``: those ``given`` on the command line, else of the nearest file, else the defaults.

    ``given`` holds raw values by key; None stands for what was not given. Raises MisuseError.
    """
    file = find_config(paths)
    config = Config() if file is None else read_config(file)
    return replace(config, **_fields({key: value for key, value in given.items() if value is not None}))


def find_config(paths: Sequence[str]) -> Path | None:
    """The nearest file that configures modlint, looked for from the folder that all ``paths`` share, upwards."""
    resolved = [Path(path).resolve() for path in paths] or [Path.cwd()]
    common = Path(os.path.commonpath(resolved))
    return next(_config_files(common), None)


def _config_files(start: Path) -> Iterator[Path]:
    for folder in (start, *start.parents):
        if (own := folder / "modlint.toml").is_file():
            yield own
        if (shared := folder / "pyproject.toml").is_file() and _table(shared) is not None:
            yield shared


def read_config(file: Path) -> Config:
    """The settings in a file; raises ConfigError for what cannot be read, unknown keys and wrong values."""
    try:
        return Config(**_fields(_table(file) or {}))
    except ConfigError:
        raise
    except MisuseError as error:
        raise ConfigError(f"{file}: {error}") from None


def _table(file: Path) -> dict[str, Any] | None:
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"{file}: {error}") from None
    table = content if file.name == "modlint.toml" else content.get("tool", {}).get("modlint")
    if table is not None and not isinstance(table, dict):
        raise ConfigError(f"{file}: tool.modlint must be a table")
    return table


def _fields(table: Mapping[str, object]) -> dict[str, Any]:
    fields = {}
    for key, value in table.items():
        if key not in _READERS:
            raise MisuseError(f"unknown key `{key}`{did_you_mean(key, _READERS)}")
        fields[key.replace("-", "_")] = _READERS[key](key, value)
    return fields


def _strings(key: str, value: object) -> tuple[str, ...]:
    if isinstance(value, list | tuple) and all(isinstance(item, str) for item in value):
        return tuple(value)
    raise MisuseError(f"`{key}` must be a list of strings")


def _choice(choices: Sequence[str], key: str, value: object) -> str:
    if value in choices:
        return str(value)
    raise MisuseError(f"`{key}` must be one of {', '.join(choices)}{did_you_mean(str(value), choices)}")


def _severity(key: str, value: object) -> Severity:
    return Severity(_choice(SEVERITIES, key, value))


def _inputs(key: str, value: object) -> Inputs:
    if isinstance(value, str):
        return parse_inputs(value)
    raise MisuseError(f'`{key}` must be a string such as "8x3x224x224"')


def _boolean(key: str, value: object) -> bool:
    if isinstance(value, bool):
        return value
    raise MisuseError(f"`{key}` must be true or false")


_READERS: dict[str, Callable[[str, object], object]] = {
    "select": _strings,
    "ignore": _strings,
    "include": _strings,
    "exclude": _strings,
    "fail-on": _severity,
    "language": partial(_choice, LANGUAGES),
    "input": _inputs,
    "output-format": partial(_choice, OUTPUT_FORMATS),
    "show-info": _boolean,
}
