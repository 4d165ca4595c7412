"""The sections of a study file around its configuration: variants, claims, published figures, and the whole file."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema, field_validator
from pydantic_core import PydanticCustomError

from experiments.glossary import VerdictWord
from experiments.language.configuration_sections import Accepts, ConfigurationSection, Section
from experiments.language.signatures import Kind
from experiments.protocols import PROTOCOLS, JudgedProtocol, Protocol

NAME_PATTERN = r"^[A-Za-z][A-Za-z0-9_]*$"

LARGEST_GRID = 10_000

LEARNING_RATE: Final = "training.optimizer.learning_rate"
FACTORS: Final = (0.1, 0.316, 1.0, 3.16, 10.0)

PUBLISHED_VALUE = Kind(
    "a number",
    lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    {"type": "number"},
)


class VariantSection(BaseModel):
    """Changes against the base; every other key is a dotted path with its new value."""

    model_config = ConfigDict(extra="allow", strict=True, frozen=True)
    from_: str | None = Field(None, alias="from", description="The variant whose changes come first.")
    grid: dict[str, Annotated[Any, WithJsonSchema({"type": "object", "minProperties": 1})]] | None = Field(
        None,
        description="Axes: name → {dotted path: [values] or {label: value}}; all combinations are run.",
        examples=[{"rate": {"model.drop.rate": [0.1, 0.2, 0.3]}}],
    )
    repeats: Annotated[int, Field(ge=1, le=10_000)] | None = Field(None, description="Runs of this variant.")
    protocols: list[Protocol] | None = Field(None, min_length=1, description="Protocols of this variant.")
    about: str = Field("", description="A sentence for people.")
    on_request: bool = Field(False, description="Train it only where --variant names it: too large, or a download.")


class ExplanationSection(Section):
    """Why a claim has a verdict, and an expression that tests it."""

    of: dict[JudgedProtocol, VerdictWord] = Field(
        min_length=1,
        description="Protocol → the verdict that the text explains; it is shown with that verdict only.",
        examples=[{"fresh": "contradicted"}],
    )
    text: str = Field(min_length=1, description="The explanation.")
    because: str | None = Field(
        None,
        description="A claim that holds if the explanation is right, judged under the same protocol.",
        examples=["tanh.gradient_norm.hidden_1 < tanh.gradient_norm.hidden_5"],
    )


class ClaimSection(Section):
    """A sentence and the expression that judges it."""

    says: str = Field(min_length=1, description="The claim in words.", examples=["Dropout raises test accuracy."])
    expect: str = Field(
        description="The claim as an expression.", examples=["dropout.test_accuracy > baseline.test_accuracy"]
    )
    source: str = Field("", description="Who claims it.")
    why: list[ExplanationSection] = Field(
        default_factory=list, description="Why it has its verdicts; each text names the verdicts that it explains."
    )
    not_tuned: str = Field("", description="Why the claim is not judged with each variant at its own best rate.")

    @field_validator("why", mode="before")
    @classmethod
    def _is_list(cls, value: Any) -> Any:
        if not isinstance(value, list):
            words = "a list of entries such as {of: {fresh: contradicted}, text: Our reason.}"
            raise PydanticCustomError("kind", "{words}", {"words": words})
        return value


class BasisSection(Section):
    """A claim with the verdicts that the advice of a summary rests on."""

    claim: int = Field(ge=1, description="Number of the claim in this file, from 1.")
    of: dict[JudgedProtocol, VerdictWord] = Field(
        min_length=1, description="Protocol → verdict.", examples=[{"fresh": "supported"}]
    )


class SummarySection(Section):
    """What the slide says and what follows in practice, in words that anybody understands."""

    slide: str = Field(min_length=1, description="One sentence: what the slide says.")
    claims: list[Annotated[int, Field(ge=1)]] = Field(
        min_length=1, description="Numbers of the claims that judge it, from 1; the page sums up their verdicts."
    )
    practice: str = Field(min_length=1, description="One sentence: what to do in practice.")
    rests_on: list[BasisSection] = Field(
        min_length=1, description="Verdicts that the advice follows from; it is shown with those only."
    )


class PublishedSection(BaseModel):
    """Figures that others published for a variant; every other key is a metric with its value."""

    model_config = ConfigDict(extra="allow", strict=True, frozen=True)
    __pydantic_extra__: dict[str, Annotated[Any, Accepts(PUBLISHED_VALUE)]]
    variant: str = Field(description="The variant or grid point.", examples=["baseline", "rate[rate=0.4]"])
    by: str = Field(description="Who measured it.")
    of: int = Field(1, ge=1, description="Number of runs it is the mean of.")
    statistic: Literal["mean", "std"] = Field("mean", description="`std` marks a spread instead of a mean.")
    note: str = Field("", description="What else is known.")


class DiagnosisSection(Section):
    """Thresholds for naming bias and variance of every variant."""

    metric: str = Field("accuracy", description="The score that errors are counted in.")
    target_error: float = Field(0.05, ge=0, le=1, description="The error that would be good enough.")
    margin: float = Field(0.05, ge=0, le=1, description="A difference of errors that matters.")


class TunedSection(Section):
    """How each variant that a claim compares gets its own best rate, or why none does."""

    argument: str = Field(LEARNING_RATE, description="Dotted path of the number, or of the schedule, that is tuned.")
    factors: list[Annotated[float, Field(gt=0)]] = Field(
        default_factory=lambda: list(FACTORS),
        min_length=3,
        description="What the variant's own value is multiplied by.",
    )
    repeats: int = Field(3, ge=1, le=100, description="Runs that choose, for each value.")
    not_: str = Field("", alias="not", description="Why the study has no tuned form.")


def _both_protocols() -> list[Protocol]:
    return list(PROTOCOLS)


class StudyFile(ConfigurationSection):
    """One study: a question, a base configuration, variants, claims, published figures."""

    title: str = Field(min_length=1, description="Heading of the study's page.")
    question: str = Field(min_length=1, description="What the study asks.")
    source: str = Field("", description="The deck it comes from.", examples=["Better Deep Learning"])
    topic: Literal["Better generalization", "Better learning", "Optimization", "Architecture", "Data"] | None = Field(
        None, description="Heading on the scoreboard."
    )
    order: int | None = Field(
        None, ge=1, description="Place among the case studies of its deck; `run --all` takes those with a place first."
    )
    repeats: int = Field(30, ge=1, le=10_000, description="Runs of each variant and protocol.")
    protocols: list[Protocol] = Field(
        default_factory=_both_protocols,
        min_length=1,
        description="published: one data set for all repeats; fresh: each repeat draws its own.",
    )
    variants: dict[str, VariantSection | None] = Field(
        min_length=1, description="Name → changes against the base.", examples=[{"baseline": {}}]
    )
    summary: SummarySection | None = Field(None, description="Three sentences on top of the study's page.")
    claims: list[ClaimSection] = Field(default_factory=list, description="What is judged.")
    published: list[PublishedSection] = Field(default_factory=list, description="Figures that others measured.")
    diagnosis: DiagnosisSection | None = Field(None, description="Naming of bias and variance.")
    smallest_effects: dict[str, Annotated[float, Field(gt=0)]] = Field(
        default_factory=dict,
        description="Metric → smallest effect of interest: a difference, or the relative size of a ratio.",
        examples=[{"test_accuracy": 0.02, "test_mse": 0.05}],
    )
    tuned: TunedSection | None = Field(
        None,
        description="How the protocol `tuned` chooses rates, or why it has no place here.",
        examples=[{"factors": [0.1, 1, 10]}, {"not": "the rate is what the study varies"}],
    )


VARIANT_KEYS = tuple(field.alias or name for name, field in VariantSection.model_fields.items())
