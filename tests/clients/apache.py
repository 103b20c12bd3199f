"""Apache with mod_auth_openidc as Debian ships it, in front of an application.

A child process on a free port whose files all lie in the folder of the test. Nothing
of the machine's own Apache is read or written, apart from its programs.
"""

import contextlib
import dataclasses
import json
import os
import pathlib
import secrets
import subprocess
from collections.abc import Iterator
from typing import Any

from tests.clients import loopback
from tests.support import needs
from tests.support.browser import Browser
from tests.support.exchange import network
from tests.support.valkey import free_port
from tests.support.waiting import until

STOP_LIMIT = 30  # seconds
CALLBACK = "/oidc/callback"

# What a distribution may have built in instead is left out by the condition.
MODULES = ("mpm_event", "unixd", "authn_core", "authz_core", "authz_user")
MODULES += ("headers", "proxy", "proxy_http", "auth_openidc")
LOAD = """
<IfModule !{name}_module>
  LoadModule {name}_module {folder}/mod_{name}.so
</IfModule>
"""
# A server that root starts gives its rights away, and must be told to whom.
GIVE_RIGHTS_AWAY = """
User "#65534"
Group "#65534"
"""
SETTINGS = """
ServerRoot {folder}
ServerName 127.0.0.1
Listen 127.0.0.1:{port}
PidFile {folder}/pid
DefaultRuntimeDir {folder}
ErrorLog {folder}/error.log
StartServers 1

OIDCProviderMetadataURL {issuer}/.well-known/openid-configuration
OIDCClientID {client_id}
OIDCClientSecret {client_secret}
OIDCRedirectURI {origin}{callback}
OIDCCryptoPassphrase {passphrase}
OIDCScope "openid profile email groups"
OIDCRemoteUserClaim preferred_username
OIDCInfoHook access_token refresh_token userinfo
{more}

ProxyPass /oidc !
ProxyPass / http://127.0.0.1:{application}/
<Location />
  AuthType openid-connect
  Require valid-user
  RequestHeader set X-Remote-User expr=%{{REMOTE_USER}}
</Location>
<Location /auditors>
  Require claim groups:auditor
</Location>
<Location /payslips>
  Require claim acr:mfa
</Location>
{places}
"""


@dataclasses.dataclass
class Apache:
    """A running server."""

    origin: str
    log: pathlib.Path

    def browser(self) -> Browser:
        """Gives the part of somebody's browser that holds this server's cookies."""
        return Browser(self.origin, network)


def told(browser: Browser) -> dict[str, str]:
    """Gives the headers that reached the application, in lower case."""
    assert browser.status == 200, browser
    headers: dict[str, Any] = json.loads(browser.text)["headers"]
    return {name.lower(): str(value) for name, value in headers.items()}


@contextlib.contextmanager
def running(
    folder: pathlib.Path,
    issuer: str,
    registration: dict[str, Any],
    *,
    port: int,
    more: str = "",
    places: str = "",
) -> Iterator[Apache]:
    """Runs the server, with an application behind it, until the block ends."""
    program = needs.need("apache")
    modules = pathlib.Path(needs.need("mod_auth_openidc")).parent
    with loopback.echo() as application:
        origin = f"http://127.0.0.1:{port}"
        settings = SETTINGS.format(
            folder=folder,
            port=port,
            origin=origin,
            issuer=issuer,
            client_id=registration["client_id"],
            client_secret=registration["client_secret"],
            callback=CALLBACK,
            passphrase=secrets.token_urlsafe(32),
            application=application,
            more=more,
            places=places,
        )
        load = "".join(LOAD.format(name=name, folder=modules) for name in MODULES)
        rights = GIVE_RIGHTS_AWAY if os.geteuid() == 0 else ""
        (folder / "httpd.conf").write_text(load + rights + settings)
        with _process(program, folder, origin):
            yield Apache(origin, folder / "error.log")


@contextlib.contextmanager
def _process(program: str, folder: pathlib.Path, origin: str) -> Iterator[None]:
    command = [program, "-f", str(folder / "httpd.conf"), "-DFOREGROUND"]
    with (folder / "output").open("wb") as sink:
        process = subprocess.Popen(command, stdout=sink, stderr=subprocess.STDOUT)
    try:
        until(lambda: _answers(process, folder, origin), "Apache answers")
        yield
    finally:
        process.terminate()
        process.wait(STOP_LIMIT)


def _answers(
    process: "subprocess.Popen[bytes]", folder: pathlib.Path, origin: str
) -> bool:
    if process.poll() is not None:
        said = [folder / name for name in ("output", "error.log")]
        text = "\n".join(path.read_text() for path in said if path.exists())
        raise AssertionError(f"Apache ended: {process.returncode}\n{text}")
    try:
        return network("GET", f"{origin}/oidc/").status > 0
    except OSError:
        return False


def address() -> tuple[int, str]:
    """Gives a free port, and the callback address of a server there."""
    port = free_port()
    return port, f"http://127.0.0.1:{port}{CALLBACK}"
