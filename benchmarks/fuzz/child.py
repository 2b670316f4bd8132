"""The process that opens the files: numbers on its input, one line of JSON for each on its output.

It watches itself as far as a process can (what Python opens, where, and which addresses); its parent watches the rest.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import shutil
import sys
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any

from benchmarks.fuzz.cases import Cases
from benchmarks.fuzz.readers import READERS
from eogen.errors import InputError

#: Address space beyond what is mapped at the start, bytes: past it memory is refused, and the machine lives on.
SPARE = 6 << 30
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_NAMES = (
    "os.mkdir",
    "os.rename",
    "os.symlink",
    "os.link",
    "os.remove",
    "os.rmdir",
    "os.truncate",
    "shutil.move",
)
_NETWORK = ("socket.connect", "socket.getaddrinfo", "socket.bind", "socket.sendto", "urllib.Request")
_PROCESSES = ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork")
_seen: list[str] = []
_home = ""


def _watch(event: str, args: tuple[Any, ...]) -> None:
    if not _home:
        return
    if event in _NETWORK or event in _PROCESSES:
        _seen.append(f"{event} {args!r:.80}")
        raise PermissionError(event)
    if event == "open" and isinstance(args[0], str) and isinstance(args[2], int) and args[2] & _WRITING:
        _inside(event, args[0])
    elif event in _NAMES and isinstance(args[0], str | os.PathLike):
        _inside(event, os.fspath(args[0]))


def _inside(event: str, path: str) -> None:
    whole = os.path.realpath(path)
    if not whole.startswith(_home) and whole != "/dev/null" and "__pycache__" not in whole:
        _seen.append(f"{event} {path[:80]}")


def held() -> tuple[int, int]:
    """Return the memory of this process now, and the most since the last :func:`forget`, bytes."""
    told = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return tuple(int(told[name].split()[0]) * 1024 for name in ("VmRSS", "VmHWM"))


def forget() -> int:
    """Begin the count of the most anew; return what is held before a file is opened."""
    Path("/proc/self/clear_refs").write_text("5")
    return held()[0]


def one(cases: Cases, number: int, words: dict[str, Any], home: Path) -> dict[str, Any]:
    """Open one case; return what came of it."""
    global _home
    case = cases[number]
    folder = Path(tempfile.mkdtemp(dir=home))
    tempfile.tempdir = str(folder)
    cwd = folder / "cwd"
    cwd.mkdir()
    inner = folder / "in"
    inner.mkdir()
    os.chdir(cwd)
    (home / "now.txt").write_text(f"{case.reader} {case.label}")
    before = forget()
    _seen.clear()
    said, code, began, worked = "read", "", time.perf_counter(), time.process_time()
    _home = str(folder)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            opened = READERS[case.reader](case.files, inner)
            del opened
    except InputError as error:
        said, code = "refused", error.code
        for lang, texts in words.items():
            try:
                if f"errors.{error.code}" not in texts:
                    raise KeyError(f"no words for {error.code}")
                texts(f"errors.{error.code}", **error.facts)
            except Exception as fault:  # noqa: BLE001 - whatever keeps a sentence from being said
                said, code = "failed", f"{lang}: {fault!r:.160}"
    except BaseException as error:  # noqa: BLE001 - any other end is what is being looked for
        import traceback

        place = traceback.extract_tb(error.__traceback__)
        own = next(
            (f for f in reversed(place) if "/eogen/" in f.filename or "/pages/" in f.filename), place[-1]
        )
        said, code = (
            "failed",
            f"{type(error).__name__}: {str(error)[:120]} ({Path(own.filename).name}:{own.lineno})",
        )
    _home = ""
    seconds, cpu = time.perf_counter() - began, time.process_time() - worked
    if case.refuse and said == "read":
        said, code = "failed", "it was read, and should have been refused"
    if _seen:
        said, code = "failed", "; ".join(_seen[:3])
    elif left := [p.name for p in folder.iterdir() if p.name not in ("cwd", "in")] + [
        p.name for p in cwd.iterdir()
    ]:
        said, code = "failed", f"left behind: {left[:3]}"
    os.chdir(home)
    tempfile.tempdir = str(home)
    shutil.rmtree(folder, ignore_errors=True)
    return {"number": number, "reader": case.reader, "label": case.label, "said": said, "code": code,
            "seconds": round(seconds, 3), "cpu": round(cpu, 3), "mb": round((held()[1] - before) / 1e6)}  # fmt: skip


def main() -> None:
    """Answer until the input ends."""
    home, seed, bait, bare = Path(sys.argv[1]).resolve(), int(sys.argv[2]), sys.argv[3], sys.argv[4] == "1"
    out = os.fdopen(os.dup(1), "w")
    with contextlib.suppress(OSError):  # what libraries print is no answer
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os.dup2(os.open(home / "stderr.txt", os.O_WRONLY | os.O_CREAT | os.O_APPEND), 2)
    import logging

    logging.disable(logging.CRITICAL)
    import torch

    from pages.kit.words import Words, read_all

    torch.set_num_threads(1)
    cases = Cases(seed, bait, home / "secret.bin")
    words = {lang: Words(lang, read_all(lang)) for lang in ("fr", "en")}
    if not bare:
        _ = cases.attacks
        for case in cases.firsts():  # libraries are imported before the clock and the count begin
            one(cases, case, words, home)
    mapped = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (mapped + SPARE, mapped + SPARE))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.addaudithook(_watch)
    print(json.dumps({"ready": True, "mb": round(held()[1] / 1e6)}), file=out, flush=True)
    for line in sys.stdin:
        print(json.dumps(one(cases, int(line), words, home)), file=out, flush=True)


if __name__ == "__main__":
    main()
