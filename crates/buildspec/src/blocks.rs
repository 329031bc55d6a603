//! The blocks of a build, and how they are merged.

use crate::caution::Caution;
use crate::collect::Context;
use crate::collect::Merged;
use crate::fault::Fault;
use crate::findings::Dead;
use crate::findings::Findings;
use crate::flag::Flag;
use crate::flag::flag_names;
use crate::flags::Flags;
use crate::machine::Machine;
use crate::near::Hint;
use crate::package::Program;
use crate::platform::Platform;
use crate::problem::Place;
use crate::spec::DEFAULTS;
use crate::spec::ReadFile;
use crate::steps;
use crate::target::Target;
use crate::value;
use crate::yaml::Entry;
use crate::yaml::Node;
use crate::yaml::Value;

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
            let name = COMPILE_TARGETS;
            return Err(Dead::new(place, Fault::Missing { name }));
        };
        let place = place.key(COMPILE_TARGETS, all.line);
        let targets = found.entries(&place, &all.value, "a map of targets");
        if target != DEFAULTS && !targets.iter().any(|entry| entry.key == target) {
            let hint = Hint::new(target, targets.iter().map(|entry| entry.key.as_str()));
            let name = target.to_owned();
            return Err(Dead::new(&place, Fault::UnknownTarget { name, hint }));
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

    /// The keys of a target that are not flags, and what they come to; nothing for a build's defaults alone.
    pub(crate) fn describe(
        &self,
        target: &str,
        program: Program,
        found: &mut Findings,
    ) -> (Target, Option<Machine>) {
        let mut description = Target {
            program,
            ..Target::default()
        };
        for (here, entries) in &self.blocks {
            description.merge(here, entries, found);
        }
        self.note_steps(found);
        if target == DEFAULTS {
            return (description, None);
        }
        let machine = self.machine(&description, found);
        if let Some(Machine::Built(platform)) = machine {
            self.check_libc(&description, platform, found);
            description.platform = Some(platform);
        }
        (description, machine)
    }

    /// The flags of a target.
    pub(crate) fn flags(
        &self,
        build: &str,
        target: &str,
        description: &Target,
        read: &ReadFile<'_>,
        found: &mut Findings,
    ) -> Flags {
        let mut merged = Merged::new();
        for (here, entries) in &self.blocks {
            if let Some(flags) = entries.iter().find(|entry| entry.key == "flags") {
                let here = here.key("flags", flags.line);
                merge_flags(&mut merged, &here, &flags.value, found);
            }
        }
        let context = Context {
            build,
            target,
            place: self.innermost(),
            windows: description.os.as_deref() == Some("windows"),
            read,
        };
        Flags::from_merged(&merged, &context, found)
    }

    /// Where the target itself stands.
    pub(crate) fn innermost(&self) -> &Place {
        self.blocks.last().map_or(&self.place, |(place, _)| place)
    }

    fn machine(&self, description: &Target, found: &mut Findings) -> Option<Machine> {
        for (name, value) in [("os", &description.os), ("arch", &description.arch)] {
            // a key that was given but not understood has its own error
            let misread = self
                .effective(name)
                .is_some_and(|(place, _)| found.has_fault_at(&place));
            if value.is_none() && !misread {
                found.fault(self.innermost(), Fault::Missing { name });
            }
        }
        let (os, arch) = (description.os.as_ref()?, description.arch.as_ref()?);
        let arm = description.arm.as_deref();
        match Machine::find(os, arch, arm) {
            Ok(machine) => {
                if let Some((place, _)) = self.effective("arm").filter(|_| arch != "arm") {
                    found.warn(&place, Caution::NoMeaning);
                }
                Some(machine)
            }
            Err((key, fault)) => {
                let place = self.effective(key).map(|(place, _)| place);
                found.fault(place.as_ref().unwrap_or_else(|| self.innermost()), fault);
                None
            }
        }
    }

    fn check_libc(&self, description: &Target, platform: Platform, found: &mut Findings) {
        let wanted = platform.libc();
        let given = description.libc.as_deref().filter(|libc| *libc != wanted);
        if let Some((libc, (place, _))) = given.zip(self.effective("libc")) {
            let fault = Fault::WrongLibc {
                found: libc.to_owned(),
                triple: platform.triple(),
                wanted,
            };
            found.fault(&place, fault);
        }
    }

    /// Names every command, and every variable and key that only the reference's compiler knows.
    fn note_steps(&self, found: &mut Findings) {
        for key in ["pre", "post"] {
            let Some((place, node)) = self.effective(key) else {
                continue;
            };
            // what is not a text was reported when the key was read
            let commands = Findings::default().texts(&place, node);
            for (here, command) in commands {
                found.warn(&here, steps::caution(command));
                if let Some(fault) = steps::check_post(command).err().filter(|_| key == "post") {
                    found.fault(&here, fault);
                }
            }
        }
        for key in ["tags", "build_package"] {
            if let Some((place, _)) = self.effective(key) {
                found.warn(&place, Caution::NoMeaning);
            }
        }
        self.note_variables(found);
    }

    fn note_variables(&self, found: &mut Findings) {
        let mut variables: Vec<(Place, &Entry)> = Vec::new();
        for (place, entries) in &self.blocks {
            let Some(block) = entries.iter().find(|entry| entry.key == "environment") else {
                continue;
            };
            let place = place.key("environment", block.line);
            // what is not a map was reported when it was read
            for entry in Findings::default().entries(&place, &block.value, "") {
                variables.retain(|(_, earlier)| earlier.key != entry.key);
                variables.push((place.key(&entry.key, entry.line), entry));
            }
        }
        for (place, entry) in variables {
            if !matches!(entry.value.value, Value::Null) {
                found.warn(&place, steps::variable_caution(&entry.key));
            }
        }
    }

    /// What stands under a key in the innermost block that has it; null is nothing.
    fn effective(&self, key: &str) -> Option<(Place, &'a Node)> {
        let found = self.blocks.iter().rev().find_map(|(place, entries)| {
            let entry = entries.iter().find(|entry| entry.key == key)?;
            Some((place.key(key, entry.line), &entry.value))
        });
        found.filter(|(_, node)| !matches!(node.value, Value::Null))
    }
}

fn merge_flags(merged: &mut Merged, place: &Place, node: &Node, found: &mut Findings) {
    let mut set: Vec<(Flag, u64)> = Vec::new();
    for entry in found.entries(place, node, "a map of flags") {
        let here = place.key(&entry.key, entry.line);
        let Some(flag) = read_flag(&here, &entry.key, found) else {
            continue;
        };
        // the same name twice is no YAML, but a Go variable is another name
        if let Some((_, first)) = set.iter().find(|(earlier, _)| *earlier == flag) {
            let name = flag.name().to_owned();
            found.fault(
                &here,
                Fault::Twice {
                    name,
                    first: *first,
                },
            );
        }
        set.push((flag, entry.line));
        if matches!(entry.value.value, Value::Null) {
            merged.remove(&flag);
        } else {
            merged.insert(flag, (here, entry.value.clone()));
        }
    }
}

/// A flag by its name, or by the Go variable that the reference's linker sets for it.
fn read_flag(here: &Place, name: &str, found: &mut Findings) -> Option<Flag> {
    if let Some(flag) = Flag::parse(name) {
        return Some(flag);
    }
    let variable = name.rsplit_once('.').map(|(_, variable)| variable);
    let flag = variable.and_then(Flag::of_variable);
    if let Some(flag) = flag {
        let flag = flag.name();
        found.warn(here, Caution::GoVariable { flag });
    } else {
        let fault = Fault::UnknownFlag {
            name: name.to_owned(),
            hint: Hint::new(name, flag_names()),
        };
        found.fault(here, fault);
    }
    flag
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
