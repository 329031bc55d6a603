#!/usr/bin/env python3
"""Decides what a node becomes, and signs its certificate with openssl. Needs openssl; Python without any packages.

    helper: /path/to/helper.py DIRECTORY

    DIRECTORY/ca.pem              the certificate authority
    DIRECTORY/ca.key              its private key, readable for the provisioner's user alone
    DIRECTORY/configuration.json  settings for every node: an object of texts
    DIRECTORY/roles/ROLE.json     settings for nodes whose fact `role` is ROLE, added to the others; optional
    DIRECTORY/issued/             what was signed, by session; made where it is missing

A session names one node with one key. Who is asked again about the same session gives the same certificate again, so
that a restart of the provisioner costs no second one.

Facts are what a node says about itself. Let them choose among settings that any node might have, and nothing else.
"""

import json
import os
import re
import secrets
import subprocess
import sys
import tempfile
from pathlib import Path

DAYS = 365


class Trouble(Exception):
    """Why the node must wait; the text is logged by the provisioner."""


def openssl(*arguments, given=""):
    """Runs openssl and returns both of its outputs."""
    ran = subprocess.run(["openssl", *arguments], input=given, capture_output=True, text=True, timeout=5, check=False)
    if ran.returncode != 0:
        complaint = ran.stderr.strip().splitlines() or ["no reason given"]
        raise Trouble(f"openssl {arguments[0]} failed: {complaint[-1]}")
    return ran.stdout, ran.stderr


def checked_request(case):
    """The request, its public key and the node's directory: it must be signed with its key, and for the node's name."""
    identity = case.get("identity") or ""
    request = case.get("csr") or {}
    if not re.fullmatch(r"[A-Za-z0-9._-]+", identity):
        raise Trouble("the node has no usable identity")
    if not request.get("csr"):
        raise Trouble(f"{identity} sent no request for a certificate")
    if not str(request.get("ssldir")).startswith("/"):
        raise Trouble(f"{identity} does not say where it keeps its certificates")
    csr = request["csr"]
    # some versions of openssl end with status 0 when the signature is wrong
    if "verify OK" not in "".join(openssl("req", "-verify", "-noout", given=csr)):
        raise Trouble(f"the request of {identity} is not signed with its own key")
    subject, _ = openssl("req", "-noout", "-subject", "-nameopt", "multiline,-align", given=csr)
    if re.findall(r"^ *commonName = (.*)$", subject, re.MULTILINE) != [identity]:
        raise Trouble(f"the request of {identity} is for another name")
    public_key, _ = openssl("req", "-noout", "-pubkey", given=csr)
    return identity, csr, public_key, request["ssldir"].rstrip("/")


def sign(directory, identity, csr):
    """Signs. The names of the certificate are ours to say, so the request's extensions are not copied."""
    with tempfile.NamedTemporaryFile("w", suffix=".cnf") as extensions:
        extensions.write(
            f"subjectAltName=DNS:{identity}\n"
            "basicConstraints=critical,CA:FALSE\n"
            "keyUsage=critical,digitalSignature,keyEncipherment\n"
            "extendedKeyUsage=serverAuth,clientAuth\n"
        )
        extensions.flush()
        certificate, _ = openssl(
            "x509", "-req", "-sha256", "-days", str(DAYS), "-set_serial", "0x" + secrets.token_hex(16),
            "-CA", str(directory / "ca.pem"), "-CAkey", str(directory / "ca.key"), "-extfile", extensions.name,
            given=csr,
        )  # fmt: skip
    return certificate


def issued_before(path, public_key):
    """The certificate of this session, when it is for the same key and good for another day."""
    try:
        certificate = path.read_text(encoding="ascii")
        theirs, _ = openssl("x509", "-noout", "-pubkey", given=certificate)
        openssl("x509", "-noout", "-checkend", "86400", given=certificate)
    except (FileNotFoundError, Trouble):
        return None
    return certificate if theirs == public_key else None


def certificate_for(directory, identity, csr, public_key):
    """The certificate of this session: the one that was issued before, or a new one."""
    session = os.environ.get("MUSTER_SESSION", "")
    if not re.fullmatch(r"[0-9a-f]+", session):
        return sign(directory, identity, csr)  # a provisioner without sessions
    path = directory / "issued" / f"{session}.pem"
    certificate = issued_before(path, public_key)
    if certificate is None:
        certificate = sign(directory, identity, csr)
        path.parent.mkdir(mode=0o700, exist_ok=True)
        # renamed, so that the file is never half a certificate
        new = path.with_suffix(f".{os.getpid()}")
        new.write_text(certificate, encoding="ascii")
        new.rename(path)
    return certificate


def settings_for(directory, inventory):
    """The settings of every node, and those of this one's role."""
    settings = json.loads((directory / "configuration.json").read_text(encoding="utf-8"))
    role = inventory.get("facts", {}).get("role")
    if isinstance(role, str) and re.fullmatch(r"[a-z0-9_-]+", role):
        path = directory / "roles" / f"{role}.json"
        if path.exists():
            settings.update(json.loads(path.read_text(encoding="utf-8")))
    return settings


def decide(case, directory):
    """What the node becomes."""
    identity, csr, public_key, ssldir = checked_request(case)
    settings = settings_for(directory, json.loads(case["inventory"]))
    return {
        "msg": "signed with openssl",
        "certificate": certificate_for(directory, identity, csr, public_key),
        "ca": (directory / "ca.pem").read_text(encoding="ascii"),
        "configuration": settings
        | {
            "identity": identity,
            "plugin.choria.server.provision": "false",
            "plugin.security.provider": "file",
            "plugin.security.file.certificate": f"{ssldir}/certificate.pem",
            "plugin.security.file.key": f"{ssldir}/private.pem",
            "plugin.security.file.ca": f"{ssldir}/ca.pem",
            "plugin.security.file.cache": f"{ssldir}/cache",
        },
    }


def main():
    """Reads the question and writes the answer. Whatever goes wrong, the node waits and somebody is told why."""
    try:
        answer = decide(json.load(sys.stdin), Path(sys.argv[1]))
    except Exception as err:  # pylint: disable=broad-except
        answer = {"defer": True, "retry_after": 60, "msg": str(err) or type(err).__name__}
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: helper.py DIRECTORY")
    main()
