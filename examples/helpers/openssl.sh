#!/bin/sh
# Decides what a node becomes, and signs its certificate with openssl. Needs openssl and jq.
#
#   helper: /path/to/openssl.sh DIRECTORY
#
#   DIRECTORY/ca.pem              the certificate authority
#   DIRECTORY/ca.key              its private key, readable for the provisioner's user alone
#   DIRECTORY/configuration.json  settings for every node: an object of texts
#   DIRECTORY/issued/             what was signed, by session; made where it is missing
#
# A session names one node with one key. Who is asked again about the same session gives the same certificate again,
# so that a restart of the provisioner costs no second one.
set -eu
umask 077
LC_ALL=C
export LC_ALL

DAYS=365

defer() {
    jq -cn --arg msg "$1" '{defer: true, msg: $msg, retry_after: 60}'
    exit 0
}

# the last thing that a program complained about
trouble() { tail -n 1 "$work/trouble"; }

directory=${1:?usage: openssl.sh DIRECTORY}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cat >"$work/case.json"
identity=$(jq -r '.identity // empty' "$work/case.json" 2>"$work/trouble") || defer "the question is no JSON: $(trouble)"
ssldir=$(jq -r '.csr.ssldir // empty' "$work/case.json")
jq -r '.csr.csr // empty' "$work/case.json" >"$work/csr.pem"

case $identity in
    '' | *[!A-Za-z0-9._-]*) defer "the node has no usable identity" ;;
esac
case $ssldir in
    /*) ;;
    *) defer "$identity does not say where it keeps its certificates" ;;
esac
[ -s "$work/csr.pem" ] || defer "$identity sent no request for a certificate"

# whoever sends a request must hold its key, and may ask for no other name than its own; some versions of openssl end
# with status 0 when the signature is wrong
openssl req -in "$work/csr.pem" -verify -noout 2>"$work/trouble" >&2 ||
    defer "the request of $identity cannot be read: $(trouble)"
grep -q 'verify OK' "$work/trouble" || defer "the request of $identity is not signed with its own key"
openssl req -in "$work/csr.pem" -noout -pubkey >"$work/request.pub"
name=$(openssl req -in "$work/csr.pem" -noout -subject -nameopt multiline,-align | sed -n 's/^ *commonName = //p')
[ "$name" = "$identity" ] || defer "the request of $identity is for another name"

# The names of the certificate are ours to say, so the request's extensions are not copied.
sign() {
    printf '%s\n' \
        "subjectAltName=DNS:$identity" \
        'basicConstraints=critical,CA:FALSE' \
        'keyUsage=critical,digitalSignature,keyEncipherment' \
        'extendedKeyUsage=serverAuth,clientAuth' >"$work/extensions"
    openssl x509 -req -in "$work/csr.pem" -CA "$directory/ca.pem" -CAkey "$directory/ca.key" -sha256 -days "$DAYS" \
        -set_serial "0x$(openssl rand -hex 16)" -extfile "$work/extensions" -out "$work/certificate.pem" \
        2>"$work/trouble" || defer "signing for $identity failed: $(trouble)"
}

# Whether the certificate in a file is for this request's key and good for another day.
fits() {
    [ -s "$1" ] && openssl x509 -in "$1" -noout -pubkey | cmp -s - "$work/request.pub" &&
        openssl x509 -in "$1" -noout -checkend 86400 >/dev/null
}

session=${MUSTER_SESSION:-}
case $session in
    '' | *[!0-9a-f]*)
        # a provisioner without sessions
        sign
        ;;
    *)
        issued=$directory/issued/$session.pem
        if fits "$issued"; then
            cp "$issued" "$work/certificate.pem"
        else
            sign
            mkdir -p "$directory/issued"
            # renamed, so that the file is never half a certificate
            cp "$work/certificate.pem" "$issued.$$"
            mv "$issued.$$" "$issued"
        fi
        ;;
esac

jq -cn --arg identity "$identity" --arg ssldir "${ssldir%/}" --slurpfile settings "$directory/configuration.json" \
    --rawfile certificate "$work/certificate.pem" --rawfile ca "$directory/ca.pem" '{
        msg: "signed with openssl",
        certificate: $certificate,
        ca: $ca,
        configuration: ($settings[0] + {
            identity: $identity,
            "plugin.choria.server.provision": "false",
            "plugin.security.provider": "file",
            "plugin.security.file.certificate": ($ssldir + "/certificate.pem"),
            "plugin.security.file.key": ($ssldir + "/private.pem"),
            "plugin.security.file.ca": ($ssldir + "/ca.pem"),
            "plugin.security.file.cache": ($ssldir + "/cache")
        })
    }' >"$work/answer.json" 2>"$work/trouble" || defer "the configuration of $identity cannot be made: $(trouble)"
cat "$work/answer.json"
