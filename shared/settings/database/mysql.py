"""The address of a MySQL or MariaDB, with the parameters of PyMySQL, mysql2, Prisma, JDBC, Go and Rails."""

import ssl
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from shared.settings.database.parameters import NOT_AN_ADDRESS, OTHER_CLIENTS, Parsed

# Latchkey has bounds of its own for each wait, and speaks UTF-8.
_OURS = {
    "connect_timeout",
    "connecttimeout",
    "read_timeout",
    "write_timeout",
    "sockettimeout",
    "timeout",
    "readtimeout",
}
_OURS |= {"writetimeout", "charset", "collation", "encoding", "characterencoding", "useunicode", "parsetime", "loc"}
_OURS |= {"servertimezone", "autocommit", "sslaccept", "allowpublickeyretrieval", "reconnect", "local_infile"}
_SOCKET = {"socket", "unix_socket", "socketpath"}
_MODE = {"ssl", "sslmode", "ssl_mode", "usessl", "tls"}
_CA = {"ssl_ca", "sslca", "sslrootcert", "sslcert_ca"}
_CERTIFICATE, _KEY = {"ssl_cert", "sslcert"}, {"ssl_key", "sslkey"}
_MODES = {
    **dict.fromkeys(("disabled", "disable", "false", "0"), "disabled"),
    **dict.fromkeys(("preferred", "prefer"), "preferred"),
    **dict.fromkeys(("required", "require", "skip-verify", "no-verify", "trust"), "required"),
    **dict.fromkeys(("verify_ca", "verify-ca"), "verify_ca"),
    **dict.fromkeys(("verify_identity", "verify-full", "verify_full", "strict"), "verify_identity"),
}


def parse_mysql(base: str, parameters: dict[str, str]) -> Parsed:
    """Parse what follows the scheme.

    Raises ValueError, whose text names what is wrong and holds no password.
    """
    known = {name.lower().replace("-", "_"): (name, value) for name, value in parameters.items()}
    options = _server(base)
    read: dict[str, str] = {}
    ignored: list[str] = []
    for key, (name, value) in known.items():
        for kind, names in {"socket": _SOCKET, "mode": _MODE, "ca": _CA, "cert": _CERTIFICATE, "key": _KEY}.items():
            if key in names:
                if read.setdefault(kind, value).lower() != value.lower():
                    raise ValueError(f"says twice, and differently, what {name} says. Leave one of them out")
                break
        else:
            if key not in _OURS | OTHER_CLIENTS:
                raise ValueError(f"has the parameter {name}, which Latchkey does not know")
            ignored.append(name)
    if known.get("sslaccept", ("", ""))[1] == "strict":  # Prisma.
        read.setdefault("mode", "strict")
    if "socket" in read:
        options["unix_socket"] = read["socket"]
    return Parsed("mysql+pymysql://", "", tuple(ignored), options | _tls(read))


def _server(base: str) -> dict[str, Any]:
    try:
        parts = urlsplit(f"//{base}")
        host, port = parts.hostname or "127.0.0.1", parts.port or 3306
    except ValueError:
        raise ValueError(NOT_AN_ADDRESS) from None
    if "," in parts.netloc.rpartition("@")[2]:
        raise ValueError("names several hosts. Name one, such as that of a proxy before them")
    database = unquote(parts.path.removeprefix("/"))
    if not database or "/" in database or parts.fragment:
        raise ValueError("names no database: mysql://user:password@host/database" if not database else NOT_AN_ADDRESS)
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    return {"host": host, "port": port, "user": user, "password": password, "database": database}


def _tls(read: dict[str, str]) -> dict[str, Any]:
    """Return what asks for TLS: by default if the server has it, and unverified, as MySQL's own clients do."""
    value = read.get("mode", "").lower()
    if value in {"true", "1"}:
        raise ValueError(
            "has ssl=true, which does not say whether the server's certificate is verified. Write "
            "ssl-mode=VERIFY_IDENTITY and ssl-ca, or ssl-mode=REQUIRED for TLS without that check"
        )
    files = read.keys() & {"ca", "cert", "key"}
    mode = _MODES.get(value) if value else ("verify_identity" if "ca" in files else "preferred")
    if mode is None:
        raise ValueError(
            "has a value of ssl-mode that is not one of DISABLED, PREFERRED, REQUIRED, VERIFY_CA and VERIFY_IDENTITY"
        )
    if mode == "disabled":
        return {"ssl_disabled": True}
    return {} if mode == "preferred" and not files else {"ssl": _context(mode, read)}


def _context(mode: str, read: dict[str, str]) -> ssl.SSLContext:
    if missing := [read[kind] for kind in ("ca", "cert", "key") if kind in read and not Path(read[kind]).is_file()]:
        raise ValueError(f"names a file for TLS that does not exist: {missing[0]}")
    try:
        context = ssl.create_default_context(cafile=read.get("ca"))
        # MySQL makes certificates of its own that are not strictly as RFC 5280 wants them.
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        if mode != "verify_identity":
            context.check_hostname = False
        if mode in {"preferred", "required"}:
            context.verify_mode = ssl.CERT_NONE
        if "cert" in read:
            context.load_cert_chain(read["cert"], read.get("key"))
    except (OSError, ssl.SSLError):
        raise ValueError("names a file for TLS that cannot be read") from None
    return context
