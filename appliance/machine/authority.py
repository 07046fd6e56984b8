"""An authority of the appliance's own: a root that devices and phones trust, and what it signs.

ECDSA on P-256 throughout: every phone and every field device of the last ten years knows it, and a
handshake with it costs a fraction of one with RSA.
"""

import datetime as dt
import hashlib
from base64 import b64encode
from collections.abc import Iterable
from ipaddress import ip_address
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

Key = ec.EllipticCurvePrivateKey

LEAF_DAYS: Final = 397
"""What Apple and the browsers still take from anybody."""
BACKDATED: Final = dt.timedelta(days=1)
"""For devices whose clock is behind."""
ROOT_YEARS: Final = 30
_BEFORE_WEIR: Final = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
"""A root is valid from here on, so that it also holds if it was made while the clock was wrong."""


def new_key() -> Key:
    """Make a private key."""
    return ec.generate_private_key(ec.SECP256R1())


def make_root(key: Key, host: str, now: dt.datetime) -> x509.Certificate:
    """Make the certificate of an authority that may sign servers' certificates and nothing else."""
    own = pin_of(key.public_key())[:6]
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Weir authority {host} {own}"[:64])])
    begins = max(now, _BEFORE_WEIR)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(_BEFORE_WEIR)
        .not_valid_after(begins.replace(month=1, day=1, year=begins.year + ROOT_YEARS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )


def make_leaf(
    root: x509.Certificate, root_key: Key, key: Key, names: Iterable[str], now: dt.datetime
) -> x509.Certificate:
    """Make a server's certificate for these host names and addresses."""
    known = list(names)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, known[0][:64])])
    issuer_key = x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key())
    server = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
    alternatives = x509.SubjectAlternativeName([_general(name) for name in known])
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(root.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATED)
        .not_valid_after(now - BACKDATED + dt.timedelta(days=LEAF_DAYS))
        .add_extension(alternatives, critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs=False), critical=True)
        .add_extension(server, critical=False)
        .add_extension(issuer_key, critical=False)
        .sign(root_key, hashes.SHA256())
    )


def pin_of(key: object) -> str:
    """Give the SHA-256 of a public key's SubjectPublicKeyInfo in base 64 (RFC 7469, 2.4)."""
    encode = key.public_bytes  # type: ignore[attr-defined]  # every public key has it
    spki: bytes = encode(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return b64encode(hashlib.sha256(spki).digest()).decode()


def names_in(certificate: x509.Certificate) -> tuple[str, ...]:
    """Give the host names and addresses that a certificate is for."""
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    addresses = found.get_values_for_type(x509.IPAddress)
    return (*found.get_values_for_type(x509.DNSName), *map(str, addresses))


def is_for(certificate: x509.Certificate, name: str) -> bool:
    """Say whether a client that knows the server by this name takes the certificate."""
    wanted = name.casefold()
    parent = wanted.partition(".")[2]
    known = {each.casefold() for each in names_in(certificate)}
    return wanted in known or (bool(parent) and f"*.{parent}" in known)


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs,
        crl_sign=signs,
        encipher_only=False,
        decipher_only=False,
    )
