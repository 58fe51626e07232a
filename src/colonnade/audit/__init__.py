"""Audit: who changed what, and when, recorded by the database itself."""

from colonnade.audit.actor import actor
from colonnade.audit.declare import Audit
from colonnade.audit.install import Missing, check, install
from colonnade.audit.log import AuditLog
from colonnade.audit.repository import AsyncAuditRepository, AuditRepository

__all__ = [
    "AsyncAuditRepository",
    "Audit",
    "AuditLog",
    "AuditRepository",
    "Missing",
    "actor",
    "check",
    "install",
]
