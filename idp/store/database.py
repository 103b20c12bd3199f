"""The Flask-SQLAlchemy object: it owns the engine of the web application.

Only ``app`` and the migrations import this module. Tables and statements know nothing
of it, and no ORM session is ever used.
"""

from flask import Flask
from flask_sqlalchemy import SQLAlchemy

from idp.store import engines
from idp.store.base import Base
from idp.store.transactions import Database

flask_db = SQLAlchemy(metadata=Base.metadata)


def init_app(app: Flask, url: str) -> Database:
    """Connects the application to its database and returns the source of blocks."""
    app.config["SQLALCHEMY_DATABASE_URI"] = url
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = engines.engine_options(url)
    flask_db.init_app(app)
    with app.app_context():
        engine = flask_db.engine
    engines.prepare(engine)
    return Database(engine)
