"""What help says of a form's field: all that is known of it, never a secret's value."""

from __future__ import annotations

from holodeck_tui.ui.form_fields import FormField, Shown

Facts = tuple[tuple[str, str], ...]


def field_facts(field: FormField, shown: Shown) -> Facts:
    """Pairs of a word and what it says; the first is the field's name in the file."""
    text = "***" if field.secret and shown.text else shown.text
    facts = [(".".join(field.path), field.help), ("wrong", shown.wrong)]
    if text:
        facts += [("is", f"{text}  (written in this file)"), ("variables", shown.note)]
    elif shown.holds:
        facts.append(("is", f"{shown.holds}  ({shown.note})"))
    elif field.required:
        facts.append(("is", "not written; it has no default"))
    else:
        facts.append(("is", f"{field.default or 'nothing'}  (not written: the default)"))
    if text or shown.holds:
        facts.append(("default", field.default or ("none: it is required" if field.required else "")))
    facts.append(("allowed", ", ".join(field.choices) or field.allowed))
    if text:
        facts.append(("emptied", "it is taken out of the file; what is inherited, else the default, holds"))
    return tuple((word, said) for word, said in facts if said)
