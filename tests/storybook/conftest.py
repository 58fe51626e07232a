"""A library on each driver, with tables made of the models."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from app.database import Base, make_async_manager, make_manager

from tests.faces import Face


@pytest.fixture
def library(faced: Face, face_url: str) -> Iterator[Any]:
    """A manager of the test's face, with empty tables."""
    with make_manager(_plain(face_url), on_start="ignore") as maker:
        Base.metadata.create_all(maker.engine)
    with faced.entered(faced.pick(make_manager, make_async_manager)(face_url, on_start="ignore")) as db:
        yield db


def _plain(url: str) -> str:
    """The same database for the synchronous face: a URL without a driver's name."""
    scheme, rest = url.split("://", 1)
    return f"{scheme.split('+')[0]}://{rest}"
