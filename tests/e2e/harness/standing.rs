//! What the files of a node say, judged without the node's own eyes.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::path::PathBuf;

use muster::security::key::RsaKey;
use x509_parser::certificate::X509Certificate;
use x509_parser::pem::Pem;
use x509_parser::prelude::FromDer as _;

use super::Node;
use super::read;

/// What the next start of a node goes by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Standing {
    /// What `server.conf` says.
    pub(crate) settings: BTreeMap<String, String>,
    /// Certificate, key and CA beside it; none before the node was ever provisioned. A node that was sent back has them
    /// still, and they mean nothing.
    pub(crate) tls: Option<[String; 3]>,
}

impl Standing {
    /// What the files say now: each must be whole, and they must fit together.
    pub(crate) fn of(node: &Node) -> Self {
        let text = read(&node.config());
        assert!(text.ends_with('\n'), "half a configuration: {text:?}");
        let settings = settings_in(&text);
        assert_eq!(settings["identity"], node.identity, "{text}");
        let tls = TLS.map(|(_, name)| read(&node.etc().join("ssl").join(name)));
        let tls = tls.iter().any(|text| !text.is_empty()).then_some(tls);
        if let Some([certificate, key, ca]) = &tls {
            fit(certificate, key, ca, &node.identity);
        }
        let standing = Self { settings, tls };
        if !standing.waits() {
            assert!(standing.tls.is_some(), "a member without certificate");
            for (setting, name) in TLS {
                let named = &standing.settings[&format!("plugin.security.file.{setting}")];
                assert_eq!(Path::new(named), node.etc().join("ssl").join(name));
            }
            for used in ["ssl/csr.pem", ".muster/staged-private.pem"] {
                assert!(!node.etc().join(used).exists(), "{used} is left");
            }
        }
        standing
    }

    /// Whether the node waits for a provisioner.
    pub(crate) fn waits(&self) -> bool {
        // not set is the build's default
        let provision = self.settings.get(PROVISION).map(String::as_str);
        assert!(matches!(provision, None | Some("1" | "false")));
        provision != Some("false")
    }

    /// The mode as the status file names it.
    pub(crate) fn mode(&self) -> &'static str {
        if self.waits() {
            "provisioning"
        } else {
            "normal"
        }
    }
}

/// The settings in the text of a configuration file.
pub(crate) fn settings_in(text: &str) -> BTreeMap<String, String> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let pair = |line: &str| {
        let (key, value) = line.split_once('=').unwrap();
        (key.trim().to_owned(), value.trim().to_owned())
    };
    lines.map(pair).collect()
}

/// Files and folders of a node that only a write or a transaction under way explains, or a crash.
pub(crate) fn leftovers(node: &Node) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut places = vec![node.etc(), node.file("var")];
    while let Some(place) = places.pop() {
        // the node runs: what was there a moment ago may be gone
        for entry in fs::read_dir(&place).into_iter().flatten().flatten() {
            let name = entry.file_name().into_string().unwrap();
            if UNDER_WAY.iter().any(|start| name.starts_with(start)) {
                found.push(entry.path());
            } else if entry.path().is_dir() {
                places.push(entry.path());
            }
        }
    }
    found
}

/// The certificate is for this key and this name, and of this CA; each is whole.
fn fit(certificate: &str, key: &str, ca: &str, name: &str) {
    let (certificate, ca) = (der(certificate), der(ca));
    let (_, certificate) = X509Certificate::from_der(&certificate).unwrap();
    let (_, ca) = X509Certificate::from_der(&ca).unwrap();
    let key = RsaKey::from_pem(key).unwrap();
    let is_for_key = certificate.public_key().raw == key.public_spki();
    assert!(is_for_key, "the certificate is for another key");
    let signer = Some(ca.public_key());
    certificate.verify_signature(signer).unwrap();
    let mut names = certificate.subject().iter_common_name();
    assert_eq!(names.next().unwrap().as_str().unwrap(), name);
}

/// The one certificate in a text.
fn der(pem: &str) -> Vec<u8> {
    let mut blocks = Pem::iter_from_buffer(pem.as_bytes());
    let block = blocks.next().unwrap().unwrap();
    assert!(blocks.next().is_none() && block.label == "CERTIFICATE");
    block.contents
}

const PROVISION: &str = "plugin.choria.server.provision";
/// The settings of the three files, and their names.
const TLS: [(&str, &str); 3] = [
    ("certificate", "certificate.pem"),
    ("key", "private.pem"),
    ("ca", "ca.pem"),
];
/// How names begin that nobody else gives.
const UNDER_WAY: [&str; 3] = [".muster-", "journal.", "next-"];
