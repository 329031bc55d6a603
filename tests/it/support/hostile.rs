//! Brokers that misbehave, on the loopback, until they are dropped.

use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// What a broker does with everybody who connects.
#[derive(Clone)]
pub(crate) enum Manner {
    /// Says this and nothing more, keeps the connection.
    Says(Vec<u8>),
    /// Says the first, and the second once the guest has spoken.
    Answers(&'static [u8], &'static [u8]),
    /// Closes without a word.
    HangsUp,
    /// Sends bytes without a line end, and no greeting.
    NeverEnds,
    /// Behaves until everything is subscribed, then says this and keeps the connection.
    Turns(&'static [u8]),
    /// Behaves until everything is subscribed, then closes.
    Leaves,
    /// Says in its greeting that there is a broker at this port too, behaves until everything is subscribed, then closes.
    Refers(u16),
    /// Behaves until everything is subscribed, then sends so many bytes without a line end.
    Floods(usize),
    /// Behaves until everything is subscribed, then answers nothing, not even pings.
    FallsSilent,
}

/// The first line of a broker without TLS.
pub(crate) const GREETING: &[u8] = b"INFO {\"server_id\":\"X\",\"server_name\":\"hostile\",\"version\":\"2.9.10\",\"proto\":1,\"go\":\"x\",\"host\":\"127.0.0.1\",\"port\":4222,\"headers\":true,\"max_payload\":1048576,\"client_id\":1} \r\n";

/// The broker.
pub(crate) struct Hostile {
    /// Where it listens.
    pub(crate) port: u16,
    task: JoinSet<()>,
}

impl Hostile {
    /// Starts listening.
    pub(crate) async fn start(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let mut task = JoinSet::new();
        task.spawn(async move {
            let mut guests = JoinSet::new();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                guests.spawn(treat(stream, manner.clone()));
            }
        });
        Self { port, task }
    }

    /// Gives the port back.
    pub(crate) async fn stop(mut self) -> u16 {
        self.task.shutdown().await;
        self.port
    }

    /// URL without TLS in its scheme.
    pub(crate) fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }
}

/// Ends when the guest leaves.
async fn treat(mut guest: TcpStream, manner: Manner) -> Option<()> {
    match manner {
        Manner::HangsUp => {}
        Manner::Says(words) => {
            guest.write_all(&words).await.ok()?;
            wait_for_end(&mut guest).await;
        }
        Manner::Answers(greeting, answer) => {
            guest.write_all(greeting).await.ok()?;
            guest.read_u8().await.ok()?;
            guest.write_all(answer).await.ok()?;
            wait_for_end(&mut guest).await;
        }
        Manner::NeverEnds => loop {
            guest.write_all(&[b'I'; 4096]).await.ok()?;
        },
        Manner::Turns(words) => {
            welcome(&mut guest).await?;
            guest.write_all(words).await.ok()?;
            wait_for_end(&mut guest).await;
        }
        Manner::Leaves => welcome(&mut guest).await?,
        Manner::Refers(port) => {
            let greeting = String::from_utf8_lossy(GREETING);
            let urls = format!("{{\"connect_urls\":[\"127.0.0.1:{port}\"],");
            guest
                .write_all(greeting.replacen('{', &urls, 1).as_bytes())
                .await
                .ok()?;
            listen(&mut guest).await?;
        }
        Manner::Floods(bytes) => {
            welcome(&mut guest).await?;
            guest.write_all(&vec![b'x'; bytes]).await.ok()?;
            wait_for_end(&mut guest).await;
        }
        Manner::FallsSilent => {
            welcome(&mut guest).await?;
            wait_for_end(&mut guest).await;
        }
    }
    Some(())
}

/// Greets and answers until the first subscription.
async fn welcome(guest: &mut TcpStream) -> Option<()> {
    guest.write_all(GREETING).await.ok()?;
    listen(guest).await
}

async fn listen(guest: &mut TcpStream) -> Option<()> {
    let mut heard = Vec::new();
    let mut answered = false;
    loop {
        if guest.read_buf(&mut heard).await.ok()? == 0 {
            return None;
        }
        let text = String::from_utf8_lossy(&heard);
        if !answered && text.contains("PING\r\n") {
            guest.write_all(b"PONG\r\n").await.ok()?;
            answered = true;
        }
        if text.contains("SUB ") {
            return Some(());
        }
    }
}

async fn wait_for_end(guest: &mut TcpStream) {
    let mut sink = [0; 4096];
    while guest.read(&mut sink).await.is_ok_and(|size| size > 0) {}
}

/// Longer than any test should take.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);
