//! Takes over a changed configuration while work goes on.

use std::sync::Arc;

use muster::report::Chain;

use super::Engine;
use super::discovery::Rounds;
use crate::config;
use crate::config::Config;
use crate::drive::Decider;

impl Engine {
    /// Reads the configuration anew. One that is wrong changes nothing. Work that has begun goes on under the old one.
    pub(super) fn reload(&mut self) {
        let loaded = match config::load(&self.config.file) {
            Ok(loaded) => loaded,
            Err(err) => {
                tracing::error!(reason = %Chain(&err), "the configuration was not taken over, the old one stays in force");
                return;
            }
        };
        for warning in &loaded.warnings {
            tracing::warn!(%warning, "about the configuration");
        }
        let decider = match Decider::open(&loaded.config) {
            Ok(decider) => decider,
            Err(err) => {
                tracing::error!(reason = %Chain(&err), "the configuration was not taken over, the old one stays in force");
                return;
            }
        };
        for setting in fixed(&self.config, &loaded.config) {
            tracing::warn!(
                setting,
                "a changed setting takes effect at the next start only"
            );
        }
        self.table.set_rules(loaded.config.table);
        self.pace.set_rules(loaded.config.pace);
        // what was wrong with the site may be what was just repaired
        self.pace.site_well();
        self.decider = Arc::new(decider);
        let rounds = Rounds::of(&loaded.config);
        self.rounds
            .send_if_modified(|before| std::mem::replace(before, rounds) != rounds);
        self.config = Arc::new(loaded.config);
        self.facts.loaded = self.wall();
        tracing::info!("the configuration was taken over");
    }
}

/// Settings that are part of what was built.
fn fixed(old: &Config, new: &Config) -> Vec<&'static str> {
    let same_password = match (&old.broker_password, &new.broker_password) {
        (None, None) => true,
        (Some(old), Some(new)) => old.expose() == new.expose(),
        (None, Some(_)) | (Some(_), None) => false,
    };
    [
        ("state_directory", old.state_dir == new.state_dir),
        ("control_socket", old.socket == new.socket),
        ("monitor_listen", old.monitor == new.monitor),
        ("production_config", old.production == new.production),
        ("site", old.site == new.site),
        ("choria_insecure", old.insecure == new.insecure),
        ("broker_provisioning_password", same_password),
        (
            "lifecycle_component",
            old.lifecycle_component == new.lifecycle_component,
        ),
        ("logfile", old.log == new.log),
        ("loglevel", old.level == new.level),
    ]
    .into_iter()
    .filter(|(_, same)| !same)
    .map(|(setting, _)| setting)
    .collect()
}
