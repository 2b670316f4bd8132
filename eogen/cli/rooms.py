"""``train`` and ``evaluate``: a room is a package of ``eogen`` with a module ``train`` or ``evaluate``."""

from __future__ import annotations

import importlib
import importlib.util
import json
import pkgutil
from pathlib import Path
from typing import Annotated, Any

import typer

import eogen
from eogen.cli.frame import plain, say, sentences, terminal_progress
from eogen.errors import InputError, Unavailable

WEIGHTS = Path(eogen.__file__).resolve().parents[1] / "assets" / "weights"

Data = Annotated[
    Path | None,
    typer.Option("--data", metavar="DIR", help="Folder that holds ROOM/... (or ROOM's own folder)."),
]
Seed = Annotated[int, typer.Option("--seed", help="Seed of everything random.")]


def rooms_with(module: str) -> list[str]:
    """The rooms that have ``module`` (``"train"``, ``"evaluate"``)."""
    return [
        package.name
        for package in pkgutil.iter_modules(eogen.__path__)
        if package.ispkg and importlib.util.find_spec(f"eogen.{package.name}.{module}")
    ]


def chosen(room: str, module: str) -> list[str]:
    """The rooms meant by ``room``, which may be ``"all"``.

    Raises:
        InputError: ``no_such_room``.
    """
    known = rooms_with(module)
    if room != "all" and room not in known:
        raise InputError(
            "no_such_room",
            "There is no room called {room} with a command {command}; there are: {known}.",
            room=room,
            command=module,
            known=", ".join([*known, "all"]),
        )
    return known if room == "all" else [room]


def folder_of(room: str, given: Path | None) -> Path:
    """The folder of ``room``'s data, under ``given`` or where the catalogue finds it.

    Raises:
        InputError: ``data_folder`` when ``given`` is no folder.
        Unavailable: ``no_data`` when nothing of the room is there.
    """
    if given is None:
        from eogen.catalog import room_folder

        if (found := room_folder(room)) is None:
            sentence = (
                "No data of {room} are on this machine; `python -m eogen fetch --room {room}` brings them."
            )
            raise Unavailable("no_data", sentence, room=room)
        return found
    if not given.is_dir():
        raise InputError("data_folder", "{folder} is not a folder.", folder=str(given))
    if (given / room).is_dir():
        return given / room
    if _is_folder_of(room, given):
        return given
    raise Unavailable(
        "no_data_there",
        "{folder} holds no data of {room}: a folder {room}, laid out as the catalogue says, was expected.",
        folder=str(given),
        room=room,
    )


def _is_folder_of(room: str, folder: Path) -> bool:
    from eogen.catalog import catalog

    globs = {
        pattern
        for entry in catalog().values()
        if entry.room == room
        for pattern in (*entry.patterns, *(file.path for file in entry.files))
    }
    return folder.name == room or any(next(folder.glob(pattern), None) for pattern in globs)


@sentences
def train(
    room: Annotated[str, typer.Argument(help="A room, or [bold]all[/].")],
    model: Annotated[str | None, typer.Argument(help="A model of the room; left out: every one.")] = None,
    data: Data = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Default: assets/weights/ROOM.")
    ] = None,
    seed: Seed = 0,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Begin again, rather than where an earlier run stopped.")
    ] = False,
) -> None:
    """Train a model and write its weights (safetensors) and its card (JSON).

    The same seed on the same data rebuilds the weights that are committed. A run that was stopped goes on
    where it was, unless --fresh. The card is written on stdout.

    Examples:
      python -m eogen train landcover index_network
      python -m eogen train landcover rgb_cnn --data /data --out /tmp/weights --seed 1 --fresh
    """
    for name in chosen(room, "train"):
        module = importlib.import_module(f"eogen.{name}.train")
        every = getattr(module, "NAMES", None) or importlib.import_module(f"eogen.{name}.models").MODELS
        models = [model] if model else list(every)
        # A room whose models learn from simulations alone says so, and trains where no data are.
        folder = folder_of(name, data) if getattr(module, "NEEDS_DATA", True) else data
        for each in models:
            with terminal_progress() as progress:
                card = module.train(
                    each, folder, out or WEIGHTS / name, seed=seed, resume=not fresh, progress=progress
                )
            typer.echo(json.dumps(_fields(card), indent=1, ensure_ascii=False, default=plain))


@sentences
def evaluate(
    room: Annotated[str, typer.Argument(help="A room, or [bold]all[/].")],
    data: Data = None,
    json_file: Annotated[
        str | None, typer.Option("--json", metavar="FILE", help="Write the whole report there; - is stdout.")
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Fewer samples: minutes become seconds.")] = False,
    part: Annotated[
        str | None,
        typer.Option("--part", help="One part of a room that has some; landcover: images, series."),
    ] = None,
    seed: Seed = 0,
) -> None:
    """Measure the committed models and their baselines on the data that are here.

    --data takes any folder with the layout of the catalogue, or a part of it: other files of the same kind
    are used, sets that are absent are reported absent. One room gives one report; [bold]all[/] gives
    {"reports": [...]}.

    Examples:
      python -m eogen evaluate landcover
      python -m eogen evaluate landcover --data /kept/apart --json report.json
      python -m eogen evaluate landcover --part series
      python -m eogen evaluate all --quick --json -
    """
    if json_file not in (None, "-") and not Path(json_file).absolute().parent.is_dir():
        sentence = "{file} cannot be written: there is no folder {folder}."
        raise InputError(
            "json_folder", sentence, file=json_file, folder=str(Path(json_file).absolute().parent)
        )
    reports = []
    names = chosen(room, "evaluate")
    for name in names:
        try:
            folder = folder_of(name, data)
        except Unavailable as error:
            if room != "all":
                raise
            say(str(error))
            continue
        module = importlib.import_module(f"eogen.{name}.evaluate")
        only = {} if part is None else {"part": _part(name, module, part)}
        with terminal_progress() as progress:
            reports.append(module.evaluate(folder, seed=seed, quick=quick, progress=progress, **only))
    if not reports:
        raise Unavailable("nothing_measured", "There is nothing to measure: no room has data here.")
    texts = [report.to_json().rstrip() for report in reports]
    text = texts[0] if room != "all" else '{"reports": [\n' + ",\n".join(texts) + "\n]}"
    if json_file == "-":
        typer.echo(text)
        return
    if json_file:
        _write(Path(json_file), text + "\n")
    for report in reports:
        _print(report)


def _part(room: str, module: Any, part: str) -> str:
    known = getattr(module, "PARTS", ())
    if part not in known:
        raise InputError(
            "no_such_part", "The room {room} has no part {part}; it has: {known}.",
            room=room, part=part, known=", ".join(known) or "-",
        )  # fmt: skip
    return part


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        sentence = "{file} cannot be written ({reason})."
        raise InputError("json_file", sentence, file=str(path), reason=error.strerror) from error


def _print(report: Any) -> None:
    """The figures of a report, one line each."""
    for figure in report.figures:
        value = "-" if figure.value is None else f"{figure.value:.4g}"
        interval = "" if figure.low is None else f" [{figure.low:.4g}, {figure.high:.4g}]"
        unit = "" if figure.unit == "1" else f" {figure.unit}"
        typer.echo(
            f"{figure.dataset}  {figure.method}  {figure.name} = {value}{interval}{unit}  (n = {figure.n})"
        )
    for sentence in report.absent:
        say(str(sentence))


def _fields(card: Any) -> dict[str, Any]:
    from dataclasses import asdict, is_dataclass

    return asdict(card) if is_dataclass(card) else dict(card)
