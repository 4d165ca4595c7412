"""``study.yaml``: what ran, with every default written out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from experiments.language.located import plain

if TYPE_CHECKING:
    from experiments.language.study import Study, Variant


def resolved_text(study: Study) -> str:
    """Write a study as it ran.

    Args:
        study: With ``--set`` changes applied.

    Returns:
        YAML with the resolved base, and for each variant its changes against it; named variants also in full, while a
        point of a grid differs from its group in the values that its changes show.
    """
    import yaml

    content = {
        "title": study.title,
        "question": study.question,
        "source": study.source,
        "repeats": study.repeats,
        "protocols": list(study.protocols),
        "base": plain(study.base),
        "variants": {variant.name: _variant(variant) for variant in study.variants},
    }
    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    text: str = yaml.dump(content, Dumper=dumper, sort_keys=False, allow_unicode=True, width=120)
    return text


def _variant(variant: Variant) -> dict[str, Any]:
    content = {
        "about": variant.about,
        "repeats": variant.repeats,
        "protocols": list(variant.protocols),
        "grid": plain(variant.grid),
        "changes": plain(variant.changes),
    }
    if not variant.grid:
        content["config"] = plain(variant.config)
    return {key: value for key, value in content.items() if value not in ("", {})}
