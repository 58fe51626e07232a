"""The models that an `env.py` of a test's is for, as the test has them at the moment."""

from sqlalchemy import MetaData

MODELS: list[MetaData] = []
