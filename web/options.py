"""What the operator may set of the web."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from web.origins import DEFAULT

STATIC: Final = Path(__file__).parent / "static"


@dataclass(frozen=True, slots=True)
class WebOptions:
    """The web's options."""

    origins: tuple[str, ...] = DEFAULT
    """Origins whose pages may call from elsewhere; a bare scheme (`app://`) stands for all of it."""
    static: Path = STATIC
    """The folder of the control room's page."""
