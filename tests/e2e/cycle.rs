//! The whole cycle: provisioned, a member of a fleet, sent back, provisioned for another fleet, and so on; here in peace,
//! and in [`kills`] with a node that is killed again and again.

mod kills;

use std::collections::BTreeMap;

use serde_json::json;
use tokio::time::timeout;

use crate::harness::Fleet;
use crate::harness::Network;
use crate::harness::Node;
use crate::harness::PATIENCE;
use crate::harness::Peer;
use crate::harness::Standing;
use crate::harness::TOKEN;
use crate::harness::journey;
use crate::harness::leftovers;
use crate::harness::settings_in;
use crate::harness::until;

const NAME: &str = "n1.example.net";

#[tokio::test]
async fn a_node_goes_through_two_fleets_and_back_into_the_first() {
    let mut cycle = Cycle::start().await;
    let pid = cycle.node.pid();
    let event = cycle.waiting.event("startup", "provision_mode_server");
    assert_eq!(event.await["identity"], NAME);
    cycle.waits().await;
    cycle.joins(0).await;
    let first = Standing::of(&cycle.node).tls.unwrap();
    cycle.leaves(0).await;
    cycle.joins(1).await;
    let second = Standing::of(&cycle.node).tls.unwrap();
    cycle.leaves(1).await;
    cycle.joins(0).await;
    let third = Standing::of(&cycle.node).tls.unwrap();
    for part in [CERTIFICATE, KEY] {
        assert!(first[part] != second[part] && second[part] != third[part]);
        assert!(first[part] != third[part], "made anew for every membership");
    }
    assert_eq!(cycle.node.pid(), pid, "the process started anew in place");
}

/// A node, and all who take part in its life.
struct Cycle {
    _network: Network,
    waiting: Peer,
    fleets: [Fleet; 2],
    production: [Peer; 2],
    node: Node,
}

impl Cycle {
    /// With a node that starts for the first time.
    async fn start() -> Self {
        let network = Network::start().await;
        let waiting = network.peer().await;
        let fleets = [Fleet::start().await, Fleet::start().await];
        let production = [fleets[0].peer().await, fleets[1].peer().await];
        let mut node = Node::new(NAME, &network.dns);
        node.start();
        Self {
            _network: network,
            waiting,
            fleets,
            production,
            node,
        }
    }

    /// What `server.conf` of a member says.
    fn membership(&self, fleet: usize) -> BTreeMap<String, String> {
        let settings = journey::settings(&self.node, &self.fleets[fleet]);
        let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        settings
            .iter()
            .map(|it| (it.0.clone(), text(it.1)))
            .collect()
    }

    /// What it says of a node that was sent back.
    fn exile(&self) -> BTreeMap<String, String> {
        settings_in(&format!(
            "{}plugin.choria.server.provision = 1\n",
            self.node.settings()
        ))
    }

    /// The fleet that a node has its certificate from.
    fn fleet_of(&self, standing: &Standing) -> Option<usize> {
        let [_, _, ca] = standing.tls.as_ref()?;
        self.fleets.iter().position(|it| it.authority.pem() == *ca)
    }

    /// The fleet that a waiting node is for.
    fn next(&self, standing: &Standing) -> usize {
        self.fleet_of(standing).map_or(0, |last| 1 - last)
    }

    /// The node waits, and answers everybody.
    async fn waits(&mut self) {
        let status = self.node.connected("provisioning").await;
        assert_eq!(status["connection"]["tls"], "TLS, unverified");
        assert_eq!(status["identity"], NAME);
        self.waiting.reaches(NAME).await;
    }

    /// Takes the waiting node into a fleet.
    async fn joins(&mut self, fleet: usize) {
        let production = &mut self.production[fleet];
        journey::join(
            &mut self.waiting,
            production,
            &self.node,
            &self.fleets[fleet],
        )
        .await;
        let status = self.node.connected("normal").await;
        assert_eq!(status["connection"]["tls"], "TLS, verified");
        assert_eq!(status["identity"], NAME);
        let standing = Standing::of(&self.node);
        assert_eq!(standing.settings, self.membership(fleet));
        assert_eq!(self.fleet_of(&standing), Some(fleet));
        self.fleets[fleet].operator().pings(NAME).await;
        self.ignores_what_is_not_signed(fleet).await;
        self.is_tidy().await;
    }

    /// Sends the member back.
    async fn leaves(&mut self, fleet: usize) {
        let before = Standing::of(&self.node);
        let production = &mut self.production[fleet];
        journey::leave(production, &mut self.waiting, &self.node).await;
        self.waits().await;
        let standing = Standing::of(&self.node);
        assert_eq!(standing.settings, self.exile());
        assert!(standing.tls == before.tls, "nothing else has changed");
        self.is_tidy().await;
    }

    /// Somebody the broker lets in, and who knows the token, is nobody without a signature.
    async fn ignores_what_is_not_signed(&mut self, fleet: usize) {
        let mut nobody = self.fleets[fleet].peer().await;
        nobody.stop_signing();
        let somebody = &mut self.production[fleet];
        let before = unvalidated(somebody).await;
        let token = json!({"token": TOKEN});
        let asked = [
            nobody.send(NAME, "rpcutil", "ping", &json!({})),
            nobody.send(NAME, "choria_provision", "reprovision", &token),
        ];
        let counted = async { while unvalidated(somebody).await != before + 2 {} };
        let counted = timeout(PATIENCE, counted).await;
        assert!(counted.is_ok(), "the unsigned requests are not counted");
        assert!(!asked.iter().any(|it| nobody.has_answer(it)));
        assert!(!Standing::of(&self.node).waits());
    }

    /// Nothing of any write is left.
    async fn is_tidy(&self) {
        let found = leftovers(&self.node);
        until(&format!("the end of {found:?}"), || {
            leftovers(&self.node).is_empty().then_some(())
        })
        .await;
    }

    /// The node, just started, is connected as what its files say, wherever that is, and answers there.
    async fn returns(&mut self) -> Standing {
        let status = self
            .node
            .status_where("a connection", |it| {
                it["connection"]["state"] == "connected"
            })
            .await;
        let standing = Standing::of(&self.node);
        assert_eq!(status["identity"], NAME);
        assert_eq!(status["mode"], standing.mode());
        if standing.waits() {
            assert_eq!(status["connection"]["tls"], "TLS, unverified");
            self.waiting.reaches(NAME).await;
        } else {
            assert_eq!(status["connection"]["tls"], "TLS, verified");
            let fleet = self.fleet_of(&standing).unwrap();
            assert_eq!(standing.settings, self.membership(fleet));
            self.production[fleet].reaches(NAME).await;
        }
        self.is_tidy().await;
        standing
    }
}

/// How many requests the node did not believe.
async fn unvalidated(peer: &mut Peer) -> u64 {
    let stats = peer.ask(NAME, "rpcutil", "daemon_stats", json!({}));
    stats.await.ok()["unvalidated"].as_u64().unwrap()
}

/// Where a [`Standing`] has its certificate.
const CERTIFICATE: usize = 0;
/// Where it has its key.
const KEY: usize = 1;
