"""The utility's own certificate and key, from files that somebody else renews."""

import ssl
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from appliance.domain.errors import StartRefused
from appliance.machine.identity import ALPN, Identity

Look = tuple[tuple[int, int, int], ...]


class GivenCertificate:
    """Reads --tls-cert and --tls-key, and again whenever one of them has changed."""

    own = False
    root = b""
    root_pin = ""

    def __init__(self, certificate: Path, key: Path) -> None:
        self._certificate = certificate
        self._key = key
        self._seen: Look = ()

    def load(self, names: tuple[str, ...]) -> Identity:
        """Give what to serve; StartRefused names the option whose file is of no use."""
        del names
        self._seen = self._look()
        certificate = self._read_certificate()
        self._check_key(certificate)
        identity = Identity(certificate, self._certificate, self._key)
        try:
            for speaks in ALPN:
                identity.context(speaks)
        except (ssl.SSLError, OSError) as error:
            raise _wrong("--tls-cert", self._certificate, f"can't be served ({error})") from None
        return identity

    def renew(self, names: tuple[str, ...]) -> Identity | None:
        """Give what to serve from now on, None for no change; StartRefused as `load`."""
        return None if self._look() == self._seen else self.load(names)

    def _look(self) -> Look:
        found = []
        for file in (self._certificate, self._key):
            try:
                seen = file.stat()
            except OSError:
                found.append((0, 0, 0))
            else:
                found.append((seen.st_mtime_ns, seen.st_size, seen.st_ino))
        return tuple(found)

    def _read_certificate(self) -> x509.Certificate:
        try:
            return x509.load_pem_x509_certificates(self._certificate.read_bytes())[0]
        except OSError as error:
            problem = f"can't be read ({error.strerror})"
        except ValueError:
            problem = "holds no certificate in PEM"
        raise _wrong("--tls-cert", self._certificate, problem)

    def _check_key(self, certificate: x509.Certificate) -> None:
        try:
            key = load_pem_private_key(self._key.read_bytes(), None)
        except OSError as error:
            problem = f"can't be read ({error.strerror})"
        except TypeError:
            problem = "is encrypted; Weir can't ask for its passphrase"
        except (ValueError, UnsupportedAlgorithm):
            problem = "holds no private key in PEM"
        else:
            if key.public_key() == certificate.public_key():
                return
            problem = f"is not the key of {self._certificate}"
        raise _wrong("--tls-key", self._key, problem)


def _wrong(option: str, file: Path, problem: str) -> StartRefused:
    return StartRefused(problem=f"{option} {file} {problem}", remedy=f"correct {option}")
