"""A flow as a Mermaid diagram, for its page in the documentation."""

from app.dialogue.flow.model import Condition, Flow


def graph(flow: Flow) -> str:
    """`stateDiagram-v2` text: stages with what they ask for, transitions with their conditions."""
    lines = ["stateDiagram-v2"]
    for stage in flow.stages.values():
        asks = f"<br/>{', '.join(stage.slots)}" if stage.slots else ""
        lines.append(f"    {stage.name} : {stage.name}{asks}")
    lines.append(f"    [*] --> {flow.first}")
    for stage in flow.stages.values():
        lines += [_edge(stage.name, t.to, _words(t.when)) for t in stage.transitions]
        if flow.goals and flow.is_goal(stage):
            if stage.name != flow.first:
                lines.append(_edge(flow.first, stage.name, _words(stage.allowed) or f"weight {stage.weight}"))
            lines.append(_edge(stage.name, flow.goals.closing, f"{flow.goals.turns} turns or nothing left"))
        if stage.final:
            lines.append(f"    {stage.name} --> [*]")
    if flow.anywhere:
        lines.append("    anywhere : from any stage")
        lines += [_edge("anywhere", t.to, _words(t.when)) for t in flow.anywhere]
    for switch in flow.switch:
        lines.append(f"    flow_{switch.flow} : flow {switch.flow}")
        lines.append(_edge(flow.first, f"flow_{switch.flow}", _words(switch.when)))
    return "\n".join(lines) + "\n"


def _edge(start: str, end: str, label: str) -> str:
    return f"    {start} --> {end}" + (f" : {label}" if label else "")


def _words(when: Condition) -> str:
    parts = [
        *(f"{slot} known" for slot in when.known),
        *(f"{slot} unknown" for slot in when.unknown),
        *(f"{slot} not told" for slot in when.exhausted),
        *(f"{slot} is {value}" for slot, value in when.equals.items()),
        *(f"{slot} from {least}" for slot, least in when.at_least.items()),
    ]
    if when.intents:
        parts.append(" or ".join(when.intents))
    return ", ".join(parts)
