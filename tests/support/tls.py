"""A self-signed certificate, and a TLS proxy in front of a server without TLS."""

import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from tests.conftest import missing


def server_context(folder: Path) -> ssl.SSLContext:
    """Create a self-signed certificate for 127.0.0.1 in the folder, as `certificate.pem`."""
    if not shutil.which("openssl"):
        missing("openssl is not on the PATH")
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=server"
    command += " -addext subjectAltName=IP:127.0.0.1 -out certificate.pem -keyout key.pem"
    subprocess.run(command.split(), check=True, capture_output=True, cwd=folder)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "certificate.pem", folder / "key.pem")
    return context


@contextmanager
def tls_proxy(port: int, context: ssl.SSLContext) -> Iterator[int]:
    """Forward TLS connections to a local port; yield the proxy's own port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    threading.Thread(target=pass_on, args=(listener.accept()[0],), daemon=True).start()

        def pass_on(plain: socket.socket) -> None:
            with (
                suppress(OSError),
                closing(plain),
                context.wrap_socket(plain, server_side=True) as client,
                socket.create_connection(("127.0.0.1", port)) as server,
            ):
                threading.Thread(target=copy, args=(server, client), daemon=True).start()
                copy(client, server)

        def copy(source: socket.socket, target: socket.socket) -> None:
            with suppress(OSError):
                while data := source.recv(65536):
                    target.sendall(data)
                target.shutdown(socket.SHUT_WR)

        threading.Thread(target=serve, daemon=True).start()
        yield int(listener.getsockname()[1])
        # Wakes the thread that waits for connections.
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
