"""A certificate with its key, ready to be served."""

import datetime as dt
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography import x509

from appliance.domain.instant import Instant
from appliance.machine.authority import is_for, names_in, pin_of
from appliance.ports.listening import ServedCertificate

CIPHERS: Final = "ECDHE+AESGCM:ECDHE+CHACHA20"
"""Of TLS 1.2; those of TLS 1.3 are all of this kind: a fresh key each time, and authenticated."""
ALPN: Final = {"http": ("http/1.1",), "mqtt": ("mqtt",), "lines": ()}


@dataclass(frozen=True, slots=True)
class Identity:
    """What a server shows, and the files that OpenSSL reads it from."""

    certificate: x509.Certificate
    certificate_file: Path
    key_file: Path
    passphrase: str | None = None

    def context(self, speaks: str) -> ssl.SSLContext:
        """Give what a listener of this protocol serves; ssl.SSLError or OSError for bad files."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers(CIPHERS)
        context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION
        context.options |= ssl.OP_CIPHER_SERVER_PREFERENCE
        if ALPN[speaks]:
            context.set_alpn_protocols(ALPN[speaks])
        # Asked for a passphrase that there is none of, OpenSSL would ask the console.
        context.load_cert_chain(
            self.certificate_file, self.key_file, lambda: self.passphrase or "\0"
        )
        return context

    def described(self, *, own: bool, names: tuple[str, ...], root_pin: str) -> ServedCertificate:
        """Say what it is, and which of these names it is not for."""
        found = self.certificate
        return ServedCertificate(
            own=own,
            names=names_in(found),
            valid_from=_instant(found.not_valid_before_utc),
            valid_until=_instant(found.not_valid_after_utc),
            pin=pin_of(found.public_key()),
            root_pin=root_pin,
            unmatched=tuple(name for name in names if not is_for(found, name)),
        )


def _instant(at: dt.datetime) -> Instant:
    return Instant(int(at.timestamp()) * 1_000_000)
