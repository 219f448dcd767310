"""What a user sees of work that takes long, or never ends: a bar on terminals, and ``--watch``."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from modlint.cli import main
from modlint.commands import progress, watching
from modlint.misuse import MisuseError


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def screen(text: str) -> str:
    """What is left on the last line of a terminal."""
    return text.rpartition("\x1b[K")[2].rpartition("\r")[2]


def test_the_bar_counts_and_is_gone_at_the_end() -> None:
    terminal = Terminal()
    seen = [screen(terminal.getvalue()) for _ in progress.shown(range(40), 40, terminal)]
    assert seen[0] == "" and seen[20] == ""
    assert "[############------------] 20/40 files" in terminal.getvalue()
    assert screen(terminal.getvalue()) == ""


def test_the_bar_is_gone_after_an_interruption() -> None:
    terminal = Terminal()
    outcomes = progress.shown(iter(range(40)), 40, terminal)
    next(outcomes), next(outcomes)
    outcomes.close()  # type: ignore[attr-defined]
    assert screen(terminal.getvalue()) == ""


@pytest.mark.parametrize(("stream", "total"), [(io.StringIO(), 40), (Terminal(), 3)], ids=["pipe", "few-files"])
def test_pipes_and_short_work_have_no_bar(stream: io.StringIO, total: int) -> None:
    assert list(progress.shown(range(total), total, stream)) == list(range(total))
    assert stream.getvalue() == ""


def steps(*actions: Callable[[], object]) -> Callable[[], None]:
    """A pause in which the next thing happens; after the last one the user presses Ctrl-C."""
    todo: Iterator[Callable[[], object]] = iter(actions)

    def pause() -> None:
        action = next(todo, None)
        if action is None:
            raise KeyboardInterrupt
        action()

    return pause


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "model.py"
    path.write_text("x = 1\n")
    return path


def test_watch_checks_again_after_every_change(model: Path) -> None:
    ran: list[str] = []
    other = model.with_name("other.py")
    pause = steps(
        lambda: model.write_text("x = 12\n"),
        lambda: None,
        lambda: other.write_text("y = 1\n"),
        lambda: other.unlink(),
        lambda: model.with_name("notes.txt").write_text("no Python\n"),
    )

    def check() -> int:
        ran.append(model.read_text())
        return 1

    code = watching.watch(["."], {}, check, pause)
    assert (code, len(ran)) == (0, 4)
    assert ran[:2] == ["x = 1\n", "x = 12\n"]


def test_watch_shows_what_is_found(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("time.sleep", stop)
    model.write_text("def forward(self, x)\n    return x\n")
    result = CliRunner().invoke(main, ["check", "--watch"])
    assert result.exit_code == 0
    assert "model.py:1" in result.stdout and "Watching" in result.stderr


def test_standard_input_cannot_be_watched() -> None:
    with pytest.raises(MisuseError):
        watching.watch(["-"], {}, lambda: 0)
