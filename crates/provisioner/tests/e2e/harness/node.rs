//! A node that keeps the rules of the agent: its tokens, its lock, and what it was told.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use rcgen::KeyPair;
use serde_json::Value;
use serde_json::json;
use tokio::time::Instant;

use super::Asked;
use super::Behaviour;
use super::Crowd;
use super::Said;
use super::csr;
use super::honestly;
use super::until;

/// A node of a crowd that a test changes while it runs.
#[derive(Clone)]
pub(crate) struct Node {
    identity: String,
    crowd: Crowd,
    state: Arc<Mutex<State>>,
}

struct State {
    csr: String,
    public: String,
    tokens: Vec<String>,
    mute: BTreeSet<String>,
    refusals: Vec<(String, String)>,
    after: Duration,
    facts: Value,
    holder: Option<((String, String), Instant)>,
    accepted: Vec<Asked>,
    restarts: usize,
    returns: Returns,
}

/// What a node does once it acknowledged its restart.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Returns {
    /// Nothing: the test says what.
    Never,
    /// It comes up in production at once.
    AtOnce,
}

impl Node {
    /// Adds a node that answers discoveries.
    pub(crate) fn join(crowd: &Crowd, identity: &str) -> Self {
        let node = Self::new(crowd, identity);
        crowd.add(identity, node.behaviour());
        node
    }

    /// Adds a node that keeps silent when a discovery asks.
    pub(crate) fn join_hidden(crowd: &Crowd, identity: &str) -> Self {
        let node = Self::new(crowd, identity);
        crowd.add_hidden(identity, node.behaviour());
        node
    }

    /// Adds a node that comes up in production as soon as it was restarted.
    pub(crate) fn join_diligent(crowd: &Crowd, identity: &str) -> Self {
        let node = Self::new(crowd, identity);
        node.state.lock().unwrap().returns = Returns::AtOnce;
        crowd.add(identity, node.behaviour());
        node
    }

    fn new(crowd: &Crowd, identity: &str) -> Self {
        let (csr, public) = fresh_key(identity);
        let state = State {
            csr,
            public,
            tokens: vec!["s3cret".to_owned()],
            mute: BTreeSet::new(),
            refusals: Vec::new(),
            after: Duration::ZERO,
            facts: json!({"dc": "dc1", "role": "web"}),
            holder: None,
            accepted: Vec::new(),
            restarts: 0,
            returns: Returns::Never,
        };
        Self {
            identity: identity.to_owned(),
            crowd: crowd.clone(),
            state: Arc::new(Mutex::new(state)),
        }
    }

    pub(crate) fn behaviour(&self) -> Behaviour {
        let node = self.clone();
        Arc::new(move |asked| node.hear(asked))
    }

    /// It waits anew, with another key.
    pub(crate) fn reinstalled(&self) {
        let (csr, public) = fresh_key(&self.identity);
        let mut state = self.state.lock().unwrap();
        (state.csr, state.public) = (csr, public);
        state.holder = None;
    }

    /// It takes only this token.
    pub(crate) fn takes(&self, token: &str) {
        self.state.lock().unwrap().tokens = vec![token.to_owned()];
    }

    /// It does not answer this action any more.
    pub(crate) fn mute(&self, action: &str) {
        self.state.lock().unwrap().mute.insert(action.to_owned());
    }

    /// It answers again.
    pub(crate) fn unmute(&self) {
        self.state.lock().unwrap().mute.clear();
    }

    /// It refuses this action with these words; with none it does as it should.
    pub(crate) fn refuses(&self, action: &str, words: Option<&str>) {
        let mut state = self.state.lock().unwrap();
        state.refusals.retain(|(refused, _)| refused != action);
        let words = words.map(|words| (action.to_owned(), words.to_owned()));
        state.refusals.extend(words);
    }

    /// It needs this long for every answer.
    pub(crate) fn slow(&self, after: Duration) {
        self.state.lock().unwrap().after = after;
    }

    /// Its facts.
    pub(crate) fn facts(&self, facts: Value) {
        self.state.lock().unwrap().facts = facts;
    }

    /// Every `configure` that it accepted.
    pub(crate) fn accepted(&self) -> Vec<Asked> {
        self.state.lock().unwrap().accepted.clone()
    }

    /// The certificates that it was given, each once.
    pub(crate) fn certificates(&self) -> BTreeSet<String> {
        let accepted = self.accepted();
        let certificates = accepted
            .iter()
            .map(|asked| asked.data["certificate"].to_string());
        certificates.collect()
    }

    /// The setting that it was given last.
    pub(crate) fn setting(&self, key: &str) -> Value {
        let accepted = self.accepted();
        let text = accepted.last().unwrap().data["config"].as_str().unwrap();
        let config: Value = serde_json::from_str(text).unwrap();
        config[key].clone()
    }

    /// How many restarts it acknowledged.
    pub(crate) fn restarts(&self) -> usize {
        self.state.lock().unwrap().restarts
    }

    /// How often it was asked for this.
    pub(crate) fn times(&self, action: &str) -> usize {
        let asked = self.crowd.requests(&self.identity);
        asked.iter().filter(|asked| asked.action == action).count()
    }

    /// Waits until it was asked for this once more than so many times.
    pub(crate) async fn is_asked(&self, action: &str, before: usize) {
        until(
            &format!("{} is asked for {action}", self.identity),
            || async { (self.times(action) > before).then_some(()) },
        )
        .await;
    }

    fn hear(&self, asked: &Asked) -> Vec<Said> {
        let mut state = self.state.lock().unwrap();
        if state.mute.contains(&asked.action) {
            return Vec::new();
        }
        let said = state.answer(asked);
        let restarted = asked.action == "restart" && state.restarts > 0;
        let comes_up = restarted && state.returns == Returns::AtOnce;
        let after = state.after;
        drop(state);
        if comes_up {
            self.crowd.remove(&self.identity);
            self.crowd.in_production(&self.identity);
        }
        vec![Said { after, ..said }]
    }
}

impl State {
    fn answer(&mut self, asked: &Asked) -> Said {
        if asked.action == "inventory" {
            let mut inventory = super::inventory();
            inventory["facts"] = self.facts.clone();
            return asked.ok(inventory);
        }
        let token = asked.data["token"].as_str().unwrap().to_owned();
        if !self.tokens.contains(&token) {
            return asked.refuses("Incorrect provision token supplied");
        }
        let who = (asked.sender.clone(), asked.caller.clone());
        if ["gencsr", "configure"].contains(&asked.action.as_str()) {
            let now = Instant::now();
            if matches!(&self.holder, Some((holder, until)) if *holder != who && now < *until) {
                return asked.refuses("Could not obtain provisioning lock");
            }
            self.holder = Some((who, now + Duration::from_secs(120)));
        }
        if let Some((_, words)) = self
            .refusals
            .iter()
            .find(|(action, _)| *action == asked.action)
        {
            return asked.refuses(words);
        }
        match asked.action.as_str() {
            "configure" => self.accepted.push(asked.clone()),
            "restart" => self.restarts += 1,
            _ => {}
        }
        honestly(asked, &self.csr, &self.public)
    }
}

fn fresh_key(identity: &str) -> (String, String) {
    let key = KeyPair::generate().unwrap();
    (csr(identity, &key), key.public_key_pem())
}
