//! Any bytes as an event that somebody announced: heard or refused, and what was heard can stand in a subject and is heard
//! again as it was.

#![no_main]

use libfuzzer_sys::fuzz_target;
use muster::protocol::lifecycle::decode;
use muster::protocol::names::Subject;

fuzz_target!(|data: &[u8]| {
    let Ok(heard) = decode(data) else {
        return;
    };
    let kind = heard.kind.as_str();
    let subject = Subject::lifecycle(kind, &heard.component);
    assert!(Subject::new(subject.as_str()).is_ok());
    assert_eq!(subject.as_str().split('.').count(), 5);
    let again = serde_json::json!({
        "protocol": format!("io.choria.lifecycle.v1.{kind}"),
        "identity": heard.identity.as_str(),
        "component": heard.component,
        "timestamp": heard.timestamp,
        "version": heard.version,
    });
    assert_eq!(decode(again.to_string().as_bytes()), Ok(heard));
});
