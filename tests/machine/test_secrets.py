"""What is made as a secret can be typed, pasted and put into a table as it is."""

from appliance.domain.spreadsheets import guarded
from appliance.machine.clock import RandomIds


def test_no_secret_is_an_option_or_a_formula() -> None:
    made = [RandomIds().new_secret() for _ in range(3_000)]

    assert all(secret[0].isalnum() and guarded(secret) == secret for secret in made)
    assert len(set(made)) == len(made)
    assert min(map(len, made)) >= 27
