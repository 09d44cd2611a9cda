"""The settings of the API, besides those it shares with the worker."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator, SecretStr

from api.settings.limits import ClientLimits, Limits
from api.settings.logo import checked_logo
from api.settings.origins import checked_header_names, checked_origins
from api.settings.proxies import TrustedProxies, parse_proxies
from shared.settings.random_key import unpredictable
from shared.settings.settings import Settings, split_list
from shared.settings.web_address import web_address

RANGE_SERVICE = "https://api.pwnedpasswords.com/range/"
# Each label of the host name has 1 to 63 characters (RFC 1035, 2.3.4): looking up any other raises an error.
_BEGINNING = re.compile(r"\w+://(([\w-]{1,63}\.)*[\w-]{1,63}|\[[\w:.]+\])(:([1-9]\d*)?)?/([^?#\s]*/)?", re.ASCII)
MIN_UNPREDICTABLE = 7  # Characters of a token.
# RFC 6750, 2.1.
_BEARER_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]{16,}=*")


def _range_service(value: str) -> str:
    if not _BEGINNING.fullmatch(value):
        raise ValueError("is not the beginning of a web address, up to a slash")
    return web_address(value)


def _metrics_token(value: SecretStr) -> SecretStr:
    if not _BEARER_TOKEN.fullmatch(value.get_secret_value()):
        raise ValueError("is too short, or holds a character that a bearer token cannot have")
    if unpredictable(value.get_secret_value()) < MIN_UNPREDICTABLE:
        raise ValueError("is not random: it consists of sequences, repeats, or parts of an example")
    return value


class ApiSettings(Settings):
    """The settings of the API, which never connects to the mail server."""

    prefixes = (
        *("FORGOT_", "RESET_", "OUTBOX_", "BREACH_", "BCRYPT_", "CORS_", "TRUSTED_", "SIGN_IN_"),
        *("PASSWORD_MI", "PASSWORD_MA", "BRAND_", "BABEL_DEFAULT_"),  # `pass` has PASSWORD_STORE_DIR.
    )
    others = ("RESET_URL",)

    forgot_limit_per_ip: Limits = Field(
        default="30/minute;300/hour",
        description="The limit on requests for a link by one client, such as `30/minute;300/hour`. Further "
        "requests get `429`.",
    )
    forgot_limit_per_network: Limits = Field(
        default="",
        description="The limit on requests for a link by all clients of an IPv4 /24 or IPv6 /48 together. Empty: ten "
        "times FORGOT_LIMIT_PER_IP. Further requests get `429`.",
    )
    forgot_limit_per_email: Limits = Field(
        default="",
        description="The limit on emails to one typed address. Empty: 3 within RESET_TOKEN_MAX_AGE. Further requests "
        "are accepted, and no email is sent, but a network that has not asked for the address within "
        "RESET_TOKEN_MAX_AGE always gets one.",
    )
    forgot_email_limit_response: Literal["silent", "429"] = Field(
        default="silent",
        description="The answer to a request over FORGOT_LIMIT_PER_EMAIL: `silent` for the usual one, or "
        "`429` to tell the client that the address was requested too often.",
    )
    reset_limit_per_ip: Limits = Field(
        default="20/minute",
        description="The limit on resets and checks of links by one client, such as `20/minute`. Further ones "
        "get `429`.",
    )
    reset_limit_per_link: Limits = Field(
        default="10/minute",
        description="The limit on resets and checks with all links of one user together, such as `10/minute`. "
        "Further ones get `429`.",
    )
    trusted_proxies: Annotated[TrustedProxies, PlainValidator(parse_proxies)] = Field(
        default=0,
        description="The proxies in front of the API that append to `X-Forwarded-For` and `X-Forwarded-Proto`: their "
        "number (0 to 10), or their networks: `10.0.0.0/8,192.0.2.1,fd00::/8`.",
    )
    cors_origins: Annotated[tuple[str, ...], BeforeValidator(split_list), AfterValidator(checked_origins)] = Field(
        default=(),
        description="The origins whose pages may call the API, separated by commas: `https://www.example.com`, or "
        "an app's `capacitor://localhost`.",
    )
    cors_allow_headers: Annotated[
        tuple[str, ...], BeforeValidator(split_list), AfterValidator(checked_header_names)
    ] = Field(
        default=(),
        description="Headers that those pages may send, besides the usual ones of tracing: `X-Api-Key,X-Tenant`.",
    )
    bcrypt_rounds: int = Field(default=12, ge=10, le=16, description="The bcrypt cost of new hashes: 10 to 16.")
    password_min_length: int = Field(
        default=15,
        ge=8,
        le=64,
        description="The minimum length of a new password in characters: 8 to 64 (NIST SP 800-63B-4: 15).",
    )
    breach_check: Literal["off", "open", "closed"] = Field(
        default="off",
        description="Whether new passwords are looked up among leaked ones, over the internet. `off`: they "
        "are not. `open`: a password is accepted if the service does not answer. `closed`: the "
        "reset then gets `503`.",
    )
    breach_check_url: Annotated[str, AfterValidator(_range_service)] = Field(
        default=RANGE_SERVICE,
        description="The service for BREACH_CHECK: Have I Been Pwned, or a copy of its range service. It "
        "needs https, unless it is on this machine. The first five digits of the password's SHA-1 "
        "are appended, and nothing else is sent.",
    )
    outbox_max: int = Field(
        default=1_000_000,
        ge=1,
        description="The maximum number of accepted jobs that wait, 1 or more (0.7 kB each in Redis). Beyond "
        "it, everybody gets `503`.",
    )
    metrics_token: Annotated[SecretStr, AfterValidator(_metrics_token)] = Field(
        default=SecretStr(""),
        description="The bearer token that opens `/metrics`: 16 or more letters, digits and `._~+/-`. Empty: "
        "`/metrics` is closed.",
    )
    logo: Annotated[str, AfterValidator(checked_logo)] = Field(
        default="",
        description="A picture that the pages show instead of the name: an https address, or a file (SVG, "
        "PNG, JPEG or WebP, 100 kB at most).",
    )
    host: str = Field(
        default="127.0.0.1", description="The address that the API listens on; `0.0.0.0` for all interfaces."
    )
    port: int = Field(default=8000, ge=1, le=65535, description="The port that the API listens on: 1 to 65535.")
    web_processes: int = Field(
        default=1, ge=1, le=64, description="The number of server processes: 1 to 64. One for each core is best."
    )
    web_threads: int = Field(
        default=8,
        ge=1,
        le=256,
        description="The number of threads in each server process: 1 to 256. A small number is best.",
    )

    @property
    def forgot_limits(self) -> ClientLimits:
        """The limits of a client on requests for a link."""
        return ClientLimits.around(self.forgot_limit_per_ip, self.forgot_limit_per_network)

    @property
    def reset_limits(self) -> ClientLimits:
        """The limits of a client on resets and checks of links."""
        return ClientLimits.around(self.reset_limit_per_ip)

    @property
    def address_limits(self) -> str:
        """The quota of an address. By default, nobody uses it up for longer than a link lives."""
        return self.forgot_limit_per_email or f"3/{self.reset_token_max_age} seconds"

    @property
    def hashing_slots(self) -> int:
        """How many threads of a process may wait for hashes: half, so that the others keep answering."""
        return max(1, self.web_threads // 2)

    @property
    def reset_slots(self) -> int:
        """How many threads of a process resets and checks may block together: all but one, which keeps answering."""
        return max(1, self.web_threads - 1)
