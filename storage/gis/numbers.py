"""Numbers as people write them in files."""

import math


def number(text: str) -> float | None:
    """Read a finite decimal number; None for anything else (`nan`, `1_000`, `inf` are anything else)."""
    if "_" in text:
        return None
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
