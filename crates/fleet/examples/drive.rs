//! Takes every node of a fleet into production by hand: the counterpart of a fleet where there is no provisioner, to see
//! what the fleet alone costs.
//!
//! ```text
//! muster-fleet run --nodes 1000 --token toomanysecrets --broker nats://127.0.0.1:4222 …
//! cargo run --example drive -- nats://127.0.0.1:4222 1000 [at the same time]
//! ```

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a program for whoever measures, beside it"
)]

#[path = "../tests/fleet/authority.rs"]
mod authority;
#[expect(dead_code, reason = "shared with the tests, which use the rest")]
#[path = "../tests/fleet/operator.rs"]
mod operator;

use std::sync::Arc;

use muster::transport::TlsPolicy;
use rcgen::BasicConstraints;
use rcgen::CertificateParams;
use rcgen::CertifiedIssuer;
use rcgen::DnType;
use rcgen::IsCa;
use rcgen::KeyPair;
use tokio::sync::Semaphore;
use tokio::time::Instant;
use tokio_util::task::TaskTracker;

use authority::Issuer;
use operator::Operator;
use operator::PRODUCTION;
use operator::WAITING;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let broker = arguments
        .next()
        .unwrap_or_else(|| "nats://127.0.0.1:4222".to_owned());
    let nodes: usize = arguments.next().map_or(1000, |text| text.parse().unwrap());
    let at_once: usize = arguments.next().map_or(64, |text| text.parse().unwrap());
    let operator = Operator::join(&broker, TlsPolicy::Disabled).await;
    let authority = Arc::new(issuer());
    let tasks = TaskTracker::new();
    let turns = Arc::new(Semaphore::new(at_once));
    let mut begun = None;
    let mut arrived = 0;
    while arrived < nodes {
        let event = operator.started().await;
        let begun = *begun.get_or_insert_with(Instant::now);
        if event.component == PRODUCTION {
            arrived += 1;
            if arrived % 1000 == 0 || arrived == nodes {
                println!("{arrived} after {:.1} s", begun.elapsed().as_secs_f64());
            }
        }
        if event.component == WAITING {
            let turn = Arc::clone(&turns).acquire_owned();
            let (operator, authority) = (Arc::clone(&operator), Arc::clone(&authority));
            let broker = broker.clone();
            drop(tasks.spawn(async move {
                let _turn = turn.await.unwrap();
                let node = event.identity;
                operator.configures(&node, &authority, &broker).await;
                operator.restarts(&node).await;
            }));
        }
    }
}

/// A new authority.
fn issuer() -> Issuer {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let name = &mut params.distinguished_name;
    name.push(DnType::CommonName, "fleet authority");
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}
