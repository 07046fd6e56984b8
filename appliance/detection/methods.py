"""All methods. A new one is a module beside these, a condition in the domain, and a line here."""

from collections.abc import Mapping

from appliance.detection.base import Method
from appliance.detection.book import RuleBook
from appliance.detection.flatline import FlatlineMethod
from appliance.detection.no_data import NoDataMethod
from appliance.detection.out_of_range import OutOfRangeMethod
from appliance.detection.pattern import Library, PatternMethod
from appliance.detection.rate_of_change import RateOfChangeMethod
from appliance.detection.threshold import ThresholdMethod


def methods_for(book: RuleBook) -> Mapping[str, Method]:
    """Give every method by the type of its condition."""
    methods: tuple[Method, ...] = (
        ThresholdMethod(),
        OutOfRangeMethod(),
        RateOfChangeMethod(),
        FlatlineMethod(),
        NoDataMethod(),
        PatternMethod(Library.of(book.patterns), book.local_time),
    )
    return {method.name: method for method in methods}
