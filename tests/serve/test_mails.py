"""`idp serve` sends mails by itself: from a person's own change to their inbox."""

import base64
import pathlib

from tests.support.mailbox import taking_mail
from tests.support.provider import serving


def test_a_change_on_a_page_ends_in_an_inbox(tmp_path: pathlib.Path) -> None:
    """SEC-069"""
    with (
        taking_mail() as (box, port),
        serving(
            tmp_path,
            workers=1,
            IDP_SMTP_URL=f"smtp://127.0.0.1:{port}",
            IDP_MAIL_FROM="Prüfstelle <idp@example.org>",
        ) as provider,
    ):
        mia = provider.person("mia", "--email", "mia@example.org")
        issuer = provider.issuer
        (taken, *others) = box.wait_for(1)
    said = taken.message.get_content()
    assert others == []
    assert taken.message["From"] == "Prüfstelle <idp@example.org>"
    assert "Multi-factor authentication was enabled." in said
    assert f"{issuer}/settings/activity" in said
    key = base64.b32encode(mia.phone._key).decode()
    for secret in (mia.password, key, *mia.backup_codes):
        assert secret not in taken.message.as_string()
