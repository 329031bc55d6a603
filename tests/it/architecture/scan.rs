//! The scan that the architecture tests of every crate share. It is textual, so a path must be written as
//! `crate::module…`, one per line; grouped imports are refused to keep it honest.

use std::fs;
use std::path::Path;
use std::path::PathBuf;

/// What a crate promises about its modules.
pub(crate) struct Plan {
    /// Modules of each layer, the lowest first. A module may use its own layer and those below.
    pub(crate) layers: &'static [&'static [&'static str]],
    /// Files and folders below `src` without effects, but for `effectful`.
    pub(crate) pure: &'static [&'static str],
    /// What is below a pure folder and has effects after all.
    pub(crate) effectful: &'static [&'static str],
    /// What a pure file does not mention.
    pub(crate) effects: &'static [&'static str],
}

/// A file is aimed at 250 production lines; past this it must be split.
const LONGEST_FILE: usize = 450;

impl Plan {
    /// What is wrong with the sources below a folder.
    pub(crate) fn complaints(&self, root: &Path) -> Vec<String> {
        let mut files = Vec::new();
        sources(root, &mut files);
        assert!(!files.is_empty(), "no sources in {}", root.display());
        let mut complaints = self.nowhere(root);
        for file in files {
            let relative = file.strip_prefix(root).unwrap().to_str().unwrap();
            if is_production(relative) {
                complaints
                    .extend(self.complaints_about(relative, &fs::read_to_string(&file).unwrap()));
            }
        }
        complaints
    }

    /// What the plan names and is not there.
    fn nowhere(&self, root: &Path) -> Vec<String> {
        let modules = self.layers.iter().copied().flatten();
        let listed = modules.chain(self.pure).chain(self.effectful);
        listed
            .filter(|name| !root.join(name).exists() && !root.join(format!("{name}.rs")).exists())
            .map(|name| format!("{name}: is listed, and there is no such module"))
            .collect()
    }

    /// What is wrong with one file; `place` is its path below `src`.
    pub(crate) fn complaints_about(&self, place: &str, text: &str) -> Vec<String> {
        let module = place.split('/').next().unwrap().trim_end_matches(".rs");
        let Some(layer) = self.layer_of(module) else {
            return vec![format!("{place}: module `{module}` is in no layer")];
        };
        let mut complaints = Vec::new();
        for (number, line) in production(text) {
            if line.contains("use crate::{") {
                complaints.push(format!(
                    "{place}:{number}: grouped imports hide paths from this test"
                ));
            }
            for name in modules_in(line) {
                let complaint = match self.layer_of(&name) {
                    Some(other) if other <= layer => continue,
                    Some(_) => format!("`{module}` must not use `{name}` above it"),
                    None => format!("`crate::{name}` is in no layer"),
                };
                complaints.push(format!("{place}:{number}: {complaint}"));
            }
            if self.is_pure(place) {
                for effect in self.effects.iter().filter(|effect| line.contains(**effect)) {
                    complaints.push(format!(
                        "{place}:{number}: a module without effects uses `{effect}`"
                    ));
                }
            }
        }
        let length = production(text).count();
        if length > LONGEST_FILE {
            complaints.push(format!(
                "{place}: {length} lines of code, {LONGEST_FILE} at most"
            ));
        }
        complaints
    }

    fn layer_of(&self, module: &str) -> Option<usize> {
        self.layers.iter().position(|layer| layer.contains(&module))
    }

    fn is_pure(&self, place: &str) -> bool {
        is_below(place, self.pure) && !is_below(place, self.effectful)
    }
}

/// Whether a file is one of these modules or belongs to one.
fn is_below(place: &str, modules: &[&str]) -> bool {
    let path = place.trim_end_matches(".rs");
    modules.iter().any(|module| {
        path.strip_prefix(module)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}

/// Crate roots belong to no layer, and tests may use everything.
fn is_production(place: &str) -> bool {
    let is_of_tests = |part: &str| part == "tests" || part == "tests.rs";
    !["lib.rs", "main.rs"].contains(&place) && !place.split('/').any(is_of_tests)
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The lines of production code: without comments, up to the first test module.
fn production(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines()
        .enumerate()
        .take_while(|(_, line)| *line != "#[cfg(test)]")
        .map(|(number, line)| (number + 1, line.trim_start()))
        .filter(|(_, line)| !line.starts_with("//"))
}

fn modules_in(line: &str) -> impl Iterator<Item = String> {
    line.match_indices("crate::").map(|(at, path)| {
        line[at + path.len()..]
            .chars()
            .take_while(|c| c.is_alphanumeric() || *c == '_')
            .collect()
    })
}
