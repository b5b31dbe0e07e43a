"""The real agents of holodeck-samples, where they are at hand (HOLODECK_SAMPLES or ../shared/samples)."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from holodeck_tui.bundle.needs import missing_variables

from .conftest import Bundles, paths

pytestmark = pytest.mark.unit

SAMPLES = Path(os.environ.get("HOLODECK_SAMPLES") or Path(__file__).parents[4] / "shared" / "samples")
SHIPS = {
    "content-moderation/ollama": [
        "config.yaml",
        "data/category_definitions.json",
        "data/moderation_rules.md",
    ],
    "customer-support/azure-openai": [
        "config.yaml",
        "data/faq.json",
        "data/knowledge_base.md",
        "data/product_catalog.json",
    ],
    "financial-assistant/openai": ["data/convfinqa-source-5.pdf", "tools/financial_tools.py"],
    "legal-summarization/openai": ["config.yaml", "data/legal_templates.md", "data/sample_contracts.json"],
    "ticket-routing/openai": ["config.yaml", "data/ticket_categories.json"],
}
AZURE = dict.fromkeys(
    (
        "AZURE_OPENAI_API_KEY",
        "AZURE_OPENAI_ENDPOINT",
        "AZURE_OPENAI_DEPLOYMENT_NAME",
        "AZURE_OPENAI_EMBEDDING_DEPLOYMENT_NAME",
    ),
    "set",
)

if not SAMPLES.is_dir():
    pytest.skip("the samples are not here; set HOLODECK_SAMPLES", allow_module_level=True)


def test_no_sample_is_forgotten() -> None:
    assert {path.parent.relative_to(SAMPLES).as_posix() for path in SAMPLES.glob("*/*/agent.yaml")} == set(
        SHIPS
    )


@pytest.mark.parametrize("sample", sorted(SHIPS))
def test_a_sample_ships_what_serving_needs(bundle_of: Bundles, sample: str) -> None:
    bundle = bundle_of(SAMPLES / sample / "agent.yaml", {})
    assert paths(bundle) == sorted(["agent.yaml", "instructions/system-prompt.md", *SHIPS[sample]])
    assert bundle.warnings == ()


def test_the_financial_assistant_lacks_one_variable(bundle_of: Bundles) -> None:
    bundle = bundle_of(SAMPLES / "financial-assistant/openai/agent.yaml", AZURE)
    missing = missing_variables(bundle)
    assert [(need.name, need.required, need.used_at) for need in missing] == [
        ("QDRANT_REMOTE_URL", True, "agent.yaml:195")
    ]
    sources = {need.name: need.source for need in bundle.needs}
    assert sources["QDRANT_URL"] == "environment"
    assert sources["OTEL_EXPORTER_OTLP_ENDPOINT"] == "environment"


def test_the_others_lack_their_providers_key_alone(bundle_of: Bundles) -> None:
    lacking = {
        sample: [
            (need.name, need.required)
            for need in missing_variables(bundle_of(SAMPLES / sample / "agent.yaml"))
        ]
        for sample in SHIPS
        if not sample.startswith("financial")
    }
    assert lacking == {
        "content-moderation/ollama": [("ANTHROPIC_API_KEY", False)],
        "customer-support/azure-openai": [("AZURE_OPENAI_API_KEY", True), ("AZURE_OPENAI_ENDPOINT", True)],
        "legal-summarization/openai": [("OPENAI_API_KEY", True)],
        "ticket-routing/openai": [("OPENAI_API_KEY", True)],
    }
