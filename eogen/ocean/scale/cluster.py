"""Workers: a local cluster of processes, any `distributed` scheduler by its address, or this process alone."""

from __future__ import annotations

import asyncio
import errno
import importlib.util
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from eogen import __version__
from eogen.errors import Cancelled, InputError, Unavailable
from eogen.ocean.scale.plan import Tile
from eogen.ocean.scale.work import Job, guarded
from eogen.progress import Progress

if TYPE_CHECKING:
    from distributed import Client

#: Seconds to wait for a scheduler, and for its first worker.
PATIENCE = 10.0


@contextmanager
def workers(
    address: str | None, processes: int, memory: str, paths: Sequence[str], say: Callable[[str], None]
) -> Iterator[Client | None]:
    """Yield a client of the workers; None: the work is done in this process.

    Args:
        address: of a scheduler (``tcp://host:8786``); None for processes of this machine.
        processes: how many; 0 for this process alone.
        memory: a process is restarted when it has more.
        paths: what every worker must see.
        say: is told where to watch.

    Raises:
        Unavailable: ``inpaint_cluster``; ``inpaint_no_workers``.
        InputError: ``inpaint_worker``.
    """
    if address is None and processes == 0:
        yield None
        return
    from distributed import Client, LocalCluster

    if address is not None:
        _reach(address)
    local = None
    try:
        if address is None:
            local = LocalCluster(
                n_workers=processes, threads_per_worker=1, processes=True, memory_limit=memory,
                host="127.0.0.1", dashboard_address="127.0.0.1:0",
            )  # fmt: skip
        with Client(local or address, timeout=PATIENCE, set_as_default=False) as client:
            say(f"Watch the workers at {dashboard(client)}")
            _greet(client, address or "127.0.0.1", paths)
            yield client
    finally:
        if local is not None:
            local.close()


def _reach(address: str) -> None:
    """Knock at a scheduler's door: a client that finds nobody is slow to give up, and noisy."""
    from distributed.comm import connect

    async def knock() -> None:
        comm = await connect(address, timeout=PATIENCE)
        await comm.close()

    try:
        asyncio.run(knock())
    except (OSError, TimeoutError, ValueError, ImportError) as error:
        raise Unavailable(
            "inpaint_cluster",
            "No Dask scheduler answers at {address} ({reason}); give an address such as tcp://host:8786.",
            address=address, reason=_first(error),
        ) from error  # fmt: skip


def dashboard(client: Client) -> str:
    """Return where the workers can be watched; without bokeh the scheduler has plain pages only."""
    link = client.dashboard_link
    return (
        link
        if importlib.util.find_spec("bokeh")
        else link.removesuffix("/status") + "/info/main/workers.html"
    )


def _first(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:120]


def _probe(paths: Sequence[str]) -> tuple[str, list[str]]:
    return __version__, [p for p in paths if not Path(p).is_dir()]


def _greet(client: Client, address: str, paths: Sequence[str]) -> None:
    """Check that there are workers, that they have this package and that they see the stores."""
    try:
        client.wait_for_workers(1, timeout=PATIENCE)
    except TimeoutError as error:
        raise Unavailable(
            "inpaint_no_workers",
            "The scheduler at {address} has no worker; start one with `dask worker {address}`.",
            address=address,
        ) from error
    try:
        told = client.run(_probe, list(paths))
    except (ImportError, AttributeError, TypeError) as error:
        raise InputError(
            "inpaint_worker",
            "The worker {worker} cannot run this package ({reason}); install the same version there.",
            worker=address, reason=_first(error),
        ) from error  # fmt: skip
    for worker, (version, unseen) in told.items():
        if version != __version__ or unseen:
            reason = (
                f"it has version {version}, not {__version__}"
                if not unseen
                else f"it does not see {unseen[0]}"
            )
            raise InputError(
                "inpaint_worker",
                "The worker {worker} cannot run this package ({reason}); install the same version there.",
                worker=worker, reason=reason,
            )  # fmt: skip


def everywhere(
    client: Client | None, task: Callable[[Job, Tile], dict[str, Any]], job: Job, tiles: Sequence[Tile], stage: str,
    progress: Progress, finished: int, total: int,
) -> Iterator[dict[str, Any]]:  # fmt: skip
    """Run a task on every tile and yield what each says, as they finish.

    Raises:
        InputError: what a task raised; ``inpaint_disk_full``; ``inpaint_disk``; ``inpaint_worker_died``.
        Unavailable: ``inpaint_cluster_lost``.
        Cancelled: asked for by ``progress``.
    """
    progress(finished, total, stage)
    for done, facts in enumerate(_results(client, task, job, tiles), finished + 1):
        _raised(facts, job)
        progress(done, total, stage)
        yield facts


def _results(
    client: Client | None, task: Callable[..., Any], job: Job, tiles: Sequence[Tile]
) -> Iterator[dict[str, Any]]:
    if client is None:
        for tile in tiles:
            yield guarded(task, job, tile)
        return
    from dask.utils import key_split
    from distributed import as_completed
    from distributed.comm.core import CommClosedError
    from distributed.scheduler import KilledWorker

    shared = client.scatter(job, broadcast=True, hash=False)
    run = uuid4().hex  # keys must differ between runs on one scheduler
    futures = [
        client.submit(guarded, task, shared, tile, pure=False, key=f"{task.__name__}-{tile.name}-{run}")
        for tile in tiles
    ]
    try:
        for future in as_completed(futures, loop=client.loop):
            try:
                yield future.result()
            except KilledWorker as error:
                raise InputError(
                    "inpaint_worker_died",
                    "{deaths} workers died in the task {task}: give them more memory (--memory), or smaller tiles; "
                    "what is finished is kept.",
                    deaths=4, task=key_split(future.key),
                ) from error  # fmt: skip
            except (CommClosedError, OSError) as error:
                raise Unavailable(
                    "inpaint_cluster_lost",
                    "The cluster was lost ({reason}); the same command goes on where it was.",
                    reason=_first(error),
                ) from error
    finally:
        client.cancel(futures)


def _raised(facts: dict[str, Any], job: Job) -> None:
    """Raise what a task could not."""
    kind = facts.get("error")
    if kind is None:
        return
    if kind == "Cancelled":
        raise Cancelled
    if kind == "OSError":
        code = (
            "inpaint_disk_full"
            if facts["errno"] in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
            else "inpaint_disk"
        )
        sentence = {
            "inpaint_disk_full": "The disk of {out} is full; make room, then the same command goes on where it was.",
            "inpaint_disk": "{out} cannot be read or written ({reason}); what is finished is kept.",
        }[code]
        raise InputError(code, sentence, out=job.out, reason=facts["reason"])
    family = Unavailable if kind == "Unavailable" else InputError
    raise family(facts["code"], facts["sentence"], **facts["facts"])
