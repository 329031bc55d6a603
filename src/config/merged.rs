//! Stage two: what nobody wrote is filled in, in the order of spec 03 §2.5.

use std::collections::BTreeMap;
use std::path::Path;

use crate::build_info::BuildInfo;
use crate::config::form;
use crate::config::form::Input;
use crate::config::keys;
use crate::config::raw::Entry;
use crate::config::raw::Raw;
use crate::config::source::Origin;
use crate::protocol::names::Collective;

/// What defaults depend on besides the key table.
#[derive(Debug, Clone, Copy)]
pub struct Defaults<'a> {
    /// Collectives of the build.
    pub collectives: &'a [&'a str],
    /// Directory of the main file.
    pub directory: &'a Path,
    /// The user's home, for paths that start with `~`.
    pub home: Option<&'a str>,
}

impl<'a> Defaults<'a> {
    /// The defaults of a build for a main file at `config`, which should be absolute.
    #[must_use]
    pub fn new(build: &'a BuildInfo, config: &'a Path, home: Option<&'a str>) -> Self {
        let directory = config
            .parent()
            .filter(|parent| !parent.as_os_str().is_empty());
        Self {
            collectives: build.default_collectives,
            directory: directory.unwrap_or_else(|| Path::new(".")),
            home,
        }
    }
}

/// A text for every key that has a value.
pub(crate) struct Merged<'a> {
    entries: BTreeMap<&'a str, Entry>,
    home: Option<&'a str>,
}

impl<'a> Merged<'a> {
    pub(crate) fn new(raw: &'a Raw, defaults: &Defaults<'a>) -> Self {
        let mut merged = Self {
            entries: raw
                .entries()
                .map(|(key, entry)| (key, entry.clone()))
                .collect(),
            home: defaults.home,
        };
        for spec in keys::all().map(|key| key.spec()) {
            if let Some(text) = spec.default {
                merged.fill(spec.name, text, Origin::Default);
            }
        }
        merged.fill_collectives(defaults);
        merged.fill_paths(defaults);
        merged
    }

    pub(crate) fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries.get(key)
    }

    pub(crate) fn entries(&self) -> impl Iterator<Item = (&'a str, &Entry)> {
        self.entries.iter().map(|(key, entry)| (*key, entry))
    }

    pub(crate) const fn home(&self) -> Option<&'a str> {
        self.home
    }

    fn text(&self, key: &str) -> Option<&str> {
        self.entry(key).map(|entry| entry.text.expose().as_str())
    }

    fn fill(&mut self, key: &'static str, text: &str, origin: Origin) {
        self.entries
            .entry(key)
            .or_insert_with(|| Entry::new(text, origin));
    }

    fn fill_collectives(&mut self, defaults: &Defaults<'_>) {
        let speaks_v2 = self
            .text("plugin.security.provider")
            .is_some_and(|name| name.eq_ignore_ascii_case("choria"));
        let of_build = match defaults.collectives {
            [] | ["mcollective"] if speaks_v2 => "choria".to_owned(),
            [] => "mcollective".to_owned(),
            names => names.join(","),
        };
        self.fill("collectives", &of_build, Origin::Build);
        let joined = self.text("collectives").unwrap_or_default();
        let first = joined
            .split(',')
            .map(str::trim)
            .find(|name| !name.is_empty());
        let first = first.unwrap_or_default().to_owned();
        self.fill_collective("main_collective", &first);
        let main = self.text("main_collective").unwrap_or_default().to_owned();
        self.fill_collective("registration_collective", &main);
    }

    /// A bad name is reported where it was written, not again here.
    fn fill_collective(&mut self, key: &'static str, name: &str) {
        if Collective::new(name).is_ok() {
            self.fill(key, name, Origin::Default);
        }
    }

    fn fill_paths(&mut self, defaults: &Defaults<'_>) {
        let beside = |name: &str| defaults.directory.join(name).display().to_string();
        self.fill(
            "plugin.muster.state_dir",
            &beside(".muster"),
            Origin::Default,
        );
        let anonymous = self
            .text("plugin.security.server_anon_tls")
            .map(|text| Input::new(text, None));
        if anonymous.is_some_and(|input| form::flag().parse(&input) == Ok(true)) {
            self.fill(
                "plugin.choria.security.server.token_file",
                &beside("server.jwt"),
                Origin::Default,
            );
            self.fill(
                "plugin.choria.security.server.seed_file",
                &beside("server.seed"),
                Origin::Default,
            );
        }
    }
}
