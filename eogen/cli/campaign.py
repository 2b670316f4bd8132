"""``campaign``: make a queue of cases for people to judge, list the queues, take the answers away."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from eogen.cli.frame import say, sentences, terminal_progress
from eogen.errors import InputError

campaign = typer.Typer(
    name="campaign", help="Queues of cases for people to judge: create, list, export.", no_args_is_help=True
)
FORMATS = ("csv", "jsonl", "geojson")


@campaign.command()
@sentences
def kinds(
    as_json: Annotated[bool, typer.Option("--json", help="Print for machines.")] = False,
) -> None:
    """What can be judged, with the options of each and the values that are there on this machine."""
    from eogen.verdicts.kinds import kinds as every

    told = {
        kind.name: {
            "room": kind.room,
            "answers": list(kind.answers),
            "blindable": kind.blindable,
            "options": {option.name: list(option.values()) for option in kind.options},
        }
        for kind in every().values()
    }
    if as_json:
        typer.echo(json.dumps(told, ensure_ascii=False, indent=1))
        return
    for name, row in told.items():
        typer.echo(f"{name}  ({row['room']}; {' | '.join(row['answers'])})")
        for option, values in row["options"].items():
            typer.echo(f"  --option {option}={values[0] if values else '-'}   of: {', '.join(values) or '-'}")


@campaign.command()
@sentences
def create(
    kind: Annotated[str, typer.Argument(help="What is judged; `campaign kinds` lists them.")],
    title: Annotated[str, typer.Option("--title", help="What people read.")],
    n: Annotated[int, typer.Option("--n", help="Cases.")] = 40,
    how: Annotated[str, typer.Option("--how", help="stratified, uncertain or random.")] = "stratified",
    repeats: Annotated[float, typer.Option("--repeats", help="Share shown a second time, 0 to 0.5.")] = 0.1,
    blind: Annotated[bool, typer.Option("--blind", help="Hide the methods' names.")] = False,
    seed: Annotated[int, typer.Option("--seed", help="Of the draw and of the orders.")] = 0,
    option: Annotated[
        list[str] | None, typer.Option("--option", metavar="NAME=VALUE", help="Of the kind; may be repeated.")
    ] = None,
) -> None:
    """Draw cases from a room's results, make their pictures, and keep both as a queue.

    Examples:
      python -m eogen campaign create changes --title "OSCD, first look" --n 60 --how uncertain
      python -m eogen campaign create real_or_filled --title "Which sea is real?" --option methods=oi,hybrid --blind
    """
    from eogen.verdicts import campaigns
    from eogen.verdicts.kinds import kind as named

    chosen = named(kind)
    several = {one.name for one in chosen.options if one.several}
    options: dict[str, Any] = {}
    for text in option or []:
        name, found, value = text.partition("=")
        if not found:
            raise InputError(
                "campaign_pair", "“{text}” is not an option: NAME=VALUE was expected.", text=text
            )
        options[name] = value.split(",") if name in several else value
    with terminal_progress() as progress:
        made = campaigns.create(
            title, chosen, n=n, how=how, repeats=repeats, blind=blind, seed=seed, options=options, progress=progress
        )  # fmt: skip
    typer.echo(made.name)
    say(f"{len(campaigns.cases(made.name))} cases; judge them at /verdicts?campaign={made.name} of the app.")


@campaign.command(name="list")
@sentences
def listed(
    as_json: Annotated[bool, typer.Option("--json", help="Print for machines.")] = False,
) -> None:
    """Every queue, the newest first, and how many answers it has."""
    from dataclasses import asdict

    from eogen.verdicts import campaigns, current, load

    rows = [
        asdict(one)
        | {"cases": len(campaigns.cases(one.name)), "verdicts": len(current(load(campaign=one.name)))}
        for one in campaigns.campaigns()
    ]
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    for row in rows:
        blind = ", blind" if row["blind"] else ""
        typer.echo(
            f"{row['name']}  {row['title']}  ({row['kind']}, {row['cases']} cases{blind}, "
            f"{row['verdicts']} answers, {row['created'][:10]})"
        )


@campaign.command()
@sentences
def export(
    name: Annotated[str, typer.Argument(help="A queue's name; [bold]all[/] for every verdict there is.")],
    file: Annotated[Path, typer.Argument(help="Where to: its ending says the format (csv, jsonl, geojson).")],
) -> None:
    """Write the answers: CSV and GeoJSON hold those that stand, JSONL every row, undone ones included."""
    from eogen.verdicts import campaigns, load, to_lines
    from eogen.verdicts.export import to_csv, to_geojson

    ending = file.suffix.removeprefix(".").lower()
    if ending not in FORMATS:
        raise InputError(
            "campaign_format", "{file} ends in no known format; there are: {known}.", file=file.name,
            known=", ".join(FORMATS),
        )  # fmt: skip
    if name != "all":
        campaigns.campaign(name)
    rows = load(campaign=None if name == "all" else name)
    if ending == "jsonl":
        text = to_lines(rows)
    elif ending == "csv":
        text = to_csv(rows)
    else:
        points = to_geojson(rows)
        text = points.text
        if points.left_out:
            say(f"{points.left_out} answers have no position on the ground and are not in it.")
    try:
        file.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise InputError(
            "json_file", "{file} cannot be written ({reason}).", file=str(file), reason=error.strerror
        ) from error
    say(f"{len(rows)} rows in {file}.")
