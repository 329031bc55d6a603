//! The table of keys: the one place that knows a key, its form, its default and its meaning.
//!
//! Keys of blocks have a dotted name, `deadlines.probe`. [`CHAPTERS`] has the keys in the order of the document,
//! [`retired::RETIRED`] those of the reference that do nothing here, [`retired::NOT_BUILT`] the switches of what is not
//! built.

pub(super) mod daemon;
pub(super) mod nodes;
pub(super) mod pace;
pub(super) mod retired;

use crate::config::forms::Form;

/// One key whose values have the form `F`.
pub(super) struct Key<F: 'static> {
    pub(super) name: &'static str,
    pub(super) form: F,
    pub(super) absent: Absent,
    /// Meaning, for the document.
    pub(super) about: &'static str,
}

/// What holds where a key is not set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Absent {
    /// This value, written as in the file.
    Value(&'static str),
    /// A rule, in words.
    Rule(&'static str),
}

impl<F> Key<F> {
    /// A key that has a default.
    const fn new(name: &'static str, form: F, default: &'static str, about: &'static str) -> Self {
        Self {
            name,
            form,
            absent: Absent::Value(default),
            about,
        }
    }

    /// A key without which a rule decides.
    const fn ruled(name: &'static str, form: F, rule: &'static str, about: &'static str) -> Self {
        Self {
            name,
            form,
            absent: Absent::Rule(rule),
            about,
        }
    }
}

/// A key of any form, for whoever lists them.
pub(super) trait AnyKey: Sync {
    fn name(&self) -> &'static str;
    fn values(&self) -> String;
    fn absent(&self) -> Absent;
    fn about(&self) -> &'static str;
}

impl<F: Form> AnyKey for Key<F> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn values(&self) -> String {
        self.form.words()
    }

    fn absent(&self) -> Absent {
        self.absent
    }

    fn about(&self) -> &'static str {
        self.about
    }
}

/// A list, each value of the form `F`. A single value is a list of one.
pub(super) struct List<F>(pub(super) F);

impl<F: Form> Form for List<F> {
    fn words(&self) -> String {
        format!("a list, each {}", self.0.words())
    }
}

/// A form that [`crate::config::collect`] and its neighbours read by themselves, in words.
pub(super) struct Words(pub(super) &'static str);

impl Form for Words {
    fn words(&self) -> String {
        self.0.to_owned()
    }
}

/// Keys that belong together in the document.
pub(super) struct Chapter {
    pub(super) title: &'static str,
    pub(super) keys: &'static [&'static dyn AnyKey],
}

/// All keys that do something.
pub(super) static CHAPTERS: [Chapter; 6] = [
    daemon::CHAPTER,
    daemon::NETWORK,
    nodes::CHAPTER,
    nodes::CERTIFICATES,
    pace::CHAPTER,
    pace::LIMITS,
];

/// The names of all keys that do something.
pub(super) fn names() -> impl Iterator<Item = &'static str> + Clone {
    let keys = CHAPTERS.iter().flat_map(|chapter| chapter.keys);
    keys.map(|key| key.name())
}

/// The name of a key, known or retired, however its letters are written.
pub(super) fn known(name: &str) -> Option<&'static str> {
    let retired = retired::RETIRED.iter().map(|key| key.name);
    let not_built = retired::NOT_BUILT.iter().map(|key| key.name);
    names()
        .chain(retired)
        .chain(not_built)
        .find(|known| known.eq_ignore_ascii_case(name))
}

/// The name of a block, if some key begins with it.
pub(super) fn block(name: &str) -> Option<&'static str> {
    let retired = retired::RETIRED.iter().map(|key| key.name);
    names()
        .chain(retired)
        .filter_map(|known| known.split_once('.'))
        .map(|(block, _)| block)
        .find(|block| block.eq_ignore_ascii_case(name))
}
