"""What a phone or a device needs to trust this server: its certificate's pin and authority."""

from typing import Final

from msgspec import Struct

from appliance.domain.access import Permission
from appliance.domain.errors import NotFound
from appliance.domain.instant import text
from web.asking import Ask, Reply
from web.routes import PREFIX, Open, Route


class TlsOut(Struct, frozen=True):
    """The certificate that is served now; its pin outlives a renewal by Weir's own authority."""

    pins: tuple[str, ...]
    """`sha256/` and the base 64 of the SHA-256 of a public key: the server's, then the root's."""
    names: tuple[str, ...]
    valid_from: str
    valid_until: str
    own_authority: bool
    root: str | None
    """Where the root's certificate is, if the authority is Weir's own."""


ROOT = f"{PREFIX}/tls/root.crt"
CERTIFICATE: Final = "application/x-x509-ca-cert"


async def tls(ask: Ask[Permission]) -> TlsOut:
    """Describe the certificate."""
    served = ask.services.trust().served
    if served is None:
        raise NotFound(kind="certificate", name="tls")
    pins = (served.pin, served.root_pin) if served.root_pin else (served.pin,)
    return TlsOut(
        pins=tuple(f"sha256/{pin}" for pin in pins),
        names=served.names,
        valid_from=text(served.valid_from),
        valid_until=text(served.valid_until),
        own_authority=served.own,
        root=ROOT if served.own else None,
    )


async def root(ask: Ask[Permission]) -> Reply:
    """Give the root's certificate, as phones and devices install it."""
    found = ask.services.trust().root
    if not found:
        raise NotFound(kind="certificate", name="root.crt")
    named = 'attachment; filename="weir-root.crt"'
    return Reply(found, headers={"Content-Type": CERTIFICATE, "Content-Disposition": named})


ROUTES = (
    Route(
        method="GET",
        path=f"{PREFIX}/tls",
        access=Open.PUBLIC,
        handler=tls,
        answer=TlsOut,
        summary="The certificate that is served, and its pins for apps",
    ),
    Route(
        method="GET",
        path=ROOT,
        access=Open.PUBLIC,
        handler=root,
        gives_file=(CERTIFICATE,),
        summary="The root certificate of Weir's own authority, PEM",
    ),
)
