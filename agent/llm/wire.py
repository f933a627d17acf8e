"""What the wire forms of observer and grader share: strict schemas, and faults told to a model."""

from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

_FAULTS_TOLD = 3


class Wire(BaseModel):
    """A value as it comes from a model: checked, with what is beyond the form left aside."""

    model_config = ConfigDict(extra="ignore")


def strict_object(**properties: Any) -> dict[str, Any]:
    """The JSON Schema of an object in OpenAI's strict form: every property is required."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def fits(kind: type[Wire], raw: object) -> bool:
    """Whether a value has this form."""
    try:
        kind.model_validate(raw)
    except ValidationError:
        return False
    return True


def told(error: ValidationError) -> str:
    """The first faults of a value, in words that a model can act on."""
    return "; ".join(
        f"{'.'.join(map(str, one['loc'])) or 'the whole'}: {one['msg']}"
        for one in error.errors()[:_FAULTS_TOLD]
    )
