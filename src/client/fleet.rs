//! A fleet in memory, for tests: a [`Wire`] on which nodes answer.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio::time::sleep_until;

use super::Client;
use super::ClientConfig;
use super::Mailbox;
use super::Surroundings;
use super::Wire;
use super::WireError;
use super::caller_id;
use crate::protocol::Reply;
use crate::protocol::Request;
use crate::protocol::Route;
use crate::protocol::body::RpcReply;
use crate::protocol::body::RpcRequest;
use crate::protocol::names::AgentName;
use crate::protocol::names::Identity;
use crate::protocol::names::RequestId;
use crate::protocol::names::SenderId;
use crate::protocol::names::Subject;
use crate::protocol::v1::SecureReply;
use crate::protocol::v1::SecureRequest;
use crate::protocol::v1::Transport;
use crate::protocol::v1::decode_request;
use crate::protocol::v1::encode_reply;

/// What a node answers to an RPC request; `None` is silence.
pub(crate) type Behaviour = fn(&str, &RpcRequest) -> Option<RpcReply>;

/// One node.
pub(crate) struct Node {
    pub(crate) after: Duration,
    pub(crate) behaviour: Behaviour,
    /// How often each reply is sent.
    pub(crate) copies: usize,
}

/// Nodes that answer, and a record of what they were asked.
pub(crate) struct Fleet {
    nodes: BTreeMap<String, Node>,
    noise: Vec<Bytes>,
    asked: Mutex<Vec<(String, Request, Route)>>,
    replies: mpsc::UnboundedSender<(Instant, String, Bytes)>,
}

/// What the fleet sends, to be pumped into the client.
pub(crate) type Replies = mpsc::UnboundedReceiver<(Instant, String, Bytes)>;

impl Fleet {
    pub(crate) fn new() -> (Self, Replies) {
        let (replies, receiver) = mpsc::unbounded_channel();
        let fleet = Self {
            nodes: BTreeMap::new(),
            noise: Vec::new(),
            asked: Mutex::new(Vec::new()),
            replies,
        };
        (fleet, receiver)
    }

    /// Adds a node that answers at once.
    pub(crate) fn with(self, identity: &str, behaviour: Behaviour) -> Self {
        self.with_node(
            identity,
            Node {
                after: Duration::ZERO,
                behaviour,
                copies: 1,
            },
        )
    }

    pub(crate) fn with_node(mut self, identity: &str, node: Node) -> Self {
        self.nodes.insert(identity.to_owned(), node);
        self
    }

    /// A message that comes back with every request, whatever it asks.
    pub(crate) fn with_noise(mut self, payload: &[u8]) -> Self {
        self.noise.push(Bytes::copy_from_slice(payload));
        self
    }

    /// Subject, request and route of everything that was asked.
    pub(crate) fn asked(&self) -> Vec<(String, Request, Route)> {
        self.asked.lock().unwrap().clone()
    }

    fn answer(&self, identity: &str, node: &Node, request: &Request, reply_to: &str) {
        let body = if request.agent.as_str() == "discovery" {
            b"pong".to_vec()
        } else {
            let rpc = RpcRequest::decode(&request.payload()).unwrap();
            match (node.behaviour)(identity, &rpc) {
                Some(reply) => reply.encode(),
                None => return,
            }
        };
        let payload = reply(identity, request.id.as_str(), request.agent.as_str(), &body);
        for _ in 0..node.copies {
            self.replies
                .send((
                    Instant::now() + node.after,
                    reply_to.to_owned(),
                    payload.clone(),
                ))
                .unwrap();
        }
    }
}

impl Wire for &Fleet {
    async fn publish(&self, subject: Subject, payload: Bytes) -> Result<(), WireError> {
        let transport = Transport::decode(&payload).unwrap();
        let secure = SecureRequest::decode(&transport.data).unwrap();
        let request = decode_request(&secure.message).unwrap();
        let reply_to = transport.route.reply_to.clone().unwrap();
        for noise in &self.noise {
            self.replies
                .send((Instant::now(), reply_to.clone(), noise.clone()))
                .unwrap();
        }
        let directed = subject
            .as_str()
            .split_once(".node.")
            .map(|(_, node)| node.to_owned());
        for (identity, node) in &self.nodes {
            if directed.as_ref().is_none_or(|only| only == identity) {
                self.answer(identity, node, &request, &reply_to);
            }
        }
        self.asked
            .lock()
            .unwrap()
            .push((subject.as_str().to_owned(), request, transport.route));
        Ok(())
    }

    async fn flush(&self) -> Result<(), WireError> {
        Ok(())
    }

    fn server(&self) -> String {
        "nats://127.0.0.1:4222".to_owned()
    }
}

/// A clock that stands still and dice that count.
pub(crate) struct Still(pub(crate) i64, pub(crate) Cell<u64>);

impl Surroundings for Still {
    fn now(&self) -> i64 {
        self.0
    }

    fn hex_id(&self) -> String {
        self.1.set(self.1.get() + 1);
        format!("{:032x}", self.1.get())
    }

    fn below(&self, bound: u64) -> u64 {
        bound.saturating_sub(1)
    }
}

/// The client of the recordings.
pub(crate) fn client(fleet: &Fleet) -> Client<&Fleet, Still> {
    let caller = caller_id("client.example.net").unwrap();
    let mailbox = Mailbox::new(&caller, "p1");
    let config = ClientConfig {
        sender: SenderId::new("client.example.net").unwrap(),
        caller,
        ttl: 60,
        discovery_timeout: Duration::from_secs(2),
        signer: None,
    };
    Client::new(fleet, Still(1_795_222_377, Cell::new(0)), config, mailbox)
}

/// Runs a command while the replies of the fleet come in.
pub(crate) async fn run<T>(
    client: &Client<&Fleet, Still>,
    mut replies: Replies,
    command: impl Future<Output = T>,
) -> T {
    let pump = async {
        while let Some((due, subject, payload)) = replies.recv().await {
            sleep_until(due).await;
            client.deliver(&subject, payload);
        }
    };
    tokio::select! {
        result = command => result,
        () = pump => panic!("the fleet is gone"),
    }
}

/// A reply as a node sends it.
pub(crate) fn reply(identity: &str, request: &str, agent: &str, body: &[u8]) -> Bytes {
    let reply = Reply {
        request: RequestId::new(request).unwrap(),
        sender: Identity::new(identity).unwrap(),
        agent: AgentName::new(agent).unwrap(),
        time: 1_795_222_377,
        body: body.to_vec(),
    };
    let secure = SecureReply {
        message: encode_reply(&reply),
    };
    let transport = Transport {
        data: secure.encode(),
        route: Route::default(),
    };
    transport.encode().into()
}
