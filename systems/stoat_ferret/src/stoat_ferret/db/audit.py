"""The audit log of the catalogue: who did what to which entity, and when, as the database records it."""

from colonnade.audit import AsyncAuditRepository, AuditLog, AuditRepository

__all__ = ["AsyncAuditRepository", "AuditLog", "AuditRepository"]
