"""What every command shares: errors become a sentence and an exit code, progress goes to the terminal."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ParamSpec, TypeVar

import typer

from eogen.errors import Cancelled, InputError, Unavailable
from eogen.progress import Progress, silent

P = ParamSpec("P")
R = TypeVar("R")
INPUT, UNAVAILABLE, STOPPED = 1, 3, 130


def say(sentence: str) -> None:
    """Write one sentence on stderr, which is where people read; stdout is for results."""
    typer.echo(sentence, err=True)


def exit_code(error: InputError) -> int:
    """The exit code of a public error."""
    return UNAVAILABLE if isinstance(error, Unavailable) else INPUT


def sentences(command: Callable[P, R]) -> Callable[P, R]:
    """Turn the errors a user can cause into one sentence and an exit code; let all others be tracebacks."""

    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except InputError as error:
            say(" ".join([str(error), *getattr(error, "__notes__", ())]))
            raise typer.Exit(exit_code(error)) from error
        except (Cancelled, KeyboardInterrupt) as error:
            say("Stopped.")
            raise typer.Exit(STOPPED) from error

    return run


def plain(value: Any) -> Any:
    """Turn what JSON does not know (numpy numbers, paths, dates) into what it does."""
    if hasattr(value, "tolist"):
        return value.tolist()
    return str(value)


@contextmanager
def terminal_progress() -> Iterator[Progress]:
    """A bar on stderr (bytes and rate of downloads, time left) when a person watches, else silence."""
    if not sys.stderr.isatty():
        yield silent
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        MofNCompleteColumn,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )
    from rich.progress import Progress as Bars

    console = Console(stderr=True)
    start, end = (TextColumn("{task.description}"), BarColumn()), (TimeRemainingColumn(),)
    bars = {
        True: Bars(*start, DownloadColumn(), TransferSpeedColumn(), *end, console=console, transient=True),
        False: Bars(*start, MofNCompleteColumn(), *end, console=console, transient=True),
    }
    shown: dict[str, tuple[Bars, Any]] = {}
    live: list[Bars] = []

    def progress(done: int, total: int, what: str = "") -> None:
        if what not in shown:
            for other in live:  # a terminal holds one bar at a time
                other.stop()
            bar = bars[what == "download"]
            live[:] = [bar]
            bar.start()
            shown[what] = bar, bar.add_task(what.replace("_", " ").capitalize() or "Working")
        bar, task = shown[what]
        bar.update(task, completed=done, total=total or None)

    try:
        yield progress
    finally:
        for bar in live:
            bar.stop()
