"""Models: a declarative base, mixins, and column types that behave alike on every database."""

from colonnade.models.base import Base, Conventions, conventional_metadata
from colonnade.models.mixins import CreatedAtMixin, SoftDeleteMixin, TimestampMixin, VersionMixin
from colonnade.models.plain import from_dict, to_dict
from colonnade.models.types import (
    Bytes,
    CodePointEnum,
    CodePointString,
    CodePointText,
    Duration,
    ExactDecimal,
    Json,
    LongKey,
    PortableUuid,
    TimeOfDay,
    UTCDateTime,
    utcnow,
)
from colonnade.models.validation import validate

__all__ = [
    "Base",
    "Bytes",
    "CodePointEnum",
    "CodePointString",
    "CodePointText",
    "Conventions",
    "CreatedAtMixin",
    "Duration",
    "ExactDecimal",
    "Json",
    "LongKey",
    "PortableUuid",
    "SoftDeleteMixin",
    "TimeOfDay",
    "TimestampMixin",
    "UTCDateTime",
    "VersionMixin",
    "conventional_metadata",
    "from_dict",
    "to_dict",
    "utcnow",
    "validate",
]
