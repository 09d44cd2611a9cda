"""MAIL, RCPT and DATA are sent in one batch (RFC 2920) if the relay offers PIPELINING."""

import socket
import ssl
from threading import Thread

import pytest
from flask import Flask
from flask_mail import Mail, Message

from worker.smtp.mailer import Mailer


def serve(server: socket.socket, offers: str, heard: list[bytes]) -> None:
    """Act as a relay for one email, and record the commands of each batch before the message."""
    connection, _ = server.accept()
    with connection:
        connection.sendall(b"220 relay\r\n")
        connection.recv(1000)
        connection.sendall(f"250-relay\r\n{offers}250 HELP\r\n".encode())
        while b"data\r\n" not in b"".join(heard):
            # Commands are case-insensitive (RFC 5321, 2.4): Python 3.13 sends "from:", older versions "FROM:".
            heard.append(connection.recv(1000).lower())
            commands = heard[-1].count(b"\r\n")
            connection.sendall(b"250 OK\r\n" * (commands - (b"data" in heard[-1])))
        connection.sendall(b"354 Go on\r\n")
        connection.recv(100_000)
        connection.sendall(b"250 taken\r\n")


@pytest.mark.parametrize(("offers", "turns"), [("250-PIPELINING\r\n", 1), ("", 3)])
def test_sender_recipient_and_data_share_a_batch_if_the_relay_pipelines(offers: str, turns: int) -> None:
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = Thread(target=serve, args=(server, offers, heard))
        thread.start()
        app = Flask("worker")
        app.config.update({"MAIL_SERVER": "127.0.0.1", "MAIL_PORT": server.getsockname()[1]})
        Mail(app)
        with app.app_context():
            mailer = Mailer(app, 2, ssl.create_default_context())
            mail = Message("Hello", ["ada@example.com"], "Hello Ada", sender="no-reply@example.org")
            assert mailer.send(mail) == "250 taken"
        thread.join(5)
        mailer.close()

    assert len(heard) == turns
    assert b"".join(heard).count(b"from:<no-reply@example.org>") == 1
    assert b"".join(heard).count(b"to:<ada@example.com>") == 1
