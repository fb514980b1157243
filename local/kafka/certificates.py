"""The broker's certificate and the authority that the laptop's clients trust for it.

The authority's key signs once and is forgotten: whoever reads the state folder cannot sign more
with it. Both certificates are therefore renewed together.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import os
from collections.abc import Callable
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

LIFE = dt.timedelta(days=397)
RENEW_BEFORE = dt.timedelta(days=30)
NAMES = x509.SubjectAlternativeName(
    [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
)
PEM = serialization.Encoding.PEM

Clock = Callable[[], dt.datetime]


def _utc_now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def ensure(authority: Path, server: Path, now: Clock = _utc_now) -> bool:
    """Make both files unless they belong together and outlive the next 30 days; True if made.

    `authority` is the CA's certificate; `server` holds the key (PKCS 8) and then the chain, as
    Kafka reads a PEM key store, and is readable by its owner only.
    """
    if _usable(authority, server, now()):
        return False
    ca_certificate, key, certificate = _issue(now())
    secret = key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    chain = certificate.public_bytes(PEM) + ca_certificate.public_bytes(PEM)
    for path, content in ((server, secret + chain), (authority, ca_certificate.public_bytes(PEM))):
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(path.name + ".part")
        part.unlink(missing_ok=True)
        with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
        part.replace(path)
    return True


def _usable(authority: Path, server: Path, now: dt.datetime) -> bool:
    try:
        ca = x509.load_pem_x509_certificate(authority.read_bytes())
        certificate = x509.load_pem_x509_certificates(server.read_bytes())[0]
        certificate.verify_directly_issued_by(ca)
    except (FileNotFoundError, ValueError, InvalidSignature):
        return False
    soonest = min(ca.not_valid_after_utc, certificate.not_valid_after_utc)
    return certificate.not_valid_before_utc <= now and now + RENEW_BEFORE < soonest


def _issue(
    now: dt.datetime,
) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey, x509.Certificate]:
    """A CA certificate, and a server's key and certificate signed by it."""
    ca_key = ec.generate_private_key(ec.SECP256R1())
    key = ec.generate_private_key(ec.SECP256R1())
    identifier = x509.SubjectKeyIdentifier.from_public_key(ca_key.public_key())
    ca = (
        _builder("ACME Telemetry laptop CA", ca_key, now)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage("key_cert_sign", "crl_sign"), critical=True)
        .add_extension(identifier, critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    authority = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier)
    certificate = (
        _builder("localhost", key, now)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage("digital_signature"), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(authority, critical=False)
        .add_extension(NAMES, critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    return ca, key, certificate


def _builder(
    subject: str, key: ec.EllipticCurvePrivateKey, now: dt.datetime
) -> x509.CertificateBuilder:
    def name(text: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

    return (
        x509.CertificateBuilder()
        .subject_name(name(subject))
        .issuer_name(name("ACME Telemetry laptop CA"))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))  # a clock set back a little still works
        .not_valid_after(now + LIFE)
    )


def _usage(*granted: str) -> x509.KeyUsage:
    uses = (
        *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment"),
        *("key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
    )
    return x509.KeyUsage(**{use: use in granted for use in uses})
