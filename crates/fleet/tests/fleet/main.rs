//! A fleet against a real broker: nodes join, answer, are taken into production by hand, and misbehave as they should.
//!
//! Every test has its own broker and its own fleet. Nothing waits for a time; every wait is for a condition, with a
//! deadline.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helper functions of tests are not covered by the lints' exceptions"
)]

mod authority;
mod misfits;
mod operator;
mod program;
mod way;

#[expect(
    dead_code,
    reason = "shared with the agent's tests, which use the rest"
)]
mod support;

use std::path::PathBuf;
use std::sync::LazyLock;
use std::time::Duration;

use muster_fleet::Fleet;
use muster_fleet::Options;
use muster_fleet::keys::KeyPool;
use support::nats::NatsServer;
use tempfile::TempDir;

/// A fleet of so many nodes at a broker, with something else than usual.
async fn fleet(broker: &NatsServer, nodes: usize, change: impl FnOnce(&mut Options)) -> Fleet {
    let mut options = Options::new(nodes, broker.url().parse().unwrap());
    options.keys = Some(keys());
    options.token = Some(muster::secret::Secret::new(operator::TOKEN.to_owned()));
    change(&mut options);
    Fleet::start(options).await.unwrap()
}

/// Two keys for all tests, so that none waits for keys.
fn keys() -> PathBuf {
    static POOL: LazyLock<(TempDir, PathBuf)> = LazyLock::new(|| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys.pem");
        let pool = KeyPool::generate(2, |_| {}).unwrap();
        pool.write(&path).unwrap();
        (folder, path)
    });
    POOL.1.clone()
}

/// A deadline for whatever should happen soon.
const PATIENCE: Duration = Duration::from_secs(60);
