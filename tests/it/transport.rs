//! The broker connection against real brokers, and against brokers that misbehave.

use std::time::Duration;

use bytes::Bytes;
use muster::protocol::names::Subject;
use muster::secret::Secret;
use muster::security::tls::ClientCertificate;
use muster::security::tls::Names;
use muster::security::tls::UnverifiedTls;
use muster::security::tls::VerifiedTls;
use muster::transport::Config;
use muster::transport::Credentials;
use muster::transport::Handle;
use muster::transport::Incoming;
use muster::transport::Protection;
use muster::transport::REQUEST_DEPTH;
use muster::transport::Resolver;
use muster::transport::Srv;
use muster::transport::State;
use muster::transport::Subscription;
use muster::transport::Targets;
use muster::transport::TlsPolicy;
use muster::transport::TransportError;
use muster::transport::start;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_util::task::TaskTracker;

use crate::support::dns::DnsServer;
use crate::support::dns::SrvRecord;
use crate::support::hostile::GREETING;
use crate::support::hostile::Hostile;
use crate::support::hostile::Manner;
use crate::support::hostile::PATIENCE;
use crate::support::nats::Authority;
use crate::support::nats::NatsServer;
use crate::support::nats::Options;
use crate::support::nats::Tls;

mod hostile;
mod tls;

/// A connection under test.
struct Peer {
    handle: Handle,
    incoming: mpsc::Receiver<Incoming>,
}

impl Peer {
    fn new(url: &str) -> Self {
        Self::with(config(url))
    }

    fn with(config: Config) -> Self {
        let (handle, incoming) = start(config, &TaskTracker::new());
        Self { handle, incoming }
    }

    /// Waits for a state that fits.
    async fn until(&self, fits: impl FnMut(&State) -> bool) -> State {
        let mut state = self.handle.state();
        let reached = timeout(PATIENCE, state.wait_for(fits)).await;
        let reached = reached.map(|state| state.unwrap().clone());
        assert!(reached.is_ok(), "still {:?}", self.handle.state().borrow());
        reached.unwrap()
    }

    async fn connected(&self) -> State {
        self.until(State::is_connected).await
    }

    /// Waits until an attempt failed or a connection was lost, and returns why.
    async fn trouble(&self) -> String {
        let mut reason = None;
        let troubled = |state: &State| {
            if let State::Connecting { last_error, .. } = state {
                reason.clone_from(last_error);
            }
            reason.is_some()
        };
        self.until(troubled).await;
        reason.unwrap()
    }

    /// Waits for the connection, and returns to whom and how.
    async fn joined(&self) -> (String, Protection) {
        let mut joined = None;
        let connected = |state: &State| {
            if let State::Connected { server, tls, .. } = state {
                joined = Some((server.clone(), *tls));
            }
            joined.is_some()
        };
        self.until(connected).await;
        joined.unwrap()
    }

    fn say(&self, subject: &str, payload: &'static str) {
        let subject = Subject::new(subject).unwrap();
        self.handle.publish(subject, Bytes::from(payload)).unwrap();
    }

    /// The next message, as subject and payload.
    async fn hears(&mut self) -> (String, Bytes) {
        let message = timeout(PATIENCE, self.incoming.recv())
            .await
            .unwrap()
            .unwrap();
        (message.subject, message.payload)
    }

    /// Publishes and receives over the broker. Afterwards the broker knows the subscription, for others too.
    async fn echoes(&mut self) {
        self.connected().await;
        self.say("test.echo", "hello");
        assert_eq!(
            self.hears().await,
            ("test.echo".to_owned(), Bytes::from("hello"))
        );
    }
}

fn config(url: &str) -> Config {
    let targets = Targets::Servers(vec![url.parse().unwrap()]);
    let mut config = Config::new("tester", targets, TlsPolicy::Disabled);
    config.subscriptions = vec![Subscription::new("test.>").unwrap()];
    config
}

fn credentials(user: &str, password: &str) -> Credentials {
    Credentials {
        user: Some((user.to_owned(), Secret::new(password.to_owned()))),
        token: None,
    }
}

const USER: &str = "authorization { user: bob, password: hunter2 }";

#[tokio::test]
async fn messages_go_out_and_come_in() {
    let broker = NatsServer::start(Options::default()).await;
    let mut peer = Peer::new(&broker.url());
    let (server, tls) = peer.joined().await;
    assert_eq!(server, broker.url());
    assert_eq!(tls, Protection::Plain);
    peer.echoes().await;
    let stats = peer.handle.stats();
    assert_eq!((stats.in_messages, stats.in_bytes), (1, 5));
    assert_eq!((stats.out_messages, stats.out_bytes), (1, 5));
    assert_eq!((stats.reconnects, stats.dropped, stats.unsent), (0, 0, 0));
    assert_eq!((stats.first_attempts, stats.lost), (1, 0));
    assert!(stats.first_connect.is_some());
}

#[tokio::test]
async fn a_flush_and_a_close_deliver_what_was_published_before() {
    let broker = NatsServer::start(Options::default()).await;
    let mut listener = Peer::new(&broker.url());
    let speaker = Peer::new(&broker.url());
    listener.echoes().await;
    speaker.connected().await;
    speaker.say("test.a", "1");
    assert_eq!(speaker.handle.flush(PATIENCE).await, Ok(()));
    assert_eq!(listener.hears().await.1, "1");
    speaker.say("test.a", "2");
    assert_eq!(speaker.handle.close(PATIENCE).await, Ok(()));
    assert_eq!(listener.hears().await.1, "2");
    assert_eq!(*speaker.handle.state().borrow(), State::Closed);
    let subject = Subject::new("test.a").unwrap();
    assert_eq!(
        speaker.handle.publish(subject, Bytes::new()),
        Err(TransportError::Exited)
    );
    assert_eq!(
        speaker.handle.flush(PATIENCE).await,
        Err(TransportError::Exited)
    );
    assert_eq!(speaker.handle.close(PATIENCE).await, Ok(()));
}

#[tokio::test]
async fn without_a_broker_a_flush_says_so_and_a_close_ends() {
    let mut peer = Peer::new("nats://127.0.0.1:1");
    assert!(peer.trouble().await.contains("cannot connect"));
    assert_eq!(
        peer.handle.flush(PATIENCE).await,
        Err(TransportError::NotConnected)
    );
    assert_eq!(peer.handle.close(PATIENCE).await, Ok(()));
    assert_eq!(peer.incoming.recv().await, None);
}

#[tokio::test]
async fn dropping_every_handle_ends_the_task() {
    let broker = NatsServer::start(Options::default()).await;
    let tracker = TaskTracker::new();
    let (handle, mut incoming) = start(config(&broker.url()), &tracker);
    let mut state = handle.state();
    state.wait_for(State::is_connected).await.unwrap();
    drop(handle);
    tracker.close();
    timeout(PATIENCE, tracker.wait()).await.unwrap();
    assert_eq!(incoming.recv().await, None);
}

#[tokio::test]
async fn a_broker_that_comes_back_is_joined_again_with_all_subscriptions() {
    let broker = NatsServer::start(Options::default()).await;
    let mut peer = Peer::new(&broker.url());
    peer.echoes().await;
    let port = broker.port;
    drop(broker);
    assert!(peer.trouble().await.contains("closed the connection"));
    peer.say("test.kept", "while away");
    let _broker = NatsServer::start(Options {
        port: Some(port),
        ..Options::default()
    })
    .await;
    peer.connected().await;
    assert_eq!(peer.hears().await.1, "while away");
    peer.echoes().await;
    let stats = peer.handle.stats();
    assert_eq!((stats.reconnects, stats.lost), (1, 1));
    assert_eq!(stats.first_attempts, 1);
}

#[tokio::test]
async fn the_next_server_is_asked_when_one_does_not_answer() {
    let broker = NatsServer::start(Options::default()).await;
    let mut config = config(&broker.url());
    config.targets = Targets::Servers(vec![
        "127.0.0.1:1".parse().unwrap(),
        broker.url().parse().unwrap(),
    ]);
    let mut peer = Peer::with(config);
    peer.echoes().await;
    let stats = peer.handle.stats();
    // either is asked first
    assert_eq!(stats.first_attempts, stats.failed_attempts + 1);
}

#[tokio::test]
async fn user_and_password_open_the_door() {
    let broker = NatsServer::start(Options {
        extra: USER,
        ..Options::default()
    })
    .await;
    let mut config = config(&broker.url());
    config.credentials = credentials("bob", "hunter2");
    let mut peer = Peer::with(config);
    peer.echoes().await;
}

#[tokio::test]
async fn a_token_opens_the_door() {
    let extra = "authorization { token: s3cret }";
    let broker = NatsServer::start(Options {
        extra,
        ..Options::default()
    })
    .await;
    let mut config = config(&broker.url());
    config.credentials.token = Some(Secret::new("s3cret".to_owned()));
    Peer::with(config).connected().await;
}

#[tokio::test]
async fn a_wrong_password_is_told_and_tried_until_it_is_right() {
    let broker = NatsServer::start(Options {
        extra: USER,
        ..Options::default()
    })
    .await;
    let mut config = config(&broker.url());
    config.credentials = credentials("bob", "hunter3");
    let peer = Peer::with(config);
    let reason = peer.trouble().await;
    assert!(
        reason.contains("refuses our credentials") && !reason.contains("hunter3"),
        "{reason}"
    );
    let port = Some(broker.port);
    drop(broker);
    let extra = "authorization { user: bob, password: hunter3 }";
    let _broker = NatsServer::start(Options {
        port,
        extra,
        ..Options::default()
    })
    .await;
    peer.connected().await;
}

#[tokio::test]
async fn missing_credentials_are_told_apart_from_wrong_ones() {
    let broker = NatsServer::start(Options {
        extra: USER,
        ..Options::default()
    })
    .await;
    let reason = Peer::new(&broker.url()).trouble().await;
    assert!(reason.contains("none are configured"), "{reason}");
}

#[tokio::test]
async fn a_forbidden_subject_is_counted_and_nothing_else_happens() {
    let extra = r#"authorization { users: [{ user: bob, password: hunter2,
        permissions: { publish: ["test.>"], subscribe: ["test.>"] } }] }"#;
    let broker = NatsServer::start(Options {
        extra,
        ..Options::default()
    })
    .await;
    let mut config = config(&broker.url());
    config.credentials = credentials("bob", "hunter2");
    config
        .subscriptions
        .push(Subscription::new("secret.>").unwrap());
    let mut peer = Peer::with(config);
    peer.connected().await;
    peer.say("secret.a", "x");
    peer.echoes().await;
    // the broker answers in order: both complaints came before the echo
    assert_eq!(peer.handle.stats().permission_violations, 2);
    assert!(peer.handle.state().borrow().is_connected());
}

#[tokio::test]
async fn a_message_that_the_broker_would_refuse_is_refused_here() {
    let extra = "max_payload: 1000";
    let broker = NatsServer::start(Options {
        extra,
        ..Options::default()
    })
    .await;
    let mut peer = Peer::new(&broker.url());
    peer.connected().await;
    let large = Bytes::from(vec![0; 1001]);
    let verdict = peer.handle.publish(Subject::new("test.a").unwrap(), large);
    assert_eq!(
        verdict,
        Err(TransportError::TooLarge {
            size: 1001,
            limit: 1000
        })
    );
    peer.echoes().await;
}

#[tokio::test]
async fn what_nobody_reads_is_dropped_and_counted_and_the_connection_stands() {
    let broker = NatsServer::start(Options::default()).await;
    let mut idle = Peer::new(&broker.url());
    let speaker = Peer::new(&broker.url());
    idle.echoes().await;
    speaker.connected().await;
    for _ in 0..20 {
        for _ in 0..100 {
            speaker.say("test.a", "x");
        }
        speaker.handle.flush(PATIENCE).await.unwrap();
    }
    speaker.say("test.last", "x");
    speaker.handle.flush(PATIENCE).await.unwrap();
    let counted = async {
        loop {
            let stats = idle.handle.stats();
            if stats.in_messages + stats.dropped == 2002 {
                return stats;
            }
            tokio::task::yield_now().await;
        }
    };
    let stats = timeout(PATIENCE, counted).await.unwrap();
    assert_eq!(stats.in_messages, 1 + 256);
    while idle.incoming.try_recv().is_ok() {}
    idle.echoes().await;
}

#[tokio::test]
async fn more_than_the_queue_holds_is_answered_with_busy() {
    let peer = Peer::new("nats://127.0.0.1:1");
    // on this runtime the task gets no turn in between
    for _ in 0..REQUEST_DEPTH {
        peer.say("test.a", "x");
    }
    let subject = Subject::new("test.a").unwrap();
    assert_eq!(
        peer.handle.publish(subject, Bytes::new()),
        Err(TransportError::Busy)
    );
    peer.handle.close(PATIENCE).await.unwrap();
    // a few would have waited for a broker, all are accounted for
    assert_eq!(
        peer.handle.stats().unsent,
        u64::try_from(REQUEST_DEPTH).unwrap()
    );
}

#[tokio::test]
async fn a_group_shares_its_messages() {
    let broker = NatsServer::start(Options::default()).await;
    let member = || {
        let mut config = config(&broker.url());
        config.subscriptions = vec![Subscription::new("test.>").unwrap().in_group("g").unwrap()];
        Peer::with(config)
    };
    let (mut one, mut two) = (member(), member());
    one.connected().await;
    two.connected().await;
    let both = 20;
    for _ in 0..both {
        one.say("test.a", "x");
    }
    for _ in 0..both {
        tokio::select! {
            message = one.hears() => assert_eq!(message.1, "x"),
            message = two.hears() => assert_eq!(message.1, "x"),
        }
    }
    one.handle.close(PATIENCE).await.unwrap();
    two.handle.close(PATIENCE).await.unwrap();
    assert_eq!(
        (one.incoming.recv().await, two.incoming.recv().await),
        (None, None)
    );
}

const NAME: &str = "_choria-provisioner._tcp.example.net";

fn srv(dns: &DnsServer, names: &[&str]) -> Config {
    let mut config = config("127.0.0.1:1");
    config.targets = Targets::Srv(Srv {
        names: names.iter().map(|&name| name.to_owned()).collect(),
        domain: "example.net".to_owned(),
        resolver: Resolver::At(dns.address),
    });
    config
}

#[tokio::test]
async fn records_that_appear_later_are_found() {
    let broker = NatsServer::start(Options::default()).await;
    let dns = DnsServer::start().await;
    let mut peer = Peer::with(srv(&dns, &["_choria-provisioner._tcp"]));
    assert_eq!(
        peer.trouble().await,
        format!("no usable SRV records at {NAME}.")
    );
    dns.publish(vec![SrvRecord::new(NAME, 10, broker.port, "localhost")]);
    let (server, _) = peer.joined().await;
    assert_eq!(server, format!("nats://localhost:{}", broker.port));
    peer.echoes().await;
}

/// Whoever is to create the record must learn the name that counts, which is the first.
#[tokio::test]
async fn every_name_without_records_is_told() {
    let dns = DnsServer::start().await;
    let peer = Peer::with(srv(&dns, &["_mcollective-server._tcp", "_x-puppet._tcp"]));
    assert_eq!(
        peer.trouble().await,
        "no usable SRV records at _mcollective-server._tcp.example.net. or _x-puppet._tcp.example.net."
    );
}

#[tokio::test]
async fn records_are_asked_for_again_after_a_loss() {
    let first = NatsServer::start(Options::default()).await;
    let second = NatsServer::start(Options::default()).await;
    let dns = DnsServer::start().await;
    dns.publish(vec![SrvRecord::new(NAME, 10, first.port, "localhost")]);
    let mut peer = Peer::with(srv(&dns, &["_choria-provisioner._tcp"]));
    peer.connected().await;
    dns.publish(vec![SrvRecord::new(NAME, 10, second.port, "localhost")]);
    drop(first);
    peer.trouble().await;
    let (server, _) = peer.joined().await;
    assert_eq!(server, format!("nats://localhost:{}", second.port));
    peer.echoes().await;
}

#[tokio::test]
async fn the_first_name_with_records_decides_and_priorities_are_kept() {
    let preferred = NatsServer::start(Options::default()).await;
    let other = NatsServer::start(Options::default()).await;
    let dns = DnsServer::start().await;
    dns.publish(vec![
        SrvRecord::new("_second._tcp.example.net", 20, other.port, "localhost"),
        SrvRecord::new("_second._tcp.example.net", 10, preferred.port, "localhost"),
        SrvRecord::new("_third._tcp.example.net", 0, other.port, "localhost"),
        SrvRecord::new("_second._tcp.example.net", 5, 1, "localhost"),
    ]);
    let peer = Peer::with(srv(&dns, &["_first._tcp", "_second._tcp", "_third._tcp"]));
    let (server, _) = peer.joined().await;
    assert_eq!(server, format!("nats://localhost:{}", preferred.port));
}
