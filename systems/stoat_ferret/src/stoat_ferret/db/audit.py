"""The audit log of the catalogue, in Colonnade's own table: who did what to which entity, and when."""

from colonnade.audit import AsyncAuditRepository, AuditLog, AuditRepository

__all__ = ["AsyncAuditRepository", "AuditLog", "AuditRepository"]
