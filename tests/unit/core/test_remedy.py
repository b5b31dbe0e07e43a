"""What of a remedy can be pasted, and that every remedy of the sources is written so that this can be told."""

from __future__ import annotations

import re

import pytest

from holodeck_tui.core.remedy import pasteable
from tests.unit.core.remedies import UNKNOWN, Remedies

pytestmark = pytest.mark.unit

PROGRAMS = (
    "aws az chmod curl df docker export gcloud git holodeck-deploy-tui kill ls pip sudo systemctl unset"
)
_COMMAND = re.compile(rf"(?:{'|'.join(map(re.escape, PROGRAMS.split()))}|--[a-z-]+|{UNKNOWN})( .*)?")
_PASTED = re.compile(rf"{_COMMAND.pattern}|https://.*|\w+: .*")
# What belongs behind the colon: a command, or YAML.
_HIDDEN = re.compile(
    r"\b(?:holodeck-deploy-tui|az|aws|gcloud|pip|kill|curl) [a-z-]|docker (?:login|system)|\{"
)


@pytest.mark.parametrize(
    ("remedy", "part"),
    [
        ("az login", "az login"),
        ("az login  (or set AZURE_TENANT_ID)", "az login"),
        ("export A=… B=…  (or write them into .env)", "export A=… B=…"),
        ("In deploy.yaml: aws: {service: ecs-express}", "aws: {service: ecs-express}"),
        ("In deploy.yaml: azure: {identity: ID}  (one that may read)", "azure: {identity: ID}"),
        ("Look at what AWS says: aws sts get-caller-identity", "aws sts get-caller-identity"),
        ("--env prod", "--env prod"),
        ("chmod u+w '/a  (b)/c'", "chmod u+w '/a  (b)/c'"),
        ("pip install x  (or: pip install y  (without an engine))", "pip install x"),
        ("Ask who owns the subscription to allow it.", ""),
        ("Change the name: in agent.yaml.", ""),
        ("Wait until it has ended.  (or: docker login x)", ""),
        ("", ""),
    ],
)
def test_what_can_be_pasted(remedy: str, part: str) -> None:
    assert pasteable(remedy) == part


def flaw(remedy: str) -> str:
    """What is wrong with the form of ``remedy``; empty where nothing is."""
    said, remark = re.fullmatch(r"(.*?)(  \(.*\))?", remedy, re.DOTALL).groups()  # type: ignore[union-attr]
    if "  " in said or (remark is None and said.endswith(")") and not said[:1].isupper() and " (" in said):
        return "two spaces stand before a remark in parentheses, and nowhere else"
    if not said[:1].isupper():
        return "" if _COMMAND.fullmatch(said) and not said.endswith(".") else "neither command nor sentence"
    sentence, colon, part = said.partition(": ")
    if _HIDDEN.search(sentence):
        return "something to paste stands within a sentence"
    if said.endswith("."):
        return "something to paste stands within a sentence" if _HIDDEN.search(said) else ""
    if not colon:
        return "a sentence ends with a full stop"
    return "" if _PASTED.fullmatch(part) else "behind the colon stands what can be pasted"


def test_every_remedy_of_the_sources_keeps_to_the_form() -> None:
    found = Remedies().found
    assert len(found) > 150
    wrong = [f"{place}: {text!r}: {flaw(text)}" for place, text in found if flaw(text)]
    assert not wrong, "\n".join(wrong)
