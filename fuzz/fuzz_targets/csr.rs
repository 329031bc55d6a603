//! A certificate request of a stranger: as text, as DER, and with attributes, extensions and names that the fuzzer made up
//! under a signature that holds. Nothing may panic; what is accepted is for the node, within the rules, and printable.

#![no_main]

#[path = "support/der.rs"]
mod der;

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use muster::protocol::names::Identity;
use muster::report::Chain;
use muster::security::key::pem;
use muster_provisioner::config::AllowedNames;
use muster_provisioner::config::NameRules;
use muster_provisioner::vetting::csr;
use muster_provisioner::vetting::names;
use regex::Regex;

static RULES: LazyLock<[NameRules; 2]> = LazyLock::new(|| {
    let patterns = |texts: &[&str]| texts.iter().map(|text| Regex::new(text).unwrap()).collect();
    let deny: Vec<Regex> = patterns(&[r"\.choria$"]);
    let patterns = patterns(&[
        "^(?:uri:.*)$",
        "^(?:email:.*)$",
        "^(?:ip:.*)$",
        "^(?:.*net)$",
    ]);
    let allow = Some(AllowedNames {
        identity: true,
        patterns,
    });
    [
        NameRules {
            deny: deny.clone(),
            allow: None,
        },
        NameRules { deny, allow },
    ]
});

/// The node of the recording.
const NAME: &str = "cap1.example.net";

fuzz_target!(|data: &[u8]| {
    let Some((mode, rest)) = data.split_first() else {
        return;
    };
    let der = match mode % 5 {
        0 => {
            if let Ok(text) = std::str::from_utf8(rest) {
                judge(text);
            }
            return;
        }
        1 => rest.to_vec(),
        2 => der::request(NAME, rest),
        3 => der::request(NAME, &der::extension_request(rest)),
        _ => {
            let extension = der::alternative_names(rest);
            der::request(NAME, &der::extension_request(&extension))
        }
    };
    judge(&pem("CERTIFICATE REQUEST", &der));
});

fn judge(text: &str) {
    let identity = Identity::new(NAME).unwrap();
    for rules in RULES.iter() {
        match csr::check(text, &identity, rules) {
            Ok(vetted) => {
                assert_eq!(vetted.names.first().map(String::as_str), Some(NAME));
                assert_eq!(vetted.key_digest, csr::key_digest(&vetted.spki));
                for name in &vetted.names {
                    assert_eq!(names::judge(name, &identity, rules), Ok(()));
                    one_line(name);
                }
                drop(csr::check_public_key(&vetted, text));
            }
            Err(err) => one_line(&Chain(&err).to_string()),
        }
    }
}

fn one_line(text: &str) {
    assert!(!text.chars().any(char::is_control), "{text:?}");
}
