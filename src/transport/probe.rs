//! Reads a broker's first line over a connection of its own, before the real one is made.
//!
//! Bounded in time and bytes; what does not begin like a broker is refused at its first bytes.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::net::lookup_host;
use tokio::time::timeout;

use super::attempt::AttemptError;
use super::info::BrokerInfo;
use super::info::InfoError;
use super::info::PREFIX;
use super::targets::Server;

/// Asks a server for its first line. Each of its addresses gets the whole time.
pub(super) async fn probe(server: &Server, limit: Duration) -> Result<BrokerInfo, AttemptError> {
    let lookup = lookup_host((server.host.as_str(), server.port));
    let addresses: Vec<SocketAddr> = timeout(limit, lookup)
        .await
        .map_err(|_| AttemptError::LookupTimeout(limit))?
        .map_err(AttemptError::Host)?
        .take(MAX_ADDRESSES)
        .collect();
    let mut verdict = Err(AttemptError::NoRecords(server.host.clone()));
    for address in addresses {
        verdict = greet(address, limit).await;
        if verdict.is_ok() {
            break;
        }
    }
    verdict
}

async fn greet(address: SocketAddr, limit: Duration) -> Result<BrokerInfo, AttemptError> {
    let stream = timeout(limit, TcpStream::connect(address))
        .await
        .map_err(|_| AttemptError::Silent(limit))?
        .map_err(AttemptError::Connect)?;
    let line = timeout(limit, first_line(stream))
        .await
        .map_err(|_| AttemptError::NoGreeting(limit))??;
    BrokerInfo::parse(&line).map_err(AttemptError::Info)
}

/// Reads up to the first line end, without it.
async fn first_line(mut stream: TcpStream) -> Result<Vec<u8>, AttemptError> {
    let mut line = Vec::new();
    loop {
        let from = line.len();
        let room = u64::try_from(MAX_LINE - from).unwrap_or_default();
        if room == 0 {
            return Err(AttemptError::TooLong(MAX_LINE));
        }
        let mut bounded = (&mut stream).take(room);
        if bounded
            .read_buf(&mut line)
            .await
            .map_err(AttemptError::Read)?
            == 0
        {
            return Err(AttemptError::Hangup);
        }
        if !begins_like_a_broker(&line) {
            return Err(AttemptError::Info(InfoError::NotNats));
        }
        if let Some(end) = line.windows(2).position(|pair| pair == b"\r\n") {
            line.truncate(end);
            return Ok(line);
        }
    }
}

fn begins_like_a_broker(line: &[u8]) -> bool {
    line.iter().zip(PREFIX).all(|(have, want)| have == want)
}

/// A first line has some 400 bytes, and some 30 for each address of a cluster.
const MAX_LINE: usize = 32 * 1024;
const MAX_ADDRESSES: usize = 8;
