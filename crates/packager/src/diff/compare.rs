//! Two packages in, what they differ in out. Pure.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use crate::model::Contents;
use crate::model::Packed;

use super::lines::unified;

/// One thing that two packages differ in.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Difference {
    /// A field, missing on one side or with another value.
    Field {
        /// Its name.
        name: String,
        /// Its value on the left.
        left: Option<String>,
        /// Its value on the right.
        right: Option<String>,
    },
    /// A script, missing on one side or with other lines.
    Script {
        /// Its name.
        name: String,
        /// Which side has it.
        presence: Presence,
        /// Its lines as a unified difference; of a missing script there are none.
        lines: String,
    },
    /// A path that only one side has.
    Path {
        /// The path.
        path: String,
        /// Which side has it: `OnlyLeft` or `OnlyRight`.
        presence: Presence,
        /// What it is there.
        packed: Packed,
    },
    /// A path that is not the same on both sides.
    Changed {
        /// The path.
        path: String,
        /// In what.
        changes: Vec<Change>,
    },
}

/// Where something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// It was removed.
    OnlyLeft,
    /// It was added.
    OnlyRight,
    /// It was changed.
    Both,
}

/// One property of a path that is not the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Which.
    pub aspect: Aspect,
    /// What it is on the left.
    pub left: String,
    /// What it is on the right.
    pub right: String,
}

/// The properties of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aspect {
    /// File, folder, link and its target.
    Kind,
    /// Permission bits.
    Mode,
    /// Owner and group.
    Owner,
    /// Bytes.
    Size,
    /// SHA-256 of the bytes.
    Digest,
    /// What the format says about it.
    Marks,
    /// Its time.
    Time,
}

impl Aspect {
    /// All of them, in the order in which they are shown.
    const ALL: [Self; 7] = [
        Self::Kind,
        Self::Mode,
        Self::Owner,
        Self::Size,
        Self::Digest,
        Self::Marks,
        Self::Time,
    ];

    fn of(self, packed: &Packed) -> String {
        match self {
            Self::Kind => packed.kind.clone(),
            Self::Mode => format!("{:04o}", packed.mode),
            Self::Owner => format!("{}:{}", packed.owner, packed.group),
            Self::Size => packed.size.to_string(),
            Self::Digest => packed.sha256.clone(),
            Self::Marks => packed.marks.join(" "),
            Self::Time => packed.modified.to_string(),
        }
    }
}

/// What two packages differ in: fields, then scripts, then paths, each sorted by name. Empty when a reader sees the same.
#[must_use]
pub fn compare(left: &Contents, right: &Contents) -> Vec<Difference> {
    let fields = pairs(&left.fields, &right.fields)
        .filter(|(_, left, right)| left != right)
        .map(|(name, left, right)| Difference::Field {
            name: name.to_owned(),
            left: left.cloned(),
            right: right.cloned(),
        });
    let scripts = pairs(&left.scripts, &right.scripts)
        .filter_map(|(name, left, right)| script(name, left, right));
    let paths =
        pairs(&left.files, &right.files).filter_map(|(path, left, right)| match (left, right) {
            (Some(left), Some(right)) => changed(path, left, right),
            (Some(left), None) => Some(only(path, Presence::OnlyLeft, left)),
            (None, Some(right)) => Some(only(path, Presence::OnlyRight, right)),
            (None, None) => None,
        });
    fields.chain(scripts).chain(paths).collect()
}

/// Every key of two maps with what each has there.
fn pairs<'a, T>(
    left: &'a BTreeMap<String, T>,
    right: &'a BTreeMap<String, T>,
) -> impl Iterator<Item = (&'a str, Option<&'a T>, Option<&'a T>)> {
    let names: BTreeSet<&String> = left.keys().chain(right.keys()).collect();
    names
        .into_iter()
        .map(|name| (name.as_str(), left.get(name), right.get(name)))
}

fn script(name: &str, left: Option<&String>, right: Option<&String>) -> Option<Difference> {
    let (presence, lines) = match (left, right) {
        (Some(left), Some(right)) if left == right => return None,
        (Some(left), Some(right)) => (Presence::Both, unified(left, right)),
        (Some(_), None) => (Presence::OnlyLeft, String::new()),
        (None, Some(_)) => (Presence::OnlyRight, String::new()),
        (None, None) => return None,
    };
    Some(Difference::Script {
        name: name.to_owned(),
        presence,
        lines,
    })
}

fn only(path: &str, presence: Presence, packed: &Packed) -> Difference {
    Difference::Path {
        path: path.to_owned(),
        presence,
        packed: packed.clone(),
    }
}

fn changed(path: &str, left: &Packed, right: &Packed) -> Option<Difference> {
    let changes: Vec<Change> = Aspect::ALL
        .into_iter()
        .map(|aspect| Change {
            aspect,
            left: aspect.of(left),
            right: aspect.of(right),
        })
        .filter(|change| change.left != change.right)
        .collect();
    (!changes.is_empty()).then(|| Difference::Changed {
        path: path.to_owned(),
        changes,
    })
}
