"""A draft that lacks one thing, with that thing said: what decides comes first, behind a greeting."""


def completed(draft: str, said: str, greeting: str | None = None) -> str:
    """`said` is a whole sentence; `greeting` is the dialogue's own, if there is one."""
    text = draft.strip()
    if greeting and text.startswith(greeting):
        behind = text[len(greeting) :].strip()
        return " ".join(part for part in (greeting, said, behind) if part)
    return f"{said} {text}".strip()
