"""Servers that say one thing to whoever connects: what a real one says when it can't let us in.

They speak just so much of each protocol that the real drivers understand the refusal.
"""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def refusing(answer: Callable[[socket.socket], None]) -> Iterator[int]:
    """Answer every connection so while the block lasts; gives the port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_serve, args=(listener, answer), daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(5)


def postgresql_saying(state: str, message: str) -> Callable[[socket.socket], None]:
    """Refuse in PostgreSQL's protocol, after the start-up packet."""

    def answer(client: socket.socket) -> None:
        while True:
            (length,) = struct.unpack("!i", _read(client, 4))
            packet = _read(client, length - 4)
            if struct.unpack("!i", packet[:4])[0] not in (80877103, 80877104):  # asks for TLS, or for GSS
                break
            client.sendall(b"N")
        fields = {"S": "FATAL", "V": "FATAL", "C": state, "M": message}
        body = b"".join(f"{name}{text}\0".encode() for name, text in fields.items()) + b"\0"
        client.sendall(b"E" + struct.pack("!i", len(body) + 4) + body)

    return answer


def mysql_saying(number: int, state: str, message: str) -> Callable[[socket.socket], None]:
    """Refuse in MySQL's protocol, before any greeting."""

    def answer(client: socket.socket) -> None:
        body = b"\xff" + struct.pack("<H", number) + f"#{state}{message}".encode()
        client.sendall(struct.pack("<I", len(body))[:3] + b"\0" + body)
        client.recv(1)

    return answer


def hanging_up(client: socket.socket) -> None:
    """Close the connection without a word."""


def _serve(listener: socket.socket, answer: Callable[[socket.socket], None]) -> None:
    while True:
        try:
            client, _ = listener.accept()
        except OSError:  # the block is over
            return
        with client:
            client.settimeout(5)
            try:
                answer(client)
            except OSError:  # the driver has hung up first
                continue


def _read(client: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        chunk = client.recv(count - len(data))
        if not chunk:
            raise ConnectionResetError
        data += chunk
    return data
