//! A broker, a crowd and a site together, with what the scenarios with hostile peers ask of them.

use serde_json::Value;

use super::Behaviour;
use super::Crowd;
use super::Site;
use super::honest;
use super::until;
use crate::nats::NatsServer;
use crate::nats::Options;

/// The node that misbehaves.
pub(crate) const BAD: &str = "bad.example.net";
/// The node beside it.
pub(crate) const GOOD: &str = "good.example.net";
/// Waits are short, and nobody who failed comes back before the test has looked.
pub(crate) const SHORT: &str = "monitor_listen: 127.0.0.1:0\n\
     deadlines: {probe: 3s, step: 5s, node: 1m, helper: 5s}\n\
     table: {backoff_min: 10m, backoff_max: 1h}\n";
/// The same, where a question that is not answered is asked again soon.
pub(crate) const QUICK: &str = "monitor_listen: 127.0.0.1:0\n\
     deadlines: {probe: 2s, step: 3s, node: 1m, helper: 2s}\n\
     table: {backoff_min: 10m, backoff_max: 1h}\n";
/// The same, where who failed comes back at once.
pub(crate) const EAGER: &str = "monitor_listen: 127.0.0.1:0\n\
     deadlines: {probe: 900ms, step: 1s, node: 1m, helper: 1s}\n\
     table: {backoff_min: 100ms, backoff_max: 200ms}\n";

/// A broker, a crowd and a site.
pub(crate) struct Scene {
    pub(crate) site: Site,
    pub(crate) crowd: Crowd,
    /// Nothing while a test keeps it away.
    pub(crate) broker: Option<NatsServer>,
}

impl Scene {
    /// With the built-in authority and more lines of configuration.
    pub(crate) async fn builtin(more: &str) -> Self {
        let broker = broker().await;
        let crowd = Crowd::join(&broker.url()).await;
        let site = Site::builtin(&broker.url(), more).await;
        Self {
            site,
            crowd,
            broker: Some(broker),
        }
    }

    /// With a shell script as helper and more lines of configuration.
    pub(crate) async fn scripted(script: &str, more: &str) -> Self {
        let broker = broker().await;
        let crowd = Crowd::join(&broker.url()).await;
        let site = Site::scripted(&broker.url(), script, more);
        Self {
            site,
            crowd,
            broker: Some(broker),
        }
    }

    /// One hostile node before an honest one: the hostile one comes to stand there, and is found to have this reason.
    pub(crate) async fn beside_an_honest_node(&mut self, bad: Behaviour, standing: &str) -> String {
        self.crowd.add(BAD, bad);
        self.crowd.add(GOOD, honest(GOOD));
        self.site.ready().await;
        let row = self.site.stands(BAD, standing).await;
        self.site.stands(GOOD, "provisioned").await;
        self.is_well();
        row["why"].as_str().unwrap().to_owned()
    }

    /// The program runs, and its log is fit for a terminal and for anybody's eyes.
    pub(crate) fn is_well(&mut self) {
        assert!(self.site.runs(), "the provisioner ended");
        let log = self.site.log();
        for secret in ["s3cret", "PRIVATE KEY", "BEGIN CERTIFICATE"] {
            assert!(!log.contains(secret), "{secret} is in the log");
        }
        let odd = log.chars().find(|&c| c != '\n' && steers(c));
        assert_eq!(odd, None, "in the log");
        let longest = log.lines().map(str::len).max();
        assert!(longest < Some(4096), "a line of {longest:?} bytes");
    }
}

impl Site {
    /// Waits until the provisioner says that it is not ready, for this reason; its whole text.
    pub(crate) async fn unready_because(&self, reason: &str) -> String {
        until(&format!("/readyz with '{reason}'"), || async {
            let (status, text) = self.page("/readyz").await;
            (status == 503 && text.contains(reason)).then_some(text)
        })
        .await
    }

    /// Waits until the provisioner says that it is ready.
    pub(crate) async fn ready_again(&self) {
        until("/readyz with 200", || async {
            (self.page("/readyz").await.0 == 200).then_some(())
        })
        .await;
    }

    /// The value of a metric with these labels (`name{label="value"`); 0 while it is not there.
    pub(crate) async fn metric(&self, name: &str) -> f64 {
        let (_, text) = self.page("/metrics").await;
        let line = text.lines().find(|line| line.starts_with(name));
        line.map_or(0.0, |line| {
            line.rsplit(' ').next().unwrap().parse().unwrap()
        })
    }

    /// The certificates that the built-in authority issued to a node.
    pub(crate) async fn certificates(&self, identity: &str) -> Vec<Value> {
        let ca = self.file("ca");
        let words = ["ca", "list", ca.to_str().unwrap(), "--json"];
        let listed = self.types(&words).await;
        assert_eq!(listed.code, Some(0), "{listed:?}");
        let issued = listed.out.lines().map(serde_json::from_str);
        let issued = issued.map(Result::<Value, _>::unwrap);
        issued.filter(|one| one["identity"] == identity).collect()
    }
}

/// What moves a cursor, or turns the direction of what follows.
fn steers(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// A broker that carries messages of any size, so that it is the provisioner that has to cope.
async fn broker() -> NatsServer {
    NatsServer::start(Options {
        extra: "max_payload: 8MB",
        ..Options::default()
    })
    .await
}
