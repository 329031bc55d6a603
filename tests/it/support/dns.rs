//! A name server for SRV records, answering on the loopback as long as it lives.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::Mutex;

use tokio::net::UdpSocket;
use tokio::task::JoinSet;

/// One SRV record.
#[derive(Clone)]
pub(crate) struct SrvRecord {
    /// Such as `_x._tcp.example.net`, lower case.
    pub(crate) name: String,
    /// Lower ones are tried first.
    pub(crate) priority: u16,
    /// Share within a priority.
    pub(crate) weight: u16,
    /// Port.
    pub(crate) port: u16,
    /// Host, without the dot at its end.
    pub(crate) target: String,
}

impl SrvRecord {
    /// A record of weight 1.
    pub(crate) fn new(name: &str, priority: u16, port: u16, target: &str) -> Self {
        Self {
            name: name.to_owned(),
            priority,
            weight: 1,
            port,
            target: target.to_owned(),
        }
    }
}

/// The server.
pub(crate) struct DnsServer {
    records: Arc<Mutex<Vec<SrvRecord>>>,
    /// Where it answers, over UDP.
    pub(crate) address: SocketAddr,
    _task: JoinSet<()>,
}

impl DnsServer {
    /// Starts without records.
    pub(crate) async fn start() -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        let records = Arc::new(Mutex::new(Vec::new()));
        let mut task = JoinSet::new();
        task.spawn(serve(socket, Arc::clone(&records)));
        Self {
            records,
            address,
            _task: task,
        }
    }

    /// Replaces all records.
    pub(crate) fn publish(&self, records: Vec<SrvRecord>) {
        *self.records.lock().unwrap() = records;
    }
}

async fn serve(socket: UdpSocket, records: Arc<Mutex<Vec<SrvRecord>>>) {
    let mut buffer = [0; 1500];
    loop {
        let (size, peer) = socket.recv_from(&mut buffer).await.unwrap();
        let known = records.lock().unwrap().clone();
        if let Some(reply) = answer(buffer.get(..size).unwrap(), &known) {
            socket.send_to(&reply, peer).await.unwrap();
        }
    }
}

/// A reply to one question: its SRV records, or that there is no such name.
fn answer(query: &[u8], known: &[SrvRecord]) -> Option<Vec<u8>> {
    let (name, end) = question_name(query)?;
    let question = query.get(12..end + 4)?;
    let wants_srv = question.get(question.len() - 4..)? == [0, 33, 0, 1];
    let found: Vec<_> = known
        .iter()
        .filter(|record| wants_srv && record.name == name)
        .collect();
    let rcode = if found.is_empty() { 3 } else { 0 };
    let mut reply = query.get(..2)?.to_vec();
    reply.extend([
        0x85,
        0x80 | rcode,
        0,
        1,
        0,
        u8::try_from(found.len()).ok()?,
        0,
        0,
        0,
        0,
    ]);
    reply.extend(question);
    for record in found {
        let target = labels(&record.target);
        reply.extend([0xc0, 12, 0, 33, 0, 1, 0, 0, 0, 0]);
        reply.extend(u16::try_from(6 + target.len()).ok()?.to_be_bytes());
        for number in [record.priority, record.weight, record.port] {
            reply.extend(number.to_be_bytes());
        }
        reply.extend(target);
    }
    Some(reply)
}

/// The name in a question and where it ends.
fn question_name(query: &[u8]) -> Option<(String, usize)> {
    let (mut at, mut labels) = (12, Vec::new());
    loop {
        let size = usize::from(*query.get(at)?);
        at += 1;
        if size == 0 {
            return Some((labels.join(".").to_ascii_lowercase(), at));
        }
        labels.push(String::from_utf8(query.get(at..at + size)?.to_vec()).ok()?);
        at += size;
    }
}

fn labels(name: &str) -> Vec<u8> {
    let mut wire = Vec::new();
    for label in name.split('.') {
        wire.push(u8::try_from(label.len()).unwrap());
        wire.extend(label.as_bytes());
    }
    wire.push(0);
    wire
}
