//! A site: its authority, its settings, its cfssl server; and the requests of its nodes.

#![expect(clippy::unwrap_used, clippy::panic, reason = "test support")]

use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use muster_provisioner::helper::CsrReply;
use rcgen::BasicConstraints;
use rcgen::CertificateParams;
use rcgen::DnType;
use rcgen::IsCa;
use rcgen::KeyPair;
use rcgen::KeyUsagePurpose;
use rcgen::PublicKeyData as _;
use tokio::net::TcpStream;
use tokio::process::Child;
use tokio::process::Command;
use tokio::time::Instant;
use tokio::time::sleep;
use x509_parser::extensions::GeneralName;
use x509_parser::pem::parse_x509_pem;
use x509_parser::prelude::X509Certificate;

use crate::support::PATIENCE;
use crate::support::Place;
use crate::support::text_of;

/// Where the examples are.
pub(crate) fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../examples/helpers")
        .canonicalize()
        .unwrap()
}

/// Fails with what to install when one of these commands is missing: a command and its Debian package.
pub(crate) fn needs(tools: &[(&str, &str)]) {
    let path = std::env::var_os("PATH").unwrap_or_default();
    for (command, package) in tools {
        let found = std::env::split_paths(&path).any(|directory| directory.join(command).is_file());
        assert!(found, "{command} is missing: apt-get install {package}");
    }
}

/// A directory with an authority and settings, as the examples want it.
pub(crate) struct Site {
    place: Place,
    ca: String,
}

impl Site {
    pub(crate) fn new() -> Self {
        let place = Place::new();
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params
            .distinguished_name
            .push(DnType::CommonName, "test authority");
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let ca = params.self_signed(&key).unwrap().pem();
        place.write("ca.pem", &ca);
        place.write("ca.key", &key.serialize_pem());
        fs::copy(
            examples().join("configuration.json"),
            place.path("configuration.json"),
        )
        .unwrap();
        Self { place, ca }
    }

    pub(crate) fn directory(&self) -> String {
        text_of(&self.place.path(""))
            .trim_end_matches('/')
            .to_owned()
    }

    pub(crate) fn authority(&self) -> &str {
        &self.ca
    }

    pub(crate) fn add(&self, name: &str, text: &str) {
        fs::create_dir_all(self.place.path(name).parent().unwrap()).unwrap();
        self.place.write(name, text);
    }

    /// The command line of an example, executed as a site would.
    pub(crate) fn helper(&self, name: &str, arguments: &[&str]) -> Vec<String> {
        let mut words = vec![text_of(&examples().join(name)).to_owned()];
        words.extend(arguments.iter().map(|&argument| argument.to_owned()));
        words
    }

    /// Checks that a certificate is signed by the authority, for this key, this name and no other.
    pub(crate) fn vouches_for(&self, certificate: &str, key: &KeyPair, name: &str) {
        let (_, ca) = parse_x509_pem(self.ca.as_bytes()).unwrap();
        let (_, leaf) = parse_x509_pem(certificate.as_bytes()).unwrap();
        let (ca, leaf) = (ca.parse_x509().unwrap(), leaf.parse_x509().unwrap());
        leaf.verify_signature(Some(ca.public_key())).unwrap();
        assert_eq!(leaf.public_key().raw, key.subject_public_key_info());
        assert!(leaf.validity().is_valid() && !leaf.is_ca());
        assert_eq!(names(&leaf), [name, name]);
        self.place.write("leaf.pem", certificate);
        let verified = std::process::Command::new("openssl")
            .args(["verify", "-x509_strict", "-purpose", "sslclient", "-CAfile"])
            .arg(self.place.path("ca.pem"))
            .arg(self.place.path("leaf.pem"))
            .output()
            .unwrap();
        assert!(verified.status.success(), "{verified:?}");
    }

    /// A cfssl server that signs with the authority of this site.
    pub(crate) async fn cfssl(&self) -> Cfssl {
        self.add(
            "cfssl.json",
            r#"{"signing":{"default":{"expiry":"8760h","usages":["digital signature","key encipherment","server auth","client auth"]}}}"#,
        );
        for _ in 0..5 {
            // free a moment ago; when somebody else took it since, the server ends and another is tried
            let port = std::net::TcpListener::bind("127.0.0.1:0")
                .and_then(|listener| listener.local_addr())
                .unwrap()
                .port();
            let mut process = Command::new("cfssl")
                .args([
                    "serve",
                    "-address",
                    "127.0.0.1",
                    "-ca",
                    "ca.pem",
                    "-ca-key",
                    "ca.key",
                ])
                .args(["-config", "cfssl.json", "-port", &port.to_string()])
                .current_dir(self.place.path(""))
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .kill_on_drop(true)
                .spawn()
                .unwrap();
            if listens(&mut process, port).await {
                return Cfssl {
                    process,
                    url: format!("http://127.0.0.1:{port}"),
                };
            }
        }
        panic!("cfssl does not start")
    }
}

/// A running cfssl server.
pub(crate) struct Cfssl {
    pub(crate) process: Child,
    pub(crate) url: String,
}

async fn listens(process: &mut Child, port: u16) -> bool {
    let until = Instant::now() + PATIENCE;
    while process.try_wait().unwrap().is_none() {
        if TcpStream::connect(("127.0.0.1", port)).await.is_ok() {
            return true;
        }
        assert!(Instant::now() < until, "cfssl does not listen");
        sleep(Duration::from_millis(10)).await;
    }
    false
}

/// A node's reply to `gencsr`.
pub(crate) fn request(key: &KeyPair, cn: &str, names: &[&str]) -> CsrReply {
    let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
    let mut params = CertificateParams::new(names).unwrap();
    params.distinguished_name.push(DnType::CommonName, cn);
    CsrReply {
        csr: params.serialize_request(key).unwrap().pem().unwrap(),
        public_key: key.public_key_pem(),
        ssldir: "/etc/choria/ssl".into(),
    }
}

/// The same request with its last byte changed, which is the signature's.
pub(crate) fn with_a_wrong_signature(csr: &str) -> String {
    let parsed = pem::parse(csr).unwrap();
    let mut der = parsed.contents().to_vec();
    *der.last_mut().unwrap() ^= 1;
    pem::encode(&pem::Pem::new(parsed.tag(), der))
}

/// Common names and DNS names.
fn names<'a>(certificate: &'a X509Certificate<'_>) -> Vec<&'a str> {
    let common = certificate
        .subject()
        .iter_common_name()
        .map(|cn| cn.as_str().unwrap());
    let alternative = certificate.subject_alternative_name().unwrap().unwrap();
    let dns = alternative
        .value
        .general_names
        .iter()
        .map(|name| match name {
            GeneralName::DNSName(name) => *name,
            other => panic!("{other:?}"),
        });
    common.chain(dns).collect()
}
