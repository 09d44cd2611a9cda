"""Creates the users table, adds users, and reads them from CSV. Only used by the command line."""

import csv
from collections.abc import Iterable, Iterator
from contextlib import suppress

from flask_sqlalchemy.session import Session
from sqlalchemy import Boolean, Column, DateTime, Integer, MetaData, String, Table, func, insert, inspect, select, true
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import scoped_session

from api.passwords.formats.formats import HashFormats
from shared.addresses import InvalidAddress, normalise, parse, spellings
from shared.settings.settings import Settings


class DuplicateAddress(Exception):
    """There is already a user with this address."""


class Accounts:
    """The users table as created by `create-table`, with the configured names."""

    def __init__(self, settings: Settings, session: "scoped_session[Session]") -> None:
        schema, name = settings.users_schema_and_table
        self._session = session
        self._email, self._password = settings.users_email_column, settings.users_password_column
        changed = settings.users_password_changed_column or "password_changed_at"
        self._table = Table(
            name,
            MetaData(),
            Column(settings.users_id_column, Integer, primary_key=True),
            Column(self._email, String(254), nullable=False, unique=True),
            Column(self._password, String(255)),
            Column("is_active", Boolean, nullable=False, server_default=true()),
            Column(changed, DateTime(timezone=True)),
            Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
            schema=schema or None,
        )

    def create_table(self) -> bool:
        """Create the table; return False and change nothing if a table of that name exists."""
        connection = self._session.connection()
        if inspect(connection).has_table(self._table.name, schema=self._table.schema):
            return False
        self._table.create(connection)
        self._session.commit()
        return True

    def add(self, rows: list[tuple[str, str]]) -> None:
        """Insert users, given as pairs of address and hash.

        Raises DuplicateAddress, in which case nothing is inserted.
        """
        if not rows:
            return
        columns = [{self._email: address, self._password: password_hash} for address, password_hash in rows]
        try:
            self._session.execute(insert(self._table), columns)
        except IntegrityError:
            self._session.rollback()
            raise DuplicateAddress from None
        self._session.commit()

    def has(self, address: str) -> bool:
        """Tell whether a user has this mailbox, however it is spelled."""
        forms = [form.lower() for form in spellings(address)]
        query = select(self._table.c[self._email]).where(func.lower(self._table.c[self._email]).in_(forms))
        return self._session.execute(query).first() is not None

    def addresses(self) -> set[str]:
        """Return the normalised addresses of all users."""
        found = set()
        for address in self._session.execute(select(self._table.c[self._email])).scalars():
            with suppress(InvalidAddress):
                found.add(normalise(address))
        return found


def read_rows(lines: Iterable[str], formats: HashFormats, known: set[str]) -> Iterator[tuple[str, str] | str]:
    """Read CSV with the columns email,password_hash; yield each row's address and hash, or why it is refused."""
    reader = csv.DictReader(lines)
    if not {"email", "password_hash"} <= set(reader.fieldnames or ()):
        yield "line 1: the first line must name the columns: email,password_hash"
        return
    for row in reader:
        address, password_hash = row["email"] or "", row["password_hash"] or ""
        line = f"line {reader.line_num}:"
        try:
            mailbox = normalise(address)
        except InvalidAddress:
            yield f"{line} email is not a valid email address"
            continue
        if None in row:
            yield f"{line} there are more columns than in the first line"
        elif problem := formats.flaw(password_hash):
            yield f"{line} password_hash {problem}"
        elif mailbox in known:
            yield f"{line} there is already a user with this address"
        else:
            known.add(mailbox)
            yield parse(address), password_hash
