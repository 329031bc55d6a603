//! A certificate and its authorities as a helper may give them, for the key of a request that is known: as text, as DER,
//! and with extensions that the fuzzer made up under a signature that holds. Nothing may panic; under the recorded
//! authority nothing is accepted but what it signed.

#![no_main]

#[path = "support/der.rs"]
mod der;

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use muster::protocol::names::Identity;
use muster::report::Chain;
use muster::security::key::pem;
use muster_provisioner::config::NameRules;
use muster_provisioner::vetting::certificate;
use muster_provisioner::vetting::certificate::VettedCertificate;
use muster_provisioner::vetting::csr;
use muster_provisioner::vetting::csr::VettedCsr;

struct Recorded {
    csr: VettedCsr,
    certificate: String,
    ca: String,
}

/// The onboarding of the node by the reference provisioner.
static RECORDED: LazyLock<Recorded> = LazyLock::new(|| {
    let all: serde_json::Value =
        serde_json::from_str(include_str!("../../tests/wire/v1-provisioning.json")).unwrap();
    let messages = &all["scenarios"][46]["messages"];
    let text = |message: usize, field: &str| {
        let text = messages[message]["decoded"]["body"]["data"][field].as_str();
        text.unwrap().to_owned()
    };
    let rules = NameRules {
        deny: Vec::new(),
        allow: None,
    };
    let recorded = Recorded {
        csr: csr::check(&text(6, "csr"), &identity(), &rules).unwrap(),
        certificate: text(7, "certificate"),
        ca: text(7, "ca"),
    };
    check(&recorded.certificate, &recorded.ca, &recorded.csr).unwrap();
    recorded
});

static OURS: LazyLock<(VettedCsr, String)> = LazyLock::new(|| {
    let rules = NameRules {
        deny: Vec::new(),
        allow: None,
    };
    let request = pem("CERTIFICATE REQUEST", &der::request(NAME, &[]));
    let csr = csr::check(&request, &identity(), &rules).unwrap();
    let ca = pem("CERTIFICATE", &der::authority());
    let plain = pem("CERTIFICATE", &der::certificate(NAME, CLIENT));
    check(&plain, &ca, &csr).unwrap();
    (csr, ca)
});

const NAME: &str = "cap1.example.net";
/// Shortly after the recording.
const NOW: i64 = 1_795_224_000;
/// An extension that names the usage of clients.
const CLIENT: &[u8] = &[
    0x30, 19, 6, 3, 0x55, 0x1d, 37, 4, 12, 0x30, 10, 6, 8, 0x2b, 6, 1, 5, 5, 7, 3, 2,
];

fuzz_target!(|data: &[u8]| {
    let Some((mode, rest)) = data.split_first() else {
        return;
    };
    match mode % 3 {
        0 => {
            let Ok(text) = std::str::from_utf8(rest) else {
                return;
            };
            let recorded = &*RECORDED;
            if let Some((certificate, ca)) = text.split_once('\0') {
                drop(check(certificate, ca, &recorded.csr));
            }
            under_the_recorded(text);
        }
        1 => under_the_recorded(&pem("CERTIFICATE", rest)),
        _ => {
            let (csr, ca) = &*OURS;
            let leaf = pem("CERTIFICATE", &der::certificate(NAME, rest));
            if let Some(vetted) = check(&leaf, ca, csr) {
                assert_eq!(vetted.serial, "05");
            }
        }
    }
});

fn under_the_recorded(text: &str) {
    let recorded = &*RECORDED;
    if let Some(vetted) = check(text, &recorded.ca, &recorded.csr) {
        let genuine = check(&recorded.certificate, &recorded.ca, &recorded.csr).unwrap();
        assert_eq!(
            (vetted.serial, vetted.not_after),
            (genuine.serial, genuine.not_after)
        );
    }
}

fn check(certificate: &str, ca: &str, csr: &VettedCsr) -> Option<VettedCertificate> {
    match certificate::check(certificate, ca, csr, &identity(), NOW) {
        Ok(vetted) => {
            assert!(vetted.not_before <= NOW + 600 && vetted.not_after >= NOW - 600);
            assert_eq!(vetted.fingerprint.len(), 64);
            for name in &vetted.names {
                one_line(name);
            }
            Some(vetted)
        }
        Err(err) => {
            one_line(&Chain(&err).to_string());
            None
        }
    }
}

fn identity() -> Identity {
    Identity::new(NAME).unwrap()
}

fn one_line(text: &str) {
    assert!(!text.chars().any(char::is_control), "{text:?}");
}
