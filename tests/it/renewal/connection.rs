//! What becomes of the connection.

use super::*;

/// Says one thing after the other, as operators do, until everything was said.
async fn chatter(own: &Authority, port: u16) -> Handle {
    let (chain, key) = own.issue("op", &["op.example.net"]);
    let client = ClientCertificate::from_pem(&chain, &Secret::new(key)).unwrap();
    let tls = VerifiedTls::new(&own.pem(), Names::AltNames, Some(client)).unwrap();
    let mut config = config(port, TlsPolicy::Required(tls));
    config.subscriptions.clear();
    let (link, _incoming) = transport::start(config, &TaskTracker::new());
    let mut state = link.state();
    let connected = timeout(PATIENCE, state.wait_for(State::is_connected)).await;
    assert!(connected.is_ok(), "{:?}", link.state().borrow());
    link
}

/// Messages that come while the certificate changes are all heard, once, and the connection is never gone.
#[tokio::test]
async fn a_certificate_is_renewed_without_missing_a_message() {
    let authority = Authority::new();
    let given = Given {
        own: authority.issue("broker", &["localhost"]),
        clients: Some(authority.pem()),
    };
    let broker = NatsServer::start(Options {
        tls: Tls::Given(&given),
        extra: "debug: true",
        ..Options::default()
    })
    .await;
    let mut member = Member::start(Site::of(&authority), broker.port);
    member.connected().await;
    let operator = chatter(&authority, broker.port).await;
    let tasks = TaskTracker::new();
    let talk = tasks.spawn(async move {
        let mut tick = interval(Duration::from_millis(5));
        for number in 0..u32::MAX {
            tick.tick().await;
            let subject = Subject::new("test.count").unwrap();
            let text = Bytes::from(number.to_string());
            if operator.publish(subject, text).is_err() {
                break;
            }
        }
    });
    let first = hears(&mut member.incoming).await;
    let mut state = member.link.state();
    state.borrow_and_update();
    let watch = tasks.spawn(async move {
        // a renewal shows as one connected state after the other
        state.changed().await.unwrap();
        state.borrow_and_update().is_connected()
    });
    let renewed = authority.issue(NAME, &[NAME]);
    member.site.rotate(&renewed);
    member.uses(&renewed.0).await;
    assert_eq!(member.link.stats().reconnects, 1);
    let mut heard = vec![first];
    while !left(&broker.log()) {
        heard.push(hears(&mut member.incoming).await);
    }
    for _ in 0..20 {
        heard.push(hears(&mut member.incoming).await);
    }
    talk.abort();
    assert!(
        watch.await.unwrap(),
        "there was a time without a connection"
    );
    // two connections have no common order
    heard.sort_unstable();
    let whole: Vec<u32> = (heard[0]..).take(heard.len()).collect();
    assert_eq!(heard, whole);
    member.is_content().await;
}

/// Whether the broker has seen a connection of the node end, by the name that it gave itself.
fn left(log: &str) -> bool {
    let named = format!(":{NAME}\" - Client connection closed");
    log.lines().any(|line| line.contains(&named))
}

async fn hears(incoming: &mut mpsc::Receiver<Incoming>) -> u32 {
    let message = timeout(PATIENCE, incoming.recv()).await.unwrap().unwrap();
    std::str::from_utf8(&message.payload)
        .unwrap()
        .parse()
        .unwrap()
}

/// A broker that knows clients by their subject sees another one.
#[tokio::test]
async fn the_broker_sees_the_renewed_certificate() {
    let authority = Authority::new();
    let issue = |organization: &str| {
        authority.issue_with(NAME, &[NAME], |params| {
            let name = &mut params.distinguished_name;
            name.push(DnType::OrganizationName, organization);
        })
    };
    let user = |organization: &str| format!("{{ user: \"O={organization},CN={NAME}\" }}");
    let given = Given {
        own: authority.issue("broker", &["localhost"]),
        clients: Some(authority.pem()),
    };
    let extra = format!(
        "debug: true\nauthorization {{ users: [ {}, {} ] }}\n",
        user("Old"),
        user("New")
    );
    let broker = NatsServer::start(Options {
        tls: Tls::Mapped(&given),
        extra: &extra,
        ..Options::default()
    })
    .await;
    let site = Site::of(&authority);
    site.rotate(&issue("Old"));
    let member = Member::start(site, broker.port);
    member.connected().await;
    assert!(!broker.log().contains("O=New"), "{}", broker.log());
    member.site.rotate(&issue("New"));
    member
        .until("the broker's log of it", || broker.log().contains("O=New"))
        .await;
}

/// The order of an operator who changes a fleet's CA: trust both, renew, trust the new one only.
#[tokio::test]
async fn a_node_follows_its_fleet_to_another_ca() {
    let (old, new) = (Authority::new(), Authority::new());
    let first = broker(&old, &[&old, &new], None).await;
    let port = first.port;
    let member = Member::start(Site::of(&old), port);
    member.connected().await;
    let both = pem(&[&old, &new]);
    member.site.put(CA, &both);
    member
        .until("both roots", || member.keyring.current().ca() == both)
        .await;
    let renewed = new.issue(NAME, &[NAME]);
    member.site.rotate(&renewed);
    member.uses(&renewed.0).await;
    member.site.put(CA, &new.pem());
    // the broker is still one of the old CA: nothing is given up for the new one
    member.worries("not signed by a CA of this node").await;
    assert!(member.link.state().borrow().is_connected());
    drop(first);
    let _second = broker(&new, &[&new], Some(port)).await;
    member
        .until("the new root only", || {
            member.keyring.current().ca() == new.pem()
        })
        .await;
    member.connected().await;
    member.is_content().await;
}

#[tokio::test]
async fn files_that_do_not_fit_cost_no_connection() {
    let authority = Authority::new();
    let broker = broker(&authority, &[&authority], None).await;
    let member = Member::start(Site::of(&authority), broker.port);
    member.connected().await;
    member.is_content().await;
    let before = member.keyring.current().certificate().to_owned();

    let (certificate, key) = authority.issue(NAME, &[NAME]);
    member.site.put(CERTIFICATE, &certificate);
    member.worries("does not belong to the private key").await;
    assert_eq!(member.keyring.current().certificate(), before);
    member.site.put(KEY, &key);
    member.uses(&certificate).await;
    member.is_content().await;

    let mine = (certificate, key);
    let stranger = authority.issue("n2.example.net", &["n2.example.net"]);
    member.site.rotate(&stranger);
    member
        .worries("is for n2.example.net, not for n1.example.net")
        .await;
    assert_eq!(member.keyring.current().certificate(), mine.0);
    std::fs::remove_file(member.site.path(CERTIFICATE)).unwrap();
    member.worries("cannot read the certificate").await;
    member.site.rotate(&mine);
    member.is_content().await;
    assert_eq!(member.link.stats().reconnects, 1, "one for the good set");
}

/// The broker is the verifier that counts.
#[tokio::test]
async fn a_certificate_that_no_broker_takes_costs_no_connection() {
    let (known, unknown) = (Authority::new(), Authority::new());
    let first = broker(&known, &[&known], None).await;
    let port = first.port;
    let site = Site::of(&known);
    site.put(CA, &pem(&[&known, &unknown]));
    let member = Member::start(site, port);
    member.connected().await;
    let before = member.keyring.current().certificate().to_owned();
    let early = unknown.issue(NAME, &[NAME]);
    member.site.rotate(&early);
    member
        .worries("no broker takes the renewed certificate")
        .await;
    assert!(member.link.state().borrow().is_connected());
    // even a lost connection comes back, with the certificate that the broker knows
    drop(first);
    let second = broker(&known, &[&known], Some(port)).await;
    member
        .until("a second connection", || {
            member.link.stats().reconnects == 1 && member.link.state().borrow().is_connected()
        })
        .await;
    assert_eq!(member.keyring.current().certificate(), before);
    drop(second);
    let _third = broker(&known, &[&known, &unknown], Some(port)).await;
    member.uses(&early.0).await;
    member.is_content().await;
}

#[tokio::test]
async fn every_new_connection_uses_what_the_files_hold() {
    let (known, next) = (Authority::new(), Authority::new());
    let first = broker(&known, &[&known], None).await;
    let port = first.port;
    let site = Site::of(&known);
    let keyring = site.keyring(Arc::new(SystemClock));
    let tls = TlsPolicy::Required(keyring.current().tls().clone());
    let mut config = config(port, tls);
    config.renewable = Some(Arc::new(keyring.clone()));
    // nobody watches the files
    let (link, _incoming) = transport::start(config, &TaskTracker::new());
    assert!(until(|| link.state().borrow().is_connected()).await);
    drop(first);
    site.put(CA, &pem(&[&known, &next]));
    let renewed = next.issue(NAME, &[NAME]);
    site.rotate(&renewed);
    let _second = broker(&next, &[&next], Some(port)).await;
    assert!(until(|| keyring.current().certificate() == renewed.0).await);
    assert!(until(|| link.state().borrow().is_connected()).await);
}

#[tokio::test]
async fn without_a_connection_there_is_none_to_renew() {
    let site = Site::of(&Authority::new());
    let tls = TlsPolicy::Required(site.keyring(Arc::new(SystemClock)).current().tls().clone());
    let (link, _incoming) = transport::start(config(1, tls), &TaskTracker::new());
    let renewed = link.renew(PATIENCE).await;
    assert_eq!(renewed, Err(RenewalError::NotConnected));
    link.close(PATIENCE).await.unwrap();
    assert_eq!(link.renew(PATIENCE).await, Err(RenewalError::NotConnected));
}

#[tokio::test]
async fn one_renewal_at_a_time_and_what_is_said_meanwhile_arrives() {
    let authority = Authority::new();
    let broker = broker(&authority, &[&authority], None).await;
    let mut member = Member::start(Site::of(&authority), broker.port);
    member.connected().await;
    let (one, two) = tokio::join!(member.link.renew(PATIENCE), member.link.renew(PATIENCE));
    assert_eq!((one, two), (Ok(()), Err(RenewalError::Busy)));
    let subject = Subject::new("test.echo").unwrap();
    member.link.publish(subject, Bytes::from("7")).unwrap();
    assert_eq!(hears(&mut member.incoming).await, 7);
    assert_eq!(member.link.close(PATIENCE).await, Ok(()));
}

/// What an operator reads about a certificate that goes on working for now.
#[tokio::test]
async fn a_certificate_that_ends_or_names_another_is_a_concern() {
    let authority = Authority::new();
    let clock = Arc::new(ManualClock::new(1_893_456_000));
    let site = Site::of(&authority);
    site.rotate(&authority.issue_with("n2.example.net", &[], |params| {
        params.not_after = date_time_ymd(2030, 1, 9);
    }));
    let keyring = site.keyring(Arc::clone(&clock) as Arc<dyn Clock>);
    let tls = TlsPolicy::Required(keyring.current().tls().clone());
    let tracker = TaskTracker::new();
    let (link, _incoming) = transport::start(config(1, tls), &tracker);
    let node = TestNode::new(&BUILD, None, NOW).assembly.node;
    let renewal = Renewal::new(
        keyring,
        link.clone(),
        Arc::clone(&node),
        Arc::clone(&clock) as Arc<dyn Clock>,
        LOOKS,
        tracker.clone(),
    );
    tracker.spawn(renewal.run());
    let told = |words: &'static [&'static str], not: &'static str| {
        let node = Arc::clone(&node);
        until(move || {
            let open = node.concerns.open().concat();
            words.iter().all(|words| open.contains(words)) && !open.contains(not)
        })
    };
    assert!(told(&["does not carry the name n1.example.net"], "ends on").await);
    clock.advance(86_400 + 1);
    assert!(told(&["ends on 2030-01-09T00:00:00Z"], "ended").await);
    clock.advance(8 * 86_400);
    assert!(told(&["ended on 2030-01-09T00:00:00Z"], "not valid").await);
    tracker.close();
    link.close(PATIENCE).await.unwrap();
    assert!(timeout(PATIENCE, tracker.wait()).await.is_ok(), "it ends");
}
