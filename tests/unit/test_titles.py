"""Titles that Weir made can be taken apart again; what a person has typed stays a person's."""

import itertools

import pytest

from appliance.detection.defaults import DEFAULT_RULES, default_rules
from appliance.domain.ids import MunicipalityId
from appliance.domain.instant import Instant
from appliance.domain.titles import BUILT_IN, Titled, name_code, title_of, titled


def test_every_rule_that_a_municipality_begins_with_has_a_code_and_the_other_way_round():
    rules = default_rules(MunicipalityId(1), itertools.count(1).__next__, Instant(0))
    assert sorted(name_code(rule.name) or "" for rule in rules) == sorted(BUILT_IN)
    assert len(DEFAULT_RULES) == len(BUILT_IN)


@pytest.mark.parametrize("sensor", ["Mill Lane", "Pump 2: outlet", "", "محطة"])
@pytest.mark.parametrize("code", sorted(BUILT_IN))
def test_a_title_of_a_built_in_rule_says_which_and_of_what(code: str, sensor: str):
    assert titled(title_of(BUILT_IN[code], sensor)) == Titled(code, sensor)


@pytest.mark.parametrize(
    "title", ["Pressure too low: Mill Lane", "No data", "no data: Mill Lane", "", "Water on road"]
)
def test_what_a_person_has_typed_has_no_code(title: str):
    assert titled(title) == Titled(None, None)
