//! A node that begins anew while it is worked on.

use std::sync::Arc;

use rcgen::KeyPair;

use crate::harness::Behaviour;
use crate::harness::Crowd;
use crate::harness::Site;
use crate::harness::csr;
use crate::harness::honest;
use crate::harness::honestly;
use crate::harness::until;
use crate::nats::NatsServer;
use crate::nats::Options;

/// A node that is gone once it has told about its key.
fn gone_after_its_request(identity: &str) -> Behaviour {
    let key = KeyPair::generate().unwrap();
    let (csr, public) = (csr(identity, &key), key.public_key_pem());
    Arc::new(move |asked| match asked.action.as_str() {
        "inventory" | "gencsr" => vec![honestly(asked, &csr, &public)],
        _ => Vec::new(),
    })
}

#[tokio::test]
async fn a_machine_that_is_installed_anew_gets_no_certificate_of_its_former_key() {
    let node = "n1.example.net";
    let broker = NatsServer::start(Options::default()).await;
    let crowd = Crowd::join(&broker.url()).await;
    crowd.add(node, gone_after_its_request(node));
    let mut site = Site::builtin(&broker.url(), "").await;
    site.ready().await;
    until("configure", || async {
        let asked = crowd.asked(node);
        (asked.last()? == "choria_provision#configure").then_some(())
    })
    .await;
    crowd.add(node, honest(node));
    crowd.startup(node);
    site.stands(node, "provisioned").await;
    let asked = crowd.asked(node);
    let asked: Vec<&str> = asked.iter().filter_map(|it| it.split('#').nth(1)).collect();
    assert_eq!(
        asked,
        [
            "inventory",
            "gencsr",
            "configure",
            "gencsr",
            "configure",
            "restart"
        ]
    );
    let requests = crowd.requests(node);
    let configures = requests.iter().filter(|it| it.action == "configure");
    let certificates: Vec<_> = configures.map(|it| &it.data["certificate"]).collect();
    assert_ne!(certificates[0], certificates[1]);
}
