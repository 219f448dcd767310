"""Where settings come from: the file nearest to what is read, those that it extends, and the command line."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from modlint.config.keys import read_values
from modlint.config.settings import Config, ConfigError, layered
from modlint.misuse import MisuseError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

Layer: TypeAlias = dict[str, Any]
"""The values of one source of settings, by key."""

_ROOT_MARKS = ("modlint.toml", "pyproject.toml", ".git")


class Configuration:
    """The settings of every file of a run.

    ``given`` holds raw values by key as the command line has them; None stands for what was not given. Besides the keys
    of the configuration it may hold ``config``, a list of files and ``KEY=VALUE``, and ``isolated``, which passes over
    all files that are not named there. Raises MisuseError.
    """

    def __init__(self, given: Mapping[str, Any]) -> None:
        values = {key: value for key, value in given.items() if value is not None}
        isolated = values.pop("isolated", False)
        files, settings = _named(values.pop("config", ()))
        self._base = _base(files)
        self._searches = not files and not isolated
        self._layers = (*settings, _asked(values))
        self._by_folder: dict[Path, Config] = {}

    def of(self, path: str) -> Config:
        """The settings of a file, or of a folder that ends in a slash."""
        absolute = Path(os.path.abspath(path))
        return self.below(absolute if path.endswith("/") else absolute.parent)

    def common(self, paths: Sequence[str]) -> Config:
        """The settings of the folder that all ``paths`` share."""
        return self.below(_common_folder(paths))

    def below(self, folder: Path) -> Config:
        """The settings of the files in a folder."""
        if folder not in self._by_folder:
            self._by_folder[folder] = self._found(folder)
        return self._by_folder[folder]

    def _found(self, folder: Path) -> Config:
        file = _config_in(folder) if self._searches else None
        if file is None and self._searches and folder != folder.parent:
            return self.below(folder.parent)
        config = self._base if file is None else read_config(file, self._base)
        for layer in self._layers:
            config = layered(config, layer)
        return config


def _asked(values: Mapping[str, Any]) -> Layer:
    """The layer of the command line, whose input goes before all that files say."""
    layer = read_values(values, Path.cwd())
    if "input" in layer:
        layer["asked-input"] = layer.pop("input")
    return layer


def configure(paths: Sequence[str], given: Mapping[str, Any]) -> Config:
    """The settings for the folder that ``paths`` share; raises MisuseError."""
    return Configuration(given).common(paths)


def find_config(paths: Sequence[str]) -> Path | None:
    """The nearest file that configures modlint, looked for from the folder that all ``paths`` share, upwards."""
    start = _common_folder(paths)
    return next(filter(None, map(_config_in, (start, *start.parents))), None)


def project_root(paths: Sequence[str]) -> Path:
    """The nearest folder with a configuration or a repository, from the one that all ``paths`` share, upwards.

    The current folder where there is none.
    """
    start = _common_folder(paths)
    roots = (folder for folder in (start, *start.parents) if any((folder / mark).exists() for mark in _ROOT_MARKS))
    return next(roots, Path.cwd())


def read_config(file: Path, base: Config | None = None) -> Config:
    """The settings in a file and in those that it extends, on top of ``base``.

    Raises ConfigError for what cannot be read, unknown keys and wrong values.
    """
    return _extended(base or Config(), file, file.parent)


def _base(files: Sequence[Path]) -> Config:
    """What holds where nothing is said; patterns of a file that the command line names are relative to where it was."""
    config = Config(language=_language_of_the_locale())
    for file in files:
        config = _extended(config, file, Path.cwd())
    return config


def _extended(config: Config, file: Path, folder: Path) -> Config:
    for path, layer in reversed(list(_chain(file, folder))):
        config = layered(config, {**layer, "files": (*config.files, str(path))})
    return config


def _language_of_the_locale() -> str:
    locale = next(filter(None, map(os.environ.get, ("LC_ALL", "LC_MESSAGES", "LANG"))), "")
    return "zh" if locale.startswith("zh") else "en"


def _named(items: Sequence[str]) -> tuple[list[Path], list[Layer]]:
    """The files and the settings that ``--config`` names."""
    files = [Path(item) for item in items if Path(item).is_file()]
    return files, [_setting(item) for item in items if not Path(item).is_file()]


def _setting(text: str) -> Layer:
    """The values of ``KEY=VALUE``, written as in TOML."""
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        hint = "name a file, or write KEY=VALUE as in TOML: 'select=[\"ML2\"]', 'language=\"zh\"'"
        raise MisuseError(f"`--config {text}`: {hint}") from None
    if "extend" in values:
        raise MisuseError("`extend` is for files; name the file itself: `--config FILE`")
    return read_values(values, Path.cwd())


def _chain(file: Path, folder: Path) -> Iterator[tuple[Path, Layer]]:
    """A file's values, then those of the file that it extends, and so on."""
    seen: list[Path] = []
    while True:
        if file.resolve() in seen:
            raise ConfigError(f"{file}: `extend` leads back to {seen[0]}")
        seen.append(file.resolve())
        layer = _layer(file, folder)
        yield file, layer
        if "extend" not in layer:
            return
        file = Path(layer["extend"])
        folder = file.parent


def _layer(file: Path, folder: Path) -> Layer:
    try:
        table = _table(file) or {}
        start = {key: value for key, value in table.items() if key == "extend"}
        return {**read_values(table, folder.resolve()), **read_values(start, file.resolve().parent)}
    except ConfigError:
        raise
    except MisuseError as error:
        raise ConfigError(f"{file}: {error}") from None


def _common_folder(paths: Sequence[str]) -> Path:
    resolved = [Path(path).resolve() for path in paths] or [Path.cwd()]
    common = Path(os.path.commonpath(resolved))
    return common if common.is_dir() else common.parent


def _config_in(folder: Path) -> Path | None:
    """The file that configures modlint in this very folder."""
    if (own := folder / "modlint.toml").is_file():
        return own
    if (shared := folder / "pyproject.toml").is_file() and _table(shared) is not None:
        return shared
    return None


def _table(file: Path) -> dict[str, Any] | None:
    try:
        content: dict[str, Any] = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"{file}: {error}") from None
    if file.name != "pyproject.toml":
        return content
    tools = content.get("tool", {})
    table = tools.get("modlint") if isinstance(tools, dict) else None
    if table is None or isinstance(table, dict):
        return table
    raise ConfigError(f"{file}: tool.modlint must be a table")
