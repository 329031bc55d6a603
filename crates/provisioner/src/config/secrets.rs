//! Tokens and passwords: in the file itself, or in a place of their own.
//!
//! ```yaml
//! token: s3cret
//! token: { file: /etc/muster-provisioner/token }
//! token: { credential: token }                      # of systemd
//! token: { environment: PROVISIONING_TOKEN }
//! ```

use std::path::Path;
use std::path::PathBuf;

use muster::secret::Secret;

use crate::config::fault::Caution;
use crate::config::fault::Fault;
use crate::config::finding::Place;
use crate::config::forms::AbsolutePath;
use crate::config::forms::Form as _;
use crate::config::forms::Read as _;
use crate::config::given::Given;
use crate::config::keys::daemon;
use crate::config::keys::nodes;
use crate::config::node::Entry;
use crate::config::node::Node;
use crate::config::node::Value;
use crate::config::surroundings::Surroundings;

/// The tokens, in the order in which they are tried; one empty token when there is none.
pub(super) fn tokens(given: &mut Given<'_>) -> Vec<Secret<String>> {
    let name = nodes::TOKEN.name;
    let items = match given.take(name).map(|node| (node.line, node.value)) {
        None => Vec::new(),
        Some((_, Value::List(items))) => items,
        Some((line, value)) => vec![Node { line, value }],
    };
    if items.is_empty() {
        given.warn(given.place(name), Caution::NoToken);
        return vec![Secret::new(String::new())];
    }
    if items.len() > MOST_TOKENS {
        given.fault(given.place(name), Fault::TooMany { max: MOST_TOKENS });
    }
    let mut tokens = Vec::new();
    for item in items.into_iter().take(MOST_TOKENS) {
        let place = given.about(name.to_owned(), Some(item.line));
        let Some(token) = secret(given, place.clone(), item, LONGEST_TOKEN) else {
            continue;
        };
        if tokens.contains(&token) {
            let reason = "the same token stands earlier in the list";
            given.fault(place, Fault::Conflict { reason });
        }
        tokens.push(token);
    }
    tokens
}

/// The password of the broker's user.
pub(super) fn broker_password(given: &mut Given<'_>) -> Option<Secret<String>> {
    let name = daemon::BROKER_PASSWORD.name;
    let node = given.take(name)?;
    let place = given.place(name);
    secret(given, place, node, LONGEST_PASSWORD)
}

/// One secret, wherever it is kept.
fn secret(given: &mut Given<'_>, place: Place, node: Node, max: usize) -> Option<Secret<String>> {
    let (place, text) = match node.value {
        Value::Text(text) => {
            given.warn_if_shared(&place);
            (place, Secret::new(text))
        }
        Value::Map(entries) => {
            let Some(source) = only_source(&entries) else {
                given.fault(place, Fault::SecretSources);
                return None;
            };
            let place = given.about(format!("{}.{}", place.key, source.word()), source.line());
            match fetch(given, &place, &source) {
                Ok(text) => (place, text),
                Err(fault) => {
                    given.fault(place, fault);
                    return None;
                }
            }
        }
        Value::Null | Value::List(_) => {
            let wanted = "a text, or one of file, credential and environment";
            given.fault(place, Fault::Shape { wanted });
            return None;
        }
    };
    match judged(&text, max) {
        Ok(secret) => Some(secret),
        Err(fault) => {
            given.fault(place, fault);
            None
        }
    }
}

/// Where a secret is kept.
enum Source<'a> {
    File(&'a str, u64),
    Credential(&'a str, u64),
    Environment(&'a str, u64),
}

impl Source<'_> {
    const fn word(&self) -> &'static str {
        match self {
            Self::File(..) => "file",
            Self::Credential(..) => "credential",
            Self::Environment(..) => "environment",
        }
    }

    const fn line(&self) -> Option<u64> {
        match self {
            Self::File(_, line) | Self::Credential(_, line) | Self::Environment(_, line) => {
                Some(*line)
            }
        }
    }
}

fn only_source(entries: &[Entry]) -> Option<Source<'_>> {
    let [entry] = entries else {
        return None;
    };
    let Value::Text(text) = &entry.value.value else {
        return None;
    };
    match entry.key.to_ascii_lowercase().as_str() {
        "file" => Some(Source::File(text, entry.line)),
        "credential" => Some(Source::Credential(text, entry.line)),
        "environment" => Some(Source::Environment(text, entry.line)),
        _ => None,
    }
}

fn fetch(
    given: &mut Given<'_>,
    place: &Place,
    source: &Source<'_>,
) -> Result<Secret<String>, Fault> {
    match source {
        Source::File(path, _) => {
            // what is no path may be the secret itself, at the wrong place
            let path = AbsolutePath.read(path).map_err(|_| Fault::Value {
                wanted: AbsolutePath.words(),
                found: None,
            })?;
            file(given, place, &path, &path.display().to_string())
        }
        Source::Credential(name, _) => {
            let path = credential(name, given.around)?;
            file(given, place, &path, CREDENTIAL)
        }
        Source::Environment(name, _) => {
            let unset = || unreadable("the variable", "it is not set, or not text");
            given.around.variable(name).ok_or_else(unset)
        }
    }
}

/// The path of a credential of systemd.
fn credential(name: &str, around: &dyn Surroundings) -> Result<PathBuf, Fault> {
    if name.is_empty() || name.contains(['/', '\0']) || name == "." || name == ".." {
        let text = "a credential has a name, not a path";
        return Err(unreadable(CREDENTIAL, text));
    }
    let folder = around.variable(CREDENTIALS);
    let folder = folder.ok_or_else(|| {
        let text = "CREDENTIALS_DIRECTORY is not set, this is no unit of systemd or it has none";
        unreadable(CREDENTIAL, text)
    })?;
    Ok(Path::new(folder.expose()).join(name))
}

fn unreadable(source_name: &str, text: &str) -> Fault {
    Fault::SecretUnreadable {
        source_name: source_name.to_owned(),
        text: text.to_owned(),
    }
}

fn file(
    given: &mut Given<'_>,
    place: &Place,
    path: &Path,
    name: &str,
) -> Result<Secret<String>, Fault> {
    let read = given.around.secret_file(path);
    let file = read.map_err(|err| unreadable(name, &err.to_string()))?;
    if file.shared {
        let file = path.to_owned();
        given.warn(place.clone(), Caution::SecretShared { file });
    }
    Ok(file.text)
}

/// The secret without the line break that editors put at its end.
fn judged(text: &Secret<String>, max: usize) -> Result<Secret<String>, Fault> {
    let text = text.expose();
    let line = text.strip_suffix('\n').unwrap_or(text);
    let line = line.strip_suffix('\r').unwrap_or(line);
    if line.is_empty() {
        Err(Fault::SecretEmpty)
    } else if line.chars().any(char::is_control) {
        Err(Fault::SecretControl)
    } else if line.chars().count() > max {
        Err(Fault::SecretTooLong { max })
    } else {
        Ok(Secret::new(line.to_owned()))
    }
}

/// More are an oversight: each costs a node that has another one a try.
const MOST_TOKENS: usize = 16;

/// What a node takes.
const LONGEST_TOKEN: usize = 128;

/// What a broker may ask for.
const LONGEST_PASSWORD: usize = 1024;

/// How messages call a credential: its name may be the secret itself, at the wrong place.
const CREDENTIAL: &str = "the credential";

/// Where systemd puts the credentials of a unit.
const CREDENTIALS: &str = "CREDENTIALS_DIRECTORY";
