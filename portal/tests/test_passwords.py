"""What the settings say of passwords and codes, not what the tests run with (rows A1, S2)."""

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.contrib.auth.password_validation import get_password_validators, validate_password
from django.core.exceptions import ValidationError
from django.utils.module_loading import import_string

from portal import settings as module

VALIDATORS = get_password_validators(module.AUTH_PASSWORD_VALIDATORS)


def test_t1_common_password_is_refused_however_long():
    with pytest.raises(ValidationError) as refused:
        validate_password("1q2w3e4r5t6y7u8i9o0p", password_validators=VALIDATORS)
    assert [error.code for error in refused.value.error_list] == ["password_too_common"]


def test_short_password_is_refused():
    with pytest.raises(ValidationError) as refused:
        validate_password("zupelnie-inne1", password_validators=VALIDATORS)
    assert [error.code for error in refused.value.error_list] == ["password_too_short"]


def test_t1_all_three_validators_are_set():
    names = {type(validator).__name__ for validator in VALIDATORS}
    assert names == {
        "UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator",
    }  # fmt: skip


def test_t2_argon2_hashes_what_is_new():
    """The first one does; a second one may only read what is old. `conftest` sets its own."""
    first = import_string(module.PASSWORD_HASHERS[0])()
    assert first.encode("a code", first.salt()).startswith("argon2$argon2id$")
    assert type(first) is Argon2PasswordHasher


def test_argon2_costs_what_is_usual_today():
    """RFC 9106 and OWASP: at least 19 MiB and two rounds."""
    cost = Argon2PasswordHasher
    assert cost.memory_cost >= 19 * 1024 and cost.time_cost >= 2
