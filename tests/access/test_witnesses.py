"""Checkpoints outside the house: by mail, signed by a witness that checks what it signs, stamped with the time."""

import base64
import json
import shutil
import subprocess
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select

from access import audit_export, audit_verifier, checkpoints, witness_wire, witnesses
from access.audit_export import ExportWish
from access.evidence_models import Witnessing
from access.keeping import keep_acts as keep
from booking.core.span import Span
from booking.models import Letter
from booking.settings import Settings
from tests.access.audit_log import KEY, PUBLIC, files_of, run_verifier, signed, write_log

NAME = "witness.example/town"


@pytest.fixture
def keep_acts():
    return keep


def made_settings(**values):
    return Settings("sqlite://", "secret", "master key of the tests", **values)


@dataclass
class Witness:
    """A small witness: it signs a checkpoint only when the proof leads to it from the one it signed before."""

    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    seen: audit_verifier.Checkpoint | None = None
    asked: list[str] = field(default_factory=list)
    broken: bool = False

    @property
    def vkey(self):
        public = self.key.public_key().public_bytes_raw()
        blob = base64.b64encode(b"\x04" + public).decode()
        return f"{NAME}+{witness_wire.hash_of(NAME, public).hex()}+{blob}"

    def answer(self, path, body):
        del path
        first, rest = body.decode().split("\n", 1)
        hashes, note = rest.split("\n\n", 1) if not rest.startswith("\n") else ("", rest[1:])
        self.asked.append(first)
        point, old = audit_verifier.Checkpoint(note, [PUBLIC]), int(first.removeprefix("old "))
        known = self.seen.size if self.seen else 0
        if old != known:
            return 409, str(known).encode()
        if self.seen and self.seen.size < point.size:
            path = [base64.b64decode(line) for line in hashes.splitlines()]
            roots = audit_verifier.roots_by_consistency(self.seen.root, known, point.size, path)
            if roots != (self.seen.root, point.root):
                return 422, b""
        self.seen = point
        return 200, self.line(note).encode()

    def line(self, note):
        text = note.rpartition("\n\n")[0] + "\n"
        signature = self.key.sign(f"cosignature/v1\ntime 1795514400\n{text}".encode())
        if self.broken:
            signature = bytes(64)
        public = self.key.public_key().public_bytes_raw()
        blob = witness_wire.hash_of(NAME, public) + (1795514400).to_bytes(8, "big") + signature
        return f"\N{EM DASH} {NAME} {base64.b64encode(blob).decode()}\n"


@contextmanager
def serving(answer):
    """A server on a free port that answers as told; its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            code, told = answer(self.path, self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(code)
            self.end_headers()
            self.wfile.write(told)

        def log_message(self, *_args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def rows(sessions):
    with sessions() as session:
        return list(session.scalars(select(Witnessing).order_by(Witnessing.id)))


def test_the_newest_checkpoint_is_mailed_once_a_day_and_names_nobody(sessions, now):
    settings = made_settings(witness_mail="auditor@esimerkki.example, other@esimerkki.example")
    write_log(sessions, now, 3)
    note = signed(sessions, now)
    witnesses.send(sessions, settings, now)
    witnesses.send(sessions, settings, now + timedelta(minutes=10))
    with sessions() as session:
        letters = session.scalars(select(Letter).order_by(Letter.id)).all()
        assert [letter.address for letter in letters] == ["auditor@esimerkki.example", "other@esimerkki.example"]
        assert all(letter.body.endswith(note) and letter.person_id is None for letter in letters)
    write_log(sessions, now + timedelta(hours=25), 1)
    signed(sessions, now + timedelta(hours=25))
    witnesses.send(sessions, settings, now + timedelta(hours=25))
    assert len(rows(sessions)) == 4


def test_a_witness_signs_what_grew_from_what_it_signed_before_and_the_export_carries_it(sessions, now, tmp_path):
    witness = Witness()
    write_log(sessions, now, 5)
    signed(sessions, now)
    with serving(witness.answer) as url:
        settings = made_settings(witness_url=url, witness_key=witness.vkey)
        assert witnesses.send(sessions, settings, now) == (1, 0)
        later = now + timedelta(minutes=6)
        write_log(sessions, later, 8)
        note = signed(sessions, later)
        assert witnesses.send(sessions, settings, later) == (1, 0)
    assert witness.asked == ["old 0", "old 5"]
    key = witness_wire.witness_key(witness.vkey)
    assert witness_wire.cosigned_at(rows(sessions)[-1].answer, note, key) == 1795514400
    with sessions.begin() as session:
        span = Span(now, now + timedelta(days=1))
        made = audit_export.export(session, ExportWish(span), by=None, now=later, key=KEY)
    proof = json.loads(files_of(made.zipped)["proof.json"])
    assert [one["size"] for one in proof["witnesses"]] == [13]
    code, lines = run_verifier(tmp_path, made.zipped, "--key", PUBLIC.hex())
    assert code == 0
    assert any(f"witness {url}: its 13 entries are the beginning" in line for line in lines)


def test_a_witness_that_knows_another_size_is_asked_again_from_there(sessions, now):
    """As after restoring a backup: the witness saw more than we remember having shown it."""
    witness = Witness()
    write_log(sessions, now, 4)
    first = signed(sessions, now)
    write_log(sessions, now, 4)
    signed(sessions, now + timedelta(minutes=6))
    witness.seen = audit_verifier.Checkpoint(first, [PUBLIC])
    with serving(witness.answer) as url:
        settings = made_settings(witness_url=url, witness_key=witness.vkey)
        assert witnesses.send(sessions, settings, now) == (0, 1)
        assert witnesses.send(sessions, settings, now) == (1, 0)
    assert witness.asked == ["old 0", "old 4"]


def test_a_line_that_is_not_the_witness_s_own_is_not_kept_and_it_is_asked_again_later(sessions, now):
    witness = Witness(broken=True)
    write_log(sessions, now, 2)
    signed(sessions, now)
    with serving(witness.answer) as url:
        settings = made_settings(witness_url=url, witness_key=witness.vkey)
        assert witnesses.send(sessions, settings, now) == (0, 1)
    row = rows(sessions)[0]
    assert (row.done_at, row.answer) == (None, "")
    assert row.due_at > now
    assert "does not fit" in row.failure


def test_a_witness_out_of_reach_loses_nothing(sessions, now):
    write_log(sessions, now, 2)
    signed(sessions, now)
    settings = made_settings(witness_url="http://127.0.0.1:9", witness_key=Witness().vkey)
    assert witnesses.send(sessions, settings, now) == (0, 1)
    assert witnesses.send(sessions, settings, now) == (0, 0), "not at once again"
    assert witnesses.send(sessions, settings, now + timedelta(hours=1)) == (0, 1)


CONFIG = """
[tsa]
default_tsa = one
[one]
serial = {folder}/serial
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha384, sha512
accuracy = secs:1
ess_cert_id_alg = sha256
[req]
distinguished_name = name
[name]
[ca]
basicConstraints = critical,CA:true
keyUsage = critical,keyCertSign
[stamping]
basicConstraints = critical,CA:false
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
"""


def openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    """A time-stamping authority of openssl's own making: its folder, with root.pem."""
    assert shutil.which("openssl")
    folder = tmp_path_factory.mktemp("tsa")
    (folder / "serial").write_text("01\n")
    config = folder / "openssl.cnf"
    config.write_text(CONFIG.format(folder=folder))
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-config", config)
    root, root_key = folder / "root.pem", folder / "root.key"
    openssl("req", "-x509", *key, "-subj", "/CN=Root", "-extensions", "ca", "-keyout", root_key, "-out", root)
    openssl("req", "-new", *key, "-subj", "/CN=TSA", "-keyout", folder / "tsa.key", "-out", folder / "tsa.csr")
    ends = ("-CA", root, "-CAkey", root_key, "-CAcreateserial", "-extfile", config, "-extensions", "stamping")
    openssl("x509", "-req", "-in", folder / "tsa.csr", *ends, "-out", folder / "tsa.pem")
    return folder


def stamped(folder):
    def answer(_path, body):
        (folder / "asked.tsq").write_bytes(body)
        signer = ("-signer", folder / "tsa.pem", "-inkey", folder / "tsa.key")
        openssl(
            "ts", "-reply", "-config", folder / "openssl.cnf", "-queryfile", folder / "asked.tsq", *signer,
            "-out", folder / "reply.tsr",
        )  # fmt: skip
        return 200, (folder / "reply.tsr").read_bytes()

    return answer


def test_the_log_is_stamped_by_a_real_authority_and_openssl_agrees(sessions, now, authority, tmp_path):
    write_log(sessions, now, 3)
    note = signed(sessions, now)
    with serving(stamped(authority)) as url:
        settings = made_settings(tsa_url=url, tsa_roots=str(authority / "root.pem"))
        assert witnesses.send(sessions, settings, now) == (1, 0), rows(sessions)[0].failure
    token = rows(sessions)[0].token
    witness_wire.check_time(token, note, authority / "root.pem")
    with pytest.raises(witness_wire.NoWitness):
        witness_wire.check_time(token, note.replace("3", "4"), authority / "root.pem")
    (tmp_path / "note.txt").write_text(note, encoding="utf-8")
    (tmp_path / "token.tsr").write_bytes(token)
    files = ("-data", tmp_path / "note.txt", "-in", tmp_path / "token.tsr", "-CAfile", authority / "root.pem")
    openssl("ts", "-verify", *files)
    with sessions() as session:
        found = witnesses.check(session, made_settings(tsa_url="x", tsa_roots=str(authority / "root.pem")))
        assert (found.checked, found.findings) == (1, [])


def test_a_time_stamp_of_another_authority_is_refused(sessions, now, authority, tmp_path):
    other = tmp_path / "other.pem"
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-config", authority / "openssl.cnf")
    openssl("req", "-x509", *key, "-subj", "/CN=Other", "-extensions", "ca", "-keyout", tmp_path / "k", "-out", other)
    write_log(sessions, now, 1)
    signed(sessions, now)
    with serving(stamped(authority)) as url:
        assert witnesses.send(sessions, made_settings(tsa_url=url, tsa_roots=str(other)), now) == (0, 1)


def test_the_words_on_the_wire_are_those_of_c2sp(now):
    note = checkpoints.sign(KEY, checkpoints.Checkpoint("example.org/log", 7, bytes(32)), now)
    proof = [bytes([1]) * 32]
    asked = witness_wire.request_of(5, proof, note).decode()
    assert asked == f"old 5\n{base64.b64encode(proof[0]).decode()}\n\n{note}"
    assert witness_wire.request_of(0, [], note).decode() == f"old 0\n\n{note}"
