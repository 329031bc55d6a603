//! Who is spoken to, and how.

use muster::security::tls::Parameters;
use rcgen::date_time_ymd;

use super::*;
use crate::support::nats::Given;

fn unverified() -> UnverifiedTls {
    UnverifiedTls::new().unwrap()
}

fn verified(authority: &Authority) -> TlsPolicy {
    TlsPolicy::Required(VerifiedTls::new(&authority.pem(), Names::AltNames, None).unwrap())
}

fn peer(broker: &NatsServer, tls: TlsPolicy) -> Peer {
    Peer::with(Config {
        tls,
        ..config(&broker.url())
    })
}

async fn protection(peer: &Peer) -> Protection {
    peer.joined().await.1
}

#[tokio::test]
async fn without_a_ca_any_broker_with_tls_will_do() {
    let authority = Authority::new();
    for tls in [Tls::Required(&authority), Tls::Offered(&authority)] {
        let broker = NatsServer::start(Options {
            tls,
            ..Options::default()
        })
        .await;
        let mut peer = peer(&broker, TlsPolicy::RequiredUnverified(unverified()));
        assert_eq!(protection(&peer).await, Protection::Unverified);
        peer.echoes().await;
    }
}

#[tokio::test]
async fn without_a_ca_a_broker_without_tls_gets_nothing() {
    let broker = NatsServer::start(Options::default()).await;
    let peer = peer(&broker, TlsPolicy::RequiredUnverified(unverified()));
    assert!(peer.trouble().await.contains("does not offer it"));
}

#[tokio::test]
async fn plain_text_is_spoken_only_where_there_is_nothing_better() {
    let authority = Authority::new();
    for (tls, expected) in [
        (Tls::Off, Protection::Plain),
        (Tls::Offered(&authority), Protection::Unverified),
        (Tls::Required(&authority), Protection::Unverified),
    ] {
        let broker = NatsServer::start(Options {
            tls,
            ..Options::default()
        })
        .await;
        let mut peer = peer(&broker, TlsPolicy::PlainWhereNothingBetter(unverified()));
        assert_eq!(protection(&peer).await, expected);
        peer.echoes().await;
    }
}

#[tokio::test]
async fn a_pinned_ca_admits_its_brokers_only() {
    let (ours, foreign) = (Authority::new(), Authority::new());
    let tls = Tls::Required(&ours);
    let broker = NatsServer::start(Options {
        tls,
        ..Options::default()
    })
    .await;
    assert_eq!(
        protection(&peer(&broker, verified(&ours))).await,
        Protection::Verified
    );
    let reason = peer(&broker, verified(&foreign)).trouble().await;
    assert!(
        reason.contains("is not signed by a CA of this node"),
        "{reason}"
    );
}

/// Why a broker with this certificate is refused.
async fn refused(authority: &Authority, own: (String, String)) -> String {
    let given = Given { own, clients: None };
    let tls = Tls::Given(&given);
    let broker = NatsServer::start(Options {
        tls,
        ..Options::default()
    })
    .await;
    peer(&broker, verified(authority)).trouble().await
}

#[tokio::test]
async fn a_broker_with_another_name_is_refused_with_both_names() {
    let authority = Authority::new();
    let own = authority.issue("broker", &["broker.example.net", "b.example.net"]);
    let reason = refused(&authority, own).await;
    let text = "certificate is for broker.example.net, b.example.net, not for 127.0.0.1: correct";
    assert!(reason.contains(text), "{reason}");
}

#[tokio::test]
async fn a_broker_without_any_name_is_refused_with_the_name_it_lacks() {
    let authority = Authority::new();
    let reason = refused(&authority, authority.issue("127.0.0.1", &[])).await;
    let text = "certificate is for no name at all, not for 127.0.0.1";
    assert!(reason.contains(text), "{reason}");
}

#[tokio::test]
async fn a_broker_of_another_time_is_refused_with_the_date() {
    let authority = Authority::new();
    for (from, until, text) in [
        (2020, 2021, "it ended on 2021-01-01T00:00:00Z"),
        (2100, 2101, "it begins on 2100-01-01T00:00:00Z"),
    ] {
        let own = authority.issue_with("broker", &["127.0.0.1"], |params| {
            params.not_before = date_time_ymd(from, 1, 1);
            params.not_after = date_time_ymd(until, 1, 1);
        });
        let reason = refused(&authority, own).await;
        assert!(reason.contains(text), "{reason}");
    }
}

#[tokio::test]
async fn a_broker_without_tls_is_refused_with_the_way_out() {
    let broker = NatsServer::start(Options::default()).await;
    let reason = peer(&broker, verified(&Authority::new())).trouble().await;
    assert!(reason.contains("give the broker a certificate"), "{reason}");
}

#[tokio::test]
async fn a_node_that_the_broker_does_not_trust_is_told_so() {
    let (ours, foreign) = (Authority::new(), Authority::new());
    let broker = NatsServer::start(Options {
        tls: Tls::Mutual(&ours),
        ..Options::default()
    })
    .await;
    let (chain, key) = foreign.issue("n1", &["n1.example.net"]);
    let client = ClientCertificate::from_pem(&chain, &Secret::new(key)).unwrap();
    let tls = VerifiedTls::new(&ours.pem(), Names::AltNames, Some(client)).unwrap();
    let reason = peer(&broker, TlsPolicy::Required(tls)).trouble().await;
    assert!(reason.contains("the broker trusts its CA"), "{reason}");
}

#[tokio::test]
async fn only_the_chosen_cipher_suites_are_offered() {
    let authority = Authority::new();
    let broker = NatsServer::start(Options {
        tls: Tls::Required(&authority),
        extra: "debug: true",
        ..Options::default()
    })
    .await;
    let suite = "TLS_CHACHA20_POLY1305_SHA256";
    let chosen = Parameters::named(&[suite.to_owned()], &["CurveP384".to_owned()]);
    let tls = VerifiedTls::with(&authority.pem(), Names::AltNames, None, &chosen).unwrap();
    let mut peer = peer(&broker, TlsPolicy::Required(tls));
    peer.echoes().await;
    let log = broker.log();
    assert!(log.contains(&format!("cipher suite {suite}")), "{log}");
}

/// A clock of 1970 finds every certificate too young, one of 2100 finds it too old.
#[tokio::test]
async fn a_certificate_of_another_time_raises_doubts_about_the_clock() {
    let authority = Authority::new();
    for (from, to) in [(3000, 4096), (1975, 1976)] {
        let tls = Tls::Dated(&authority, from, to);
        let broker = NatsServer::start(Options {
            tls,
            ..Options::default()
        })
        .await;
        let reason = peer(&broker, verified(&authority)).trouble().await;
        assert!(reason.contains("the clock of this machine"), "{reason}");
    }
}

#[tokio::test]
async fn with_tls_disabled_a_broker_that_requires_it_is_left_alone() {
    let authority = Authority::new();
    let tls = Tls::Required(&authority);
    let broker = NatsServer::start(Options {
        tls,
        ..Options::default()
    })
    .await;
    assert!(
        peer(&broker, TlsPolicy::Disabled)
            .trouble()
            .await
            .contains("disabled here")
    );
}

#[tokio::test]
async fn a_client_certificate_is_shown() {
    let authority = Authority::new();
    let tls = Tls::Mutual(&authority);
    let broker = NatsServer::start(Options {
        tls,
        ..Options::default()
    })
    .await;
    let (chain, key) = authority.issue("n1", &["n1.example.net"]);
    let client = ClientCertificate::from_pem(&chain, &Secret::new(key)).unwrap();
    let with = VerifiedTls::new(&authority.pem(), Names::AltNames, Some(client)).unwrap();
    let mut with = peer(&broker, TlsPolicy::Required(with));
    with.echoes().await;
    let reason = peer(&broker, verified(&authority)).trouble().await;
    assert!(reason.contains("wants one and there is none"), "{reason}");
}

/// Runs itself again, because the environment of a process with threads cannot be changed.
#[tokio::test]
async fn roots_that_cannot_be_read_are_told_with_the_way_out() {
    const MISSING: &str = "/nonexistent/roots.pem";
    if std::env::var_os("SSL_CERT_FILE").is_some_and(|file| file == MISSING) {
        let authority = Authority::new();
        let tls = Tls::Required(&authority);
        let broker = NatsServer::start(Options {
            tls,
            ..Options::default()
        })
        .await;
        let told = peer(&broker, verified(&authority)).trouble().await;
        assert!(
            told.contains("SSL_CERT_FILE=/dev/null") && told.contains(MISSING),
            "{told}"
        );
        return;
    }
    let itself = std::env::current_exe().unwrap();
    let again = tokio::process::Command::new(itself)
        .args([
            "--exact",
            "transport::tls::roots_that_cannot_be_read_are_told_with_the_way_out",
        ])
        .env("SSL_CERT_FILE", MISSING)
        .output()
        .await
        .unwrap();
    let text = String::from_utf8_lossy(&again.stdout);
    assert!(
        again.status.success() && text.contains("1 passed"),
        "{text}"
    );
}
