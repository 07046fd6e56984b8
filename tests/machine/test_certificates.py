"""The certificate that is served: made, kept, renewed, or read from the utility's own files."""

import contextlib
import datetime as dt
import os
import socket
import ssl
import stat
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from appliance.domain.errors import StartRefused
from appliance.domain.instant import DAY, Instant, to_datetime
from appliance.machine.authority import is_for, make_leaf, make_root, names_in, new_key, pin_of
from appliance.machine.certificates import Certificates
from appliance.machine.given_certificate import GivenCertificate
from appliance.machine.names import names_of_this_machine, together
from appliance.machine.own_authority import RENEWED, OwnAuthority
from appliance.ports.listening import ServedCertificate
from tests.builders import NOON
from tests.fakes import FixedClock

NAMES = ("weir.local", "localhost", "127.0.0.1", "fd00::2")


class Here:
    """A computer whose names a test sets."""

    def __init__(self) -> None:
        self.names: tuple[str, ...] = NAMES

    def __call__(self) -> tuple[str, ...]:
        return self.names


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def here() -> Here:
    return Here()


def own(folder: Path, clock: FixedClock, here: Here, secret: bytes = b"k" * 32) -> Certificates:
    return Certificates(OwnAuthority(folder / "tls", secret, clock), (), here)


def served(certificates: Certificates) -> ServedCertificate:
    assert certificates.trust.served is not None
    return certificates.trust.served


def shown_by(certificates: Certificates, root: bytes, name: str) -> bytes:
    """Shake hands with who trusts this root alone, and give the certificate that was shown (DER)."""
    trusting = ssl.create_default_context(cadata=root.decode())
    ours, theirs = ssl.MemoryBIO(), ssl.MemoryBIO()
    server = certificates.context("mqtt")().wrap_bio(theirs, ours, server_side=True)
    client = trusting.wrap_bio(ours, theirs, server_hostname=name)
    for _ in range(4):
        for side in (client, server):
            with contextlib.suppress(ssl.SSLWantReadError):
                side.do_handshake()
    shown = client.getpeercert(binary_form=True)
    assert shown is not None
    return shown


async def test_the_first_start_makes_an_authority_whose_keys_nobody_else_can_read(
    tmp_path: Path, clock: FixedClock, here: Here
):
    certificates = own(tmp_path, clock, here)
    await certificates.start()
    for file in ("root.key", "server.key"):
        path = tmp_path / "tls" / file
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        with pytest.raises(TypeError):
            load_pem_private_key(path.read_bytes(), None)
    assert stat.S_IMODE((tmp_path / "tls").stat().st_mode) == 0o700
    now = served(certificates)
    assert (now.own, set(now.names), now.unmatched, now.problem) == (True, set(NAMES), (), "")
    assert now.valid_from < NOON < now.valid_until
    root = x509.load_pem_x509_certificate(certificates.trust.root)
    leaf = x509.load_pem_x509_certificate((tmp_path / "tls" / "server.crt").read_bytes())
    leaf.verify_directly_issued_by(root)
    assert pin_of(root.public_key()) == now.root_pin
    assert leaf.extensions.get_extension_for_class(x509.BasicConstraints).value.ca is False


@pytest.mark.parametrize("name", ["weir.local", "127.0.0.1", "fd00::2"])
async def test_who_trusts_the_root_takes_each_of_the_names_and_no_other(
    tmp_path: Path, clock: FixedClock, here: Here, name: str
):
    clock.set(Instant(int(dt.datetime.now(dt.UTC).timestamp()) * 1_000_000))
    certificates = own(tmp_path, clock, here)
    await certificates.start()
    assert shown_by(certificates, certificates.trust.root, name)
    with pytest.raises(ssl.SSLCertVerificationError):
        shown_by(certificates, certificates.trust.root, "evil.example")


async def test_another_start_serves_the_same(tmp_path: Path, clock: FixedClock, here: Here):
    first, second = own(tmp_path, clock, here), own(tmp_path, clock, here)
    await first.start()
    await second.start()
    assert first.trust == second.trust


async def test_it_is_renewed_by_itself_in_time_and_keeps_its_pin(
    tmp_path: Path, clock: FixedClock, here: Here
):
    certificates = own(tmp_path, clock, here)
    await certificates.start()
    before, context = certificates.trust, certificates.context("http")()
    in_time = Instant(served(certificates).valid_until - RENEWED.days * DAY)
    clock.set(Instant(in_time - 1_000_000))
    await certificates.look()
    assert certificates.trust == before
    clock.set(in_time)
    await certificates.look()
    now = served(certificates)
    assert now.valid_until > in_time + 300 * DAY
    assert before.served is not None
    assert (now.pin, now.root_pin) == (before.served.pin, before.served.root_pin)
    assert certificates.trust.root == before.root
    assert certificates.context("http")() is not context


async def test_one_that_was_made_while_the_clock_was_wrong_is_made_anew_when_it_is_right(
    tmp_path: Path, clock: FixedClock, here: Here
):
    clock.set(Instant(0))
    certificates = own(tmp_path, clock, here)
    await certificates.start()
    clock.set(NOON)
    await certificates.look()
    assert served(certificates).valid_from < NOON < served(certificates).valid_until
    root = x509.load_pem_x509_certificate(certificates.trust.root)
    assert root.not_valid_before_utc < to_datetime(NOON) < root.not_valid_after_utc


async def test_a_new_address_is_in_it_at_once(tmp_path: Path, clock: FixedClock, here: Here):
    certificates = own(tmp_path, clock, here)
    await certificates.start()
    pin = served(certificates).pin
    here.names = (*NAMES, "192.168.7.9")
    await certificates.look()
    assert "192.168.7.9" in served(certificates).names
    assert served(certificates).pin == pin


@pytest.mark.parametrize("file", ["root.key", "server.key", "root.crt"])
@pytest.mark.parametrize("content", [None, b"", b"nonsense"])
async def test_a_damaged_authority_is_refused_and_not_overwritten(
    tmp_path: Path, clock: FixedClock, here: Here, file: str, content: bytes | None
):
    await own(tmp_path, clock, here).start()
    path = tmp_path / "tls" / file
    if content is None:
        path = tmp_path / "tls" / "root.key"
        path.unlink()
    else:
        path.write_bytes(content)
    with pytest.raises(StartRefused, match=path.name):
        await own(tmp_path, clock, here).start()
    assert not path.exists() if content is None else path.read_bytes() == content


async def test_a_bit_that_flipped_in_the_root_is_found(
    tmp_path: Path, clock: FixedClock, here: Here
):
    await own(tmp_path, clock, here).start()
    path = tmp_path / "tls" / "root.crt"
    der = bytearray(x509.load_pem_x509_certificate(path.read_bytes()).public_bytes(Encoding.DER))
    for place in (len(der) // 3, len(der) // 2, len(der) - 9):
        flipped = bytearray(der)
        flipped[place] ^= 1
        path.write_bytes(ssl.DER_cert_to_PEM_cert(bytes(flipped)).encode())
        with pytest.raises(StartRefused, match=r"root\.crt"):
            await own(tmp_path, clock, here).start()


async def test_keys_of_another_installation_are_of_no_use(
    tmp_path: Path, clock: FixedClock, here: Here
):
    await own(tmp_path, clock, here).start()
    with pytest.raises(StartRefused, match=r"root\.key"):
        await own(tmp_path, clock, here, b"x" * 32).start()


async def test_a_damaged_certificate_of_the_server_is_simply_made_anew(
    tmp_path: Path, clock: FixedClock, here: Here
):
    await own(tmp_path, clock, here).start()
    (tmp_path / "tls" / "server.crt").write_bytes(b"nonsense")
    certificates = own(tmp_path, clock, here)
    await certificates.start()
    assert set(served(certificates).names) == set(NAMES)


async def test_a_full_disk_puts_a_renewal_off_and_stops_nobody(
    tmp_path: Path, clock: FixedClock, here: Here
):
    await own(tmp_path, clock, here).start()
    in_the_way = tmp_path / "tls" / "server.crt.part"
    in_the_way.mkdir()
    clock.advance(350 * DAY)
    certificates = own(tmp_path, clock, here)
    await certificates.start()
    until = served(certificates).valid_until
    in_the_way.rmdir()
    await certificates.look()
    assert served(certificates).valid_until > until
    (tmp_path / "tls" / "server.crt").unlink()
    in_the_way.mkdir()
    with pytest.raises(StartRefused, match="can't be used"):
        await own(tmp_path, clock, here).start()


# The utility's own


class Files:
    """A certificate and its key in files."""

    def __init__(self, folder: Path) -> None:
        self.certificate, self.key = folder / "cert.pem", folder / "key.pem"

    def write(self, *names: str, days: int = 0, encrypted: bool = False) -> None:
        root_key, key = new_key(), new_key()
        at = to_datetime(Instant(NOON + days * DAY))
        root = make_root(root_key, "utility", at)
        leaf = make_leaf(root, root_key, key, names or ("weir.utility.example",), at)
        self.certificate.write_bytes(leaf.public_bytes(Encoding.PEM))
        self.write_key(key, encrypted=encrypted)

    def write_key(
        self, key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey, *, encrypted: bool = False
    ) -> None:
        hidden = BestAvailableEncryption(b"secret") if encrypted else NoEncryption()
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, hidden)
        replaced = self.key.with_suffix(".new")
        replaced.write_bytes(pem)
        Path(replaced).replace(self.key)

    def given(self, *said: str) -> Certificates:
        return Certificates(GivenCertificate(self.certificate, self.key), said, lambda: NAMES)


@pytest.fixture
def files(tmp_path: Path) -> Files:
    made = Files(tmp_path)
    made.write()
    return made


async def test_the_utilitys_own_is_served_and_no_root_given(files: Files):
    certificates = files.given("weir.utility.example")
    await certificates.start()
    now = served(certificates)
    assert (now.own, now.names, now.unmatched) == (False, ("weir.utility.example",), ())
    assert certificates.trust.root == b""


async def test_names_that_it_is_not_for_are_told(files: Files):
    certificates = files.given("weir.utility.example", "other.example")
    await certificates.start()
    assert served(certificates).unmatched == ("other.example",)
    without_options = files.given()
    await without_options.start()
    assert served(without_options).unmatched == NAMES
    files.write("*.utility.example", "localhost")
    certificates = files.given("weir.utility.example")
    await certificates.start()
    assert served(certificates).unmatched == ()


@pytest.mark.parametrize(
    ("option", "content"),
    [
        ("--tls-cert", None),
        ("--tls-cert", b""),
        ("--tls-cert", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
        ("--tls-key", None),
        ("--tls-key", b"nonsense"),
    ],
)
async def test_a_file_that_is_of_no_use_names_its_option(
    files: Files, option: str, content: bytes | None
):
    bad = files.certificate if option == "--tls-cert" else files.key
    bad.unlink() if content is None else bad.write_bytes(content)
    with pytest.raises(StartRefused, match=option):
        await files.given().start()


async def test_a_key_of_another_certificate_or_with_a_passphrase_is_refused(files: Files):
    files.write_key(new_key())
    with pytest.raises(StartRefused, match=r"--tls-key .* is not the key of"):
        await files.given().start()
    files.write(encrypted=True)
    with pytest.raises(StartRefused, match=r"--tls-key .* is encrypted"):
        await files.given().start()


async def test_a_change_of_both_files_is_served_and_half_of_it_changes_nothing(files: Files):
    certificates = files.given("weir.utility.example")
    await certificates.start()
    before = served(certificates).pin
    old_key = files.key.read_bytes()
    files.write(days=30)
    new = files.key.read_bytes()
    files.key.write_bytes(old_key)
    await certificates.look()
    assert served(certificates).pin == before
    assert "is not the key of" in served(certificates).problem
    files.key.write_bytes(new)
    os.utime(files.key, ns=(1, 1))
    await certificates.look()
    assert served(certificates).pin != before
    assert served(certificates).problem == ""


def test_the_names_of_this_machine_are_names_and_no_link_local_addresses():
    found = names_of_this_machine()
    assert {"localhost", "127.0.0.1"} <= set(found)
    assert socket.gethostname().lower() in found
    assert not [name for name in found if name.startswith(("fe80:", "169.254."))]
    assert together(("a", "b"), ("b", "c")) == ("a", "b", "c")


def test_a_wildcard_is_for_one_level():
    key = new_key()
    now = to_datetime(NOON)
    leaf = make_leaf(make_root(key, "x", now), key, key, ("*.example.org", "10.0.0.1"), now)
    assert names_in(leaf) == ("*.example.org", "10.0.0.1")
    assert is_for(leaf, "weir.Example.org")
    assert is_for(leaf, "10.0.0.1")
    assert not is_for(leaf, "a.b.example.org")
    assert not is_for(leaf, "example.org")
