//! What the file gives, held against the table of keys.
//!
//! [`Given`] is asked key by key. A value that is wrong is reported and its default takes its place, so that everything
//! that is wrong is found at once; a configuration with a fault never leaves [`crate::config::read`].

use std::collections::BTreeMap;
use std::path::Path;

use crate::config::fault::Caution;
use crate::config::fault::Fault;
use crate::config::fault::Hint;
use crate::config::finding::ConfigError;
use crate::config::finding::Finding;
use crate::config::finding::Findings;
use crate::config::finding::Place;
use crate::config::forms::Read;
use crate::config::forms::Switch;
use crate::config::keys;
use crate::config::keys::Absent;
use crate::config::keys::Key;
use crate::config::keys::List;
use crate::config::keys::retired::NOT_BUILT;
use crate::config::keys::retired::RETIRED;
use crate::config::node;
use crate::config::node::Entry;
use crate::config::node::Node;
use crate::config::node::Value;
use crate::config::spelling::suggestion;
use crate::config::surroundings::Surroundings;

/// The entries of a file by the names of the table, and what was found so far.
pub(super) struct Given<'a> {
    file: &'a Path,
    pub(super) around: &'a dyn Surroundings,
    /// What nobody has asked for yet.
    entries: BTreeMap<&'static str, Node>,
    /// Where keys stand, asked for or not.
    seen: BTreeMap<&'static str, Seen>,
    found: Findings,
    /// One warning about the mode of the file is enough, however many secrets are in it.
    told_shared: bool,
}

/// A key of the file.
#[derive(Clone, Copy)]
struct Seen {
    line: u64,
    /// Whether there is a value, too.
    set: bool,
}

impl<'a> Given<'a> {
    /// Takes a document apart.
    pub(super) fn new(entries: Vec<Entry>, file: &'a Path, around: &'a dyn Surroundings) -> Self {
        let mut given = Self {
            file,
            around,
            entries: BTreeMap::new(),
            seen: BTreeMap::new(),
            found: Findings::default(),
            told_shared: false,
        };
        for entry in entries {
            match keys::block(&entry.key) {
                Some(block) => given.insert_block(block, entry),
                None => given.insert(&entry.key, entry.line, entry.value),
            }
        }
        given
    }

    fn insert_block(&mut self, block: &str, entry: Entry) {
        let Ok(inner) = node::into_entries(entry.value) else {
            let wanted = "a block of keys";
            let place = self.about(block.to_owned(), Some(entry.line));
            return self.fault(place, Fault::Shape { wanted });
        };
        for Entry { key, line, value } in inner {
            self.insert(&format!("{block}.{key}"), line, value);
        }
    }

    fn insert(&mut self, name: &str, line: u64, node: Node) {
        let Some(known) = keys::known(name) else {
            let hint = suggestion(name, keys::names()).map_or(Hint::Nothing, Hint::DidYouMean);
            let shown = name.chars().take(LONGEST_NAME).flat_map(char::escape_debug);
            let place = self.about(shown.collect(), Some(line));
            return self.fault(place, Fault::UnknownKey { hint });
        };
        let set = !is_nothing(&node.value);
        if let Some(earlier) = self.seen.insert(known, Seen { line, set }) {
            // TOML tables come in the order of their keys
            let place = self.about(known.to_owned(), Some(line.max(earlier.line)));
            let earlier = earlier.line.min(line);
            return self.fault(place, Fault::Repeated { earlier });
        }
        self.entries.insert(known, node);
    }

    /// The file that is read.
    pub(super) const fn file(&self) -> &'a Path {
        self.file
    }

    /// A place in the file.
    pub(super) fn about(&self, key: String, line: Option<u64>) -> Place {
        Place {
            file: self.file.to_owned(),
            line,
            key,
        }
    }

    /// Where a key stands, or would stand.
    pub(super) fn place(&self, name: &str) -> Place {
        self.about(name.to_owned(), self.seen.get(name).map(|seen| seen.line))
    }

    /// Whether the file has a value for a key.
    pub(super) fn has(&self, name: &str) -> bool {
        self.seen.get(name).is_some_and(|seen| seen.set)
    }

    /// Where one of the keys of a block stands that have a value.
    pub(super) fn any_of(&self, block: &str) -> Option<Place> {
        self.seen
            .iter()
            .find(|(name, seen)| seen.set && name.starts_with(block))
            .map(|(name, _)| self.place(name))
    }

    pub(super) fn fault(&mut self, place: Place, fault: Fault) {
        self.found.fault(place, fault);
    }

    pub(super) fn warn(&mut self, place: Place, caution: Caution) {
        self.found.warn(place, caution);
    }

    /// Warns of a secret in the file itself, when others can read the file.
    pub(super) fn warn_if_shared(&mut self, place: &Place) {
        if !self.told_shared && self.around.is_shared(self.file) {
            self.told_shared = true;
            self.warn(place.clone(), Caution::SecretInSharedFile);
        }
    }

    /// The value of a key as it stands in the file. Null and the empty text are like a key that is not there.
    pub(super) fn take(&mut self, name: &str) -> Option<Node> {
        let node = self.entries.remove(name)?;
        (!is_nothing(&node.value)).then_some(node)
    }

    /// A single text; anything else is a fault.
    pub(super) fn text(&mut self, place: &Place, node: Node) -> Option<String> {
        if let Value::Text(text) = node.value {
            return Some(text);
        }
        let wanted = "a single value";
        self.fault(place.clone(), Fault::Shape { wanted });
        None
    }

    /// The value of a key, or its default.
    pub(super) fn value<F: Read>(&mut self, key: &Key<F>) -> Option<F::Value> {
        if let Some(node) = self.take(key.name) {
            let place = self.place(key.name);
            if let Some(value) = self.read(&key.form, place, node) {
                return Some(value);
            }
        }
        match key.absent {
            Absent::Value(text) => key.form.read(text).ok(),
            Absent::Rule(_) => None,
        }
    }

    /// The values of a list; nothing where the key is not set, or one of them is wrong.
    pub(super) fn list<F: Read>(&mut self, key: &Key<List<F>>) -> Option<Vec<F::Value>> {
        let items = match self.take(key.name)? {
            Node {
                value: Value::List(items),
                ..
            } => items,
            single => vec![single],
        };
        let values: Vec<Option<F::Value>> = items
            .into_iter()
            .map(|item| {
                let place = self.about(key.name.to_owned(), Some(item.line));
                self.read(&key.form.0, place, item)
            })
            .collect();
        values.into_iter().collect()
    }

    fn read<F: Read>(&mut self, form: &F, place: Place, node: Node) -> Option<F::Value> {
        let text = self.text(&place, node)?;
        match form.read(&text) {
            Ok(value) => Some(value),
            Err(fault) => {
                self.fault(place, fault);
                None
            }
        }
    }

    /// Says what is to be said about the keys that do nothing and about what is not built.
    pub(super) fn judge_retired(&mut self) {
        for key in &RETIRED {
            if self.entries.remove(key.name).is_some() {
                self.warn(self.place(key.name), Caution::NoEffect { why: key.why });
            }
        }
        for key in &NOT_BUILT {
            let Some(node) = self.take(key.name) else {
                continue;
            };
            let place = self.place(key.name);
            let advice = key.advice;
            if self.read(&Switch, place.clone(), node) == Some(true) {
                self.fault(place, Fault::NotBuilt { advice });
            }
        }
    }

    /// Keys that the file has and nobody asked for: none, once everything is collected.
    #[cfg(test)]
    pub(super) fn unread(&self) -> Vec<&'static str> {
        self.entries.keys().copied().collect()
    }

    /// The warnings where nothing is wrong.
    pub(super) fn finish(self) -> Result<Vec<Finding>, ConfigError> {
        self.found.finish()
    }
}

/// Null and the empty text, which are like a key that is not there.
fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Text(text) => text.is_empty(),
        Value::List(_) | Value::Map(_) => false,
    }
}

/// Characters of an unknown key that a message shows.
const LONGEST_NAME: usize = 60;
