"""A hundred strings that want to be markup, and a study that has them wherever a text can stand."""

from __future__ import annotations

from dataclasses import replace

from experiments.glossary import VERDICT_WORDS
from experiments.language import Study
from experiments.language.explanations import Explanation
from experiments.language.expressions import Comparison
from experiments.language.study_summary import Basis, StudySummary
from experiments.language.terms import Reference

_BREAKERS = ("", '"', "'", "`", ">", "-->", "]]>", "</script>", "</style>", "</svg>")
_PAYLOADS = (
    "<script>hacked=1</script>",
    "<img src=x onerror=hacked=1>",
    '" onfocus=hacked=1 autofocus x="',
    "<svg/onload=hacked=1>",
    "</title><script>hacked=1</script>",
    "<!--<script>hacked=1//-->",
    "javascript:hacked=1",
    "{{ 7 * 7 }}{% raw %}${hacked=1}",
    "<a href=javascript:hacked=1>&lt;b&gt;&#60;",
    "\u202e\u2028\u2029\ufeff\u0000\x1b[31m%00\\u003cscript",
)
STRINGS = tuple(f"{breaker}{payload}" for breaker in _BREAKERS for payload in _PAYLOADS)
HARMLESS = tuple(f"text {number}" for number in range(len(STRINGS)))


def study_of(study: Study, texts: tuple[str, ...]) -> Study:
    """Put texts into the title, the question, every claim, every name of a variant, and whatever else people write."""
    names = texts[::9]  # a stride that meets every payload, and every way to break out
    variants = tuple(
        replace(study.variants[min(k, 1)], name=name, group=name, about=name, repeats=2, protocols=("published",))
        for k, name in enumerate(names)
    )
    sides = [Reference(name, "test_accuracy") for name in names]
    claims = tuple(
        replace(
            study.claims[0],
            says=text,
            source=text,
            why=tuple(Explanation({"published": word}, text) for word in VERDICT_WORDS),
            expect=f"{text} > {text}",
            expression=Comparison(sides[k % len(sides)], ">", sides[k % len(sides) - 1]),
        )
        for k, text in enumerate(texts)
    )
    published = tuple(
        replace(study.published[0], variant=names[k % len(names)], by=text, note=text, value=0.7 + k / 1000)
        for k, text in enumerate(texts)
    )
    return replace(
        study,
        title=texts[0],
        question=texts[1],
        source=texts[2],
        topic=texts[3],
        protocols=("published",),
        variants=variants,
        claims=claims,
        published=published,
        summary=StudySummary(texts[4], (1, 2), texts[5], (Basis(1, {"published": "no data"}),)),
    )
