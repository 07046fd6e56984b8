"""A short, seeded run of scripts/faults/schemathesis: the long one has 20,000 cases."""

from pathlib import Path

from scripts.faults.asking import asking


def test_nothing_that_the_document_allows_fails_or_is_answered_otherwise(tmp_path: Path):
    with asking(tmp_path / "data", 1) as one:
        asked = one.run(120, 1, "/api/v1/")
    assert asked.cases >= 100
    assert asked.failures == {}
