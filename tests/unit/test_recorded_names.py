"""No table can be changed without the audit log having a word for it, or a reason for its silence."""

import inspect
from typing import Any

import pytest

from appliance.ports.operations import SystemTables
from appliance.ports.tables import Tables
from appliance.services.audit.calls import Quiet
from appliance.services.audit.names import READS, TREATED

OPENED = {"of", "nobody", "attempt"}
"""How a transaction opens its parts."""


def methods_of(protocol: type, name: str) -> dict[str, Any]:
    """Every method that can be called through these tables, as `table.method`."""
    found: dict[str, Any] = {}
    for attribute, value in vars(protocol).items():
        if attribute.startswith("_"):
            continue
        if isinstance(value, property):
            assert value.fget is not None
            table = inspect.get_annotations(value.fget, eval_str=True)["return"]
            if getattr(table, "_is_protocol", False):
                found |= methods_of(table, attribute)
        else:
            found[f"{name}.{attribute}"] = value
    return found


METHODS = methods_of(SystemTables, "system") | methods_of(Tables, "tables")


@pytest.mark.parametrize("key", sorted(METHODS))
def test_a_method_of_a_table_looks_or_has_its_word_in_the_audit_log(key: str):
    method = key.rpartition(".")[2]
    known = key in TREATED or method in READS or (key.startswith("system.") and method in OPENED)
    assert known, (
        f"say in appliance/services/audit/names.py what {key} is called in the audit log (TREATED),"
        " or that it only looks (READS)"
    )


def test_nothing_is_treated_that_is_not_there():
    assert set(TREATED) <= set(METHODS)


def test_whatever_is_silent_says_why():
    assert all(len(treat.why) > 10 for treat in TREATED.values() if isinstance(treat, Quiet))
