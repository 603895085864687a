"""Everything that speaks for or against publishing a knowledge base, gathered before anything is changed."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from app.errors import ConfigError
from app.evaluation.comparison import Comparison, compare, questions_of
from app.evaluation.retrieval import Query
from app.knowledge.contradictions import Change, changes, contradictions
from app.knowledge.lint import LintFinding, lint
from app.knowledge.retriever import Retriever
from app.knowledge.sections import KnowledgeBase, load


@dataclass(frozen=True, slots=True)
class Review:
    """What was found. `changes` are for a person to read: a price may well have changed on purpose."""

    findings: tuple[LintFinding, ...]
    changes: tuple[Change, ...]
    comparison: Comparison
    note: str = ""
    """Why there is nothing to compare with, if there is not."""

    def reasons(self) -> list[str]:
        """Why it should not be published, in words; empty when nothing speaks against it."""
        errors = [f"{f.place}: [{f.check}] {f.message}" for f in self.findings if f.severity == "error"]
        if self.comparison.unknown:
            named = ", ".join(self.comparison.unknown[:5])
            errors.append(f"its questions expect sections that it has not, or that have expired: {named}")
        if self.comparison.whole is None:
            errors.append("it has no questions (eval/*.jsonl, --queries), so nothing shows that its sections are found")
        return errors + self.comparison.worse()

    def as_json(self) -> dict[str, Any]:
        """For `machine kb publish --json`."""
        return {
            "findings": [asdict(finding) for finding in self.findings],
            "changes": [asdict(change) for change in self.changes],
            "retrieval": self.comparison.as_json(),
            "note": self.note,
        }


def review(
    base: KnowledgeBase,
    used: Path | None,
    build: Callable[[KnowledgeBase], Retriever],
    questions: Sequence[Query],
    today: date,
) -> Review:
    """Looks `base` through, against the version in the folder `used`. Not from a running event loop.

    Raises what `build` raises of `base`. A version in use that cannot be read is no obstacle, and said in `note`.
    """
    findings = (*lint(base.sections, today), *contradictions(base.sections))
    retriever = build(base)
    old, others, note = None, list[Query](), ""
    if used is None:
        note = "there is no version in use to compare with"
    else:
        try:
            old, others = load(used), questions_of(used)
        except ConfigError as error:
            note = f"the version in use cannot be read: {error}"
    comparison = compare(retriever, build(old) if old else None, questions, others, today)
    return Review(findings, tuple(changes(old.sections, base.sections)) if old else (), comparison, note)
