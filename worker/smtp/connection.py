"""The connection to the mail relay: smtplib's, plus pipelining, a bound on every wait, and verified TLS."""

import io
import smtplib
import socket
import time
from typing import Any, cast

_OK, _TAKEN = 250, (250, 251)
_NO_ESMTP = {500, 502}  # RFC 5321, 4.2.4: the command is unknown, so HELO may be tried.
MAX_MAILS = 100  # Relays commonly end a connection after this many.
MAX_IDLE = 5.0  # Seconds after which a kept connection is checked before use.
FINAL_ANSWER = 3  # Times the usual timeout: after the final dot a relay may be busy, and giving up may email twice.
MAX_ANSWER = 65536  # Bytes of one answer.
MIN_SECRET = 4  # Characters.
_NO_SECRETS = {"AUTH", "PLAIN", "LOGIN", "CRAM-MD5", "XOAUTH2", "OAUTHBEARER"}  # None of them is base64.


class _Answers(io.RawIOBase):
    """Reads answers of the relay, each within its time and size: a socket's timeout starts again with each byte."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self.ends_at = 0.0
        self.left = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        seconds = self.ends_at - time.monotonic()
        if seconds <= 0:
            raise TimeoutError("timed out")
        if self.left <= 0:
            raise OSError("the answer does not end")
        self._sock.settimeout(seconds)
        got = self._sock.recv_into(buffer)
        self.left -= got
        return got


class Relay(smtplib.SMTP):
    """SMTP with a bound on the whole dialogue, and a longer timeout for the answer to the email itself.

    If the relay supports PIPELINING (RFC 2920), MAIL, RCPT and DATA are sent together, so that an email takes two round
    trips instead of four. MAIL and RCPT are held back, and seem to succeed, until DATA is sent with them; their real
    answers are read before DATA's.
    """

    def __init__(self, *arguments: Any, ends_at: float, **options: Any) -> None:
        self.ends_at = ends_at
        self.mails = 0
        self.unanswered_mail = False
        self.answer = ""
        self.logging_in = False
        self._secrets: set[bytes] = set()
        self._held: list[tuple[str, str]] = []
        self._answers: _Answers | None = None
        super().__init__(*arguments, **options)

    def ehlo(self, name: str = "") -> tuple[int, bytes]:
        """Say EHLO.

        Raises SMTPHeloError if the relay refuses this name or machine; smtplib would try HELO and lose the reason.
        """
        code, text = super().ehlo(name)
        if code != _OK and code not in _NO_ESMTP:
            raise smtplib.SMTPHeloError(code, text)
        return code, text

    def putcmd(self, cmd: str, args: str = "") -> None:
        """Send a command, or hold it back.

        Raises SMTPSenderRefused or SMTPRecipientsRefused at DATA; the connection must then be dropped.
        """
        if cmd in {"mail", "rcpt"} and self.has_extn("pipelining"):
            if "\r" in args or "\n" in args:
                raise ValueError("the address has a line break")
            self._held.append((cmd, args))
        elif self._held:
            self._send_with_held_back(cmd)
        else:
            super().putcmd(cmd, args)

    def _send_with_held_back(self, cmd: str) -> None:
        held, self._held = self._held, []
        self.send("".join(f"{line}\r\n" for line in [*map(" ".join, held), cmd]))
        for name, argument in held:
            code, text = self.getreply()
            if name == "mail" and code != _OK:
                raise smtplib.SMTPSenderRefused(code, text, argument)
            if name == "rcpt" and code not in _TAKEN:
                raise smtplib.SMTPRecipientsRefused({argument: (code, text)})

    def send(self, s: Any) -> None:
        """Send, and record whether it was the email: smtplib sends commands as text and the email as bytes."""
        if self.logging_in:
            told = {word for word in s.split() if len(word) >= MIN_SECRET and word not in _NO_SECRETS}
            self._secrets |= {word.encode() for word in told}
        if self.sock is not None:
            self.sock.settimeout(self.left(self.timeout))
        super().send(s)
        self.unanswered_mail = isinstance(s, bytes)

    def getreply(self) -> tuple[int, bytes]:
        """Wait for an answer until the timeout or the end of the dialogue, and keep the answer to the email."""
        left = self.left(self.timeout * (FINAL_ANSWER if self.unanswered_mail else 1))
        if self._held:
            return _OK, b"held back"
        if self.file is None and self.sock is not None:
            self._answers = _Answers(self.sock)
            self.file = io.BufferedReader(self._answers)
        if self._answers is not None:
            self._answers.ends_at, self._answers.left = time.monotonic() + left, MAX_ANSWER
        code, text = super().getreply()
        # Some relays quote what they do not understand.
        for secret in self._secrets:
            text = text.replace(secret, b"[secret]")
        if self.unanswered_mail:
            self.answer = f"{code} {text.decode(errors='replace')}"
            self.mails += 1
        self.unanswered_mail = False
        return code, text

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        """Try the relay's addresses, all of them within the dialogue; smtplib calls this to connect."""
        failed: OSError = OSError(f"{host} has no address")
        for *_, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
            try:
                return cast("socket.socket", super()._get_socket(address[0], port, self.left(timeout)))  # type: ignore[misc]
            except OSError as error:
                failed = error
        raise failed

    def left(self, seconds: float) -> float:
        """Return this many seconds, or those to the end of the dialogue if they are fewer."""
        left = min(seconds, self.ends_at - time.monotonic())
        if left <= 0:
            raise smtplib.SMTPServerDisconnected("the dialogue took too long")
        return left


class RelaySSL(Relay, smtplib.SMTP_SSL):
    """The same, with TLS from the first byte."""
