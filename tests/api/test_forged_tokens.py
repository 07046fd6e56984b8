"""Forged tokens: everything that others have got wrong with them, refused at every door."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from appliance.domain.errors import NotSignedIn
from appliance.domain.instant import MINUTE, Instant
from appliance.services.signing_in.access_tokens import AccessTokens
from tests.api.appliance import Weir
from tests.api.test_live import closed, screen


def encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Forge:
    """A good token, and what an attacker (or, with `own`, a fault of ours) makes of it."""

    good: str
    refresh: str
    own: ed25519.Ed25519PrivateKey
    """The installation's own key: what it signs is refused for what it says."""
    claims: dict[str, Any]

    @property
    def parts(self) -> list[str]:
        return self.good.split(".")

    def signed(self, header: Any, payload: Any) -> str:
        """Sign with the installation's own key."""
        first = encode(header if isinstance(header, bytes) else json.dumps(header).encode())
        second = encode(payload if isinstance(payload, bytes) else compact(payload))
        return f"{first}.{second}.{encode(self.own.sign(f'{first}.{second}'.encode()))}"

    def own_header(self, **more: Any) -> str:
        """Sign with a header that has more, or other things, than ours."""
        return self.signed({"alg": "EdDSA", "typ": "at+jwt"} | more, self.claims)

    def own_claims(self, **changes: Any) -> str:
        """Sign other claims under our own header; None leaves one out."""
        claims = {n: v for n, v in (self.claims | changes).items() if v is not None}
        return self.payload(compact(claims))

    def payload(self, payload: bytes) -> str:
        return self.signed(decode(self.parts[0]), payload)

    def secret_is(self, secret: bytes, algorithm: str = "HS256") -> str:
        """Sign with HMAC under some secret, as key confusion does."""
        header = {"alg": algorithm, "typ": "at+jwt"}
        said = f"{encode(json.dumps(header).encode())}.{self.parts[1]}"
        digest = getattr(hashlib, f"sha{algorithm[2:]}")
        return f"{said}.{encode(hmac.new(secret, said.encode(), digest).digest())}"


def compact(claims: Any) -> bytes:
    return json.dumps(claims, separators=(",", ":")).encode()


def _unsigned(forge: Forge) -> dict[str, str]:
    found = {}
    for alg in ("none", "None", "NONE", "nOnE", ""):
        header = encode(json.dumps({"alg": alg, "typ": "at+jwt"}).encode())
        found[f"alg {alg!r}"] = f"{header}.{forge.parts[1]}."
        found[f"alg {alg!r} with the old signature"] = f"{header}.{forge.parts[1]}.{forge.parts[2]}"
    return found | {
        "no signature": f"{forge.parts[0]}.{forge.parts[1]}.",
        "no third part": f"{forge.parts[0]}.{forge.parts[1]}",
        "no alg": forge.signed({"typ": "at+jwt"}, forge.claims),
        "alg is no text": forge.signed({"alg": ["EdDSA"], "typ": "at+jwt"}, forge.claims),
        "alg of another sort": forge.own_header(alg="ES256"),
        "alg Ed25519": forge.own_header(alg="Ed25519"),
    }


def _confused(forge: Forge) -> dict[str, str]:
    public = forge.own.public_key()
    raw, raw_format = serialization.Encoding.Raw, serialization.PublicFormat.Raw
    pem, der, info = (
        serialization.Encoding.PEM,
        serialization.Encoding.DER,
        serialization.PublicFormat.SubjectPublicKeyInfo,
    )
    ssh = public.public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    secrets = {
        "raw": public.public_bytes(raw, raw_format),
        "PEM": public.public_bytes(pem, info),
        "PEM without its end": public.public_bytes(pem, info).strip(),
        "DER": public.public_bytes(der, info),
        "SSH": ssh,
        "hexadecimal": public.public_bytes(raw, raw_format).hex().encode(),
        "nothing": b"",
        "a guess": b"secret",
    }
    return {
        f"{algorithm} with {name}": forge.secret_is(secret, algorithm)
        for name, secret in secrets.items()
        for algorithm in ("HS256", "HS384", "HS512")
    }


def _of_other_keys(forge: Forge) -> dict[str, str]:
    other = ed25519.Ed25519PrivateKey.generate()
    jwk = {"kty": "OKP", "crv": "Ed25519", "x": encode(other.public_key().public_bytes_raw())}
    header, payload, signature = forge.parts
    shifted = encode(bytes([decode(signature)[0] ^ 1]) + decode(signature)[1:])
    own = {"typ": "at+jwt"}
    return {
        "another key": jwt.encode(forge.claims, other, "EdDSA", own),
        "another key that it brings along": jwt.encode(
            forge.claims, other, "EdDSA", own | {"jwk": jwk}
        ),
        "a key to be fetched": jwt.encode(
            forge.claims, other, "EdDSA", own | {"jku": "http://127.0.0.1/keys", "x5u": "file:///"}
        ),
        "RSA": jwt.encode(forge.claims, rsa.generate_private_key(65537, 2048), "RS256", own),
        "ECDSA": jwt.encode(forge.claims, ec.generate_private_key(ec.SECP256R1()), "ES256", own),
        "a changed signature": f"{header}.{payload}.{shifted}",
        "all zeros": f"{header}.{payload}.{encode(bytes(64))}",
        "too short a signature": f"{header}.{payload}.{encode(decode(signature)[:-1])}",
        "too long a signature": f"{header}.{payload}.{encode(decode(signature) + b'0')}",
        "the signature of others": f"{header}.{encode(compact(forge.claims | {'sub': '1'}))}.{signature}",
    }


def _with_headers(forge: Forge) -> dict[str, str]:
    kids: tuple[Any, ...] = (
        "../../../../dev/null", "/dev/null", "' UNION SELECT 'secret' --", "other", "", 7, None,
        "https://example.org/key", "|whoami", {"a": 1},
    )  # fmt: skip
    return {f"kid {kid!r}": forge.own_header(kid=kid) for kid in kids} | {
        "crit": forge.own_header(crit=["exp"]),
        "crit that nobody knows": forge.own_header(crit=["b64"], b64=False),
        "crit that is empty": forge.own_header(crit=[]),
        "typ JWT": forge.own_header(typ="JWT"),
        "typ of a refresh token": forge.own_header(typ="rt+jwt"),
        "zip": forge.own_header(zip="DEF"),
        "cty": forge.own_header(cty="JWT"),
        "a header twice": forge.signed(
            b'{"alg":"none","alg":"EdDSA","typ":"at+jwt"}', forge.claims
        ),
        "a header of blanks": forge.signed(b' {"alg":"EdDSA","typ":"at+jwt"}', forge.claims),
        "a header that is a list": forge.signed([], forge.claims),
        "a header that is deep": forge.signed(b'{"a":' * 200 + b"1" + b"}" * 200, forge.claims),
        "a header that is not text": forge.signed(b"\xff\xfe", forge.claims),
    }


def _with_claims(forge: Forge) -> dict[str, str]:
    claims, now = forge.claims, forge.claims["iat"]
    wrong: dict[str, tuple[Any, ...]] = {
        "exp": (now - 1, now - 700, str(now + 600), float(now + 600), True, -1, 2**70, [], 1e400),
        "nbf": (now + 3_600, str(now), [now], 2**70),
        "iat": ("yesterday", []),
        "iss": ("weir.example.org", "", ["weir"], 7),
        "aud": ("other", ["other"], "", 7, ["weir", 7]),
        "sub": (7, "seven", "7; DROP TABLE person", "-1", "\u0667", " 7", "+7", "0x7", "1e3", "7_0", "",
                ["7"], {"id": 7}, True, "9" * 400),
        "sid": ("1", 1.5, -1, True, [1], {}, 2**70),
        "stp": ("0", 0.0, -1, False, [0]),
    }  # fmt: skip
    found = {
        f"{name} {value!r:.40}": forge.own_claims(**{name: value})
        for name, values in wrong.items()
        for value in values
    }
    for name in claims:
        found[f"no {name}"] = forge.own_claims(**{name: None})
    written = compact(claims)
    return found | {
        "somebody who is not there": forge.own_claims(sub="1"),
        "a session that is not there": forge.own_claims(sid=1),
        "a stamp of another day": forge.own_claims(stp=claims["stp"] + 1),
        "one claim more": forge.own_claims(role="super_admin"),
        "one claim twice": forge.payload(
            written[:-1] + b',"sub":"' + claims["sub"].encode() + b'"}'
        ),
        "an expiry twice": forge.payload(b'{"exp":1,' + written[1:]),
        "claims with blanks": forge.payload(json.dumps(claims).encode()),
        "claims in another order": forge.payload(compact(dict(reversed(claims.items())))),
        "no claims": forge.payload(b""),
        "claims that are a list": forge.payload(compact([claims])),
        "claims that are null": forge.payload(b"null"),
        "claims that are deep": forge.payload(b"[" * 300 + b"]" * 300),
        "a token within a token": forge.payload(forge.good.encode()),
        "not a number": forge.payload(written.replace(str(claims["exp"]).encode(), b"NaN")),
    }


def _misshapen(forge: Forge) -> dict[str, str]:
    header, payload, signature = forge.parts
    return {
        "a refresh token": forge.refresh,
        "padded": f"{header}.{payload}.{signature}==",
        "with another end": f"{forge.good}.",
        "with a fourth part": f"{forge.good}.{signature}",
        "five parts, as if encrypted": f"{forge.good}.{signature}.{signature}",
        "in standard base64": f"{header}.{payload}.+/{signature[2:]}",
        "upside down": f"{signature}.{payload}.{header}",
        "dots": "....",
        "one dot": ".",
        "huge": f"{header}.{encode(compact(forge.claims | {'x': 'y' * 4_000}))}.{signature}",
        "huge and signed": forge.own_claims(x="y" * 2_000),
        "with a byte of zero": f"{header}.{payload}%00.{signature}",
        "an API token that is none": "weir_" + "a" * 27,
        "JSON": "{}",
    } | {
        f"cut after {length}": forge.good[:length]
        for length in (1, len(header), len(header) + 1, len(header) + len(payload), -1, -20)
    }


CORPUS: tuple[Callable[[Forge], dict[str, str]], ...] = (
    _unsigned,
    _confused,
    _of_other_keys,
    _with_headers,
    _with_claims,
    _misshapen,
)


async def forge_of(weir: Weir) -> Forge:
    kept = await weir.core.world.operations.read_system(lambda t: t.recall("signing_key"))
    assert kept is not None
    client = await weir.sign_in("chief")
    claims = jwt.decode(client.token, options={"verify_signature": False})
    own = ed25519.Ed25519PrivateKey.from_private_bytes(kept)
    return Forge(client.token, client.refresh_token, own, claims)


async def test_every_forged_token_is_refused_with_401_and_nothing_fails(weir: Weir):
    forge = await forge_of(weir)
    forged = {name: token for make in CORPUS for name, token in make(forge).items()}
    assert len(forged) > 150
    got_in, failed = [], []
    for name, token in forged.items():
        answer = await replace(weir.nobody, token=token).get("auth/me")
        if answer.status != 401:
            (got_in if answer.status < 400 else failed).append((name, answer.status))
        as_refresh = await weir.nobody.post("auth/refresh", {"refresh_token": token[:1_000]})
        if as_refresh.status != 401 and name != "a refresh token":
            failed.append((f"{name} as a refresh token", as_refresh.status))
    assert (got_in, failed) == ([], [])
    # what they are all made of is good
    assert (await replace(weir.nobody, token=forge.good).get("auth/me")).status == 200
    assert (await replace(weir.nobody, token=forge.own_header()).get("auth/me")).status == 401


async def test_what_the_forge_signs_as_we_do_is_good_or_the_corpus_would_prove_nothing(weir: Weir):
    forge = await forge_of(weir)
    same = forge.own_claims()
    assert same == forge.good
    assert (await replace(weir.nobody, token=same).get("auth/me")).status == 200


async def test_no_forged_token_opens_a_live_stream_or_subscribes(weir: Weir):
    forge = await forge_of(weir)
    for make in CORPUS:
        for name, token in make(forge).items():
            assert weir.core.world.directory.authenticate(token) is None, name
        name, token = next(iter(make(forge).items()))
        chosen = {name: token, **dict(list(make(forge).items())[-3:])}
        for each, forged in chosen.items():
            client = replace(weir.nobody, token=quote(forged[:3_000]))
            async with screen(weir, "global", client) as socket:
                assert await closed(socket) == 1008, each


async def test_a_token_is_good_from_when_it_was_made_until_it_expires(weir: Weir):
    forge = await forge_of(weir)
    claims = AccessTokens(forge.own.private_bytes_raw()).read(forge.good)
    claims.must_hold(claims.not_before)
    claims.must_hold(Instant(claims.expires_at - 1))
    claims.must_hold(Instant(claims.not_before - MINUTE))  # the clock was set back a little
    with pytest.raises(NotSignedIn, match="expired"):
        claims.must_hold(claims.expires_at)
    with pytest.raises(NotSignedIn, match="not valid yet"):
        claims.must_hold(Instant(claims.not_before - MINUTE - 1))
