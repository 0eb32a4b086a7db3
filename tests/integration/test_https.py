"""A server over https whose certificate no authority has signed."""

from __future__ import annotations

import json
import shutil
import ssl
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Ns

ANSWER = {
    "model": "mock",
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "The answer is 4."}}],
    "usage": {"prompt_tokens": 5, "completion_tokens": 5},
}


class Model(BaseHTTPRequestHandler):
    """Lists one model, and gives one answer to everything."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._send({"object": "list", "data": [{"id": "mock"}]})

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self._send(ANSWER)

    def log_message(self, *_: Any) -> None:
        pass

    def _send(self, held: dict[str, Any]) -> None:
        body = json.dumps(held).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """Of 127.0.0.1, signed by itself; its key lies beside it."""
    if shutil.which("openssl") is None:
        pytest.skip("NO CERTIFICATE TO TRY: there is no openssl")
    path = tmp_path / "cert.pem"
    words = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=mock"]
    words += ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(tmp_path / "key.pem"), "-out", str(path)]
    subprocess.run(words, check=True, capture_output=True)
    return path


@pytest.fixture
def port(certificate: Path) -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Model)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_name("key.pem"))
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port
    server.shutdown()
    server.server_close()
    thread.join()


def ask(ns: Ns, output: Path, address: str, **environment: str) -> subprocess.CompletedProcess[str]:
    words = ("--benchmarks=smoke", "++max_samples=2", "--model=mock", f"--output_dir={output}")
    return ns("eval", *words, f"--server_address={address}", **environment)


def test_its_server_is_told_by_what_to_trust_it(ns: Ns, port: int, tmp_path: Path) -> None:
    address = f"https://127.0.0.1:{port}/v1"
    done = ask(ns, tmp_path / "out", address)
    assert done.returncode == 1
    assert done.stderr.endswith(
        f"error: the server at {address} shows a certificate that is not trusted here: self-signed certificate. If it "
        "is your server, set SSL_CERT_FILE to that certificate, or to its authority's (a PEM file).\n"
    ), done.stderr


def test_ssl_cert_file_makes_it_trusted(ns: Ns, port: int, certificate: Path, tmp_path: Path) -> None:
    done = ask(ns, tmp_path / "out", f"https://127.0.0.1:{port}/v1", SSL_CERT_FILE=str(certificate))
    assert (done.returncode, "pass@1" in done.stdout) == (0, True), done.stderr


def test_a_certificate_of_another_name_is_not_mended_by_trust(
    ns: Ns, port: int, certificate: Path, tmp_path: Path
) -> None:
    done = ask(ns, tmp_path / "out", f"https://localhost:{port}/v1", SSL_CERT_FILE=str(certificate))
    assert "certificate is not valid for 'localhost'" in done.stderr
    assert "Correct --server_address, or give the server a certificate of that name." in done.stderr
