"""The composition root: settings, database, vault, keys, protocol server, views.

Nothing is wired anywhere else, and nothing is decided here.
"""

import logging
import re
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from functools import partial

from flask import Flask
from flask import Response
from flask import abort
from flask.globals import request_ctx

from idp import __version__
from idp import clock as wall_clock
from idp import directory
from idp import logs
from idp import tracing
from idp.actions import figures
from idp.actions import keys as key_rows
from idp.actions import refused
from idp.actions import throttle
from idp.actions.hashing import Hashing
from idp.actions.work import Origin
from idp.actions.work import Work
from idp.errors import Refusal
from idp.oidc import server
from idp.oidc.keys import KeyRing
from idp.rules.permissions import API_PATH
from idp.settings import Settings
from idp.store import database
from idp.tally import Tally
from idp.vault import Vault
from idp.web import access
from idp.web import account
from idp.web import activity
from idp.web import applications
from idp.web import assets
from idp.web import browser
from idp.web import consent
from idp.web import end_session
from idp.web import enrolment
from idp.web import errors
from idp.web import guards
from idp.web import health
from idp.web import language
from idp.web import login
from idp.web import metrics
from idp.web import mfa
from idp.web import oidc
from idp.web import passwords
from idp.web import rendering
from idp.web import sessions
from idp.web.admin import sections
from idp.web.api import mounting
from idp.web.application import Application
from idp.web.prometheus_processes import Reporter
from idp.web.work import EXTENSION
from idp.web.work import Parts

log = logging.getLogger("idp.server")

LARGEST_BODY = 64 * 1024
OTHER_HOST = "the Host header is not that of IDP_ISSUER"
"""Mostly a proxy that does not pass it on; what was sent is not repeated (REL-076)."""
ROOTED = re.compile("/(?!/)")
"""The framework takes slashes away that a proxy, and what it forbids, does not."""
SETTINGS = (account, mfa, passwords, sessions, applications, activity)
PAGES = (
    *(login, enrolment, consent, *SETTINGS, language, end_session),
    *sections.MODULES,
)
NAMES_OF_PAGES = frozenset(module.blueprint.name for module in PAGES)


def create_app(
    settings: Settings | None = None,
    *,
    clock: Callable[[], datetime] = wall_clock.now,
) -> Flask:
    """Builds the application; raises Misconfigured when it cannot be."""
    settings = settings or Settings.load()
    app = _bare(settings, clock)
    _dress(app, settings)
    _route(app, settings)
    errors.install(app)
    app.before_request(partial(_admit, settings))
    guards.check_all(app)
    return app


def begin_serving(app: Flask) -> Callable[[], None]:
    """Begins to answer requests of a real server; returns how to end it in order."""
    logs.never_wait()
    tracing.begin()
    made_of: Parts = app.extensions[EXTENSION]
    made_of.tally.write_by(lambda: refused.record(made_of.new_work(Origin())))
    facts = {"version": __version__, "configuration": made_of.settings.fingerprint()}
    log.info("a worker serves", extra={logs.FACTS: facts})
    with suppress(Refusal):  # so that keys are served also when the database goes
        made_of.keys.public_jwks()

    def end() -> None:
        made_of.close()
        tracing.end()
        log.info("a worker has stopped")
        logs.drain()

    return end


def create_management_app(settings: Settings | None = None) -> Flask:
    """Builds what the management listener serves: health and figures, no pages."""
    settings = settings or Settings.load()
    app = _bare(settings, wall_clock.now)
    app.config[metrics.MANAGEMENT] = True
    app.register_blueprint(health.blueprint)
    app.register_blueprint(metrics.blueprint)
    app.before_request(partial(access.begin, settings))
    guards.check_all(app)
    return app


def _bare(settings: Settings, clock: Callable[[], datetime]) -> Flask:
    logs.configure(settings)
    app = Application("idp", host=settings.host)
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY
    app.config["SESSION_COOKIE_SECURE"] = settings.secure_cookies
    made_of = app.extensions[EXTENSION] = _parts(app, settings, clock)
    app.after_request(partial(_finish, made_of.reporter))
    app.teardown_request(access.forget)
    return app


def _parts(app: Flask, settings: Settings, clock: Callable[[], datetime]) -> Parts:
    vault = Vault.load(settings)
    found = database.init_app(app, settings.database_url.get_secret_value())
    rates = throttle.source_rate(settings)
    hashing, tally = Hashing(), Tally()
    people = directory.of(settings)

    def new_work(origin: Origin) -> Work:
        return Work(
            now=clock(),
            settings=settings,
            vault=vault,
            database=found,
            rates=rates,
            hashing=hashing,
            origin=origin,
            directory=people,
            tally=tally,
        )

    ring = KeyRing(lambda: key_rows.load_keys(new_work(Origin())), clock)
    protocol = server.build(settings, ring, clock)

    def close() -> None:
        tally.stop()
        refused.record(new_work(Origin()))
        hashing.close()
        found.dispose()

    # A work of the process, not of a request: only its tools are looked at.
    reporter = Reporter(partial(figures.pressure, new_work(Origin())))
    return Parts(settings, vault, ring, protocol, tally, reporter, new_work, close)


def _dress(app: Flask, settings: Settings) -> None:
    look = rendering.Look(
        organisation=settings.organisation,
        address=settings.issuer,
        accent=settings.accent_colour,
        logo_file=settings.logo_file,
        help_text=settings.help_text,
    )
    rendering.install(app, look, choose_language=language.choose)


def _route(app: Flask, settings: Settings) -> None:
    prefix = settings.base_path or None
    for module in (*PAGES, oidc):
        app.register_blueprint(module.blueprint, url_prefix=prefix)
    app.register_blueprint(assets.blueprint, url_prefix=prefix)
    api = f"{settings.base_path}{API_PATH}"
    app.register_blueprint(mounting.blueprint, url_prefix=api)
    for watched in (health.blueprint, metrics.blueprint):
        app.register_blueprint(watched)
        if prefix:
            name = f"{watched.name}_here"
            app.register_blueprint(watched, url_prefix=prefix, name=name)
    if prefix:
        app.add_url_rule(prefix, "home_without_a_slash", account.home)
        app.add_url_rule(
            f"/.well-known/oauth-authorization-server{prefix}",
            "metadata_of_path",
            oidc.metadata,
        )
    guards.public(app.view_functions["assets.show"])


def _admit(settings: Settings) -> str | None:
    """Refuses what is not addressed to us or cannot be told apart (SEC-285).

    What it returns is the answer, and no view is asked.
    """
    access.begin(settings)
    asked = request_ctx.request
    environ = asked.environ
    if "HTTP_TRANSFER_ENCODING" in environ and "CONTENT_LENGTH" in environ:
        abort(400)
    # A second Host header comes joined to the first, and so matches nothing.
    host = environ.get("HTTP_HOST", "")
    if not environ[access.WATCHES] and not settings.host_matches(host):
        logs.write(log, logging.INFO, "refused", {"reason": OTHER_HOST})
        abort(400)
    if not ROOTED.match(environ.get("PATH_INFO", "")):
        abort(404)
    return "" if guards.asks_for_nothing(asked, NAMES_OF_PAGES) else None


def _finish(reporter: Reporter, response: Response) -> Response:
    return access.finish(browser.guard(response), reporter)
