"""The job: a source tree brought into the database, and kept in step with it."""

from dbp.indexing.run import Event, Outcome, Survey, index, survey
from dbp.indexing.store import AsyncIndex, Index, Known, Linked

__all__ = ["AsyncIndex", "Event", "Index", "Known", "Linked", "Outcome", "Survey", "index", "survey"]
