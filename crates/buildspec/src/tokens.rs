//! Gathers the tokens of a build from the flags that can hold them.

use crate::caution::Caution;
use crate::collect::Context;
use crate::fault::Fault;
use crate::findings::Findings;
use crate::problem::Place;
use crate::token::Verifier;
use crate::token::WEAK_BELOW;
use crate::value;
use crate::yaml::Node;
use crate::yaml::Value;

/// Tokens in clear, for as long as their verifiers are not made, and ready-made verifiers.
#[derive(Default)]
pub(crate) struct Tokens {
    clear: Vec<(Place, String)>,
    ready: Vec<Verifier>,
}

impl Tokens {
    /// A token; empty is unset.
    pub(crate) fn take_one(&mut self, place: &Place, node: &Node, found: &mut Findings) {
        if let Some(token) = found.text(place, node).filter(|token| !token.is_empty()) {
            found.warn(place, Caution::TokenInFile);
            self.clear.push((place.clone(), token.to_owned()));
        }
    }

    /// The verifiers; a token that cannot be used is reported.
    pub(crate) fn into_verifiers(
        self,
        context: &Context<'_>,
        found: &mut Findings,
    ) -> Vec<Verifier> {
        let mut verifiers = Vec::new();
        for (index, (place, token)) in self.clear.iter().enumerate() {
            if self
                .clear
                .iter()
                .take(index)
                .any(|(_, earlier)| earlier == token)
            {
                found.fault(place, Fault::TokenTwice);
                continue;
            }
            match Verifier::of_token(token, context.build, context.target, index) {
                Ok(verifier) => {
                    let length = token.chars().count();
                    if length < WEAK_BELOW {
                        found.warn(place, Caution::ShortToken { length });
                    }
                    verifiers.push(verifier);
                }
                Err(fault) => found.fault(place, fault),
            }
        }
        verifiers.extend(self.ready);
        verifiers
    }

    /// A YAML list is taken as it is; a single text is a comma list.
    pub(crate) fn take_list(&mut self, place: &Place, node: &Node, found: &mut Findings) {
        let tokens: Vec<(Place, &str)> = match &node.value {
            Value::Text(text) if text.is_empty() => Vec::new(),
            Value::Text(text) => text
                .split(',')
                .map(|token| (place.clone(), token.trim()))
                .collect(),
            Value::Null | Value::List(_) | Value::Map(_) => found.texts(place, node),
        };
        if !tokens.is_empty() {
            found.warn(place, Caution::TokenInFile);
        }
        for (here, token) in tokens {
            if token.is_empty() {
                found.fault(&here, Fault::EmptyEntry);
            } else {
                self.clear.push((here, token.to_owned()));
            }
        }
    }

    /// One token a line.
    pub(crate) fn take_file(
        &mut self,
        place: &Place,
        node: &Node,
        context: &Context<'_>,
        found: &mut Findings,
    ) {
        let Some(path) = value::plain(place, node, found) else {
            return;
        };
        let text = match (context.read)(&path) {
            Ok(text) => text,
            Err(err) => {
                return found.fault(
                    place,
                    Fault::Unreadable {
                        path,
                        text: err.to_string(),
                    },
                );
            }
        };
        let before = self.clear.len();
        let tokens = text
            .lines()
            .map(str::trim)
            .filter(|token| !token.is_empty());
        self.clear
            .extend(tokens.map(|token| (place.clone(), token.to_owned())));
        if self.clear.len() == before {
            found.fault(place, Fault::NoToken { path });
        }
    }

    pub(crate) fn take_hashes(&mut self, place: &Place, node: &Node, found: &mut Findings) {
        for (here, text) in found.texts(place, node) {
            if text.is_empty() {
                continue;
            }
            match Verifier::of_hash(text) {
                Ok(verifier) => self.ready.push(verifier),
                Err(fault) => found.fault(&here, fault),
            }
        }
    }
}
