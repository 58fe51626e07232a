"""Audit: who changed what, and when."""

from colonnade.audit.log import AuditLog
from colonnade.audit.repository import AsyncAuditRepository, AuditRepository

__all__ = ["AsyncAuditRepository", "AuditLog", "AuditRepository"]
