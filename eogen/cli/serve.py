"""``serve``: open the app."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

import eogen
from eogen.cli import screen
from eogen.cli.frame import say, sentences
from eogen.errors import InputError, Unavailable

APP = Path(eogen.__file__).resolve().parents[1] / "app.py"
#: What the app is started with, unless it is set already. Threads that each keep a heap of their own (glibc's way) cost
#: a server hundreds of MB, and Arrow's own heap, which gives nothing back, 50; small networks on shared cores are
#: slower on two threads than on one.
ENVIRONMENT = {"MALLOC_ARENA_MAX": "1", "ARROW_DEFAULT_MEMORY_POOL": "system", "OMP_NUM_THREADS": "1"}
PATIENCE = 60.0
"""Seconds to wait for the app to answer."""


@sentences
def serve(
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="0 takes any free port.")] = 8501,
    address: Annotated[
        str, typer.Option("--address", help="127.0.0.1: this machine only; 0.0.0.0: everyone on the network.")
    ] = "127.0.0.1",
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the browser.")] = True,
    stand: Annotated[
        bool, typer.Option("--stand", help="Full screen for a public stand, in French, without a way out.")
    ] = False,
) -> None:
    """Open the app in the browser; Ctrl-C ends it.

    Examples:
      python -m eogen serve
      python -m eogen serve --stand
      python -m eogen serve --port 8600 --no-browser
    """
    beside()
    port = free_port(address, port)
    command = [sys.executable, "-m", "streamlit", "run", str(APP), "--server.headless=true"]
    command += [f"--server.port={port}", f"--server.address={address}"]
    # The configuration that is committed lies beside app.py, and streamlit looks for it where it is started.
    process = subprocess.Popen(
        command, cwd=APP.parent, stdout=subprocess.DEVNULL, env=ENVIRONMENT | dict(os.environ)
    )
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)  # `kill` must not leave the app behind
    full: subprocess.Popen[bytes] | None = None
    host = "127.0.0.1" if address in ("0.0.0.0", "") else address
    try:
        wait_until_healthy(process, host, port)
        url = f"http://{f'[{host}]' if ':' in host else host}:{port}"
        say(f"EOGen is open at {url} (Ctrl-C ends it).")
        if stand:
            url = f"{url}/?{screen.QUERY}"
        if stand and browser:
            full = screen.open_full(url)
        elif browser:
            import webbrowser

            webbrowser.open(url)
        code = process.wait()
    except KeyboardInterrupt:  # the usual way to end it
        code = 0
    finally:
        if full is not None:
            full.terminate()
        process.terminate()
        process.wait()
        signal.signal(signal.SIGTERM, before)
    raise typer.Exit(code)


def beside() -> None:
    """Do nothing where the app lies beside the package.

    Raises:
        Unavailable: ``no_app``.
    """
    if not APP.is_file():
        sentence = "The app is not beside the package: {file} was expected (use a checkout of EOGen)."
        raise Unavailable("no_app", sentence, file=str(APP))


def free_port(address: str, port: int) -> int:
    """Return ``port``, or any free one for 0.

    Raises:
        InputError: ``port_busy``, ``bad_address``.
    """
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except socket.gaierror as error:
            sentence = "{address} is not an address of this machine; 127.0.0.1 is the usual one."
            raise InputError("bad_address", sentence, address=address) from error
        except OSError as error:
            sentence = "Port {port} of {address} cannot be used ({reason}); try --port 0."
            raise InputError(
                "port_busy", sentence, port=port, address=address, reason=error.strerror
            ) from error
        return probe.getsockname()[1]


def wait_until_healthy(process: subprocess.Popen[bytes], host: str, port: int) -> None:
    """Return when the app answers.

    Raises:
        Unavailable: ``app_ended``, ``app_silent``.
    """
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if process.poll() is not None:
            sentence = "The app ended before it was open (exit code {status}); the lines above say why."
            raise Unavailable("app_ended", sentence, status=process.returncode)
        connection = http.client.HTTPConnection(host, port, timeout=2)
        try:
            connection.request("GET", "/_stcore/health")
            if connection.getresponse().status == 200:
                return
        except OSError:  # not listening yet
            time.sleep(0.1)
        finally:
            connection.close()
    sentence = "The app did not answer within {seconds} s."
    raise Unavailable("app_silent", sentence, seconds=int(PATIENCE))
