"""The adapter for both faces, shown with SQLAlchemy's own engines on all seven drivers."""

import asyncio
from contextlib import closing
from contextvars import ContextVar

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.ext.asyncio import create_async_engine

from tests.faces import Async

SEEN = ContextVar("seen", default=0)


def test_one_body_serves_every_driver(faced, face_url):
    engine = faced.pick(create_engine, create_async_engine)(face_url)
    with faced.entered(engine.connect()) as connection:
        assert faced.run(connection.execute(text("SELECT 41 + 1"))).scalar_one() == 42
    faced.run(engine.dispose())


def test_an_exception_reaches_the_test(faced, face_url):
    engine = faced.pick(create_engine, create_async_engine)(face_url)
    with pytest.raises(ZeroDivisionError), faced.entered(engine.connect()):
        raise ZeroDivisionError
    faced.run(engine.dispose())


def test_calls_share_one_task_and_its_context():
    async def step():
        SEEN.set(SEEN.get() + 1)
        return asyncio.current_task(), SEEN.get()

    with closing(Async()) as faced:
        (first, one), (second, two) = faced.run(step()), faced.run(step())
    assert first is second
    assert (one, two) == (1, 2)
