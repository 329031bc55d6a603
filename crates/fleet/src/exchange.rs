//! What a request asks for and how an answer went, as far as a message tells at the boundary of a node. Pure.

use std::collections::VecDeque;

use muster::protocol::body::RpcReply;
use muster::protocol::body::RpcRequest;
use muster::protocol::body::StatusCode;
use muster::protocol::body::decode_body;
use muster::protocol::v1;

/// What is asked for, as far as it matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// `choria_provision#gencsr`
    Gencsr,
    /// `choria_provision#configure`
    Configure,
    /// Anything else.
    Other,
}

/// A request, and where its answer goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The subject of the answer.
    pub reply_to: String,
    /// What is asked for.
    pub action: Action,
}

/// Requests whose answers have not left yet. Bounded: what is too much is forgotten, oldest first, and its answer looked
/// at by nobody.
#[derive(Debug, Default)]
pub struct Open(VecDeque<Asked>);

/// Reads a request. None for what no node would understand.
#[must_use]
pub fn asked(payload: &[u8]) -> Option<Asked> {
    let transport = v1::Transport::decode(payload).ok()?;
    let secure = v1::SecureRequest::decode(&transport.data).ok()?;
    let request = v1::decode_request(&secure.message).ok()?;
    let reply_to = transport.route.reply_to?;
    let action = if request.agent.as_str() == AGENT {
        let body = RpcRequest::decode(&request.payload()).ok()?;
        match body.action.as_str() {
            "gencsr" => Action::Gencsr,
            "configure" => Action::Configure,
            _ => Action::Other,
        }
    } else {
        Action::Other
    };
    Some(Asked { reply_to, action })
}

/// Whether an answer says that all went well.
#[must_use]
pub fn succeeded(payload: &[u8]) -> bool {
    let body = || {
        let transport = v1::Transport::decode(payload).ok()?;
        let secure = v1::SecureReply::decode(&transport.data).ok()?;
        let reply = v1::decode_reply(&secure.message).ok()?;
        RpcReply::decode(&decode_body(&reply.body)).ok()
    };
    body().is_some_and(|reply| reply.statuscode == StatusCode::Ok)
}

impl Open {
    /// A request came.
    pub fn came(&mut self, asked: Asked) {
        if self.0.len() >= MOST {
            self.0.pop_front();
        }
        self.0.push_back(asked);
    }

    /// What this answer is for, the first time.
    pub fn answered(&mut self, subject: &str) -> Option<Action> {
        let at = self.0.iter().position(|open| open.reply_to == subject)?;
        self.0.remove(at).map(|asked| asked.action)
    }

    /// Nothing that was asked will be answered any more.
    pub fn forget(&mut self) {
        self.0.clear();
    }
}

const AGENT: &str = "choria_provision";
/// Callers of one node at the same time: one provisioner, and a few who look.
const MOST: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn garbage_asks_for_nothing_and_is_no_success() {
        assert_eq!(asked(b"{}"), None);
        assert!(!succeeded(b"\xff"));
    }

    #[test]
    fn an_answer_is_found_once_and_the_oldest_are_forgotten() {
        let mut open = Open::default();
        let ask = |number: usize| Asked {
            reply_to: format!("r.{number}"),
            action: Action::Gencsr,
        };
        for number in 0..=MOST {
            open.came(ask(number));
        }
        assert_eq!(open.answered("r.0"), None);
        assert_eq!(open.answered("r.1"), Some(Action::Gencsr));
        assert_eq!(open.answered("r.1"), None);
        open.forget();
        assert_eq!(open.answered("r.2"), None);
    }
}
