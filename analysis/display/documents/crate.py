"""A report as an RO-Crate, after the Workflow Run Crate profile: files, and the run that made them.

RO-Crate 1.1 (Soiland-Reyes et al., Data Science 2022;5:97), Workflow Run Crate 0.5 (Leo et al.,
PLoS One 2024;19:e0309210).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

METADATA, README = "ro-crate-metadata.json", "README.md"
WORKFLOW = "Makefile"
# What stands in the README of a crate, after what the report says of itself.
ABOUT = (
    "The report is `index.html`. All its numbers are `estimates.csv` and `estimates.parquet`; "
    "`ars.json` has them as CDISC Analysis Results Standard, `ard.csv` as analysis results data. "
    f"`{METADATA}` says how, from what and with which choices they were made."
)
_PROFILES = {
    "https://w3id.org/ro/wfrun/process/0.5": "Process Run Crate",
    "https://w3id.org/ro/wfrun/workflow/0.5": "Workflow Run Crate",
    "https://w3id.org/workflowhub/workflow-ro-crate/1.0": "Workflow RO-Crate",
}
_BIOSCHEMAS = "https://bioschemas.org/profiles/ComputationalWorkflow/1.0-RELEASE"
_TYPES = {
    "csv": "text/csv",
    "md": "text/markdown",
    "html": "text/html",
    "ipynb": "application/x-ipynb+json",
    "json": "application/json",
    "parquet": "application/vnd.apache.parquet",
    "png": "image/png",
    "svg": "image/svg+xml",
    "tex": "application/x-tex",
}
Entity = dict[str, Any]


@dataclass(frozen=True)
class Run:
    """What a crate says of the run: of what, by what, when, and with which choices.

    Attributes
    ----------
    name, title, description
        Of the report.
    version, python, commit
        Of what made it.
    date
        In ISO 8601: of the commit that it was built at.
    licence
        The address of a licence.
    dataset
        Files of the dataset with the SHA-256 of each.
    parameters
        Choices other than the default.
    """

    name: str
    title: str
    description: str
    version: str
    python: str
    commit: str
    date: str
    licence: str
    dataset: Mapping[str, str]
    parameters: Mapping[str, object]


def metadata(run: Run, files: Mapping[str, tuple[int, str]]) -> Entity:
    """Give the metadata of a crate, to be written as JSON into `METADATA`.

    Parameters
    ----------
    files
        By path in the crate, bytes and SHA-256 of each file, the workflow among them.
    """
    parts = sorted(files)
    inputs = [f"#input-{place}" for place in range(len(run.dataset))]
    chosen = [f"#parameter-{name}" for name in run.parameters]
    graph: list[Entity] = [
        {
            "@id": METADATA,
            "@type": "CreativeWork",
            "about": {"@id": "./"},
            "conformsTo": [
                {"@id": "https://w3id.org/ro/crate/1.1"},
                {"@id": "https://w3id.org/workflowhub/workflow-ro-crate/1.0"},
            ],
        },
        {
            "@id": "./",
            "@type": "Dataset",
            "name": run.title,
            "description": run.description,
            "datePublished": run.date,
            "license": {"@id": run.licence},
            "conformsTo": [{"@id": profile} for profile in _PROFILES],
            "hasPart": _ids(parts),
            "mainEntity": {"@id": WORKFLOW},
            "mentions": {"@id": "#run"},
        },
        *({"@id": at, "@type": "CreativeWork", "name": name} for at, name in _PROFILES.items()),
        {"@id": _BIOSCHEMAS, "@type": "CreativeWork", "name": "Bioschemas ComputationalWorkflow"},
        {"@id": run.licence, "@type": "CreativeWork", "name": "Licence of the code"},
        {
            "@id": "#make",
            "@type": "ComputerLanguage",
            "name": "GNU Make",
            "url": "https://www.gnu.org/software/make/",
        },
        {
            "@id": "#run",
            "@type": "CreateAction",
            "name": f"make DATASET={run.name}",
            "description": f"Built with Python {run.python} at commit {run.commit or 'unknown'}.",
            "endTime": run.date,
            "instrument": {"@id": WORKFLOW},
            "object": _ids([*inputs, *chosen]),
            "result": _ids(part for part in parts if part != WORKFLOW),
            "actionStatus": "http://schema.org/CompletedActionStatus",
        },
        *_inputs(run),
        *_parameters(run),
        *_formal(run),
        *(_file(path, *files[path], run) for path in parts),
    ]
    # That a file has a hash is a term of run crates.
    own = {"sha256": "https://w3id.org/ro/terms/workflow-run#sha256"}
    return {"@context": ["https://w3id.org/ro/crate/1.1/context", own], "@graph": graph}


def _ids(names: Iterable[str]) -> list[Entity] | Entity:
    """Point at what has these names; a list of one is written as that one."""
    found = [{"@id": name} for name in names]
    return found[0] if len(found) == 1 else found


def _inputs(run: Run) -> list[Entity]:
    """Name the files of the dataset, which are not in the crate, with their hashes."""
    return [
        {
            "@id": f"#input-{place}",
            "@type": "PropertyValue",
            "name": name,
            "value": f"sha256:{digest}",
            "exampleOfWork": {"@id": "#dataset"},
        }
        for place, (name, digest) in enumerate(run.dataset.items())
    ]


def _parameters(run: Run) -> list[Entity]:
    return [
        {
            "@id": f"#parameter-{name}",
            "@type": "PropertyValue",
            "name": name,
            "value": str(value),
            "exampleOfWork": {"@id": f"#formal-{name}"},
        }
        for name, value in run.parameters.items()
    ]


def _formal(run: Run) -> Sequence[Entity]:
    """Give what the workflow takes: a dataset, and the choices that were made."""
    return [
        {
            "@id": "#dataset",
            "@type": "FormalParameter",
            "name": "DATASET",
            "additionalType": "PropertyValue",
        },
        *(
            {
                "@id": f"#formal-{name}",
                "@type": "FormalParameter",
                "name": name,
                "additionalType": "Text",
            }
            for name in run.parameters
        ),
    ]


def _file(path: str, size: int, digest: str, run: Run) -> Entity:
    found: Entity = {
        "@id": path,
        "@type": "File",
        "name": path,
        "contentSize": str(size),
        "sha256": digest,
        "encodingFormat": _TYPES.get(path.rpartition(".")[2], "text/plain"),
    }
    if path == WORKFLOW:
        found |= {
            "@type": ["File", "SoftwareSourceCode", "ComputationalWorkflow"],
            "programmingLanguage": {"@id": "#make"},
            "conformsTo": {"@id": _BIOSCHEMAS},
            "version": run.version,
            "input": _ids(each["@id"] for each in _formal(run)),
        }
    if path == README:
        found["about"] = {"@id": "./"}
    return found
