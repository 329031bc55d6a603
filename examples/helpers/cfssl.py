#!/usr/bin/env python3
"""Decides what a node becomes, and has its certificate signed by a cfssl server over HTTP. Needs openssl, with which the
request is checked; Python without any packages.

    helper: /path/to/cfssl.py --ca FILE --configuration FILE [--server URL] [--profile NAME] [--issued DIRECTORY]

    --ca             the certificate authority that signs there
    --configuration  settings for every node: a JSON object of texts
    --server         http://localhost:8888 unless told; the server signs for whoever can reach it, so keep it to this
                     machine, or put TLS with client certificates in front of it
    --profile        the server's profile for nodes
    --issued         where what was signed is kept, by session; without it, who is asked twice has two signed
"""

import argparse
import json
import os
import re
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path


class Trouble(Exception):
    """Why the node must wait; the text is logged by the provisioner."""


def openssl(*arguments, given=""):
    """Runs openssl and returns both of its outputs."""
    ran = subprocess.run(["openssl", *arguments], input=given, capture_output=True, text=True, timeout=3, check=False)
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


def complaint(body):
    """What the server says is wrong."""
    try:
        return "; ".join(error["message"] for error in json.loads(body)["errors"])
    except (ValueError, KeyError, TypeError):
        return "it does not say why"


def sign(options, identity, csr):
    """Has the request signed. `hosts` are the names of the certificate, whatever the request asks for."""
    body = {"certificate_request": csr, "hosts": [identity]}
    if options.profile:
        body["profile"] = options.profile
    request = urllib.request.Request(
        options.server.rstrip("/") + "/api/v1/cfssl/sign",
        json.dumps(body).encode(),
        {"Content-Type": "application/json"},
    )
    try:
        # nothing on the way to a certificate authority is a proxy's business
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=5) as response:
            reply = json.load(response)
    except urllib.error.HTTPError as err:
        raise Trouble(f"cfssl integration failed: {complaint(err.read())}") from err
    except (OSError, ValueError) as err:
        raise Trouble(f"cfssl integration failed: {err}") from err
    certificate = (reply.get("result") or {}).get("certificate")
    if not certificate:
        raise Trouble(f"cfssl integration failed: {complaint(json.dumps(reply))}")
    return certificate if certificate.endswith("\n") else certificate + "\n"


def issued_before(path, public_key):
    """The certificate of this session, when it is for the same key and good for another day."""
    try:
        certificate = path.read_text(encoding="ascii")
        theirs, _ = openssl("x509", "-noout", "-pubkey", given=certificate)
        openssl("x509", "-noout", "-checkend", "86400", given=certificate)
    except (FileNotFoundError, Trouble):
        return None
    return certificate if theirs == public_key else None


def certificate_for(options, identity, csr, public_key):
    """The certificate of this session: the one that was issued before, or a new one."""
    session = os.environ.get("MUSTER_SESSION", "")
    if not options.issued or not re.fullmatch(r"[0-9a-f]+", session):
        return sign(options, identity, csr)
    path = options.issued / f"{session}.pem"
    certificate = issued_before(path, public_key)
    if certificate is None:
        certificate = sign(options, identity, csr)
        path.parent.mkdir(mode=0o700, exist_ok=True)
        # renamed, so that the file is never half a certificate
        new = path.with_suffix(f".{os.getpid()}")
        new.write_text(certificate, encoding="ascii")
        new.rename(path)
    return certificate


def decide(case, options):
    """What the node becomes."""
    identity, csr, public_key, ssldir = checked_request(case)
    settings = json.loads(options.configuration.read_text(encoding="utf-8"))
    return {
        "msg": "signed by cfssl",
        "certificate": certificate_for(options, identity, csr, public_key),
        "ca": options.ca.read_text(encoding="ascii"),
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
    parser = argparse.ArgumentParser()
    parser.add_argument("--ca", type=Path, required=True)
    parser.add_argument("--configuration", type=Path, required=True)
    parser.add_argument("--server", default="http://localhost:8888")
    parser.add_argument("--profile")
    parser.add_argument("--issued", type=Path)
    options = parser.parse_args()
    try:
        answer = decide(json.load(sys.stdin), options)
    except Exception as err:  # pylint: disable=broad-except
        answer = {"defer": True, "retry_after": 60, "msg": str(err) or type(err).__name__}
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
