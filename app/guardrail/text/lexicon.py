"""What words mean, in Russian, Kazakh and English at once: concepts that sales texts share, and words without content.

All are folded (`folding.fold`) and stand in lexicon.yaml.
"""

from app.guardrail.text.lists import Lists

_LISTS = Lists("app.guardrail.text", "lexicon.yaml")

CONCEPTS: dict[str, str] = _LISTS.table("concepts")
"""Word beginning -> concept; the longest beginning that fits wins."""

EXACT: dict[str, str] = _LISTS.table("exact")
"""Whole word -> concept, looked at before any beginning; empty where the word has no content."""

STOP: frozenset[str] = _LISTS.words("stop")

GENERIC: frozenset[str] = _LISTS.words("generic")
"""Keys that do not tell one product from another."""

HEADS: frozenset[str] = _LISTS.words("heads")
"""Kinds of products: named alone, every product of the kind is meant."""

TOPICS: frozenset[str] = _LISTS.words("topics")
"""What a term can be about."""

QUALIFIERS: frozenset[str] = _LISTS.words("qualifiers")
"""Without these words a figure that has them would be said of something else."""

PREPOSITIONS: frozenset[str] = _LISTS.words("prepositions")
"""Behind these a product is named beside the main one."""

PRICE_WORDS: frozenset[str] = _LISTS.words("price_words")
"""What may stand between a product and its price."""

HEAD_WORDS: tuple[str, ...] = _LISTS.row("head_words")
"""Beginnings of the words for kinds of products."""
