"""E-mail through a real mail server: plain, with STARTTLS, over TLS, with a login; what is refused and what is said."""

from __future__ import annotations

import ipaddress
import socket
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tbp_assets.alerts.mail import Mail
from tbp_assets.alerts.message import Line, Message, Section
from tbp_assets.errors import AlertDelayedError, AlertRefusedError, TbpError
from tbp_assets.settings.alerts import EmailConfig
from tbp_assets_tests.alerts.servers import LOGIN, Mailbox, mail_server
from tbp_assets_tests.providers.conftest import free_port

pytestmark = pytest.mark.integration
MESSAGE = Message("tbp_assets: 1 day", (Section("1 day", (Line("Größe → 5 %", "http://ui/runs/1"),), cure="do it"),))
Security = Literal["starttls", "ssl", "none"]


def mail(port: int, security: Security = "none", login: tuple[str, str] = ("", "")) -> Mail:
    """Return a sender to two recipients."""
    values = {
        "to": "a@example.com,b@example.com", "from": "tbp@example.com", "host": "127.0.0.1", "port": port,
        "security": security, "user": login[0], "password": login[1],
    }  # fmt: skip
    return Mail(EmailConfig.model_validate(values), timeout_seconds=2)


def refused(sender: Mail) -> TbpError:
    """Send, and return the error."""
    with pytest.raises((AlertDelayedError, AlertRefusedError)) as caught:
        sender.send(MESSAGE)
    return caught.value


@pytest.fixture
def certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A certificate of 127.0.0.1 with its key, trusted while the test runs."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name.from_rfc4514_string("CN=127.0.0.1")
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path, form = tmp_path / "certificate.pem", serialization.PrivateFormat.PKCS8
    private = key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    return path


@pytest.fixture
def tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def test_a_mail_has_subject_addresses_date_and_the_plain_text(mailbox: Mailbox) -> None:
    mail(mailbox.port).send(MESSAGE)
    (found,) = mailbox.mails
    assert (found["Subject"], found["From"], found["To"]) == (
        "tbp_assets: 1 day", "tbp@example.com", "a@example.com, b@example.com"
    )  # fmt: skip
    assert found["Date"]
    assert found["Message-ID"].endswith("@example.com>")
    assert found.get_content_type() == "text/plain"
    assert mailbox.texts == [MESSAGE.text]


@pytest.mark.parametrize("security", ["starttls", "ssl"])
def test_a_login_goes_over_tls(tls: ssl.SSLContext, security: Security) -> None:
    with mail_server(login=True, tls=tls, wrapped=security == "ssl") as box:
        mail(box.port, security, login=LOGIN).send(MESSAGE)
        assert (len(box.mails), box.logins) == (1, ["desk"])


def test_a_wrong_password_is_refused_and_not_repeated(tls: ssl.SSLContext) -> None:
    with mail_server(login=True, tls=tls) as box:
        error = refused(mail(box.port, "starttls", login=("desk", "wrong-s3cret")))
    assert isinstance(error, AlertRefusedError)
    assert "refuses the login (code 535)" in str(error)
    assert "s3cret" not in str(error)


def test_a_certificate_nobody_vouches_for_is_refused(tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    with mail_server(login=True, tls=tls) as box:
        error = refused(mail(box.port, "starttls", login=LOGIN))
        assert box.logins == []
    assert isinstance(error, AlertRefusedError)
    assert "no encrypted connection (CERTIFICATE_VERIFY_FAILED)" in str(error)


def test_a_server_without_starttls_gets_no_password(mailbox: Mailbox) -> None:
    error = refused(mail(mailbox.port, "starttls", login=LOGIN))
    assert isinstance(error, AlertRefusedError)
    assert "offers no login or starttls" in str(error)
    assert (mailbox.mails, mailbox.logins) == ([], [])


@pytest.mark.parametrize(("answer", "kind"), [("451 later", AlertDelayedError), ("554 no", AlertRefusedError)])
def test_the_code_says_whether_another_try_helps(mailbox: Mailbox, answer: str, kind: type[TbpError]) -> None:
    mailbox.answer = answer
    error = refused(mail(mailbox.port))
    assert isinstance(error, kind)
    assert f"refuses the message (code {answer[:3]})" in str(error)


def test_one_unknown_recipient_does_not_keep_it_from_the_others(
    mailbox: Mailbox, caplog: pytest.LogCaptureFixture
) -> None:
    mailbox.refused = {"b@example.com"}
    mail(mailbox.port).send(MESSAGE)
    assert len(mailbox.mails) == 1
    assert "refused b@example.com" in caplog.text
    mailbox.refused = {"a@example.com", "b@example.com"}
    assert "refuses every recipient (code 550)" in str(refused(mail(mailbox.port)))


def test_nobody_listening_and_silence_are_worth_another_try() -> None:
    assert "cannot be reached: Connection refused" in str(refused(mail(free_port())))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        error = refused(mail(silent.getsockname()[1]))
    assert isinstance(error, AlertDelayedError)


def test_the_password_is_in_no_representation() -> None:
    assert "s3cret" not in repr(mail(25, "ssl", login=("desk", "s3cret")))
