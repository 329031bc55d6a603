//! Whatever a broker does, the handle lives, the state tells why, and a good broker in its place is joined.

use super::*;

/// Meets a hostile broker, then a good one on the same port; returns what was told in between.
async fn survives(manner: Manner, adjust: impl FnOnce(&mut Config)) -> String {
    let hostile = Hostile::start(manner).await;
    let mut config = config(&hostile.url());
    config.connect_timeout = Duration::from_millis(500);
    adjust(&mut config);
    let mut peer = Peer::with(config);
    let reason = peer.trouble().await;
    let port = Some(hostile.stop().await);
    let _broker = NatsServer::start(Options {
        port,
        ..Options::default()
    })
    .await;
    peer.echoes().await;
    assert_eq!(peer.handle.close(PATIENCE).await, Ok(()));
    reason
}

async fn reason(manner: Manner) -> String {
    survives(manner, |_| {}).await
}

#[tokio::test]
async fn garbage_is_recognised_at_its_first_bytes() {
    let told = reason(Manner::Says(b"SSH-2.0-OpenSSH_9.2\r\n".to_vec())).await;
    assert!(told.contains("does not speak NATS"), "{told}");
}

#[tokio::test]
async fn a_greeting_of_broken_json_is_refused() {
    let told = reason(Manner::Says(b"INFO {\"tls_required\":\r\n".to_vec())).await;
    assert!(told.contains("INFO is not understood"), "{told}");
}

#[tokio::test]
async fn a_broker_that_hangs_up_is_told() {
    let told = reason(Manner::HangsUp).await;
    assert!(told.contains("before"), "{told}");
}

#[tokio::test]
async fn a_broker_that_says_nothing_is_left() {
    let told = reason(Manner::Says(b"".to_vec())).await;
    assert!(told.contains("no greeting"), "{told}");
}

#[tokio::test]
async fn a_greeting_without_end_is_read_to_a_limit() {
    let long = [b"INFO ".as_slice(), &[b'x'; 40_000]].concat();
    let told = reason(Manner::Says(long)).await;
    assert!(told.contains("longer than 32768 bytes"), "{told}");
    let told = reason(Manner::NeverEnds).await;
    assert!(told.contains("does not speak NATS"), "{told}");
}

#[tokio::test]
async fn tls_that_is_demanded_but_not_spoken_is_told() {
    let told = survives(Manner::Answers(DEMANDS_TLS, b"not TLS\r\n"), |config| {
        config.tls = TlsPolicy::PlainWhereNothingBetter(UnverifiedTls::new().unwrap());
    });
    let told = told.await;
    assert!(told.contains("does not complete the connection"), "{told}");
}

#[tokio::test]
async fn a_greeting_that_no_connection_follows_is_told() {
    let told = reason(Manner::Says(GREETING.to_vec())).await;
    assert!(told.contains("no answer within"), "{told}");
}

#[tokio::test]
async fn a_panic_of_the_library_while_connecting_is_an_error_like_others() {
    let told = reason(Manner::Answers(GREETING, b"-ERR\r\n")).await;
    assert!(told.contains("a library stopped"), "{told}");
}

#[tokio::test]
async fn a_panic_of_the_library_on_a_bare_error_is_a_loss_like_others() {
    let told = reason(Manner::Turns(b"-ERR\r\n")).await;
    assert!(told.contains("died on what the broker sent"), "{told}");
}

#[tokio::test]
async fn a_message_of_absurd_size_is_a_loss_like_others() {
    let told = reason(Manner::Turns(b"MSG test.a 1 18446744073709551615\r\nx")).await;
    assert!(told.contains("died on what the broker sent"), "{told}");
}

#[tokio::test]
async fn what_is_no_operation_ends_the_connection() {
    let told = reason(Manner::Turns(b"HELLO\r\n")).await;
    assert!(told.contains("closed the connection"), "{told}");
}

#[tokio::test]
async fn the_last_words_of_a_broker_are_told() {
    let told = reason(Manner::Turns(
        b"-ERR 'User Authentication Expired'\r\nHELLO\r\n",
    ))
    .await;
    assert!(told.contains("User Authentication Expired"), "{told}");
}

#[tokio::test]
async fn words_of_a_broker_cannot_forge_a_line() {
    let told = reason(Manner::Turns(b"-ERR 'a\x1b[31mb\nc'\r\nHELLO\r\n")).await;
    assert!(told.contains("a?[31mb?c"), "{told}");
}

#[tokio::test]
async fn a_broker_that_takes_everybody_and_keeps_nobody_is_asked_ever_more_rarely() {
    let hostile = Hostile::start(Manner::Leaves).await;
    let peer = Peer::new(&hostile.url());
    let third = |state: &State| {
        matches!(
            state,
            State::Connecting {
                attempt: 3..,
                next_try: Some(_),
                ..
            }
        )
    };
    peer.until(third).await;
    assert!(peer.handle.stats().reconnects <= 1);
}

#[tokio::test]
async fn a_flood_without_a_line_end_is_noticed_before_the_pings_are() {
    let flood = Manner::Floods(4 * 1024 * 1024);
    let told = survives(flood, |config| {
        config.ping_interval = Duration::from_secs(6);
    })
    .await;
    assert!(told.contains("never becomes a message"), "{told}");
}

#[tokio::test]
async fn a_peer_that_falls_silent_is_noticed_by_its_pings() {
    let told = survives(Manner::FallsSilent, |config| {
        config.ping_interval = Duration::from_secs(1);
    });
    let told = told.await;
    assert!(told.contains("closed the connection"), "{told}");
}

const DEMANDS_TLS: &[u8] = b"INFO {\"server_id\":\"X\",\"version\":\"2.9.10\",\"proto\":1,\"go\":\"x\",\"host\":\"h\",\"port\":1,\"max_payload\":1048576,\"tls_required\":true}\r\n";

#[tokio::test]
async fn a_broker_is_not_followed_to_where_it_points() {
    let pointed_at = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    pointed_at.set_nonblocking(true).unwrap();
    let port = pointed_at.local_addr().unwrap().port();
    let hostile = Hostile::start(Manner::Refers(port)).await;
    let peer = Peer::new(&hostile.url());
    peer.until(|_| peer.handle.stats().reconnects >= 2).await;
    let nobody = pointed_at.accept().unwrap_err();
    assert_eq!(nobody.kind(), std::io::ErrorKind::WouldBlock);
}
