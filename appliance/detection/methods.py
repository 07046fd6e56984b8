"""All methods. A new one is a module beside these, a condition in the domain, and a line here."""

from collections.abc import Mapping

from appliance.detection.base import Method
from appliance.detection.book import RuleBook
from appliance.detection.no_data import NoDataMethod
from appliance.detection.threshold import ThresholdMethod


def methods_for(book: RuleBook) -> Mapping[str, Method]:  # noqa: ARG001
    """Give every method by the type of its condition."""
    methods: tuple[Method, ...] = (ThresholdMethod(), NoDataMethod())
    return {method.name: method for method in methods}
