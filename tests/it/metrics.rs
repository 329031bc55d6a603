//! The pages of metrics over real sockets, for well-behaved readers and others.

use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use muster::rpc::Node;
use muster::server::metrics;
use muster::server::metrics::Endpoint;
use muster::server::metrics::Patience;
use muster::server::metrics::Source;
use serde_json::Value;
use tokio::io::AsyncReadExt as _;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;
use tokio::net::TcpStream;
use tokio::net::UnixStream;
use tokio::time::Instant;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::support::node::BUILD;
use crate::support::node::TestNode;

/// A node whose metrics are served.
struct Served {
    node: TestNode,
    tasks: TaskTracker,
    stop: CancellationToken,
}

impl Served {
    fn at(endpoints: impl FnOnce(&Path) -> Vec<Endpoint>, connection: Duration) -> Self {
        let node = TestNode::new(&BUILD, Some("identity = n1.example.net\n"), 1_700_000_000);
        let tasks = TaskTracker::new();
        let source = Source {
            node: Arc::clone(&node.assembly.node),
            build: BUILD,
            keyring: None,
        };
        let patience = Patience {
            retry: Duration::from_millis(10),
            connection,
        };
        let stop = metrics::start(source, endpoints(node.folder.path()), patience, &tasks);
        Self { node, tasks, stop }
    }

    /// On a socket in the node's folder.
    fn on_a_socket(connection: Duration) -> Self {
        Self::at(|folder| vec![Endpoint::Socket(socket(folder))], connection)
    }

    fn path(&self) -> PathBuf {
        socket(self.node.folder.path())
    }

    fn node(&self) -> &Node {
        &self.node.assembly.node
    }

    async fn connect(&self) -> UnixStream {
        until("a socket", || self.path().exists()).await;
        UnixStream::connect(self.path()).await.unwrap()
    }

    /// What is answered to these bytes.
    async fn says(&self, request: &str) -> String {
        let mut connection = self.connect().await;
        connection.write_all(request.as_bytes()).await.unwrap();
        rest(&mut connection).await
    }

    async fn end(self) {
        self.stop.cancel();
        self.tasks.close();
        timeout(PATIENCE, self.tasks.wait()).await.unwrap();
    }
}

fn socket(folder: &Path) -> PathBuf {
    folder.join("metrics.sock")
}

async fn until(what: &str, is: impl Fn() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    let mut tick = tokio::time::interval(Duration::from_millis(5));
    while !is() {
        assert!(Instant::now() < deadline, "waited in vain: {what}");
        tick.tick().await;
    }
}

async fn rest(connection: &mut (impl tokio::io::AsyncRead + Unpin)) -> String {
    let mut text = String::new();
    let read = connection.read_to_string(&mut text);
    timeout(PATIENCE, read).await.unwrap().unwrap();
    text
}

fn body(response: &str) -> &str {
    let (head, body) = response.split_once("\r\n\r\n").unwrap();
    assert!(head.contains(&format!("Content-Length: {}\r\n", body.len())));
    assert!(head.contains("Connection: close"));
    body
}

#[tokio::test]
async fn the_metrics_are_served_under_all_their_paths() {
    let served = Served::on_a_socket(PATIENCE);
    served.node().stats.replayed.count();
    for path in [
        "/metrics",
        "/choria/metrics",
        "/choria/prometheus",
        "/metrics?name[]=x",
    ] {
        let response = served
            .says(&format!("GET {path} HTTP/1.1\r\nHost: n1\r\n\r\n"))
            .await;
        assert!(response.starts_with("HTTP/1.1 200 OK\r\n"), "{response}");
        assert!(response.contains("Content-Type: text/plain; version=0.0.4"));
        let body = body(&response);
        assert!(body.contains("muster_rpc_replayed_requests_total 1\n"));
        assert!(body.contains("choria_server_total{identity=\"n1.example.net\"} 0\n"));
    }
    served.end().await;
}

#[tokio::test]
async fn the_page_about_the_program_is_that_of_the_reference() {
    let served = Served::on_a_socket(PATIENCE);
    let response = served.says("GET /choria/ HTTP/1.0\r\n\r\n").await;
    assert!(response.contains("Content-Type: application/json\r\n"));
    let about: Value = serde_json::from_str(body(&response)).unwrap();
    assert_eq!(about["identity"], "n1.example.net");
    assert_eq!(about["build"]["version"], BUILD.version);
    assert_eq!(about["build"]["max_broker_clients"], 0);
    assert!(about["system"]["rss"].as_u64().unwrap() > 0);
    let file = about["config_file"].as_str().unwrap();
    assert!(file.ends_with("server.conf"));
    served.end().await;
}

#[tokio::test]
async fn everything_else_is_refused() {
    let served = Served::on_a_socket(PATIENCE);
    let large = format!("GET /metrics HTTP/1.1\r\nX: {}", "x".repeat(9000));
    for (request, status) in [
        ("GET / HTTP/1.1\r\n\r\n", "404 "),
        ("GET /../metrics HTTP/1.1\r\n\r\n", "404 "),
        (
            "POST /metrics HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc",
            "405 ",
        ),
        ("HEAD /metrics HTTP/1.1\r\n\r\n", "405 "),
        ("\u{16}\u{3}\u{1}hello\r\n\r\n", "400 "),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "400 "),
        (large.as_str(), "431 "),
    ] {
        let response = served.says(request).await;
        assert!(
            response.starts_with(&format!("HTTP/1.1 {status}")),
            "{response}"
        );
        body(&response);
    }
    served.end().await;
}

#[tokio::test]
async fn a_second_request_in_the_same_breath_is_not_answered() {
    let served = Served::on_a_socket(PATIENCE);
    let many = "GET /choria/ HTTP/1.1\r\n\r\n".repeat(500);
    let response = served.says(&many).await;
    assert_eq!(response.matches("HTTP/1.1").count(), 1, "{response}");
    served.end().await;
}

#[tokio::test]
async fn a_head_in_pieces_is_a_head() {
    let served = Served::on_a_socket(PATIENCE);
    let mut connection = served.connect().await;
    for byte in "GET /metrics HTTP/1.1\r\n\r\n".bytes() {
        connection.write_all(&[byte]).await.unwrap();
        tokio::task::yield_now().await;
    }
    assert!(rest(&mut connection).await.starts_with("HTTP/1.1 200 "));
    served.end().await;
}

#[tokio::test]
async fn a_client_that_says_nothing_or_never_leaves_is_left() {
    let served = Served::on_a_socket(Duration::from_millis(50));
    let mut silent = served.connect().await;
    let mut half = served.connect().await;
    half.write_all(b"GET /metrics HT").await.unwrap();
    let mut staying = served.connect().await;
    staying
        .write_all(b"GET /metrics HTTP/1.1\r\n\r\n")
        .await
        .unwrap();
    assert_eq!(rest(&mut silent).await, "");
    assert_eq!(rest(&mut half).await, "");
    assert!(rest(&mut staying).await.starts_with("HTTP/1.1 200 "));
    // all of them are still there, and the node's side is not: a write finds nobody
    until("the end of the connection", || {
        staying.try_write(b"x").is_err()
    })
    .await;
    served.end().await;
}

#[tokio::test]
async fn clients_that_wait_leave_room_for_others_after_their_time() {
    let served = Served::on_a_socket(Duration::from_millis(50));
    let mut waiting = Vec::new();
    for _ in 0..12 {
        waiting.push(served.connect().await);
    }
    let response = served.says("GET /metrics HTTP/1.1\r\n\r\n").await;
    assert!(response.starts_with("HTTP/1.1 200 "), "{response}");
    drop(waiting);
    served.end().await;
}

#[tokio::test]
async fn a_port_that_is_taken_is_a_problem_until_it_is_free() {
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = taken.local_addr().unwrap();
    let served = Served::at(
        |folder| vec![Endpoint::Port(address), Endpoint::Socket(socket(folder))],
        PATIENCE,
    );
    let node = Arc::clone(&served.node.assembly.node);
    until("a problem", || !node.problems().is_empty()).await;
    let problem = node.problems().join("; ");
    assert!(
        problem.starts_with(&format!("metrics port: cannot listen on {address}: ")),
        "{problem}"
    );
    let response = served.says("GET /metrics HTTP/1.1\r\n\r\n").await;
    assert!(response.contains("muster_server_open_problems 1\n"));
    drop(taken);
    until("no problem", || node.problems().is_empty()).await;
    let mut connection = TcpStream::connect(address).await.unwrap();
    connection
        .write_all(b"GET /metrics HTTP/1.1\r\n\r\n")
        .await
        .unwrap();
    let response = rest(&mut connection).await;
    assert!(response.contains("muster_server_open_problems 0\n"));
    served.end().await;
}

#[tokio::test]
async fn a_file_where_the_socket_should_be_is_a_problem_and_stays() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("kept");
    std::fs::File::create(&path).unwrap();
    let served = Served::at(|_| vec![Endpoint::Socket(path.clone())], PATIENCE);
    until("a problem", || !served.node().problems().is_empty()).await;
    let problem = served.node().problems().join("; ");
    assert!(problem.starts_with("metrics socket: "), "{problem}");
    assert!(problem.contains("is not a socket"), "{problem}");
    served.end().await;
    assert!(path.is_file());
}

#[tokio::test]
async fn the_end_takes_the_socket_and_the_connections_with_it() {
    let served = Served::on_a_socket(PATIENCE);
    let mut waiting = served.connect().await;
    let (path, folder) = (served.path(), served.node.folder.path().to_owned());
    let Served { node, tasks, stop } = served;
    stop.cancel();
    tasks.close();
    timeout(PATIENCE, tasks.wait()).await.unwrap();
    assert!(!path.exists() && folder.exists());
    assert_eq!(rest(&mut waiting).await, "");
    drop(node);
}

/// Longer than anything should take, on a busy machine too.
const PATIENCE: Duration = Duration::from_secs(30);
