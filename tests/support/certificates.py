"""An authority that lives as long as a test, and certificates of it."""

import dataclasses
import datetime
import ipaddress
import pathlib
import ssl

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID
from cryptography.x509.oid import NameOID

DAY = datetime.timedelta(days=1)


@dataclasses.dataclass
class Authority:
    """Signs certificates; whoever reads `file` trusts them."""

    folder: pathlib.Path

    def __post_init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = _name("Test Authority")
        usage = x509.KeyUsage(*(i in (5, 6) for i in range(9)))  # signs both kinds
        self.certificate = (
            self._builder(self.name, self.key.public_key(), DAY)
            .add_extension(x509.BasicConstraints(True, 0), critical=True)
            .add_extension(usage, critical=True)
            .sign(self.key, hashes.SHA256())
        )
        self.file = self.folder / "authority.pem"
        self.file.write_bytes(_pem(self.certificate))

    def context(self, host: str, *, lives: datetime.timedelta = DAY) -> ssl.SSLContext:
        """Gives what a server of this host (a name or an IP address) needs."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.pem(host, lives=lives))
        return context

    def pem(self, host: str, *, lives: datetime.timedelta = DAY) -> pathlib.Path:
        """Writes a certificate for a host and its key into one file."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = (
            self._builder(_name(host), key.public_key(), lives)
            .add_extension(x509.SubjectAlternativeName([_host(host)]), critical=False)
            .add_extension(x509.BasicConstraints(False, None), critical=True)
            .add_extension(
                x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False
            )
            .sign(self.key, hashes.SHA256())
        )
        file = self.folder / f"server-{x509.random_serial_number()}.pem"
        private = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        file.write_bytes(_pem(certificate) + private)
        return file

    def _builder(
        self,
        name: x509.Name,
        key: ec.EllipticCurvePublicKey,
        lives: datetime.timedelta,
    ) -> x509.CertificateBuilder:
        now = datetime.datetime.now(datetime.UTC)
        of_key = x509.SubjectKeyIdentifier.from_public_key
        by_key = x509.AuthorityKeyIdentifier.from_issuer_public_key
        return (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(self.name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - 2 * DAY)
            .not_valid_after(now + lives)
            .add_extension(of_key(key), critical=False)
            .add_extension(by_key(self.key.public_key()), critical=False)
        )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)
