//! Who is spoken to, and how.

use super::*;

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
    assert!(reason.contains("certificate"), "{reason}");
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
        assert!(reason.contains("this machine's clock"), "{reason}");
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
    assert!(
        reason.contains("does not complete the connection"),
        "{reason}"
    );
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
