"""Ask the validator of RO-Crates about one: python validate_crate.py <folder> (roc-validator).

It needs an environment of its own, since roc-validator and import-linter want other versions of
rich. The validator asks the network for the vocabulary of RO-Crate 1.1; it is given the copy beside
this file (Apache-2.0, https://github.com/ResearchObject/ro-crate).
"""

from __future__ import annotations

import email.message
import io
import sys
import urllib.request
from pathlib import Path

import requests
from rocrate_validator import models, services

CONTEXT = (Path(__file__).parent / "ro_crate_1.1_context.jsonld").read_bytes()
URL, TYPE = "https://w3id.org/ro/crate/1.1/context", "application/ld+json"


class Answer(io.BytesIO):
    """The vocabulary, as if it had been fetched."""

    url = _request_url = URL
    code = status = 200

    def __init__(self) -> None:
        super().__init__(CONTEXT)
        self.headers = email.message.Message()
        self.headers["Content-Type"] = TYPE

    def geturl(self) -> str:
        return URL

    def info(self) -> email.message.Message:
        return self.headers


def opened(asked: object, *_: object, **__: object) -> Answer:
    address = getattr(asked, "full_url", asked)
    if address != URL:
        raise OSError(f"nothing else is asked for: {address}")
    return Answer()


def sent(_: requests.Session, asked: requests.PreparedRequest, **__: object) -> requests.Response:
    found = requests.Response()
    found.status_code = 200 if asked.url == URL else 404
    found._content, found.raw = CONTEXT, Answer()
    found.url, found.request = asked.url or "", asked
    found.headers["Content-Type"] = TYPE
    return found


def main(folder: str) -> int:
    real = urllib.request.urlopen
    for module in [urllib.request, *sys.modules.values()]:
        if getattr(module, "urlopen", None) is real:
            module.urlopen = opened  # type: ignore[attr-defined]
    requests.Session.send = sent  # type: ignore[method-assign]
    asked = services.ValidationSettings(
        rocrate_uri=folder,
        profile_identifier="workflow-run-crate",
        requirement_severity=models.Severity.REQUIRED,
        skip_availability_check=True,
    )
    found = services.validate(asked)
    for issue in found.get_issues():
        print(issue.severity, issue.check.identifier, issue.message)
    return 0 if found.passed() else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
