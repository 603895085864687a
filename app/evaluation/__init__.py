"""Measuring: retrieval on questions whose section is known."""

from app.evaluation.retrieval import Miss, Query, RetrievalReport, evaluate_retrieval, read_queries

__all__ = ["Miss", "Query", "RetrievalReport", "evaluate_retrieval", "read_queries"]
