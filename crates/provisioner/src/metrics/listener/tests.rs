use muster::build_info::BUILD_INFO;
use tokio::io::AsyncReadExt as _;
use tokio::io::AsyncWriteExt as _;

use super::*;
use crate::metrics::Gauges;

/// A served port, and the engine's side of it.
struct Served {
    address: SocketAddr,
    metrics: Metrics,
    engine: watch::Sender<Health>,
    tasks: TaskTracker,
    stop: CancellationToken,
}

fn health(ready: Result<(), Vec<String>>) -> Health {
    let alive_at = Instant::now();
    Health { alive_at, ready }
}

async fn served() -> Served {
    let metrics = Metrics::new("TEST", &BUILD_INFO, 1_000).unwrap();
    let (engine, told) = watch::channel(health(Ok(())));
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    let listening = listen(any, metrics.clone(), told).await.unwrap();
    let (address, tasks, stop) = (
        listening.address(),
        TaskTracker::new(),
        CancellationToken::new(),
    );
    listening.serve(&tasks, stop.clone());
    Served {
        address,
        metrics,
        engine,
        tasks,
        stop,
    }
}

/// All that comes back for these bytes.
async fn say(address: SocketAddr, request: &str) -> String {
    let mut connection = TcpStream::connect(address).await.unwrap();
    connection.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await.unwrap();
    answer
}

async fn get(address: SocketAddr, path: &str) -> (String, String) {
    let request = format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n");
    let answer = say(address, &request).await;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.lines().next().unwrap().to_owned(), body.to_owned())
}

#[tokio::test]
async fn the_page_shows_what_is_counted() {
    let served = served().await;
    served.metrics.discovered();
    served.metrics.set(&Gauges {
        paused: true,
        ..Gauges::default()
    });
    let (status, page) = get(served.address, "/metrics?x=y").await;
    assert_eq!(status, "HTTP/1.1 200 OK");
    for line in [
        "choria_provisioner_discovered{site=\"TEST\"} 1",
        "choria_provisioner_paused{site=\"TEST\"} 1",
    ] {
        assert!(page.lines().any(|it| it == line), "{line}\n{page}");
    }
}

#[tokio::test]
async fn health_and_readiness_follow_the_engine() {
    let served = served().await;
    let ok = "HTTP/1.1 200 OK".to_owned();
    let unavailable = "HTTP/1.1 503 Service Unavailable".to_owned();
    assert_eq!(get(served.address, "/healthz").await.0, ok);
    let ready = get(served.address, "/readyz").await;
    assert_eq!(ready, (ok.clone(), "ready\n".to_owned()));

    let reasons = vec!["paused: new CA".to_owned(), "no broker".to_owned()];
    served.engine.send_replace(health(Err(reasons)));
    assert_eq!(get(served.address, "/healthz").await.0, ok);
    let waiting = get(served.address, "/readyz").await;
    let lines = "paused: new CA\nno broker\n".to_owned();
    assert_eq!(waiting, (unavailable.clone(), lines));

    drop(served.engine);
    assert_eq!(get(served.address, "/healthz").await.0, unavailable);
    assert_eq!(get(served.address, "/readyz").await.0, unavailable);
}

#[tokio::test(start_paused = true)]
async fn an_engine_that_hangs_is_not_healthy() {
    let served = served().await;
    tokio::time::advance(Duration::from_secs(31)).await;
    let (status, why) = get(served.address, "/healthz").await;
    assert_eq!(status, "HTTP/1.1 503 Service Unavailable");
    assert!(why.contains("no sign of life"), "{why}");
}

#[tokio::test]
async fn only_pages_are_shown() {
    let served = served().await;
    for (request, status) in [
        ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", "404"),
        ("GET /metrics/ HTTP/1.1\r\nHost: a\r\n\r\n", "404"),
        (
            "POST /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
            "405",
        ),
        ("DELETE /healthz HTTP/1.1\r\nHost: a\r\n\r\n", "405"),
        ("nonsense\r\n\r\n", "400"),
    ] {
        let answer = say(served.address, request).await;
        let found = answer.split(' ').nth(1);
        assert_eq!(found, Some(status), "{request:?}: {answer}");
    }
}

#[tokio::test]
async fn a_head_is_asked_for_without_a_body() {
    let served = served().await;
    let answer = say(served.address, "HEAD /metrics HTTP/1.1\r\nHost: a\r\n\r\n").await;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200 OK"), "{head}");
    assert_eq!(body, "");
}

#[tokio::test]
async fn a_head_of_any_size_is_refused() {
    let served = served().await;
    let mut connection = TcpStream::connect(served.address).await.unwrap();
    let start = format!("GET /metrics HTTP/1.1\r\nX: {}", "x".repeat(64 * 1024));
    // the other side may hang up before all of it is taken
    drop(connection.write_all(start.as_bytes()).await);
    let mut answer = Vec::new();
    drop(connection.read_to_end(&mut answer).await);
    assert!(!answer.starts_with(b"HTTP/1.1 200"));
}

#[tokio::test(start_paused = true)]
async fn a_client_that_never_ends_its_request_is_sent_away() {
    let served = served().await;
    let begun = Instant::now();
    let mut connection = TcpStream::connect(served.address).await.unwrap();
    connection
        .write_all(b"GET /metrics HTTP/1.1\r\nX")
        .await
        .unwrap();
    let mut answer = Vec::new();
    drop(connection.read_to_end(&mut answer).await);
    assert!(!answer.starts_with(b"HTTP/1.1 200"));
    assert!(begun.elapsed() >= PATIENCE);
}

#[tokio::test(start_paused = true)]
async fn clients_that_hang_keep_others_out_only_for_a_while() {
    let served = served().await;
    let mut hanging = Vec::new();
    for _ in 0..CONNECTIONS {
        let mut connection = TcpStream::connect(served.address).await.unwrap();
        connection.write_all(b"GET").await.unwrap();
        hanging.push(connection);
    }
    let (status, _) = get(served.address, "/metrics").await;
    assert_eq!(status, "HTTP/1.1 200 OK");
}

#[tokio::test]
async fn a_port_that_another_has_is_an_error() {
    let served = served().await;
    let (_engine, told) = watch::channel(health(Ok(())));
    let second = listen(served.address, served.metrics.clone(), told).await;
    assert_eq!(second.unwrap_err().address, served.address);
}

#[tokio::test]
async fn the_port_is_free_when_everything_ended() {
    let served = served().await;
    let _hanging = TcpStream::connect(served.address).await.unwrap();
    served.stop.cancel();
    served.tasks.close();
    served.tasks.wait().await;
    TcpStream::connect(served.address).await.unwrap_err();
}
