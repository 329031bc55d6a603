//! The blocks of a build, and how they are merged.

use crate::collect::Context;
use crate::collect::Merged;
use crate::findings::Findings;
use crate::flag::Flag;
use crate::flag::flag_names;
use crate::flags::Flags;
use crate::near::Hint;
use crate::node::Entry;
use crate::node::Node;
use crate::node::Value;
use crate::problem::Fault;
use crate::problem::Place;
use crate::spec::DEFAULTS;
use crate::spec::ReadFile;
use crate::target::Target;
use crate::value;

/// The mistake after which there is nothing left to validate.
pub(crate) type Dead = (Place, Fault);

/// The blocks that make up a target, the inherited one first.
pub(crate) struct Blocks<'a> {
    place: Place,
    blocks: Vec<(Place, &'a [Entry])>,
}

impl<'a> Blocks<'a> {
    pub(crate) fn choose(
        place: &Place,
        build: &'a Node,
        target: &str,
        found: &mut Findings,
    ) -> Result<Self, Dead> {
        let Some(all) = child(build, COMPILE_TARGETS) else {
            return Err((
                place.clone(),
                Fault::Missing {
                    name: COMPILE_TARGETS,
                },
            ));
        };
        let place = place.key(COMPILE_TARGETS, all.line);
        let targets = found.entries(&place, &all.value, "a map of targets");
        if target != DEFAULTS && !targets.iter().any(|entry| entry.key == target) {
            let hint = Hint::new(target, targets.iter().map(|entry| entry.key.as_str()));
            return Err((
                place,
                Fault::UnknownTarget {
                    name: target.to_owned(),
                    hint,
                },
            ));
        }
        let mut blocks = Vec::new();
        for name in [DEFAULTS, target]
            .into_iter()
            .take(if target == DEFAULTS { 1 } else { 2 })
        {
            if let Some(entry) = targets.iter().find(|entry| entry.key == name) {
                let place = place.key(name, entry.line);
                let entries = found.entries(&place, &entry.value, "a map of settings");
                blocks.push((place, entries));
            }
        }
        Ok(Self { place, blocks })
    }

    pub(crate) fn read(
        &self,
        build: &str,
        target: &str,
        read: &ReadFile<'_>,
        found: &mut Findings,
    ) -> (Target, Flags) {
        let mut description = Target::default();
        let mut merged = Merged::new();
        let mut place = &self.place;
        for (here, entries) in &self.blocks {
            place = here;
            description.merge(here, entries, found);
            if let Some(flags) = entries.iter().find(|entry| entry.key == "flags") {
                merge_flags(
                    &mut merged,
                    &here.key("flags", flags.line),
                    &flags.value,
                    found,
                );
            }
        }
        if target != DEFAULTS {
            for (name, value) in [("os", &description.os), ("arch", &description.arch)] {
                if value.is_none() {
                    found.fault(place, Fault::Missing { name });
                }
            }
        }
        let windows = description.os.as_deref() == Some("windows");
        let flags = Flags::from_merged(
            &merged,
            &Context {
                build,
                target,
                place,
                windows,
                read,
            },
            found,
        );
        (description, flags)
    }
}

fn merge_flags(merged: &mut Merged, place: &Place, node: &Node, found: &mut Findings) {
    for entry in found.entries(place, node, "a map of flags") {
        let here = place.key(&entry.key, entry.line);
        let Some(flag) = Flag::parse(&entry.key) else {
            let hint = Hint::new(&entry.key, flag_names());
            found.fault(
                &here,
                Fault::UnknownFlag {
                    name: entry.key.clone(),
                    hint,
                },
            );
            continue;
        };
        if matches!(entry.value.value, Value::Null) {
            merged.remove(&flag);
        } else {
            merged.insert(flag, (here, entry.value.clone()));
        }
    }
}

/// Checks the keys of a build and tells whether it is strict.
pub(crate) fn check_build(place: &Place, build: &Node, found: &mut Findings) -> bool {
    let mut strict = false;
    for entry in found.entries(place, build, "a build: a map with compile_targets") {
        let here = place.key(&entry.key, entry.line);
        match entry.key.as_str() {
            COMPILE_TARGETS | PACKAGES => {}
            "strict" => strict = value::boolean(&here, &entry.value, found).unwrap_or_default(),
            other => {
                let hint = Hint::new(other, [COMPILE_TARGETS, PACKAGES, "strict"]);
                found.fault(
                    &here,
                    Fault::UnknownKey {
                        name: other.to_owned(),
                        hint,
                    },
                );
            }
        }
    }
    strict
}

/// The value under a key of a map.
pub(crate) fn child<'a>(node: &'a Node, key: &str) -> Option<&'a Entry> {
    match &node.value {
        Value::Map(entries) => entries.iter().find(|entry| entry.key == key),
        Value::Null | Value::Text(_) | Value::List(_) => None,
    }
}

pub(crate) const COMPILE_TARGETS: &str = "compile_targets";
pub(crate) const PACKAGES: &str = "packages";
