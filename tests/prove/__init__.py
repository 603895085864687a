"""Proofs: what the product promises, shown on running processes with its figures printed. The tests run short forms."""
