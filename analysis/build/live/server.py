"""The pages of a report on a loopback address, and word of what becomes of them.

Whoever is to read them needs the token of this run, from a page that this server has given: a page
of another site that is open in the same browser can neither ask for one nor hear of it (its
requests have its own Host or Origin).
"""

from __future__ import annotations

import asyncio
import json
import secrets
from pathlib import Path
from typing import Any

from tornado.httpserver import HTTPServer
from tornado.iostream import StreamClosedError
from tornado.netutil import bind_sockets
from tornado.web import Application, HTTPError, RequestHandler, StaticFileHandler

LOOPBACK = "127.0.0.1"
_HERE = Path(__file__).parent
# Seconds after which a reader who hears nothing is told that the server is still there.
_QUIET = 15
# What stands around the pages of the report; these have a policy of their own.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "frame-src 'self'; img-src data:; base-uri 'none'; form-action 'none'"
)


class News:
    """What is told to readers: those who come later hear the last of each kind."""

    def __init__(self) -> None:
        self._readers: set[asyncio.Queue[str]] = set()
        self._last: dict[str, str] = {}

    def tell(self, kind: str, **what: Any) -> None:
        """Tell all readers something."""
        text = json.dumps({"kind": kind, **what})
        self._last[kind] = text
        for reader in self._readers:
            reader.put_nowait(text)

    def forget(self, kind: str) -> None:
        """Let those who come later not hear of something any more."""
        self._last.pop(kind, None)

    def reader(self) -> asyncio.Queue[str]:
        """Give a queue of what is told from now, and of the last of each kind."""
        queue: asyncio.Queue[str] = asyncio.Queue()
        for text in self._last.values():
            queue.put_nowait(text)
        self._readers.add(queue)
        return queue

    def left(self, queue: asyncio.Queue[str]) -> None:
        """Note that a reader has left."""
        self._readers.discard(queue)


class Server:
    """Serves the folder of reports until it is closed.

    Attributes
    ----------
    address
        Of the first page, with the token.
    early
        Pages that are done while others are still made, by their path in the folder of reports:
        the file that is served in place of the last one.
    looked_at
        The name of the page that was asked for last.
    """

    def __init__(self, reports: Path, report: str, news: News, port: int = 0) -> None:
        self.early: dict[str, Path] = {}
        self.looked_at = ""
        token = secrets.token_urlsafe(16)
        sockets = bind_sockets(port, LOOPBACK)
        number = sockets[0].getsockname()[1]
        hosts = frozenset({f"{LOOPBACK}:{number}", f"localhost:{number}"})
        given: dict[str, Any] = {"hosts": hosts}
        self._server = HTTPServer(
            Application(
                [
                    (f"/{token}/", _Shell, {**given, "report": report}),
                    (f"/{token}/events", _Events, {**given, "news": news}),
                    (f"/{token}/(shell\\.(?:js|css))", _Files, {**given, "path": str(_HERE)}),
                    (f"/{token}/reports/(.*)", _Pages, {**given, "path": str(reports), "of": self}),
                    # Whatever else is asked for, of whomever.
                    ("/.*", _Nothing, given),
                ]
            )
        )
        self._server.add_sockets(sockets)
        self.address = f"http://{LOOPBACK}:{number}/{token}/"

    async def close(self) -> None:
        """Serve nobody any more."""
        self._server.stop()
        await self._server.close_all_connections()


class _Guarded(RequestHandler):
    """Answers those alone who ask this address, from no page of another site."""

    def initialize(self, hosts: frozenset[str]) -> None:
        self._hosts = hosts

    def prepare(self) -> None:
        origin = self.request.headers.get("Origin")
        if self.request.host not in self._hosts:
            raise HTTPError(403)
        if origin is not None and origin.removeprefix("http://") not in self._hosts:
            raise HTTPError(403)

    def set_default_headers(self) -> None:
        self.set_header("Cache-Control", "no-store")
        self.set_header("Referrer-Policy", "no-referrer")
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("X-Frame-Options", "SAMEORIGIN")
        self.set_header("Cross-Origin-Resource-Policy", "same-origin")

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        self.finish(f"{status_code}")


class _Nothing(_Guarded):
    """What there is not."""

    def get(self) -> None:
        """Answer that there is nothing."""
        raise HTTPError(404)


class _Shell(_Guarded):
    """The page around the pages of the report, which hears what becomes of them."""

    def initialize(self, hosts: frozenset[str], report: str) -> None:  # type: ignore[override]
        super().initialize(hosts)
        self._report = report

    def get(self) -> None:
        """Give the page."""
        self.set_header("Content-Security-Policy", _POLICY)
        self.render(str(_HERE / "shell.html"), report=self._report)


class _Files(_Guarded, StaticFileHandler):
    """Files of a folder, but for hidden ones: what is under way is nobody's."""

    def initialize(self, hosts: frozenset[str], path: str) -> None:  # type: ignore[override]
        _Guarded.initialize(self, hosts)
        StaticFileHandler.initialize(self, path)

    def validate_absolute_path(self, root: str, absolute_path: str) -> str | None:
        """Refuse what lies elsewhere, or is hidden (called by tornado)."""
        found = Path(absolute_path)
        if any(part.startswith(".") for part in found.relative_to(root).parts):
            raise HTTPError(404)
        return super().validate_absolute_path(root, absolute_path)

    def set_extra_headers(self, path: str) -> None:
        """Let nothing be kept (called by tornado)."""
        self.set_header("Cache-Control", "no-store")


class _Pages(_Files):
    """Files of reports: of a page that is done already, the new one."""

    def initialize(self, hosts: frozenset[str], path: str, of: Server) -> None:  # type: ignore[override]
        super().initialize(hosts, path)
        self._of = of

    def validate_absolute_path(self, root: str, absolute_path: str) -> str | None:
        """Give the file that stands for a path (called by tornado)."""
        name = Path(absolute_path).relative_to(root)
        if name.suffix == ".html":
            self._of.looked_at = name.stem
        early = self._of.early.get(name.as_posix())
        if early is not None and early.is_file():
            return str(early)
        return super().validate_absolute_path(root, absolute_path)


class _Events(_Guarded):
    """What is told, as server-sent events."""

    def initialize(self, hosts: frozenset[str], news: News) -> None:  # type: ignore[override]
        super().initialize(hosts)
        self._news = news

    async def get(self) -> None:
        """Tell until the reader leaves."""
        self.set_header("Content-Type", "text/event-stream")
        queue = self._news.reader()
        try:
            while True:
                try:
                    text = await asyncio.wait_for(queue.get(), _QUIET)
                    self.write(f"data: {text}\n\n")
                except TimeoutError:
                    self.write(": still here\n\n")
                await self.flush()
        except StreamClosedError:
            pass
        finally:
            self._news.left(queue)
