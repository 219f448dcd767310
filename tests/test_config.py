"""What a configuration may say, where it is looked for, and which rules it selects."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from modlint.config import Config, ConfigError, Configuration, Selection, configure, find_config, read_config
from modlint.config.keys import read_values, schema
from modlint.diagnostics import Severity
from modlint.inputs import parse_inputs
from modlint.misuse import MisuseError
from modlint.patterns import Patterns
from modlint.rule import load_rules
from modlint.selection import UnknownRuleError, find_rule, selected_codes, severities

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

RULES = load_rules()
ROOT = Path(__file__).parent.parent
SCHEMA = ROOT / "modlint" / "data" / "config.schema.json"


def codes(prefix: str) -> frozenset[str]:
    return frozenset(rule.meta.code for rule in RULES if rule.meta.code.startswith(prefix))


def written(folder: Path, text: str, name: str = "modlint.toml") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def patterns(folder: Path, *lines: str) -> Patterns:
    return Patterns(folder.as_posix() + "/", lines)


KEYS: list[tuple[str, Callable[[Path], Config]]] = [
    ("", lambda _: Config()),
    ('select = ["ML1", "norm-rank"]', lambda _: Config(selections=(Selection(select=("ML1", "norm-rank")),))),
    ("select = []", lambda _: Config(selections=(Selection(select=()),))),
    (
        'extend-select = ["ML3"]\nignore = ["ML204"]',
        lambda _: Config(selections=(Selection(None, ("ML3",), ("ML204",)),)),
    ),
    (
        'per-file-ignores = {"tests/" = ["ML1"]}',
        lambda here: Config(per_file_ignores=((patterns(here, "tests/"), ("ML1",)),)),
    ),
    ('[severity]\nML3 = "info"', lambda _: Config(severity=(("ML3", Severity.INFO),))),
    (
        'include = ["*.md"]\nexclude = ["old/"]',
        lambda here: Config(include=patterns(here, "*.md"), exclude=patterns(here, "old/")),
    ),
    ("force-exclude = true", lambda _: Config(force_exclude=True)),
    ('fail-on = "error"', lambda _: Config(fail_on=Severity.ERROR)),
    ('fail-on = "info"', lambda _: Config(fail_on=Severity.INFO)),
    ('language = "zh"', lambda _: Config(language="zh")),
    ('input = "8x3x4x4, 2x7:int64"', lambda _: Config(input=parse_inputs("8x3x4x4,2x7:int64"))),
    (
        'inputs = {"models/net.py::Net" = "8x3", Head = "2x7"}',
        lambda here: Config(
            inputs=((f"{here.as_posix()}/models/net.py::Net", parse_inputs("8x3")), ("Head", parse_inputs("2x7")))
        ),
    ),
    ('baseline = "known.json"', lambda here: Config(baseline=str(here / "known.json"))),
    ('output-format = "sarif"', lambda _: Config(output_format="sarif")),
    ("show-info = true", lambda _: Config(show_info=True)),
]


@pytest.mark.parametrize(("text", "wanted"), KEYS, ids=[text for text, _ in KEYS])
def test_keys_are_read(text: str, wanted: Callable[[Path], Config], tmp_path: Path) -> None:
    assert read_config(written(tmp_path, text)) == wanted(tmp_path)
    table = text.replace("[severity]", "[tool.modlint.severity]")
    pyproject = written(tmp_path / "package", f"[tool.modlint]\n{table}", "pyproject.toml")
    assert read_config(pyproject) == wanted(tmp_path / "package")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('selct = ["ML1"]', "unknown key `selct`; did you mean `select`?"),
        ("fail_on = 'error'", "unknown key `fail_on`; did you mean `fail-on`?"),
        ("zzz = 1", "unknown key `zzz`"),
        ('select = "ML1"', "`select` must be a list of strings"),
        ("ignore = [1]", "`ignore` must be a list of strings"),
        ('fail-on = "eror"', "did you mean `error`?"),
        ("fail-on = 2", "`fail-on` must be one of error, warning, info"),
        ('language = "fr"', "`language` must be one of en, zh"),
        ('output-format = "jsn"', "did you mean `json`?"),
        ("show-info = 1", "`show-info` must be true or false"),
        ("input = [8, 3]", '`input` must be a string such as "8x3x224x224"'),
        ('input = "8*3"', "`8*3` is no input"),
        ("select = [", "modlint.toml: "),
        ("force-exclude = 'yes'", "`force-exclude` must be true or false"),
        ("extend = 3", "`extend` must be a path"),
        ("baseline = []", "`baseline` must be a path"),
        ('exclude = ["!"]', "`exclude`: `!` is no pattern"),
        ("exclude = {}", "`exclude` must be a list of strings"),
        ('per-file-ignores = {"!" = ["ML1"]}', "`!` is no pattern"),
        ('per-file-ignores = {"a.py" = "ML1"}', "`per-file-ignores.a.py` must be a list of strings"),
        ("per-file-ignores = ['a.py']", "`per-file-ignores` must be a table"),
        ('severity = {ML1 = "fatal"}', "`severity.ML1` must be one of error, warning, info"),
        ('inputs = {"net.py::" = "8x3"}', "`net.py::` is no class"),
        ('inputs = {"::Net" = "8x3"}', "`::Net` is no class"),
        ('inputs = {"net.py" = "8x3"}', "`net.py` is no class"),
        ('inputs = {Net = "8*3"}', "`8*3` is no input"),
    ],
)
def test_what_is_not_known_is_an_error_that_names_the_file(text: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as error:
        read_config(written(tmp_path, text))
    assert str(error.value).startswith(str(tmp_path / "modlint.toml"))
    assert told in str(error.value)


def test_the_nearest_file_wins_and_foreign_ones_are_passed_over(tmp_path: Path) -> None:
    outer = written(tmp_path, "[tool.modlint]", "pyproject.toml")
    written(tmp_path / "package", "[tool.other]", "pyproject.toml")
    model = written(tmp_path / "package", "", "model.py")
    assert find_config([str(model)]) == outer
    inner = written(tmp_path / "package", "")
    assert find_config([str(model)]) == inner
    assert find_config([str(model), str(tmp_path)]) == outer


def test_modlint_toml_goes_before_pyproject_toml(tmp_path: Path) -> None:
    written(tmp_path, "[tool.modlint]", "pyproject.toml")
    own = written(tmp_path, "")
    assert find_config([str(tmp_path)]) == own


def test_the_command_line_goes_before_the_file(tmp_path: Path) -> None:
    written(tmp_path, 'language = "zh"\nselect = ["ML1"]\nshow-info = true')
    given: dict[str, Any] = {"select": ("ML2",), "ignore": None, "show-info": None, "fail-on": "info"}
    config = configure([str(tmp_path)], given)
    assert (config.language, config.show_info, config.fail_on) == ("zh", True, Severity.INFO)
    assert [selection.select for selection in config.selections] == [("ML1",), ("ML2",)]


def test_every_file_has_the_settings_of_its_nearest_file(tmp_path: Path) -> None:
    written(tmp_path, 'language = "zh"\nexclude = ["old/"]')
    written(tmp_path / "a" / "b", 'exclude = ["/x.py"]')
    configuration = Configuration({})
    outer, inner = configuration.of(str(tmp_path / "a" / "m.py")), configuration.of(str(tmp_path / "a" / "b" / "m.py"))
    assert (outer.language, inner.language) == ("zh", "en")
    assert outer.excludes(f"{tmp_path}/a/old/") and not inner.excludes(f"{tmp_path}/a/b/old/")
    assert inner.excludes(f"{tmp_path}/a/b/x.py") and not inner.excludes(f"{tmp_path}/a/b/c/x.py")


def test_a_file_goes_before_those_that_it_extends(tmp_path: Path) -> None:
    written(tmp_path, 'language = "zh"\nselect = ["ML1"]\nexclude = ["old/"]\nfail-on = "info"')
    written(tmp_path / "a", 'extend = "../modlint.toml"\nignore = ["ML101"]\nfail-on = "error"', "middle.toml")
    config = read_config(written(tmp_path / "a" / "b", 'extend = "../middle.toml"\nextend-select = ["ML301"]'))
    assert (config.language, config.fail_on) == ("zh", Severity.ERROR)
    assert config.exclude == patterns(tmp_path, "old/")
    assert selected_codes(RULES, config.selections) == (codes("ML1") - {"ML101"}) | {"ML301"}
    assert [Path(file).name for file in config.files] == ["modlint.toml", "middle.toml", "modlint.toml"]


@pytest.mark.parametrize(
    ("text", "told"),
    [('extend = "modlint.toml"', "`extend` leads back"), ('extend = "nowhere.toml"', "nowhere.toml")],
)
def test_what_cannot_be_extended_is_an_error(text: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=told):
        read_config(written(tmp_path, text))


def test_a_foreign_pyproject_may_be_extended(tmp_path: Path) -> None:
    written(tmp_path, "[tool]\nother = 1", "pyproject.toml")
    assert read_config(written(tmp_path, 'extend = "pyproject.toml"')) == Config()


@pytest.mark.parametrize(
    ("given", "language", "fail_on"),
    [
        ({"config": ['language = "en"']}, "en", Severity.ERROR),
        ({"config": ['language="en"', 'language = "zh"'], "language": None}, "zh", Severity.ERROR),
        ({"config": ['language = "en"'], "language": "zh"}, "zh", Severity.ERROR),
        ({"isolated": True}, "en", Severity.WARNING),
        ({"isolated": True, "config": ['fail-on = "info"']}, "en", Severity.INFO),
        ({"config": ["other.toml"]}, "en", Severity.INFO),
        ({"config": ["other.toml", 'fail-on = "error"']}, "en", Severity.ERROR),
    ],
)
def test_the_command_line_configures(
    given: dict[str, Any], language: str, fail_on: Severity, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    written(tmp_path, 'language = "zh"\nfail-on = "error"')
    written(tmp_path, 'fail-on = "info"', "other.toml")
    config = configure(["."], given)
    assert (config.language, config.fail_on) == (language, fail_on)


def test_a_named_file_speaks_of_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    file = written(tmp_path / "ci", 'exclude = ["old/"]\nextend = "base.toml"', "strict.toml")
    written(tmp_path / "ci", 'language = "zh"', "base.toml")
    config = configure(["."], {"config": [str(file)]})
    assert config.excludes(f"{tmp_path}/old/")
    assert config.language == "zh"


@pytest.mark.parametrize("setting", ["nowhere.toml", "language=zh", "language", "=", "select="])
def test_what_is_neither_file_nor_setting_is_refused(setting: str) -> None:
    with pytest.raises(MisuseError, match="KEY=VALUE"):
        Configuration({"config": [setting]})


@pytest.mark.parametrize(
    ("setting", "told"),
    [("selct = []", "did you mean `select`"), ("extend = 'a.toml'", "`extend` is for files"), ("exclude = 1", "list")],
)
def test_a_wrong_setting_on_the_command_line_is_an_error(setting: str, told: str) -> None:
    with pytest.raises(MisuseError, match=told):
        Configuration({"config": [setting]})


@pytest.mark.parametrize(("variables", "language"), [({"LANG": "zh_CN.UTF-8"}, "zh"), ({"LANG": "C"}, "en"), ({}, "en"),
                         ({"LANG": "zh_CN", "LC_ALL": "en_US"}, "en"), ({"LC_MESSAGES": "zh_TW", "LANG": "de"}, "zh")])  # fmt: skip
def test_the_locale_decides_where_nobody_says_anything(
    variables: dict[str, str], language: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LANG", "LC_ALL", "LC_MESSAGES"):
        monkeypatch.setenv(name, variables.get(name, ""))
    assert configure([str(tmp_path)], {}).language == language
    written(tmp_path, 'language = "en"')
    assert configure([str(tmp_path)], {}).language == "en"


@pytest.mark.parametrize(
    ("spec", "wanted"),
    [
        ("8x3x224x224", (((8, 3, 224, 224), "float32"),)),
        ("5", (((5,), "float32"),)),
        ("2x16:int64", (((2, 16), "int64"),)),
        ("2x16:int64,8x3", (((2, 16), "int64"), ((8, 3), "float32"))),
        (" 2x1 , 3 ", (((2, 1), "float32"), ((3,), "float32"))),
        ("0x3:bool", (((0, 3), "bool"),)),
    ],
)
def test_inputs_are_read(spec: str, wanted: object) -> None:
    assert parse_inputs(spec) == wanted


@pytest.mark.parametrize(
    "spec", ["", "x", "3x", "x3", "3xx4", "-1x3", "3.5", "8,", "B x 3", "8x3:", "8x3:float23", "8X3"]
)
def test_what_is_no_input_is_refused(spec: str) -> None:
    with pytest.raises(MisuseError):
        parse_inputs(spec)


@pytest.mark.parametrize(
    ("selections", "wanted"),
    [
        ([], None),
        ([Selection()], None),
        ([Selection(("ML",))], None),
        ([Selection(())], set()),
        ([Selection(("ML2",))], codes("ML2")),
        ([Selection(("ml2",))], codes("ML2")),
        ([Selection(("ML101",))], {"ML101"}),
        (
            [
                Selection(
                    (
                        "missing-super-init",
                        "ML204",
                    )
                )
            ],
            {"ML101", "ML204"},
        ),
        ([Selection(ignore=("ML1",))], codes("ML") - codes("ML1")),
        ([Selection(("ML2",), ignore=("norm-rank",))], codes("ML2") - {"ML204"}),
        ([Selection(("ML204",), ignore=("ML2",))], {"ML204"}),
        ([Selection(("ML204",), ignore=("ML204",))], set()),
        (
            [
                Selection(
                    (
                        "ML1",
                        "ML204",
                    ),
                    ignore=("ML2",),
                )
            ],
            codes("ML1") | {"ML204"},
        ),
        ([Selection(("ML1",), ("ML204",))], codes("ML1") | {"ML204"}),
        ([Selection(ignore=("ML",)), Selection(None, ("ML204",))], {"ML204"}),
        ([Selection(("ML1",)), Selection(("ML2",))], codes("ML2")),
        ([Selection(("ML1",)), Selection(ignore=("ML101",))], codes("ML1") - {"ML101"}),
        ([Selection(("ML1",), ignore=("ML101",)), Selection(ignore=("ML102",))], codes("ML1") - {"ML101", "ML102"}),
        ([Selection(("ML1",), ignore=("ML101",)), Selection(("ML1",))], codes("ML1")),
        ([Selection(ignore=("ML1",)), Selection(None, ("ML101",))], (codes("ML") - codes("ML1")) | {"ML101"}),
    ],
)
def test_rules_are_selected(selections: list[Selection], wanted: set[str] | None) -> None:
    assert selected_codes(RULES, selections) == wanted


@pytest.mark.parametrize(
    ("wanted", "code", "severity"),
    [
        ([], "ML101", None),
        ([("ML1", Severity.INFO)], "ML101", Severity.INFO),
        ([("ML1", Severity.INFO)], "ML201", None),
        ([("ML101", Severity.WARNING), ("ML1", Severity.INFO)], "ML101", Severity.WARNING),
        ([("missing-super-init", Severity.WARNING), ("ML", Severity.INFO)], "ML101", Severity.WARNING),
    ],
)
def test_the_narrower_selector_says_the_severity(
    wanted: list[tuple[str, Severity]], code: str, severity: Severity | None
) -> None:
    assert severities(RULES, wanted).get(code) is severity


@pytest.mark.parametrize(
    ("selector", "told"),
    [
        ("ML9999", "unknown rule `ML9999`"),
        ("missing-super-ini", "did you mean `missing-super-init`?"),
        ("norm", "unknown rule `norm`"),
        ("", "unknown rule ``"),
        ("xyzzy", "`modlint rules` lists them all"),
        ("L204", "did you mean `ML204`?"),
    ],
)
def test_unknown_rules_are_errors(selector: str, told: str) -> None:
    for selection in Selection((selector,)), Selection(None, (selector,)), Selection(ignore=(selector,)):
        with pytest.raises(UnknownRuleError) as error:
            selected_codes(RULES, [selection])
        assert told in str(error.value)


@pytest.mark.parametrize("selector", ["ML101", "ml101", "missing-super-init"])
def test_one_rule_is_found_by_code_or_name(selector: str) -> None:
    assert find_rule(RULES, selector).meta.code == "ML101"


@pytest.mark.parametrize("selector", ["ML1", "missing", ""])
def test_a_prefix_names_no_single_rule(selector: str) -> None:
    with pytest.raises(UnknownRuleError):
        find_rule(RULES, selector)


def test_the_schema_is_up_to_date() -> None:
    assert SCHEMA.read_text(encoding="utf-8") == json.dumps(schema(), indent=2) + "\n", (
        "run `python tools/make_config_schema.py`"
    )


@pytest.mark.parametrize("text", [text for text, _ in KEYS])
def test_the_schema_takes_what_is_read(text: str) -> None:
    Draft7Validator(schema()).validate(tomllib.loads(text))


@pytest.mark.parametrize(
    "text",
    [
        "selct = []",
        "select = 'ML1'",
        "fail-on = 'eror'",
        "force-exclude = 1",
        "input = '8*3'",
        "inputs = {Net = 3}",
        "severity = {ML1 = 'fatal'}",
        "per-file-ignores = {'a.py' = 'ML1'}",
        "extend = []",
    ],
)
def test_the_schema_refuses_what_is_not_read(text: str, tmp_path: Path) -> None:
    assert not Draft7Validator(schema()).is_valid(tomllib.loads(text))
    with pytest.raises(ConfigError):
        read_config(written(tmp_path, text))


def test_the_readme_shows_every_key_as_it_may_be() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```toml\n(\[tool\.modlint\]\n.*?)```", text, re.DOTALL)
    table = tomllib.loads(block)["tool"]["modlint"]
    assert set(read_values(table, ROOT)) == set(schema()["properties"])
