//! What the scenarios are made of: a network, nodes on it, those who talk to them.

mod authority;
mod files;
pub(crate) mod journey;
mod network;
mod node;
mod operator;
mod peer;
mod program;
mod standing;

use std::time::Duration;

use tokio::time::Instant;
use tokio::time::interval;

pub(crate) use authority::caller;
pub(crate) use authority::sign;
pub(crate) use files::Snapshot;
pub(crate) use files::mode;
pub(crate) use files::put;
pub(crate) use files::read;
pub(crate) use network::Fleet;
pub(crate) use network::Network;
pub(crate) use network::publish;
pub(crate) use node::ARGUMENTS;
pub(crate) use node::Node;
pub(crate) use node::PLAYED;
pub(crate) use operator::Operator;
pub(crate) use operator::run;
pub(crate) use peer::Peer;
pub(crate) use program::program;
pub(crate) use standing::Standing;
pub(crate) use standing::leftovers;
pub(crate) use standing::settings_in;

/// Asks again and again until there is an answer.
pub(crate) async fn until<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    let mut tick = interval(Duration::from_millis(20));
    loop {
        tick.tick().await;
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(Instant::now() < deadline, "waited in vain: {what}");
    }
}

/// Whether hundreds of repetitions are wanted.
pub(crate) fn long() -> bool {
    std::env::var("MUSTER_LONG").is_ok_and(|value| value == "1")
}

/// Where the random choices of a run begin: `MUSTER_SEED` repeats them.
pub(crate) fn seed() -> u64 {
    std::env::var("MUSTER_SEED").map_or_else(
        |_| muster::os::random::below(1_000_000),
        |text| text.parse().unwrap(),
    )
}

/// Longer than anything should take, on a busy machine too.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);
/// The token of the build.
pub(crate) const TOKEN: &str = "toomanysecrets";
