"""What is done, on disk: a folder beside the output, one small file for each finished task, each written whole or not.

OUT.zarr.inpaint/settings.json     what was asked; another question cannot go on with this answer
                 statistics.zarr   what is usual at each cell
                 done/*.json       the finished tasks, with the checksum of what they wrote
                 lock              held while a run lasts
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from eogen.errors import InputError


@dataclass(frozen=True)
class Manifest:
    """The folder beside an output."""

    out: str

    @property
    def folder(self) -> Path:
        """Return the folder."""
        return Path(f"{self.out}.inpaint")

    @property
    def statistics(self) -> Path:
        """Return the store of what is usual."""
        return self.folder / "statistics.zarr"

    def finish(self, stage: str, name: str, facts: dict[str, Any]) -> None:
        """Say that a task is done; nothing is said before what it wrote is on disk."""
        write_whole(self.folder / "done" / f"{stage}-{name}.json", facts)

    def done(self, stage: str) -> dict[str, dict[str, Any]]:
        """Return what the finished tasks of a stage said, by their names."""
        found = {}
        for file in sorted((self.folder / "done").glob(f"{stage}-*.json")):
            found[file.stem.removeprefix(f"{stage}-")] = json.loads(file.read_text(encoding="utf-8"))
        return found

    def forget(self, stage: str, name: str) -> None:
        """Have a task done again."""
        (self.folder / "done" / f"{stage}-{name}.json").unlink(missing_ok=True)

    def settings(self) -> dict[str, Any] | None:
        """Return what was asked of this output; None when nothing was."""
        file = self.folder / "settings.json"
        return json.loads(file.read_text(encoding="utf-8")) if file.is_file() else None

    def lock(self) -> FileLock:
        """Return the lock of a run, held.

        Raises:
            InputError: ``inpaint_running``; ``inpaint_disk``.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(
                "inpaint_disk",
                "{out} cannot be read or written ({reason}); what is finished is kept.",
                out=self.out, reason=error.strerror,
            ) from error  # fmt: skip
        held = FileLock(self.folder / "lock")
        try:
            held.acquire(timeout=0)
        except Timeout as error:
            raise InputError(
                "inpaint_running", "Another run is writing {out}; wait for it, or stop it.", out=self.out
            ) from error
        return held

    def check(self, settings: dict[str, Any], fresh: bool) -> bool:
        """Return whether an earlier run goes on; touch nothing.

        Raises:
            InputError: ``inpaint_output_exists``; ``inpaint_settings``.
        """
        before = self.settings()
        if Path(self.out).exists() and before is None:
            raise InputError(
                "inpaint_output_exists",
                "{out} exists and was not written by this command: choose another name, or delete it yourself.",
                out=self.out,
            )
        if before is None or fresh:
            return False
        if changed := [k for k in settings if before.get(k) != settings[k]]:
            raise InputError(
                "inpaint_settings",
                "{out} was begun with another {changed}; ask as before, choose another name, or use --fresh.",
                out=self.out, changed=", ".join(changed),
            )  # fmt: skip
        return True

    def begin(self, settings: dict[str, Any], fresh: bool) -> None:
        """Prepare the folder; what an earlier run did is deleted when another begins."""
        if self.check(settings, fresh):
            return
        if self.settings() is not None:
            shutil.rmtree(self.folder / "done", ignore_errors=True)
            shutil.rmtree(self.statistics, ignore_errors=True)
            if Path(self.out).exists():
                shutil.rmtree(self.out)
        (self.folder / "done").mkdir(parents=True, exist_ok=True)
        write_whole(self.folder / "settings.json", settings)


def write_whole(path: Path, facts: dict[str, Any]) -> None:
    """Write JSON so that a reader finds all of it or nothing, whenever the process is killed."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(facts, file)
        file.flush()
        os.fsync(file.fileno())
    Path(name).replace(path)
