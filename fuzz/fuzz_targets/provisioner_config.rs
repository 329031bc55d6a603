//! Any text as the provisioner's configuration, YAML and TOML: read or refused with places, without the secrets of the
//! files and variables that it names, and what is accepted keeps the promises that nobody checks again.

#![no_main]

#[path = "support/machine.rs"]
mod machine;

use std::path::Path;
use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use machine::Machine;
use machine::SECRET;
use muster_provisioner::config::Config;
use muster_provisioner::config::read;

fuzz_target!(|text: &str| {
    // the text may hold these bytes itself
    if text.contains(SECRET) {
        return;
    }
    for file in ["/etc/provisioner.yaml", "/etc/provisioner.toml"] {
        let findings = match read(text, Path::new(file), &Machine) {
            Ok(loaded) => {
                holds(&loaded.config);
                assert!(!format!("{:?}", loaded.config).contains(SECRET));
                loaded.warnings
            }
            Err(err) => {
                assert!(!err.faults().is_empty());
                [err.faults(), err.warnings()].concat()
            }
        };
        for finding in findings {
            let text = finding.to_string();
            assert!(text.starts_with(file));
            assert!(!text.contains(SECRET), "{text}");
        }
    }
});

fn holds(config: &Config) {
    assert!(config.interval >= Duration::from_secs(60));
    assert!(!config.tokens.is_empty());
    for path in [&config.file, &config.state_dir, &config.socket] {
        assert!(path.is_absolute());
    }
    if let Some(rule) = config.pace.breaker {
        assert!(rule.failed <= rule.of);
    }
    assert!(config.table.backoff_min <= config.table.backoff_max);
    assert_eq!(config.table.workers, config.workers);
}
