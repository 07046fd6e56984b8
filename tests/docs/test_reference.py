"""The reference is what the code says: regenerating changes nothing, and nothing is undescribed."""

import ast
import inspect
import re
import sys
from typing import get_args

import pytest

from appliance.cli.main import make_parser
from appliance.config.options import OPTIONS
from appliance.domain.access import POLICY, Role
from appliance.domain.alerts import ChangeKind
from appliance.domain.readings import REMEDIES, Reason
from appliance.domain.telling import LIVE_EVENTS, LiveType
from appliance.health.checks import CHECKS
from scripts.docs.checks import issues
from scripts.docs.command_line import arguments_of, described
from scripts.docs.events import CLOSES
from scripts.docs.generate import PAGES, ROOT
from scripts.docs.markdown import member_docs
from scripts.docs.tables import all_permissions
from web import live
from web.table import ROUTES


@pytest.mark.parametrize("name", PAGES)
def test_a_page_of_the_reference_is_what_gen_docs_makes_of_the_code(name: str):
    assert (ROOT / name).read_text(encoding="utf-8") == PAGES[name](), "run scripts/gen-docs"


def test_nothing_lies_in_the_reference_that_gen_docs_does_not_make():
    there = {str(f.relative_to(ROOT)) for f in (ROOT / "appliance/docs/reference").rglob("*.*")}
    assert there <= set(PAGES)


def test_every_command_and_every_argument_says_what_it_is_for():
    silent = [
        f"{name} {argument.dest}"
        for name, parser, text in described()
        for argument in (*arguments_of(parser), None)
        if not (text if argument is None else argument.help)
        for argument in [argument or parser]
    ]
    assert silent == []
    assert {name for name, _, _ in described()} == set(commands_in_help())


def commands_in_help() -> list[str]:
    return re.findall(r"^    ([\w-]+) ", make_parser().format_help(), re.MULTILINE)


def test_every_option_is_on_the_page_with_its_variable():
    page = PAGES["appliance/docs/reference/options.md"]()
    assert [o.name for o in OPTIONS if f"## --{o.name}\n" not in page] == []
    assert [o.name for o in OPTIONS if f"`{o.variable}`" not in page] == []


def test_every_route_is_on_the_page_with_who_may_use_it():
    page = PAGES["appliance/docs/reference/http-api.md"]()
    assert [r for r in ROUTES if f"`{r.method} {r.template}`" not in page] == []
    assert len(re.findall(r"\.\s+For:\s", page)) == len(ROUTES)


def test_every_permission_is_somebody_s_and_says_what_it_means():
    assert set(POLICY) == set(Role)
    assert set().union(*POLICY.values()) == set(all_permissions())
    assert [p.name for p in all_permissions() if not (p.name and p.__doc__)] == []


def test_every_reason_has_a_meaning_and_a_remedy():
    assert set(member_docs(Reason)) == {reason.name for reason in Reason}
    assert set(REMEDIES) == set(Reason)


def test_every_kind_of_change_and_every_live_event_says_what_it_means():
    assert set(member_docs(ChangeKind)) == {kind.name for kind in ChangeKind}
    assert set(LIVE_EVENTS) == set(get_args(LiveType))


def test_every_close_code_of_the_live_stream_is_explained():
    raised = {
        getattr(live, node.args[0].id)
        for node in ast.walk(ast.parse(inspect.getsource(live)))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "Over"
        and isinstance(node.args[0], ast.Name)
    }
    assert raised
    assert raised <= set(CLOSES)


@pytest.mark.parametrize("name", CHECKS)
def test_every_check_asks_a_question_and_every_issue_has_a_hint(name: str):
    module = sys.modules[CHECKS[name].__module__]
    assert (module.__doc__ or "").strip().endswith("?")
    raised = list(issues(module))
    assert raised
    assert all(len(hint) > 20 for *_, hint in raised)
