"""Where the shop keeps its data: SQL behind one small door, so that another database can stand in for SQLite."""

from sandbox.store.store import Store

__all__ = ["Store"]
