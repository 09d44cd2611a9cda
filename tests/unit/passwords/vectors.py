"""Hashes made by software that is not at hand everywhere, and how they were made.

Each was made with the software's own code on 2026-11-29, which also read what Latchkey wrote, unless a source is named.
"""

from typing import NamedTuple

from shared.settings.hashes import HashFormatName

PASSWORD = "correct horse battery staple ä"
PEPPER = "d4" * 64


class Vector(NamedTuple):
    """how: what made the hash of PASSWORD, or of another password."""

    name: HashFormatName
    how: str
    stored: str
    password: str = PASSWORD


# javac on the sources of spring-security-crypto (d449950b), with Bouncy Castle 1.72 of Debian 12:
# PasswordEncoderFactories.createDelegatingPasswordEncoder().encode(...), and `defaultsForSpringSecurity_v5_8()` of the
# other three encoders. Its `matches` accepted what each encoder of ours wrote.
_SPRING = (
    Vector("spring", "bcrypt", "{bcrypt}$2a$10$BN2zAh0Ur9AMuf25il9VEu58UugNOZmQM8xVJegr4pLZf1fY.H6Hq"),
    Vector(
        "spring",
        "argon2",
        "{argon2@SpringSecurity_v5_8}$argon2id$v=19$m=16384,t=2,p=1$PzvnS+Kn1/koQLKER8lJ0w"
        "$75eKlQ/gkfQ0dYbZDFVZnqIbE24jnLRahcNmNBEaleU",
    ),
    Vector(
        "spring",
        "pbkdf2",
        "{pbkdf2@SpringSecurity_v5_8}00a78e2b9ed458d61770681316f8f4af0f42082a73c84e7f2265473b481b384e"
        "c1af0f7f3d19c50489df06b791a3e2ce",
    ),
    Vector(
        "spring",
        "scrypt",
        "{scrypt@SpringSecurity_v5_8}$100801$Vk7OsHcJvyyQA39Ocuh3ig==$05u8jBDxKdI2pj7OlZtlwwdCYs4HGLlJhhwVodxlvco=",
    ),
)
# lib/devise/encryptor.rb (150273e3) with bcrypt-ruby 3.1.18 of Debian 12 and PEPPER; its `compare` accepted ours.
_DEVISE = (Vector("devise", "Devise", "$2a$12$5gU856V6omgT9BTBpNKAB.mU1cP83k0beX26MxMvHpQmqZWRUi8xK"),)
# PHP 8.2: password_hash() over base64(HMAC-SHA384), as wp_hash_password() of WordPress 6.8 calls it.
_WORDPRESS = (Vector("wordpress", "PHP", "$wp$2y$10$g8ls7PpDbFNnH3fNW47E1OiQqvMSJ.DrH4Jt/l9c7SJbfd5Uy5Lee"),)
_ASP_NET_SHA_512 = (
    "AQAAAAIAAAD6AAAAIJbVi5wbMR+htSfFp8fTw8N8GOS/Sje+S/4YZcgBfU7EQuqv4OkVYmc4VJl9AGZzmRTxSkP7LtVi9IWyUxX8IAAf"
    "Z8v+ZfhjCcudtC1YERSqE1OEdXLW9VukPuJWBBjLuw=="
)
# The hashes that the tests of dotnet/aspnetcore (03741a0a, PasswordHasherTest.cs) accept.
_ASP_NET = tuple(
    Vector("aspnet-v3", how, stored, "my password")
    for how, stored in (
        ("SHA-1, 16 bytes", "AQAAAAAAAAD6AAAAEAhftMyfTJylOlZT+eEotFXd1elee8ih5WsjXaR3PA9M"),
        (
            "SHA-256, 10,000 times",
            "AQAAAAEAACcQAAAAEAABAgMEBQYHCAkKCwwNDg+yWU7rLgUwPZb1Itsmra7cbxw2EFpwpVFIEtP+JIuUEw==",
        ),
        (
            "SHA-256, 250,000 times",
            "AQAAAAEAA9CQAAAAIESkQuj2Du8Y+kbc5lcN/W/3NiAZFEm11P27nrSN5/tId+bR1SwV8CO1Jd72r4C08OLvplNlCDc3oQZ8efcW+jQ=",
        ),
        ("SHA-512, 64 bytes", _ASP_NET_SHA_512),
    )
)
VECTORS = (*_SPRING, *_DEVISE, *_WORDPRESS, *_ASP_NET)
