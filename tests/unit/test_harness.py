"""What the tests stand on: ports that are theirs until they end."""

from __future__ import annotations

import socket
import sys

import pytest

from tests.browser.harness import free_port


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux keeps a port for the server that comes later")
def test_a_port_is_kept_for_the_server_that_names_it():
    port = free_port()
    for _ in range(2):  # it comes, ends, and comes again
        with socket.socket() as server:
            server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            server.bind(("127.0.0.1", port))
            server.listen()
            socket.create_connection(("127.0.0.1", port)).close()
    with socket.socket() as other, pytest.raises(OSError, match="in use"):
        other.bind(("127.0.0.1", port))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux keeps a port for the server that comes later")
def test_nobody_else_is_given_it():
    mine = {free_port() for _ in range(300)}
    assert len(mine) == 300
    for k in range(3000):  # about thirty would be among them by chance
        with socket.socket() as other:
            other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, k % 2)
            other.bind(("127.0.0.1", 0))
            assert other.getsockname()[1] not in mine
