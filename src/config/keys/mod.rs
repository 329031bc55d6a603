//! The key table: every key that the reference or this program knows, in the order of the documentation.

use crate::config::glob;
use crate::config::key::AnyKey;

pub(crate) mod broker;
pub(crate) mod client;
pub(crate) mod node;
pub(crate) mod own;
pub(crate) mod security;

mod legacy;
mod without_effect;

pub(crate) use legacy::LEGACY;
pub(crate) use legacy::OTHER_PROGRAMS;

/// A chapter of the documentation.
pub(crate) struct Chapter {
    pub(crate) title: &'static str,
    pub(crate) rows: &'static [&'static dyn AnyKey],
}

/// The whole table.
pub(crate) static CHAPTERS: &[Chapter] = &[
    Chapter {
        title: "The node",
        rows: node::ROWS,
    },
    Chapter {
        title: "Brokers",
        rows: broker::ROWS,
    },
    Chapter {
        title: "Security",
        rows: security::ROWS,
    },
    Chapter {
        title: "Keys of this program only",
        rows: own::ROWS,
    },
    Chapter {
        title: "The operator's command line",
        rows: client::ROWS,
    },
    Chapter {
        title: "Known, without effect",
        rows: without_effect::ROWS,
    },
];

/// Every row.
pub(crate) fn all() -> impl Iterator<Item = &'static dyn AnyKey> {
    CHAPTERS.iter().flat_map(|chapter| chapter.rows).copied()
}

/// The row of a key.
pub(crate) fn find(name: &str) -> Option<&'static dyn AnyKey> {
    all().find(|key| key.spec().name == name)
}

/// Keys that older programs of this family used: tolerated, not even checked.
pub(crate) fn is_legacy(name: &str) -> bool {
    LEGACY.contains(&name)
}

/// Keys of the reference's other parts, of which there are too many to list.
pub(crate) fn is_of_another_program(name: &str) -> bool {
    OTHER_PROGRAMS
        .iter()
        .any(|pattern| glob::matches(pattern, name))
}

/// Whether the table has a key of the same plugin, so that an unlisted one is suspicious.
pub(crate) fn is_of_a_known_plugin(name: &str) -> bool {
    let plugin = |name: &str| {
        name.strip_prefix("plugin.")
            .and_then(|rest| rest.split_once('.'))
            .map(|(plugin, _)| plugin.to_owned())
    };
    let wanted = plugin(name);
    wanted.is_some() && all().any(|key| plugin(key.spec().name) == wanted)
}
