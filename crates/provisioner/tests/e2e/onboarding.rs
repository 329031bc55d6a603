//! From nothing to production.

use nix::sys::signal::Signal;

use crate::harness::Crowd;
use crate::harness::Site;
use crate::harness::honest;
use crate::nats::NatsServer;
use crate::nats::Options;

#[tokio::test]
async fn a_node_that_waits_is_discovered_and_taken_to_production() {
    let broker = NatsServer::start(Options::default()).await;
    let crowd = Crowd::join(&broker.url()).await;
    crowd.add("n1.example.net", honest("n1.example.net"));
    let mut site = Site::builtin(&broker.url(), "").await;
    site.ready().await;
    let row = site.stands("n1.example.net", "provisioned").await;
    assert_eq!(row["source"], "discovery");
    assert_eq!(
        crowd.asked("n1.example.net"),
        [
            "rpcutil#inventory",
            "choria_provision#gencsr",
            "choria_provision#configure",
            "choria_provision#restart"
        ]
    );
    crowd.in_production("n1.example.net");
    site.stands("n1.example.net", "confirmed").await;
    site.signal(Signal::SIGTERM);
    assert_eq!(site.end().await, Some(0));
}

#[tokio::test]
async fn a_node_that_comes_later_is_noticed_by_its_startup_event() {
    let broker = NatsServer::start(Options::default()).await;
    let crowd = Crowd::join(&broker.url()).await;
    let mut site = Site::builtin(&broker.url(), "").await;
    site.ready().await;
    crowd.add_hidden("n2.example.net", honest("n2.example.net"));
    crowd.startup("n2.example.net");
    let row = site.stands("n2.example.net", "provisioned").await;
    assert_eq!(row["source"], "startup");
}
