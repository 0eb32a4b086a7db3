"""A small hub on 127.0.0.1 that the real huggingface_hub client accepts: python -m tests.integration.local_hub ROOT.

ROOT/<owner>/<name>/<file> are datasets and models. A file `.faults.json` in one of them tells how it misbehaves:
{"gated": true, "private": true, "etag": "wrong", "cut": true, "status": 503, "expired": true, "kept_at": "http://…",
"moves": true}; the last is a branch that has another commit for each file.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

COMMIT = "c0ffee" * 6 + "c0de"
FILE = re.compile(r"(?:/datasets)?/([^/]+/[^/]+)/resolve/([^/]+)/(.+)")
MODEL = re.compile(r"/api/models/([^/]+/[^/]+)(?:/revision/([^/]+))?")


class Hub(BaseHTTPRequestHandler):
    """Answers what hf_hub_download asks: HEAD and GET of /datasets/…/resolve/<revision>/<file>."""

    protocol_version = "HTTP/1.1"
    root = Path()

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def log_message(self, *_: Any) -> None:
        pass

    def _answer(self) -> None:
        path = self.path.split("?")[0]
        match, model = FILE.fullmatch(path), MODEL.fullmatch(path)
        if match is None and model is None:
            self._send(404, b"", {})
            return
        repo, revision, name = (
            match.groups() if match else (model[1], model[2] or "main", "") if model else ("", "", "")
        )
        folder = self.root / repo
        faults = json.loads((folder / ".faults.json").read_text()) if (folder / ".faults.json").exists() else {}
        token = self.headers.get("Authorization")
        if not folder.is_dir() or faults.get("private"):
            self._refuse(404 if token else 401, "RepoNotFound")
        elif faults.get("gated"):
            self._refuse(403 if token else 401, "GatedRepo")
        elif faults.get("expired"):
            self._send(401, b"{}", {"X-Error-Message": "Invalid credentials in Authorization header"})
        elif faults.get("status"):
            self._refuse(faults["status"], "")
        elif re.fullmatch("[0-9a-f]{40}", revision) is None and revision != "main":
            self._refuse(404, "RevisionNotFound")
        elif model is not None:
            self._model(repo, folder, revision, faults)
        elif not (folder / name).is_file():
            self._refuse(404, "EntryNotFound")
        else:
            self._file((folder / name).read_bytes(), revision, faults)

    def _model(self, repo: str, folder: Path, revision: str, faults: dict[str, Any]) -> None:
        """What HfApi.model_info reads: the commit, and the files with their sizes."""
        files = sorted(file for file in folder.rglob("*") if file.is_file() and not file.name.startswith("."))
        listed = [{"rfilename": file.relative_to(folder).as_posix(), "size": file.stat().st_size} for file in files]
        commit = revision if len(revision) == 40 else faults.get("commit", COMMIT)
        body = json.dumps({"id": repo, "sha": commit, "siblings": listed}).encode()
        self._send(200, body, {"Content-Type": "application/json"})

    def _file(self, content: bytes, revision: str, faults: dict[str, Any]) -> None:
        etag = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
        if faults.get("etag"):
            etag = "0" * 40
        at = hashlib.sha1(content).hexdigest() if faults.get("moves") else faults.get("commit", COMMIT)
        commit = revision if len(revision) == 40 else at
        headers = {"ETag": f'"{etag}"', "X-Repo-Commit": commit, "Content-Length": str(len(content))}
        if faults.get("kept_at"):
            headers |= {"Location": faults["kept_at"], "X-Linked-Size": str(len(content)), "X-Linked-Etag": f'"{etag}"'}
            self._send(302, b"", {name: value for name, value in headers.items() if name != "Content-Length"})
            return
        self.send_response(200)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "GET":
            if faults.get("cut"):
                self.wfile.write(content[: len(content) // 2])
                self.close_connection = True
            else:
                self.wfile.write(content)

    def _refuse(self, status: int, code: str) -> None:
        self._send(status, b"{}", {"X-Error-Code": code, "X-Error-Message": code} if code else {})

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


def main(root: str) -> None:
    Hub.root = Path(root)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main(sys.argv[1])
