"""The four packages have everyday names, so nothing that is installed beside them may use these too."""

import importlib
from importlib.metadata import distributions, packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OURS = ("appliance", "broker", "storage", "web")
FOLDERS = ("tests", "scripts", "installers")


@pytest.mark.parametrize("name", OURS)
def test_a_package_of_ours_is_imported_from_this_checkout(name: str):
    assert importlib.import_module(name).__file__ == str(ROOT / name / "__init__.py")


def test_no_other_distribution_provides_a_name_of_ours():
    providers = packages_distributions()
    names = (*OURS, *FOLDERS)
    assert [name for name in names if set(providers.get(name, ())) - {"weir"}] == []


def test_weir_is_installed_once():
    assert [found.metadata["Name"] for found in distributions()].count("weir") == 1
