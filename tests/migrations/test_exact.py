"""Values that are kept as JSON come back as they went in, with their types."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from colonnade.migrations.exact import decode, digest_of, encode

plain = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.text(),
    st.binary(),
    st.decimals(allow_nan=False),
    st.datetimes(),
    st.dates(),
    st.times(),
    st.timedeltas(),
    st.uuids(),
    st.ip_addresses(),
)
values = st.recursive(
    plain,
    lambda inner: st.lists(inner) | st.tuples(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(values)
def test_back_as_it_was(value: Any) -> None:
    again = decode(json.loads(json.dumps(encode(value))))
    assert again == value
    assert type(again) is type(value)
    assert digest_of("", value) == digest_of("", again)


@given(plain, plain)
def test_digests_differ_as_values_do(one: Any, other: Any) -> None:
    same = json.dumps(encode(one)) == json.dumps(encode(other))
    assert (digest_of("SELECT ?", (one,)) == digest_of("SELECT ?", (other,))) == same


def test_a_type_that_isnt_known() -> None:
    with pytest.raises(TypeError, match="object"):
        encode(object())
