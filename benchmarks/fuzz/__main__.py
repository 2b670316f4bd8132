"""Run the fuzz suite: ``python -m benchmarks.fuzz --files 2000 --seed 0 [--only NUMBER…] [--json FILE]``."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
#: What one file may take: seconds of the processor (a busy machine is no fault of a reader), seconds without an answer
#: (whatever it waits for), MB.
LONGEST, SILENT, LARGEST_MB = 10.0, 40.0, 1000
#: Seconds in which a child has to be ready.
START = 180.0


class Bait(BaseHTTPRequestHandler):
    """A server that nobody may ask; whoever does is remembered."""

    asked: list[str] = []  # noqa: RUF012 - one bait a run

    def do_GET(self) -> None:
        """Remember, and refuse."""
        self.asked.append(self.path)
        self.send_error(404)

    do_HEAD = do_GET  # noqa: N815 - the base class's name

    def log_message(self, *args: object) -> None:
        """Say nothing."""


class Child:
    """A process that opens files, one at a time; ``bare``: it opens none before it says that it is ready."""

    def __init__(self, home: Path, seed: int, bait: str, *, bare: bool = False) -> None:
        own = {"OMP_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1", "HOME": str(home), "TMPDIR": str(home)}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.fuzz.child", str(home), str(seed), bait, str(int(bare))],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT, env=os.environ | own, bufsize=0,
        )  # fmt: skip
        self._buffer, self._closed = b"", False
        self.ready = self._line(START)

    def ask(self, number: int, longest: float) -> dict[str, Any] | None:
        """Return the child's answer; None when it fell silent or died."""
        try:
            self.process.stdin.write(b"%d\n" % number)
        except OSError:
            self._closed = True
            return None
        return self._line(longest + 2)  # what is not the reader's own time is in it

    def _line(self, seconds: float) -> dict[str, Any] | None:
        end = time.monotonic() + seconds
        while b"\n" not in self._buffer:
            ready, _, _ = select.select([self.process.stdout], [], [], max(end - time.monotonic(), 0))
            piece = os.read(self.process.stdout.fileno(), 65536) if ready else b""
            if not piece:
                self._closed = bool(ready)
                return None
            self._buffer += piece
        line, _, self._buffer = self._buffer.partition(b"\n")
        return json.loads(line)

    def end(self) -> str:
        """Stop the process, and say how it had ended."""
        if self._closed:  # it has let go of its output, which only its end does
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(SILENT)
        code = self.process.poll()
        if code is None:
            self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()
        if code is None:
            return "no answer in time"
        return f"the process died ({signal.Signals(-code).name if code < 0 else f'exit {code}'})"


def judged(found: dict[str, Any]) -> dict[str, Any]:
    """Return a result with the limits of time and memory held against it."""
    if found["said"] != "failed" and found["cpu"] > LONGEST:
        found |= {"said": "failed", "code": f"{found['cpu']:.1f} s of the processor"}
    if found["said"] != "failed" and found["mb"] > LARGEST_MB:
        found |= {"said": "failed", "code": f"{found['mb']} MB"}
    return found


def run(numbers: list[int], seed: int, *, say: bool = False, longest: float = SILENT) -> list[dict[str, Any]]:
    """Open the files of these numbers in a child; return one result each (``said``: read, refused or failed)."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Bait)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    Bait.asked.clear()
    results: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory(prefix="eogen-fuzz-") as place:
        home = Path(place).resolve()
        (home / "secret.bin").write_bytes(b"\x00\x50\x9a\x44" * 4096)
        bait = f"http://127.0.0.1:{server.server_port}"
        child: Child | None = None
        for number in numbers:
            if child is None:
                child = Child(home, seed, bait, bare=max(numbers) < 0)
                if child.ready is None:
                    said = (home / "stderr.txt").read_text()[-2000:]
                    raise RuntimeError(f"the child did not start: {child.end()}\n{said}")
            found = child.ask(number, longest)
            if found is None:
                reader, _, label = (home / "now.txt").read_text().partition(" ")
                found = {"number": number, "reader": reader, "label": label, "said": "failed", "code": child.end(),
                         "seconds": longest, "cpu": 0.0, "mb": 0}  # fmt: skip
                child = None
            if Bait.asked:
                found |= {"said": "failed", "code": f"an address was asked: {Bait.asked[:2]}"}
                Bait.asked.clear()
            results.append(judged(found))
            if say and results[-1]["said"] == "failed":
                print(
                    f"FAILED {seed}/{number} {found['reader']} ({found['label']}): {found['code']}",
                    flush=True,
                )
        if child is not None:
            child.process.stdin.close()
            child.process.wait(30)
            child.process.stdout.close()
    server.shutdown()
    server.server_close()
    return results


def table(results: list[dict[str, Any]]) -> str:
    """Return one line for each reader: files, read, refused, failed, slowest, largest."""
    lines = [
        f"{'reader':<16}{'files':>7}{'read':>7}{'refused':>9}{'failed':>8}{'slowest':>10}{'largest':>10}"
    ]
    for reader in sorted({r["reader"] for r in results}):
        own = [r for r in results if r["reader"] == reader]
        said = Counter(r["said"] for r in own)
        lines.append(
            f"{reader:<16}{len(own):>7}{said['read']:>7}{said['refused']:>9}{said['failed']:>8}"
            f"{max(r['cpu'] for r in own):>8.2f} s{max(r['mb'] for r in own):>7} MB"
        )
    return "\n".join(lines)


def main(words: list[str] | None = None) -> int:
    """Run what was asked for; 1 when a file failed."""
    asked = argparse.ArgumentParser(prog="python -m benchmarks.fuzz", description=__doc__)
    asked.add_argument(
        "--files", type=int, default=2000, help="the well-made and the hostile ones come first"
    )
    asked.add_argument("--seed", type=int, default=0)
    asked.add_argument("--only", type=int, nargs="+", metavar="NUMBER", help="play these again")
    asked.add_argument("--json", type=Path, metavar="FILE", help="write every result")
    given = asked.parse_args(words)
    began = time.monotonic()
    results = run(given.only or list(range(given.files)), given.seed, say=True)
    print(table(results))
    if given.only:
        print(*results, sep="\n")
    if given.json:
        given.json.write_text(json.dumps(results, indent=0), encoding="utf-8")
    failed = sum(r["said"] == "failed" for r in results)
    print(f"{len(results)} files, {failed} failed, {time.monotonic() - began:.0f} s (seed {given.seed})")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
