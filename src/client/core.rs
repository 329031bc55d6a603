//! The client: makes requests and finds the call that a reply belongs to.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::error::ClientError;
use super::mailbox::Mailbox;
use super::routes::Inlet;
use super::routes::Routes;
use super::wire::Surroundings;
use super::wire::Wire;
use crate::protocol::MAX_MESSAGE;
use crate::protocol::Request;
use crate::protocol::Route;
use crate::protocol::filter::Filter;
use crate::protocol::names::AgentName;
use crate::protocol::names::CallerId;
use crate::protocol::names::Collective;
use crate::protocol::names::RequestId;
use crate::protocol::names::SenderId;
use crate::protocol::names::Subject;
use crate::protocol::v1::SecureRequest;
use crate::protocol::v1::Transport;
use crate::protocol::v1::encode_request;
use crate::security::request::Signer;

/// Who calls, and how long requests are good for.
#[derive(Debug, Clone)]
pub struct ClientConfig {
    /// Identity of this process.
    pub sender: SenderId,
    /// Who asks.
    pub caller: CallerId,
    /// Seconds for which a request is valid.
    pub ttl: u64,
    /// Added to the time-out of an action, because a request travels too.
    pub discovery_timeout: Duration,
    /// Signs requests; `None` on an unsigned network.
    pub signer: Option<Arc<Signer>>,
}

/// Makes calls over one connection. Calls may run at the same time.
#[derive(Debug)]
pub struct Client<W, S> {
    pub(super) wire: W,
    pub(super) surroundings: S,
    pub(super) config: ClientConfig,
    mailbox: Mailbox,
    routes: Routes,
}

/// What a request is made of besides what the client knows itself.
pub(super) struct Draft<'a> {
    pub(super) id: &'a RequestId,
    pub(super) collective: &'a Collective,
    pub(super) agent: &'a AgentName,
    pub(super) filter: &'a Filter,
    pub(super) body: &'a [u8],
    pub(super) reply_to: &'a Subject,
}

impl<W: Wire, S: Surroundings> Client<W, S> {
    /// A client on a connection that is subscribed to `mailbox` in every collective that will be used.
    pub fn new(wire: W, surroundings: S, config: ClientConfig, mailbox: Mailbox) -> Self {
        Self {
            wire,
            surroundings,
            config,
            mailbox,
            routes: Routes::default(),
        }
    }

    /// Waits until the broker knows the subscriptions. To be called once, before the first request: a reply that
    /// comes before its subscription is lost.
    ///
    /// # Errors
    ///
    /// [`ClientError::Publish`] when there is no connection.
    pub async fn ready(&self) -> Result<(), ClientError> {
        self.flush().await
    }

    /// Hands a message from the connection to the call that it belongs to. False when nobody waits for it.
    pub fn deliver(&self, subject: &str, payload: Bytes) -> bool {
        self.routes.deliver(subject, payload)
    }

    /// The clock and the dice that this client uses.
    pub const fn surroundings(&self) -> &S {
        &self.surroundings
    }

    /// Who calls.
    pub const fn config(&self) -> &ClientConfig {
        &self.config
    }

    pub(super) fn request_id(&self) -> Result<RequestId, ClientError> {
        RequestId::new(self.surroundings.hex_id()).map_err(|err| ClientError::Name { err })
    }

    pub(super) fn open(&self, request: &RequestId) -> Inlet<'_> {
        self.routes.open(request)
    }

    pub(super) fn inbox(
        &self,
        collective: &Collective,
        request: &RequestId,
    ) -> Result<Subject, ClientError> {
        self.mailbox
            .subject(collective, request)
            .map_err(|err| ClientError::Name { err })
    }

    /// Encodes a request with the present time, signed where there is a signer.
    pub(super) fn encode(&self, draft: &Draft<'_>) -> Result<Bytes, ClientError> {
        let request = Request {
            id: draft.id.clone(),
            sender: self.config.sender.clone(),
            caller: self.config.caller.clone(),
            collective: draft.collective.clone(),
            agent: draft.agent.clone(),
            ttl: self.config.ttl,
            time: self.surroundings.now(),
            filter: draft.filter.clone(),
            body: draft.body.to_vec(),
        };
        let message = encode_request(&request);
        let secure = match &self.config.signer {
            Some(signer) => signer
                .sign(message)
                .map_err(|err| ClientError::Sign { err })?,
            None => SecureRequest::unsigned(message),
        };
        let server = self.wire.server();
        let sender = self.config.sender.as_str().to_owned();
        let transport = Transport {
            data: secure.encode(),
            route: Route {
                reply_to: Some(draft.reply_to.as_str().to_owned()),
                sender: Some(sender.clone()),
                hops: vec![[server.clone(), sender, server]],
                federation: None,
            },
        };
        let payload = transport.encode();
        if payload.len() > MAX_MESSAGE {
            return Err(ClientError::TooLarge {
                size: payload.len(),
            });
        }
        Ok(payload.into())
    }

    pub(super) async fn publish(
        &self,
        subject: Subject,
        payload: Bytes,
    ) -> Result<(), ClientError> {
        self.wire
            .publish(subject, payload)
            .await
            .map_err(|err| ClientError::Publish { err })
    }

    pub(super) async fn flush(&self) -> Result<(), ClientError> {
        self.wire
            .flush()
            .await
            .map_err(|err| ClientError::Publish { err })
    }
}
