"""What is done to the log in the database itself, past everything that guards it."""

from typing import Any

from tests.api.appliance import Weir, a_rule


async def test_a_line_that_is_changed_in_the_database_is_named(weir: Weir):
    await weir.here.admin.post("rules", a_rule(weir.here))

    def tamper(system: Any) -> None:
        run = system._connection.execute
        run("DROP TRIGGER audit_stays_as_it_is")
        run(
            "UPDATE audit SET who_name = 'bob' WHERE municipality = ? AND number = 2",
            (weir.here.id,),
        )

    await weir.core.operations.write_system(tamper)
    proof = (await weir.here.admin.get("audit/proof")).body
    assert proof["sound"] is False
    assert [(f["wrong"], f["first"], f["last"]) for f in proof["findings"]] == [("changed", 2, 2)]
    assert (await weir.there.admin.get("audit/proof")).body["sound"] is True
    await weir.core.audit.prove_all()
    health = weir.core.audit.wrongs()
    assert len(health) == 1
    assert "line 2" in health[0]


async def test_the_database_itself_refuses_to_change_or_delete_a_line(weir: Weir):
    for statement in ("UPDATE audit SET at = 0", "DELETE FROM audit"):

        def tamper(system: Any, statement: str = statement) -> None:
            system._connection.execute(statement)

        refused = await refusal(weir, tamper)
        assert "audit log is never" in refused


async def refusal(weir: Weir, change: Any) -> str:
    try:
        await weir.core.operations.write_system(change)
    except Exception as error:  # noqa: BLE001
        return str(error)
    return ""
