"""A proxy in front of a database server that counts the message exchanges of its clients.

    with proxying(url) as proxy:
        db = DatabaseManager(proxy.url)
        ...
        with proxy.listening() as talk:
            clips.get(1)
        assert len(talk) == 1, talk

What is counted is how often a client waits for the server. An exchange begins with a message that asks for
an answer, and ends with that answer. What the client sends while it's owed an answer (a pipeline)
belongs to the same exchange, and what needs none goes with the next that does.

| | asks for an answer | the answer ends with |
|---|---|---|
| PostgreSQL | Query, Sync, FunctionCall | ReadyForQuery; a COPY is part of its Query |
| PostgreSQL | Flush | its first message, so that a Sync after that is an exchange of its own |
| MySQL | each command, save COM_QUIT, COM_STMT_CLOSE and COM_STMT_SEND_LONG_DATA | |

A new connection is one exchange, `Connect`, whatever its start-up takes. Messages and answers are noted
before they're passed on: when a call returns, all is noted that it has waited for.

The proxy reads what it passes on, so TLS is off in its URL; a client that asks for it all the same fails
the test.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from threading import RLock, Thread
from typing import Any, Protocol

from sqlalchemy import URL, make_url

LOOPBACK = "127.0.0.1"
_PATIENCE_S = 10
_PORTS = {"postgresql": 5432, "mysql": 3306}
_TLS_OFF = {"postgresql": {"sslmode": "disable"}, "mysql": {"ssl_mode": "disabled"}}


@dataclass(frozen=True)
class Message:
    """One message of a client, with the statement that it's about, if that is known."""

    kind: str
    statement: str = ""

    def __repr__(self) -> str:
        return f"{self.kind} {self.statement!r}" if self.statement else self.kind


class Exchange(list[Message]):
    """What a client sent before it waited."""

    @property
    def verb(self) -> str:
        """The first word of its first statement, BEGIN for START; or its first message's kind."""
        statements = [message.statement for message in self if message.statement]
        if not statements:
            return self[0].kind
        word = statements[0].split()[0].rstrip(";").upper()
        return "BEGIN" if word == "START" else word


class Talk(list[Exchange]):
    """The exchanges of a time, in order; it prints as the conversation it was."""

    @property
    def verbs(self) -> list[str]:
        return [exchange.verb for exchange in self]

    def __repr__(self) -> str:
        lines = [f"  {number}. {', '.join(map(repr, turn))}" for number, turn in enumerate(self, 1)]
        return "\n".join([f"{len(self)} exchanges", *lines])


class Reader(Protocol):
    """What follows one connection's bytes, in the protocol of its database."""

    def from_client(self, data: bytes) -> None: ...

    def from_server(self, data: bytes) -> None: ...


class Proxy:
    """A port of its own that leads to the server of a URL; `url` leads to it. Serves until it's closed."""

    def __init__(self, url: URL) -> None:
        self._database = url.get_backend_name()
        self._server = url
        self._talk = Talk()
        self._unasked: list[Message] = []
        self._lock = RLock()
        self._sockets: list[socket.socket] = []
        self._pumps: list[Thread] = []
        self._listener = socket.create_server((LOOPBACK, 0))
        self._accepting = Thread(target=self._accept)
        self._accepting.start()

    @property
    def url(self) -> str:
        """The URL of the same database through the proxy."""
        port = self._listener.getsockname()[1]
        url = self._server.set(host=LOOPBACK, port=port).difference_update_query(["host"])
        return url.update_query_dict(_TLS_OFF[self._database]).render_as_string(hide_password=False)

    @contextmanager
    def listening(self) -> Iterator[Talk]:
        """Give the talk of the block, which is there at its end."""
        with self._lock:
            start = len(self._talk)
        talk = Talk()
        yield talk
        with self._lock:
            talk.extend(self._talk[start:])

    def wait_for_good_byes(self) -> list[Message]:
        """Wait until all clients have gone; give what they sent last that asked for no answer.

        Raises:
            TimeoutError: when one stays.
        """
        for pump in self._pumps:
            pump.join(_PATIENCE_S)
            if pump.is_alive():
                raise TimeoutError("a client of the proxy is still connected")
        return self._unasked

    def close(self) -> None:
        """End all connections."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._accepting.join()
        for end in self._sockets:
            _shut(end)
        self.wait_for_good_byes()
        for end in (self._listener, *self._sockets):
            end.close()

    def say(self, message: Message) -> None:
        """Note a message of a client."""
        self._unasked.append(message)

    def ask(self, *, waiting: bool = False) -> None:
        """Note that the client wants an answer to what it has said; or one more, where it's waiting."""
        if not waiting:
            self._talk.append(Exchange())
        self._talk[-1].extend(self._unasked)
        self._unasked.clear()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:  # closed
                return
            server = self._connect()
            reader = _READERS[self._database](self)
            with self._lock:
                self.say(Message("Connect"))
                self.ask()
                self._sockets += [client, server]
                self._pumps += [
                    Thread(target=self._pump, args=(client, server, reader.from_client)),
                    Thread(target=self._pump, args=(server, client, reader.from_server)),
                ]
            for end in (client, server):
                if end.family != socket.AF_UNIX:
                    end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for pump in self._pumps[-2:]:
                pump.start()

    def _connect(self) -> socket.socket:
        port = self._server.port or _PORTS[self._database]
        host = self._server.host or self._server.query.get("host", LOOPBACK)
        if not str(host).startswith("/"):
            return socket.create_connection((str(host), port))
        server = socket.socket(socket.AF_UNIX)  # a PostgreSQL that was started for the tests
        server.connect(f"{host}/.s.PGSQL.{port}")
        return server

    def _pump(self, source: socket.socket, target: socket.socket, read: Callable[[bytes], None]) -> None:
        try:
            with suppress(OSError):  # the other end has gone, or the proxy closes
                while data := source.recv(65536):
                    with self._lock:
                        read(data)
                    target.sendall(data)
        finally:
            _shut(source)
            _shut(target)


def _shut(end: socket.socket) -> None:
    with suppress(OSError):  # it's shut already
        end.shutdown(socket.SHUT_RDWR)


@contextmanager
def proxying(url: str) -> Iterator[Proxy]:
    """Give a proxy in front of the server of this URL, while the block lasts."""
    proxy = Proxy(make_url(url))
    try:
        yield proxy
    finally:
        proxy.close()


class PostgreSQL:
    """Reads protocol 3: a byte for the kind, four for the length; the start-up message has no kind."""

    _KINDS = {  # noqa: RUF012
        "B": "Bind",
        "C": "Close",
        "D": "Describe",
        "E": "Execute",
        "F": "FunctionCall",
        "H": "Flush",
        "P": "Parse",
        "Q": "Query",
        "S": "Sync",
        "X": "Terminate",
    }
    _CANCEL = 80877102

    def __init__(self, proxy: Proxy) -> None:
        self._proxy = proxy
        self._client, self._server = bytearray(), bytearray()
        self._starting, self._authenticating = True, True
        self._readies, self._flushed = 0, False
        self._statements: dict[bytes, str] = {}

    def from_client(self, data: bytes) -> None:
        self._client += data
        if self._starting and len(self._client) >= 8:
            length, major, minor = struct.unpack_from("!IHH", self._client)
            if major != 3 and (major << 16) + minor != self._CANCEL:
                raise ValueError("the client asks for encryption, which the proxy can't read: turn it off")
            del self._client[:length]
            self._starting = False
        if not self._starting:
            for kind, body in _typed(self._client):
                if not self._authenticating:
                    self._note(kind, body)

    def from_server(self, data: bytes) -> None:
        self._server += data
        for kind, _ in _typed(self._server):
            if kind == "Z" and self._authenticating:
                self._authenticating = False
            elif kind == "Z":
                self._readies -= 1
            if kind not in "NSA":  # notices, changed settings, notifications: those come at any time
                self._flushed = False

    def _note(self, kind: str, body: bytes) -> None:
        waiting = self._readies > 0 or self._flushed
        self._proxy.say(Message(self._KINDS.get(kind, kind), self._statement(kind, body)))
        if kind in "QSF":
            self._readies += 1
        elif kind == "H":
            self._flushed = True
        else:
            return
        self._proxy.ask(waiting=waiting)

    def _statement(self, kind: str, body: bytes) -> str:
        parts = body.split(b"\0")
        if kind == "P":
            self._statements[parts[0]] = _plain(parts[1])
        name = {"P": 0, "B": 1}.get(kind)
        if name is not None:
            return self._statements.get(parts[name], "")
        return _plain(parts[0]) if kind == "Q" else ""


class MySQL:
    """Reads packets: three bytes for the length, one for the number, which is 0 where a command begins."""

    _KINDS = {  # noqa: RUF012
        0x01: "COM_QUIT",
        0x02: "COM_INIT_DB",
        0x03: "COM_QUERY",
        0x0E: "COM_PING",
        0x11: "COM_CHANGE_USER",
        0x16: "COM_STMT_PREPARE",
        0x17: "COM_STMT_EXECUTE",
        0x18: "COM_STMT_SEND_LONG_DATA",
        0x19: "COM_STMT_CLOSE",
        0x1A: "COM_STMT_RESET",
        0x1B: "COM_SET_OPTION",
        0x1C: "COM_STMT_FETCH",
        0x1F: "COM_RESET_CONNECTION",
    }
    _UNANSWERED = ("COM_QUIT", "COM_STMT_SEND_LONG_DATA", "COM_STMT_CLOSE")
    _TLS = 0x800  # CLIENT_SSL among the client's capabilities

    def __init__(self, proxy: Proxy) -> None:
        self._proxy = proxy
        self._client = bytearray()
        self._starting = True

    def from_client(self, data: bytes) -> None:
        self._client += data
        while len(self._client) >= 4:
            length = int.from_bytes(self._client[:3], "little")
            if len(self._client) < 4 + length:
                return
            number, body = self._client[3], bytes(self._client[4 : 4 + length])
            del self._client[: 4 + length]
            if self._starting and int.from_bytes(body[:4], "little") & self._TLS:
                raise ValueError("the client asks for TLS, which the proxy can't read: turn it off")
            self._starting = False
            if number == 0:
                self._note(body)

    def from_server(self, data: bytes) -> None:
        """Each command has one answer, so there's nothing to be learned."""

    def _note(self, body: bytes) -> None:
        kind = self._KINDS.get(body[0], f"COM_{body[0]:#04x}")
        has_text = kind in ("COM_QUERY", "COM_STMT_PREPARE")
        self._proxy.say(Message(kind, _plain(body[1:]) if has_text else ""))
        if kind not in self._UNANSWERED:
            self._proxy.ask()


_READERS: dict[str, Callable[[Proxy], Reader]] = {"postgresql": PostgreSQL, "mysql": MySQL}


def _typed(buffer: bytearray) -> Iterator[tuple[str, bytes]]:
    """Take PostgreSQL's whole messages off the buffer."""
    start = 0
    while len(buffer) >= start + 5:
        end = start + 1 + int.from_bytes(buffer[start + 1 : start + 5])
        if len(buffer) < end:
            break
        yield chr(buffer[start]), bytes(buffer[start + 5 : end])
        start = end
    del buffer[:start]


def _plain(text: Any) -> str:
    return " ".join(text.decode(errors="replace").split())
