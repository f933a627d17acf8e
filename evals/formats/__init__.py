"""The formats that a `dataset.yaml` may name: what each fills in, and how its rows are read."""

from collections.abc import Mapping

from evals.formats import asap_sas, digiklausur, mohler, passages, saf
from evals.formats.format import Format

FORMATS: Mapping[str, Format] = {
    "table": Format(),
    "passages": passages.FORMAT,
    "saf": saf.FORMAT,
    "digiklausur": digiklausur.FORMAT,
    "mohler": mohler.FORMAT,
    "asap_sas": asap_sas.FORMAT,
}
