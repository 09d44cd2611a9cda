"""The software that owns each format: it reads what Latchkey writes, and writes what Latchkey has to read."""

import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass

import bcrypt
from django.conf import settings as django_settings
from django.contrib.auth import hashers
from flask import Flask, current_app
from flask_bcrypt import Bcrypt
from passlib.context import CryptContext
from pwdlib import PasswordHash
from werkzeug.security import check_password_hash, generate_password_hash

from shared.settings.hashes import HashFormatName
from tests.conftest import missing
from tests.frontends.node import FOLDER, require_node
from tests.support.hashes import CHEAP, SECRET


@dataclass(frozen=True)
class Owner:
    """reads: whether a stored hash is that of a password. writes: the hash of a password."""

    reads: Callable[[str, str], bool]
    writes: Callable[[str], str]


def _bcrypt(prefix: bytes) -> Owner:
    return Owner(
        lambda stored, password: bcrypt.checkpw(password.encode(), stored.encode()),
        lambda password: bcrypt.hashpw(password.encode(), bcrypt.gensalt(CHEAP, prefix)).decode(),
    )


def _php(algorithm: str, options: str) -> Owner:
    return Owner(
        lambda stored, password: run_php("echo password_verify($argv[1], $argv[2]) ? 1 : 0;", password, stored) == "1",
        lambda password: run_php(f"echo password_hash($argv[1], {algorithm}, {options});", password),
    )


def run_php(code: str, *arguments: str) -> str:
    if not shutil.which("php"):
        missing("No PHP on the PATH")
    ended = subprocess.run(["php", "-r", code, "--", *arguments], capture_output=True, text=True, check=True)
    return ended.stdout


def _django(name: str) -> Owner:
    def configured() -> None:
        if not django_settings.configured:
            names = ("PBKDF2", "Argon2", "Scrypt", "BCrypt", "BCryptSHA256")
            every = [f"django.contrib.auth.hashers.{name}PasswordHasher" for name in names]
            django_settings.configure(PASSWORD_HASHERS=every)

    def reads(stored: str, password: str) -> bool:
        configured()
        return bool(hashers.check_password(password, stored))

    def writes(password: str) -> str:
        configured()
        return str(hashers.make_password(password, hasher=name))

    return Owner(reads, writes)


def _werkzeug(method: str) -> Owner:
    return Owner(check_password_hash, lambda password: generate_password_hash(password, method))


def _node(package: str) -> Owner:
    return Owner(
        lambda stored, password: _run_node(package, password, stored) == "true",
        lambda password: _run_node(package, password),
    )


def _run_node(*arguments: str) -> str:
    require_node()
    command = ["node", str(FOLDER / "hashes.mjs"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def _flask_bcrypt() -> Owner:
    app = Flask("application")
    app.config |= {"BCRYPT_HANDLE_LONG_PASSWORDS": True, "BCRYPT_LOG_ROUNDS": CHEAP}
    owner = Bcrypt(app)
    return Owner(owner.check_password_hash, lambda password: owner.generate_password_hash(password).decode())


def _flask_security(scheme: str) -> Owner:
    from flask_security import RoleMixin, Security, UserDatastore, UserMixin
    from flask_security.utils import hash_password, verify_password

    class User(UserMixin):
        fs_uniquifier = ""

    def application() -> Flask:
        app = Flask("application")
        app.config |= {"SECRET_KEY": "key", "SECURITY_PASSWORD_SALT": SECRET, "SECURITY_PASSWORD_HASH": scheme}
        app.config |= {"SECURITY_PASSWORD_SCHEMES": ["argon2", "bcrypt"]}
        Security(app, UserDatastore(User, RoleMixin), register_blueprint=False)
        return app

    def normal(password: str) -> str:
        """Return what its forms make of a password."""
        return str(current_app.extensions["security"].password_util.normalize(password))

    def reads(stored: str, password: str) -> bool:
        with application().app_context():
            return bool(verify_password(normal(password), stored))

    def writes(password: str) -> str:
        with application().app_context():
            return str(hash_password(normal(password)))

    return Owner(reads, writes)


def _passlib(scheme: str) -> Owner:
    context = CryptContext([scheme])
    return Owner(lambda stored, password: bool(context.verify(password, stored)), context.hash)


def _pwdlib() -> Owner:
    context = PasswordHash.recommended()
    return Owner(lambda stored, password: context.verify(password, stored), context.hash)


OWNERS: dict[tuple[HashFormatName, str], Callable[[], Owner]] = {
    ("bcrypt", "bcrypt"): lambda: _bcrypt(b"2b"),
    ("bcrypt", "bcryptjs"): lambda: _node("bcryptjs"),
    ("bcrypt-2a", "bcrypt"): lambda: _bcrypt(b"2a"),
    ("bcrypt-2y", "PHP"): lambda: _php("PASSWORD_BCRYPT", f"['cost' => {CHEAP}]"),
    ("argon2id", "PHP"): lambda: _php("PASSWORD_ARGON2ID", "[]"),
    ("argon2id", "pwdlib"): _pwdlib,
    ("django-pbkdf2", "Django"): lambda: _django("pbkdf2_sha256"),
    ("django-argon2", "Django"): lambda: _django("argon2"),
    ("django-scrypt", "Django"): lambda: _django("scrypt"),
    ("django-bcrypt", "Django"): lambda: _django("bcrypt"),
    ("django-bcrypt-sha256", "Django"): lambda: _django("bcrypt_sha256"),
    ("werkzeug-scrypt", "Werkzeug"): lambda: _werkzeug("scrypt"),
    ("werkzeug-pbkdf2", "Werkzeug"): lambda: _werkzeug("pbkdf2"),
    ("flask-bcrypt-long", "Flask-Bcrypt"): _flask_bcrypt,
    ("flask-security", "Flask-Security, argon2"): lambda: _flask_security("argon2"),
    ("flask-security", "Flask-Security, bcrypt"): lambda: _flask_security("bcrypt"),
    ("better-auth", "better-auth"): lambda: _node("better-auth"),
    ("passlib-pbkdf2-sha256", "libpass"): lambda: _passlib("pbkdf2_sha256"),
    ("passlib-bcrypt-sha256", "libpass"): lambda: _passlib("bcrypt_sha256"),
}
