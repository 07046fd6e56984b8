"""What the audit log can say: the actions, and the fields that are hashed."""

from appliance.domain.audit import AuditLine, AuthorKind, Outcome
from appliance.domain.audit_actions import Action
from scripts.docs.markdown import bullets, page, paragraph

_HASHED = [name for name in AuditLine.__slots__ if name not in {"hash", "signature"}]


def audit() -> str:
    """Give the page of the audit log."""
    kinds = ", ".join(f"`{kind.value}`" for kind in AuthorKind)
    outcomes = ", ".join(f"`{outcome.value}`" for outcome in Outcome)
    return page(
        "What the audit log says",
        paragraph(
            "Each line has one of these actions. Names are never changed; new ones may be added."
            " How to look into the log and prove it: [the audit log](../how-to/audit.md)."
        ),
        bullets(f"`{action.value}`: {action.words}." for action in sorted(Action)),
        "## A line",
        paragraph(
            f"Who did it is one of {kinds}; how it ended is one of {outcomes}. `details` is a JSON object: of a"
            " change `changed` with `before` and `after` of each field, of something new or removed its fields."
            " Secrets are never in it; `(not shown)` stands for them. Of a web address only the host is shown."
        ),
        "## What is hashed",
        paragraph(
            "The text of a line is a JSON array as RFC 8785 writes it, in UTF-8: `weir-audit-1`, then "
            + ", ".join(f"`{name}`" for name in _HASHED)
            + ". `municipality` is 0 in the system's chain; `at` is in microseconds since 1970; `details` is"
            " text; `previous` is in hex. `hash` is SHA-256 of that text, `signature` is Ed25519 (RFC 8032)"
            " over the 32 bytes of the hash, and `previous` is SHA-256 of hash and signature of the line before,"
            " 32 zero bytes for the first."
        ),
    )
