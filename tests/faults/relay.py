"""A mail relay that misbehaves on request. Written by hand, because no SMTP library drops a message half-way."""

import asyncio
import re
import threading
from collections.abc import Callable, Coroutine
from contextlib import suppress
from enum import Enum, auto

from tests.support.servers import free_port

_NUMBER = re.compile(rb"u(\d+)@example\.com", re.IGNORECASE)
_MESSAGE_ID = re.compile(rb"^Message-ID:\s*(\S+)", re.IGNORECASE | re.MULTILINE)
_ANSWERS = {
    b"EHLO": "250-relay\r\n250-PIPELINING\r\n250 SMTPUTF8",
    b"HELO": "250 relay",
    b"QUIT": "221 Bye",
    b"DATA": "354 Go on",
}

Take = Callable[[int, str], None]
"""Is given the number of the user and the Message-ID of each mail that was taken."""


class Mood(Enum):
    """How the relay treats every connection."""

    WELL = auto()
    BUSY = auto()
    SILENT = auto()
    DROPS_IN_DATA = auto()
    DROPS_AFTER_DOT = auto()
    FAILS_QUIT = auto()
    REFUSES_SENDER = auto()


class Relay:
    """The relay, running in its own thread."""

    def __init__(self, take: Take) -> None:
        self.port = free_port()
        self.answer_to: Callable[[int], str] = lambda _number: "250 OK"
        self.answer_to_mail = "250 OK"
        self._take = take
        self._mood = Mood.WELL
        self._sessions: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="relay", daemon=True)
        self._server: asyncio.Server | None = None

    def start(self) -> None:
        self._thread.start()
        self.listen()

    def listen(self) -> None:
        self._wait(self._listen())

    def refuse(self) -> None:
        """Close the port and every connection."""
        self._wait(self._refuse())

    def become(self, mood: Mood) -> None:
        """Change the mood, for open connections too; a client that waits for a silent relay goes on waiting."""
        self._wait(self._become(mood))

    def stop(self) -> None:
        self._wait(self._refuse())
        self._wait(self._end_tasks())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    def _wait(self, what: Coroutine[None, None, None]) -> None:
        asyncio.run_coroutine_threadsafe(what, self._loop).result(5)

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._session, "127.0.0.1", self.port)

    async def _refuse(self) -> None:
        if self._server is not None:
            self._server.close()
        await self._end_sessions()

    async def _become(self, mood: Mood) -> None:
        self._mood = mood
        if mood is not Mood.WELL:
            await self._end_sessions()

    async def _end_sessions(self) -> None:
        """Close every connection. Every accepted message has been answered: see `_mail`."""
        for writer in self._sessions:
            writer.close()

    async def _end_tasks(self) -> None:
        sessions = asyncio.all_tasks() - {asyncio.current_task()}
        for session in sessions:
            session.cancel()
        await asyncio.gather(*sessions, return_exceptions=True)

    async def _session(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._sessions.add(writer)
        try:
            with suppress(OSError, asyncio.IncompleteReadError):
                await self._greet(reader, writer)
        finally:
            self._sessions.discard(writer)
            writer.close()

    async def _greet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        match self._mood:
            case Mood.SILENT:
                await reader.read()
            case Mood.BUSY:
                await _say(writer, "421 Too busy")
            case _:
                await _say(writer, "220 relay")
                await self._talk(reader, writer)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        number: int | None = None
        while line := await reader.readline():
            verb = line[:4].upper()
            if verb == b"QUIT" and self._mood is Mood.FAILS_QUIT:
                return
            if verb == b"RCPT":
                found = _NUMBER.search(line)
                number = int(found[1]) if found else None
                await _say(writer, self.answer_to(number) if number is not None else "250 OK")
                continue
            await _say(writer, _ANSWERS.get(verb, "250 OK"))
            if verb == b"QUIT" or (verb == b"DATA" and not await self._mail(reader, writer, number)):
                return

    async def _mail(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int | None) -> bool:
        """Receive a message, or a part of it, and return whether the session goes on."""
        if self._mood is Mood.DROPS_IN_DATA:
            await reader.readline()
            return False
        mail = await reader.readuntil(b"\r\n.\r\n")
        if self._mood is Mood.REFUSES_SENDER:
            await _say(writer, "550 The from address does not match a verified Sender Identity")  # SendGrid's words.
            return True
        identity = _MESSAGE_ID.search(mail)
        # No await between accepting and answering, so the mood cannot change in between.
        if number is not None:
            self._take(number, identity[1].decode() if identity else "")
        if self._mood is Mood.DROPS_AFTER_DOT:
            return False
        await _say(writer, self.answer_to_mail)
        return True


async def _say(writer: asyncio.StreamWriter, words: str) -> None:
    writer.write(words.encode() + b"\r\n")
    await writer.drain()
