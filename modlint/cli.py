"""Arguments in, exit code out. Every command loads what it needs when it runs, so that help comes at once."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

import click

from modlint import __version__
from modlint.choices import LANGUAGES, OUTPUT_FORMATS, SEVERITIES

F = TypeVar("F", bound=Callable[..., Any])
_FAILURE = 2
_STDIN_FILENAME = "stdin.py"


class _Complaint(click.ClickException):
    exit_code = _FAILURE


class _Command(click.Command):
    """Ends with the exit code that its function returns; what goes wrong is one line and never a traceback."""

    def invoke(self, ctx: click.Context) -> None:
        try:
            code = super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError):
            raise
        except Exception as error:
            from modlint.commands.common import complaint

            raise _Complaint(complaint(error)) from None
        ctx.exit(code)


class _Group(click.Group):
    command_class = _Command


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="modlint")
@click.pass_context
def main(ctx: click.Context) -> None:
    """Finds what is wrong with PyTorch models, proves it, fixes it and runs the fixed model.

    \b
    modlint check model.py          what is wrong, and why that is certain
    modlint fix --write model.py    repair it, then run the models
    modlint verify model.py         run the models as they are
    modlint shapes model.py         the shape of every tensor beside its line
    modlint explain ML201           what a rule looks for

    `check`, `shapes` and `fix --no-verify` never import or run what they read.
    """
    ctx.color = False if os.environ.get("NO_COLOR") else None
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def _split(_: click.Context, __: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...] | None:
    """Options that may be repeated and hold several items by comma; None when they were not given."""
    items = tuple(item.strip() for value in values for item in value.split(",") if item.strip())
    return items if values else None


def _listed(*names: str, **settings: Any) -> Callable[[F], F]:
    return click.option(*names, multiple=True, callback=_split, **settings)


_PATHS = click.argument("paths", nargs=-1, metavar="[PATHS]...")
_INPUT = click.option(
    "--input", metavar="SPEC", help="What forward takes: 8x3x224x224; several by comma; 2x16:int64 for other types."
)
_MODEL = click.option("--model", metavar="EXPR", help="The model to build, for example 'Net(num_classes=10)'.")
_JOBS = click.option("--jobs", type=click.IntRange(1), metavar="N", help="Processes to use; one a core by default.")
_LANGUAGE = click.option("--lang", "language", type=click.Choice(LANGUAGES), help="Language of the messages.")
_TEXT_OR_JSON = click.option(
    "--output-format", type=click.Choice(("text", "json")), default="text", show_default=True, help="How it looks."
)
_NO_SANDBOX = click.option("--no-sandbox", is_flag=True, help="Run models even where no sandbox can be made.")
_PYTHON = click.option("--python", metavar="PATH", help="The interpreter with torch; found by itself otherwise.")
_DEVICE = click.option(
    "--device",
    type=click.Choice(("cpu", "cuda", "meta")),
    help="Where models run; meta computes shapes alone. The GPU where there is one by default.",
)
_TIMEOUT = click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    default=60.0,
    show_default=True,
    metavar="SECONDS",
    help="How long one model may run.",
)


_QUIET = click.option("-q", "--quiet", is_flag=True, help="Tell findings and failures, nothing else.")
_VERBOSE = click.option("-v", "--verbose", is_flag=True, help="Tell which settings hold and what is read.")


_CACHE_DIR = click.option(
    "--cache-dir",
    envvar="MODLINT_CACHE_DIR",
    metavar="FOLDER",
    help="Where findings are remembered; .modlint_cache at the root of the project by default.",
)


_STDIN = click.option(
    "--stdin-filename",
    default=_STDIN_FILENAME,
    show_default=True,
    metavar="NAME",
    help="What `-` is called, and which kind of file it is.",
)


def _selecting(command: F) -> F:
    """The options that say which files, which rules and which settings."""
    for option in (
        click.option("--isolated", is_flag=True, default=None, help="Pass over configuration files."),
        click.option(
            "--config",
            multiple=True,
            metavar="FILE|KEY=VALUE",
            help="A configuration file, or a setting as in TOML: 'fail-on=\"error\"'.",
        ),
        click.option(
            "--force-exclude/--no-force-exclude", default=None, help="Leave out excluded files even when named."
        ),
        _listed("--exclude", metavar="PATTERNS", help="Leave out what matches, in .gitignore's syntax."),
        _listed("--include", metavar="PATTERNS", help="Read what matches too, for example '*.md' in a folder of code."),
        _listed("--ignore", metavar="RULES", help="Leave out rules."),
        _listed("--extend-select", metavar="RULES", help="Run these as well."),
        _listed("--select", metavar="RULES", help="Run these only: codes, prefixes or names, by comma."),
    ):
        command = option(command)
    return command


def _default(paths: tuple[str, ...]) -> tuple[str, ...]:
    return paths or (".",)


@main.command()
@_PATHS
@click.option("--output-format", type=click.Choice(OUTPUT_FORMATS), help="How findings look; full by default.")
@click.option("--fail-on", type=click.Choice(SEVERITIES), help="The mildest finding that counts; warning by default.")
@click.option("--show-info", is_flag=True, default=None, help="Show advice as well.")
@click.option("--no-fixes", is_flag=True, help="Look for no fixes; quicker.")
@click.option("--baseline", metavar="FILE", help="Tell only what this file of `modlint baseline` does not hold.")
@click.option("--statistics", is_flag=True, help="Count the findings of every rule instead.")
@click.option("--exit-zero", is_flag=True, help="End with 0 even when something was found.")
@click.option("-o", "--output-file", metavar="FILE", help="Write the report to a file.")
@click.option("--no-cache", is_flag=True, help="Check every file, and remember nothing.")
@_CACHE_DIR
@click.option("--watch", is_flag=True, help="Check again whenever a file changes, until Ctrl-C.")
@click.option("--add-ignore", is_flag=True, help="Suppress what is found by comments in the files, and end.")
@click.option("--show-files", is_flag=True, help="List the files that would be read, and end.")
@click.option("--show-settings", is_flag=True, help="Show the settings of the first file, and end.")
@_STDIN
@_selecting
@_INPUT
@_LANGUAGE
@_QUIET
@_VERBOSE
@_JOBS
def check(
    paths: tuple[str, ...],
    stdin_filename: str,
    no_fixes: bool,
    statistics: bool,
    exit_zero: bool,
    output_file: str | None,
    no_cache: bool,
    watch: bool,
    add_ignore: bool,
    show_files: bool,
    show_settings: bool,
    quiet: bool,
    verbose: bool,
    jobs: int | None,
    **given: Any,
) -> int:
    """Say what is wrong with the models in files and folders, and why.

    \b
    modlint check                                  the current folder
    modlint check model.py --input 8x3x224x224     with what forward will be given
    modlint check src --select ML2,missing-self    some rules only
    modlint check - --stdin-filename model.py      standard input
    modlint check --show-settings model.py         what holds for a file, and where it is said

    Exit code: 0 nothing found, 1 something found, 2 wrong use or a file that could not be checked.
    """
    from modlint.commands import check as command

    if add_ignore:
        from modlint.commands import ignoring

        return ignoring.run(_default(paths), _keys(given), jobs=jobs)
    if show_files or show_settings:
        from modlint.commands import showing

        if show_files:
            return showing.show_files(_default(paths), _keys(given))
        return showing.show_settings(_default(paths), _keys(given))
    wishes = command.Wishes(
        fixes=not no_fixes,
        statistics=statistics,
        exit_zero=exit_zero,
        output_file=output_file,
        cache=not no_cache,
        quiet=quiet,
        verbose=verbose,
    )
    run = partial(command.run, _default(paths), _keys(given), wishes, stdin_filename=stdin_filename, jobs=jobs)
    if watch:
        from modlint.commands import watching

        return watching.watch(_default(paths), _keys(given), run)
    return run()


@main.command()
@_PATHS
@click.option("-o", "--output", metavar="FILE", help="Where it is written; modlint-baseline.json by default.")
@_selecting
@_INPUT
@_LANGUAGE
@_JOBS
def baseline(paths: tuple[str, ...], output: str | None, jobs: int | None, **given: Any) -> int:
    """Record what is found today, so that `check` tells new findings only.

    \b
    modlint baseline                                        writes modlint-baseline.json
    modlint check --baseline modlint-baseline.json          tells what is new

    Findings are known by rule, class, function and the text of their line, and not by its number.
    """
    from modlint.commands import baseline as command

    return command.run(_default(paths), _keys(given), output=output, jobs=jobs)


@main.command()
@_PATHS
@click.option("--write", is_flag=True, help="Change the files; without it, the changes are shown only.")
@click.option("--unsafe", is_flag=True, help="Also make proven fixes that involve a choice.")
@click.option("--diff", is_flag=True, help="Show the changes with --write too.")
@click.option("--no-verify", is_flag=True, help="Do not run the models that were fixed.")
@click.option("--interactive", is_flag=True, help="Offer each of the other fixes as well, one by one.")
@click.option("--exit-non-zero-on-fix", is_flag=True, help="End with 1 when a file was changed, too.")
@_TEXT_OR_JSON
@_STDIN
@_selecting
@_INPUT
@_LANGUAGE
@_QUIET
@_PYTHON
@_TIMEOUT
@_NO_SANDBOX
@_JOBS
def fix(
    paths: tuple[str, ...],
    stdin_filename: str,
    write: bool,
    unsafe: bool,
    diff: bool,
    no_verify: bool,
    interactive: bool,
    exit_non_zero_on_fix: bool,
    output_format: str,
    quiet: bool,
    python: str | None,
    timeout: float,
    no_sandbox: bool,
    jobs: int | None,
    **given: Any,
) -> int:
    """Repair what can be proven right; show the changes, or write them.

    \b
    modlint fix model.py                       show what would change
    modlint fix --write model.py               change it, then run its models
    modlint fix --write --no-verify src        change it, and run nothing
    modlint fix --write --unsafe model.py      also where there is a choice

    A fix whose model fails where it did not fail before is taken back.
    Exit code: 0 all is right; 1 something would change, or with --write, something is left; 2 wrong use or a file
    that could not be read.
    """
    from modlint.commands import fix as command

    return command.run(
        _default(paths),
        _keys(given),
        command.Wishes(
            write=write,
            unsafe=unsafe,
            diff=diff,
            interactive=interactive,
            exit_non_zero_on_fix=exit_non_zero_on_fix,
            quiet=quiet,
            output_format=output_format,
            running=None if no_verify else command.running(paths, python, timeout, not no_sandbox, jobs),
        ),
        stdin_filename=stdin_filename,
        jobs=jobs,
    )


@main.command()
@_PATHS
@_MODEL
@_INPUT
@_PYTHON
@_DEVICE
@_TIMEOUT
@_NO_SANDBOX
@_JOBS
@_TEXT_OR_JSON
def verify(
    paths: tuple[str, ...],
    model: str | None,
    input: str | None,
    python: str | None,
    device: str | None,
    timeout: float,
    no_sandbox: bool,
    jobs: int | None,
    output_format: str,
) -> int:
    """Run the models in a sandbox: forward, backward and evaluation, on the GPU where there is one.

    \b
    modlint verify model.py
    modlint verify model.py --model 'Net(num_classes=10)' --input 8x3x32x32

    Exit code: 0 every model ran, 1 one failed, 2 wrong use or nothing could be run.
    """
    from modlint.commands import verify as command

    return command.run(
        _default(paths),
        model=model,
        inputs=input,
        running=command.running(paths, python, timeout, not no_sandbox, jobs, device),
        output_format=output_format,
    )


@main.command()
@click.argument("file")
@_MODEL
@_INPUT
@_TEXT_OR_JSON
def shapes(file: str, model: str | None, input: str | None, output_format: str) -> int:
    """Show the shape of every tensor beside the line that makes it.

    \b
    modlint shapes model.py --model 'ResNet32(num_classes=10)' --input 8x3x224x224
    """
    from modlint.commands import shapes as command

    return command.run(file, model=model, inputs=input, output_format=output_format)


@main.command()
@_TEXT_OR_JSON
@_LANGUAGE
def rules(output_format: str, language: str | None) -> int:
    """List the rules."""
    from modlint.commands import rules as command

    return command.list_rules(output_format, language)


@main.command()
@_PATHS
@_CACHE_DIR
def clean(paths: tuple[str, ...], cache_dir: str | None) -> int:
    """Forget what was found: remove the cache of the project that the paths are in."""
    from modlint.commands import clean as command

    return command.run(_default(paths), {"cache-dir": cache_dir})


@main.command()
@click.argument("rule", metavar="CODE|NAME")
@_LANGUAGE
def explain(rule: str, language: str | None) -> int:
    """Explain a rule: what it finds, what torch says, what the fix does.

    \b
    modlint explain ML201
    modlint explain missing-super-init --lang zh
    """
    from modlint.commands import rules as command

    return command.explain(rule, language)


@main.command("new-rule")
@click.argument("code")
@click.argument("name")
@click.argument("folder", default=".")
def new_rule(code: str, name: str, folder: str) -> int:
    """Write a rule of your own, with documentation, examples and a test, into a pack that modlint finds once installed.

    \b
    modlint new-rule AC101 no-docstring ac-rules
    """
    from modlint.commands import new_rule as command

    return command.run(code, name, folder)


def _keys(given: dict[str, Any]) -> dict[str, Any]:
    """Options by the names that the configuration has for them."""
    return {name.replace("_", "-"): value for name, value in given.items()}
