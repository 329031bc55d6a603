//! The settings as they were written, each with its origin; still text, nothing judged but the grammar.

use std::collections::BTreeMap;
use std::fmt;

use crate::config::key::Repeat;
use crate::config::keys;
use crate::config::problem::Problem;
use crate::config::problem::Warning;
use crate::config::source::Origin;
use crate::config::source::Source;
use crate::config::spelling;
use crate::config::text;
use crate::secret::Secret;

/// What all files together say, before defaults. `Debug` shows keys and origins, never values.
#[derive(Debug, Clone, Default)]
pub struct Raw {
    entries: BTreeMap<String, Entry>,
    problems: Vec<Problem>,
    warnings: Vec<Warning>,
    foreign: Vec<String>,
}

/// One value as text. Whether it is secret is known later, so all are treated as if they were.
#[derive(Clone)]
pub(crate) struct Entry {
    pub(crate) text: Secret<String>,
    pub(crate) origin: Origin,
}

impl Entry {
    pub(crate) fn new(text: impl Into<String>, origin: Origin) -> Self {
        Self {
            text: Secret::new(text.into()),
            origin,
        }
    }
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "*** from {}", self.origin)
    }
}

impl Raw {
    /// Reads the main file, if there is one, and the files of `plugin.d` in the order of their names.
    ///
    /// A line `k = v` of `plugin.d/<name>.cfg` sets `plugin.<name>.k`. In the reference only `choria.cfg` reaches typed
    /// settings (spec 03 §2.2); here every such key does. Problems are kept and reported by
    /// [`Settings::resolve`](crate::config::Settings::resolve) together with those of the values.
    #[must_use]
    pub fn read(main: Option<&Source>, plugins: &[Source]) -> Self {
        let mut raw = Self::default();
        if let Some(main) = main {
            raw.take(main, "");
        }
        let mut plugins: Vec<&Source> = plugins.iter().collect();
        plugins.sort_by_key(|source| source.path());
        for source in plugins {
            match source.plugin_name() {
                Some(name) => {
                    let prefix = format!("plugin.{name}.");
                    raw.take(source, &prefix);
                    raw.foreign.push(prefix);
                }
                None => raw.warnings.push(Warning::NotRead {
                    path: source.path().to_owned(),
                }),
            }
        }
        raw.warn_about_unknown_keys();
        raw
    }

    /// Reads one more file over what there is: what it sets wins, lists of paths grow.
    pub fn overlay(&mut self, source: &Source) {
        let mut over = Self::default();
        over.take(source, "");
        over.warn_about_unknown_keys();
        self.problems.append(&mut over.problems);
        self.warnings.append(&mut over.warnings);
        for (key, mut entry) in over.entries {
            if let (Repeat::Appends(separator), Some(earlier)) =
                (repeat_of(&key), self.entries.get(&key))
            {
                let both = format!(
                    "{}{separator}{}",
                    earlier.text.expose(),
                    entry.text.expose()
                );
                entry = Entry::new(both, entry.origin);
            }
            self.entries.insert(key, entry);
        }
    }

    /// Sets a value over whatever a file says: the host name, provisioning mode.
    pub fn set(&mut self, key: &str, value: &str, origin: Origin) {
        self.entries
            .insert(key.to_owned(), Entry::new(value, origin));
    }

    /// Lets the environment decide where the key table names a variable; empty variables do not count.
    ///
    /// The reference asks the environment only while it sets a key, so that `MCOLLECTIVE_NATS_USERNAME` is ignored when
    /// the file does not name that key (spec 03 §2.3); here it always counts.
    pub fn overlay_environment(&mut self, variable: impl Fn(&str) -> Option<String>) {
        for spec in keys::all().map(|key| key.spec()) {
            let Some(name) = spec.environment else {
                continue;
            };
            if let Some(value) = variable(name).filter(|value| !value.is_empty()) {
                self.set(spec.name, &value, Origin::Environment(name));
            }
        }
    }

    /// Every key with its value, for `configure` to compare with what it meant to write.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (&str, &Entry)> {
        self.entries
            .iter()
            .map(|(key, entry)| (key.as_str(), entry))
    }

    pub(crate) fn copy(&mut self, key: &str, entry: &Entry) {
        self.entries.insert(key.to_owned(), entry.clone());
    }

    /// Takes over what was odd about the files that the other one was read from.
    pub(crate) fn copy_warnings(&mut self, other: &Self) {
        self.warnings.extend_from_slice(&other.warnings);
    }

    pub(crate) fn problems(&self) -> &[Problem] {
        &self.problems
    }

    pub(crate) fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    fn take(&mut self, source: &Source, prefix: &str) {
        let lines = text::read(source);
        self.problems.extend(lines.problems);
        self.warnings.extend(lines.warnings);
        for line in lines.settings {
            self.add(format!("{prefix}{}", line.key), line);
        }
    }

    fn add(&mut self, key: String, line: text::Line) {
        let repeat = repeat_of(&key);
        let mut value = line.value;
        if let Some(earlier) = self.entries.get(&key) {
            match repeat {
                Repeat::Appends(separator) => {
                    value = format!("{}{separator}{value}", earlier.text.expose());
                }
                Repeat::LastWins => self.warnings.push(Warning::Repeated {
                    at: line.at.clone(),
                    key: key.clone(),
                    earlier: earlier.origin.clone(),
                }),
            }
        }
        self.entries
            .insert(key, Entry::new(value, Origin::Line(line.at)));
    }

    /// Settings of other programs and plugins: a file of its own in `plugin.d` shows that a plugin exists.
    fn is_foreign(&self, key: &str) -> bool {
        let of_plugin = |prefix: &String| key.starts_with(prefix.as_str());
        keys::is_of_another_program(key)
            || (self.foreign.iter().any(of_plugin) && !keys::is_of_a_known_plugin(key))
    }

    fn warn_about_unknown_keys(&mut self) {
        let mut suggestions: usize = 0;
        for (key, entry) in &self.entries {
            if keys::find(key).is_some() || keys::is_legacy(key) {
                continue;
            }
            suggestions = suggestions.saturating_add(1);
            let suggestion = (suggestions <= MOST_SUGGESTIONS).then(|| spelling::suggestion(key));
            let suggestion = suggestion.flatten();
            if suggestion.is_none() && self.is_foreign(key) {
                continue;
            }
            self.warnings.push(Warning::UnknownKey {
                origin: entry.origin.clone(),
                key: key.clone(),
                suggestion: suggestion.map(str::to_owned),
            });
        }
    }
}

fn repeat_of(key: &str) -> Repeat {
    keys::find(key).map_or(Repeat::LastWins, |known| known.spec().repeat)
}

/// A configuration of nothing but unknown keys comes from a peer who wants to keep us busy.
const MOST_SUGGESTIONS: usize = 50;
