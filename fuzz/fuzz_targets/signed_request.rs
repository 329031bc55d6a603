//! What a stranger can send in the place of a certificate and a signature: nothing may panic, and nobody may be believed
//! whose certificate none of the roots signed. The input is tried as PEM text and as the DER inside of one.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use muster::security::key;
use muster::security::request::Roots;
use muster::security::request::Signed;
use muster::security::request::Trust;
use regex::Regex;

/// A root whose key is nowhere in the input: the recording of a signed network has it.
static ROOTS: LazyLock<Roots> = LazyLock::new(|| {
    let recording: serde_json::Value =
        serde_json::from_str(include_str!("../../tests/wire/v1-secure.json")).unwrap();
    Roots::from_pem(
        recording["provenance"]["pki"]["ca"]
            .as_str()
            .unwrap()
            .as_bytes(),
    )
    .unwrap()
});

static TRUST: LazyLock<Trust> = LazyLock::new(|| Trust {
    allowed: vec![Regex::new(".").unwrap()],
    privileged: vec![Regex::new(r"\.privileged.mcollective$").unwrap()],
});

const NOW: i64 = 1_795_222_581;

fuzz_target!(|data: &[u8]| {
    judge(&key::pem("CERTIFICATE", data));
    if let Ok(text) = std::str::from_utf8(data) {
        judge(text);
        drop(Roots::from_pem(text.as_bytes()));
    }
});

fn judge(certificate: &str) {
    let caller = "choria=rip.mcollective".parse().unwrap();
    let request = Signed {
        caller: &caller,
        message: b"{}",
        signature: &[0; 256],
        certificate,
    };
    TRUST.verify(&request, &ROOTS, NOW).unwrap_err();
}
