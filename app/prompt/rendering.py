"""The templates of prompts, filled: plain text for a model."""

from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined


@cache
def _environment() -> Environment:
    # Plain text for a model, not HTML: escaping would change the customer's words.
    return Environment(
        loader=PackageLoader("app.prompt"),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701 - a prompt is no page
        trim_blocks=True,
        lstrip_blocks=True,
    )


def render(template: str, **values: Any) -> str:
    """A template of this package with all its values, without spaces around it."""
    return _environment().get_template(template).render(**values).strip()
