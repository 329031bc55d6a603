//! `server.conf` and `policy.toml` as a peer or a broken disk may leave them: read without a panic, and what
//! `configure` would write is read back unchanged.
#![no_main]

use std::collections::BTreeMap;
use std::path::Path;

use libfuzzer_sys::fuzz_target;
use muster::config::Defaults;
use muster::config::Raw;
use muster::config::Settings;
use muster::config::Source;
use muster::config::policy::Policy;
use muster::config::render;

fuzz_target!(|data: &[u8]| {
    let Ok(main) = Source::from_bytes("server.conf", data.to_vec()) else {
        return;
    };
    let defaults = Defaults {
        collectives: &["mcollective"],
        directory: Path::new("/etc/muster"),
        home: Some("/root"),
    };
    let raw = Raw::read(Some(&main), &[]);
    if let Ok(resolved) = Settings::resolve(&raw, &defaults) {
        let _shown = (resolved.effective.to_string(), resolved.effective.to_json());
    }
    let text = String::from_utf8_lossy(data);
    let _policy = Policy::parse("policy.toml", &text);
    if let Some((key, value)) = text.split_once('\0') {
        let settings = BTreeMap::from([(key.to_owned(), value.to_owned())]);
        if let Ok(written) = render::render(&settings, "fuzz") {
            let again = Raw::read(Some(&Source::new("server.conf", written)), &[]);
            assert!(again.contains(key));
        }
    }
});
