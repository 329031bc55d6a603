//! Any bytes as a helper's answer: a decision or one line of complaint, and what was decided is decided again when it is
//! written as our own schema has it.

#![no_main]

use libfuzzer_sys::fuzz_target;
use muster_provisioner::helper::Decision;
use muster_provisioner::helper::contract::decode;
use serde_json::json;

fuzz_target!(|output: &[u8]| {
    let answer = match decode(output) {
        Ok(answer) => answer,
        Err(err) => {
            one_line(&err.to_string());
            return;
        }
    };
    for note in &answer.notes {
        one_line(&note.to_string());
    }
    let written = match &answer.decision {
        Decision::Defer {
            message,
            retry_after,
        } => {
            one_line(message);
            let retry_after = retry_after.map(|wait| wait.as_secs());
            json!({"defer": true, "msg": message, "retry_after": retry_after})
        }
        Decision::Shutdown { message } => {
            one_line(message);
            json!({"shutdown": true, "msg": message})
        }
        Decision::Configure(outfit) => {
            one_line(&outfit.message);
            assert!(!outfit.configuration.is_empty());
            for name in outfit
                .action_policies
                .keys()
                .chain(outfit.opa_policies.keys())
            {
                assert!(!name.contains('/') && !name.starts_with('.'));
            }
            json!({
                "msg": outfit.message,
                "configuration": outfit.configuration,
                "certificate": outfit.certificate,
                "ca": outfit.ca,
                "ssldir": outfit.ssldir,
                "key": outfit.key.as_ref().map(|key| key.0.expose().clone()),
                "action_policies": outfit.action_policies,
                "opa_policies": outfit.opa_policies,
            })
        }
    };
    // replaced bytes and escapes may make it longer than an answer may be
    if output.len() < 100_000 {
        let again = decode(written.to_string().as_bytes()).unwrap();
        assert_eq!(again.decision, answer.decision);
    }
});

fn one_line(text: &str) {
    assert!(!text.chars().any(char::is_control), "{text:?}");
}
