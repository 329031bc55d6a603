//! What the scenarios are made of: a broker, a crowd of nodes that do what a test says, a site with a provisioner.

mod crowd;
mod node;
mod scene;
mod site;

use std::time::Duration;

use tokio::time::Instant;
use tokio::time::interval;

pub(crate) use crowd::Asked;
pub(crate) use crowd::Behaviour;
pub(crate) use crowd::Crowd;
pub(crate) use crowd::Said;
pub(crate) use crowd::csr;
pub(crate) use crowd::honest;
pub(crate) use crowd::honestly;
pub(crate) use crowd::inventory;
pub(crate) use crowd::said;
pub(crate) use node::Node;
pub(crate) use scene::BAD;
pub(crate) use scene::EAGER;
pub(crate) use scene::GOOD;
pub(crate) use scene::QUICK;
pub(crate) use scene::SHORT;
pub(crate) use scene::Scene;
pub(crate) use site::Output;
pub(crate) use site::Site;

/// Asks again and again until there is an answer.
pub(crate) async fn until<T, F: Future<Output = Option<T>>>(
    what: &str,
    mut ask: impl FnMut() -> F,
) -> T {
    let deadline = Instant::now() + PATIENCE;
    let mut tick = interval(Duration::from_millis(50));
    loop {
        tick.tick().await;
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(Instant::now() < deadline, "waited in vain: {what}");
    }
}

/// The same, where what there is instead is worth seeing.
pub(crate) async fn until_fits<T, F: Future<Output = Result<T, String>>>(
    what: &str,
    mut ask: impl FnMut() -> F,
) -> T {
    let deadline = Instant::now() + PATIENCE;
    let mut tick = interval(Duration::from_millis(50));
    loop {
        tick.tick().await;
        match ask().await {
            Ok(answer) => return answer,
            Err(instead) => assert!(
                Instant::now() < deadline,
                "waited in vain: {what}: {instead}"
            ),
        }
    }
}

/// Longer than anything should take, on a busy machine too.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);
