"""create_app builds the API in one place; serve is what each server process runs."""

import gc
from functools import partial
from threading import BoundedSemaphore

from flask import Flask
from jinja2 import PackageLoader

from api.cli.commands import Tools, app_for_help, users_commands
from api.error_handlers import register_errors
from api.forgot.accept import make_accept, make_rehearse
from api.forgot.views import register_forgot
from api.limits.clients import make_identify
from api.limits.counting import RESET, make_count
from api.limits.limits import limit_clients, make_limiter, refuse
from api.limits.links import LinkUses
from api.openapi.document import register_openapi
from api.ops.counters import Counters
from api.ops.health import PROBE_INTERVAL, Readiness, register_health
from api.ops.last_refusal import LastRefusal
from api.ops.memory import Memory
from api.ops.metrics import Metrics, register_metrics
from api.ops.probes import api_probes, database_probes
from api.pages.brand import register_brand
from api.pages.error_pages import make_for_browsers
from api.pages.pages import register_pages
from api.passwords.breaches import RangeService
from api.passwords.formats.formats import HashFormats
from api.passwords.hashing import Hashing
from api.passwords.new_password import NewPasswords
from api.passwords.policy import PasswordPolicy
from api.passwords.table_formats import TableFormats
from api.reset.password_reset import Resets
from api.reset.policy_view import register_policy
from api.reset.views import register_reset
from api.settings.settings import ApiSettings
from api.web.answers import request_language
from api.web.cross_origin import register_cors
from api.web.forwarded import Forwarded
from api.web.json_request import MAX_BODY
from api.web.response_headers import AroundRequests
from shared import log
from shared.connections.redis_client import connect
from shared.database.connections import database_config, db
from shared.languages import init_babel
from shared.outbox.jobs import hash_keys
from shared.outbox.outbox import Outbox
from shared.settings.environment import SettingsError
from shared.templates.templates import Templates
from shared.ticker import Ticker
from shared.tokens import Tokens
from shared.users.users import Users

# Seconds. With both, a request gets its 503 within half a second if Redis is down or frozen.
REDIS_CONNECT_TIMEOUT = 0.1
REDIS_TIMEOUT = 0.2


def serve() -> Flask:
    """Build the API and start its watch thread; each server process calls this.

    Raises SettingsError.
    """
    app = create_app()
    app.extensions["watch"].start()
    # Everything loaded so far lives forever. Scanning it paused all requests for 50 to 90 ms, once in thousands.
    gc.collect()
    gc.freeze()
    return app


def create_app(settings: ApiSettings | None = None) -> Flask:
    """Build the API without connecting to anything; the first request that needs a connection opens it.

    Raises SettingsError.
    """
    try:
        settings = settings or ApiSettings.load()
    except SettingsError as problem:
        return app_for_help(problem)
    log.configure("api", settings.log_level)
    return _build(settings)


def _build(settings: ApiSettings) -> Flask:
    url = settings.redis_url.get_secret_value()
    redis = connect(url, connect_timeout=REDIS_CONNECT_TIMEOUT, timeout=REDIS_TIMEOUT)
    key = hash_keys(settings)[0]
    outbox = Outbox(redis, settings.outbox_max)
    users = Users(settings, db)
    passwords = _new_passwords(settings)
    memory, counters = Memory(redis), Counters(redis, lambda: passwords.hashing.waiting)
    app = _bare_app(settings, counters)
    refusal = LastRefusal()
    table_formats = TableFormats(users, passwords.formats)
    passwords.formats.usual = table_formats.usual
    database = database_probes(app, users, table_formats, refusal)
    readiness = Readiness(api_probes(redis, make_rehearse(outbox, settings), memory, database))
    app.extensions |= {"redis": redis, "watch": _watch(counters, memory, readiness)}
    identify = make_identify(key)
    limiter = make_limiter(app, redis, identify)
    uses = LinkUses(limiter, settings.reset_limit_per_link, settings.reset_token_max_age, counters, key)
    tokens = Tokens([each.get_secret_value() for each in settings.secret_key], settings.reset_token_max_age)
    resets = Resets(tokens, users, passwords, BoundedSemaphore(settings.reset_slots), uses, outbox, key, refusal)
    register_openapi(app, settings.product_name)
    register_pages(app, settings, passwords.policy)
    register_brand(app, settings)
    register_forgot(app, make_accept(outbox, memory, settings, identify, key), limiter, identify, settings, counters)
    count = make_count(outbox, settings.reset_limits, RESET, identify)
    refused = partial(refuse, counters, "resets_limited")
    limit = limit_clients(limiter, settings.reset_limits, RESET, identify, refused)
    register_reset(app, resets, count, limit, counters)
    register_policy(app, passwords.policy, settings.breach_check)
    register_health(app, readiness)
    register_metrics(app, Metrics(redis, counters, memory, readiness), settings.metrics_token.get_secret_value())
    app.extensions["tools"] = Tools(settings, passwords, outbox, key)
    app.cli.add_command(users_commands)
    return app


def _watch(counters: Counters, memory: Memory, readiness: Readiness) -> Ticker:
    """Return the thread that does what is due beside the requests; at the end it only publishes the last counts."""

    def tick() -> None:
        readiness.status(PROBE_INTERVAL)  # First, because the others stop at the first error of Redis.
        counters.publish()
        memory.sample()

    return Ticker("watch", tick, counters.publish)


def _new_passwords(settings: ApiSettings) -> NewPasswords:
    secret, replace = settings.users_hash_secret.get_secret_value(), settings.users_hash_replace
    formats = HashFormats(settings.users_hash_format, settings.bcrypt_rounds, secret, replace=replace)
    limits, mode = formats.narrowest, settings.breach_check
    return NewPasswords(
        PasswordPolicy(settings.password_min_length, limits.max_length, limits.max_length_unit, settings.product_name),
        None if mode == "off" else RangeService(settings.breach_check_url, needed=mode == "closed"),
        formats,
        Hashing(settings.hashing_slots, processes=settings.web_processes),
    )


def _bare_app(settings: ApiSettings, counters: Counters) -> Flask:
    """Build the Flask app with its configuration, middleware and error handlers, but without endpoints."""
    app = Flask("api", static_folder=None)
    app.extensions["templates"] = templates = Templates(settings.template_folder, "pages", PackageLoader("api.pages"))
    app.jinja_loader = templates.loader
    # Otherwise Werkzeug redirects an address with two slashes in a row, to whatever host the request names.
    app.url_map.merge_slashes = False
    app.config.update(
        database_config(settings.database_url.get_secret_value(), settings.web_threads),
        MAX_CONTENT_LENGTH=MAX_BODY,
        MAIL_SHOW_REQUEST=settings.mail_show_request,
    )
    db.init_app(app)
    init_babel(app, settings.babel_default_locale, settings.babel_default_timezone, request_language)
    register_errors(app, counters, make_for_browsers())
    register_cors(app, settings.cors_origins, settings.cors_allow_headers)
    # Flask's documentation applies middleware by wrapping this method.
    app.wsgi_app = Forwarded(app.wsgi_app, settings.trusted_proxies)  # type: ignore[method-assign]
    app.wsgi_app = AroundRequests(app.wsgi_app, settings)  # type: ignore[method-assign]
    return app
