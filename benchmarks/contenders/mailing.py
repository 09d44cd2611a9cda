"""Code shared by *usual* and *tutorial*: the user lookup, the token and the mail."""

import os

from flask import Flask
from flask_mail import Mail, Message
from flask_sqlalchemy import SQLAlchemy
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy import select
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """The declarative base."""


db = SQLAlchemy(model_class=Base)
mail = Mail()
serializer = URLSafeTimedSerializer(os.environ["SECRET_KEY"], salt="reset-password")


class User(Base):
    """A row of the users table."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(unique=True)
    password_hash: Mapped[str | None]


def make_app() -> Flask:
    """Build an app with the database and mail relay from the environment."""
    app = Flask(__name__)
    app.config.update(
        SQLALCHEMY_DATABASE_URI=os.environ["DATABASE_URL"].replace("postgresql://", "postgresql+psycopg://"),
        MAIL_SERVER=os.environ["MAIL_SERVER"],
        MAIL_PORT=int(os.environ["MAIL_PORT"]),
        MAIL_DEFAULT_SENDER=os.environ["MAIL_DEFAULT_SENDER"],
    )
    db.init_app(app)
    mail.init_app(app)
    return app


def find(address: str) -> User | None:
    """Find the user with an address."""
    return db.session.scalar(select(User).where(User.email == address.lower()))


def send_link(user: User) -> None:
    """Mail a link over a new connection, as Flask-Mail does by default."""
    token = serializer.dumps(user.id)
    text = f"To choose a new password, open {os.environ['RESET_URL']}?token={token}"
    html = f'<p>To choose a new password, <a href="{os.environ["RESET_URL"]}?token={token}">open this link</a>.</p>'
    mail.send(Message("Reset your password", recipients=[user.email], body=text, html=html))
