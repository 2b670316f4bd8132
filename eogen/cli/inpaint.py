"""``inpaint``: fill the gaps of a cube of any size, store to store."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from eogen.cli.frame import say, sentences, terminal_progress


@sentences
def inpaint(
    source: Annotated[
        Path, typer.Argument(metavar="IN.zarr", help="A zarr store with a cube (time, lat, lon).")
    ],
    out: Annotated[Path, typer.Argument(metavar="OUT.zarr", help="The store to write.")],
    method: Annotated[
        str, typer.Option("--method", help="convolution, climatology, a network ...")
    ] = "convolution",
    variable: Annotated[
        str | None, typer.Option("--variable", metavar="NAME", help="Which array; default: the only cube.")
    ] = None,
    cluster: Annotated[
        str | None,
        typer.Option(
            "--cluster",
            metavar="ADDRESS",
            help="A Dask scheduler, e.g. tcp://host:8786; default: this machine.",
        ),
    ] = None,
    workers: Annotated[
        int,
        typer.Option("--workers", min=0, max=256, help="Processes on this machine; 0: no cluster at all."),
    ] = 2,
    memory: Annotated[float, typer.Option("--memory", min=0.5, help="GB for each worker.")] = 2.0,
    resume: Annotated[
        bool, typer.Option("--resume/--fresh", help="Go on where an earlier run stopped, or begin again.")
    ] = True,
    verify: Annotated[
        bool, typer.Option("--verify", help="Compare an earlier run's tiles with their checksums first.")
    ] = False,
    seed: Annotated[int, typer.Option("--seed", help="Seed of everything random.")] = 0,
) -> None:
    """Fill the gaps of a cube of any size: tile by tile, on Dask, in bounded memory.

    A run that was stopped in any way goes on when the same command is given again. OUT.zarr.inpaint, beside the
    output, holds what that needs. What was done is written on stdout as JSON.

    Examples:
      python -m eogen inpaint chl.zarr filled.zarr
      python -m eogen inpaint chl.zarr filled.zarr --method unet --cluster tcp://head:8786
    """
    import json

    from eogen.ocean.scale.run import inpaint as run

    with terminal_progress() as progress:
        done = run(
            source, out, method, variable=variable, address=cluster, count=workers, memory=memory, fresh=not resume,
            verify=verify, seed=seed, progress=progress, say=say,
        )  # fmt: skip
    typer.echo(json.dumps(done, indent=1))
