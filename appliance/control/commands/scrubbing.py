"""`weir scrub`."""

from appliance.control.desk import Desk, Order, Outcome
from appliance.ports.scrub import Flaw


async def scrub(desk: Desk, order: Order) -> Outcome:
    """Read back every byte of the data folder, and say what is damaged and what to do."""
    del order
    found = await desk.scrub.run()
    desk.scrub.told()
    return as_outcome(found)


def as_outcome(found: tuple[Flaw, ...]) -> Outcome:
    """Say it to a person and to a program."""
    lines = [
        f"{flaw.file}: {flaw.problem}\n  concerns {flaw.affected}\n  → {flaw.remedy}"
        for flaw in found
    ]
    return Outcome(
        "\n".join(lines) or "every byte is what was written",
        {
            "flaws": [
                {
                    "file": flaw.file,
                    "problem": flaw.problem,
                    "affected": flaw.affected,
                    "remedy": flaw.remedy,
                    "heals": flaw.heals,
                }
                for flaw in found
            ]
        },
        failed=bool(found),
    )
