//! The part of a compile target that is not flags: where it runs and what its file is called.

use std::collections::BTreeMap;

use crate::fault::Fault;
use crate::findings::Findings;
use crate::near::Hint;
use crate::package::Program;
use crate::platform::Platform;
use crate::problem::Place;
use crate::yaml::Entry;
use crate::yaml::Node;
use crate::yaml::Value;

/// One compile target with the defaults of its build merged in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Target {
    /// `os`, such as `linux`.
    pub os: Option<String>,
    /// `arch`, such as `amd64`.
    pub arch: Option<String>,
    /// `arm`, the version of that architecture.
    pub arm: Option<String>,
    /// `libc`: `musl` or `gnu`.
    pub libc: Option<String>,
    /// `output`, the name of the file before [`interpolate`].
    pub output: Option<String>,
    /// `pre`, commands before the build. Nothing runs them unless told to.
    pub pre: Vec<String>,
    /// `post`, commands after the build.
    pub post: Vec<String>,
    /// `tags` of the reference's compiler.
    pub tags: Vec<String>,
    /// `environment` of the build; defaults and own entries are merged.
    pub environment: BTreeMap<String, String>,
    /// `build_package` of the reference's compiler.
    pub build_package: Option<String>,
    /// `program`: which program the binary is.
    pub program: Program,
    /// What `os`, `arch`, `arm` and `libc` come to. Nothing for [`crate::DEFAULTS`] alone, and for a target that is not
    /// built.
    pub platform: Option<Platform>,
}

impl Target {
    /// Takes over the keys of one block; a key that is null becomes unset.
    pub(crate) fn merge(&mut self, place: &Place, entries: &[Entry], found: &mut Findings) {
        for entry in entries {
            let here = place.key(&entry.key, entry.line);
            let node = &entry.value;
            match entry.key.as_str() {
                "flags" => {}
                "os" => self.os = word(&here, node, found),
                "arch" => self.arch = word(&here, node, found),
                "arm" => self.arm = number(&here, node, found),
                "libc" => self.libc = libc(&here, node, found),
                "output" => self.output = template(&here, node, found),
                "pre" => self.pre = words(&here, node, found),
                "post" => self.post = words(&here, node, found),
                "tags" => self.tags = words(&here, node, found),
                "environment" => self.merge_environment(&here, node, found),
                "build_package" => self.build_package = word(&here, node, found),
                "program" => self.program = program(&here, node, found).unwrap_or_default(),
                other => {
                    let hint = Hint::new(other, KEYS.iter().copied());
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
    }

    fn merge_environment(&mut self, place: &Place, node: &Node, found: &mut Findings) {
        for entry in found.entries(place, node, "a map of variables") {
            let here = place.key(&entry.key, entry.line);
            match word(&here, &entry.value, found) {
                Some(value) => self.environment.insert(entry.key.clone(), value),
                None => self.environment.remove(&entry.key),
            };
        }
    }
}

/// What `output` may refer to.
#[derive(Debug, Clone, Copy)]
pub struct Placeholders<'a> {
    /// `{{version}}`.
    pub version: &'a str,
    /// `{{sha}}`.
    pub sha: &'a str,
    /// `{{os}}`, `{{arch}}` and `{{arm}}`.
    pub target: &'a Target,
}

/// Replaces `{{version}}`, `{{sha}}`, `{{os}}`, `{{arch}}` and `{{arm}}`. The upper-case names give upper-case values,
/// except for the version, which stays as it is.
///
/// # Errors
/// For a placeholder that nothing is known about.
pub fn interpolate(template: &str, values: &Placeholders<'_>) -> Result<String, Fault> {
    let mut text = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((name, tail)) = after.split_once("}}") else {
            break;
        };
        text.push_str(before);
        text.push_str(
            &placeholder(name, values).ok_or_else(|| Fault::UnknownPlaceholder {
                name: name.to_owned(),
            })?,
        );
        rest = tail;
    }
    text.push_str(rest);
    Ok(text)
}

fn placeholder(name: &str, values: &Placeholders<'_>) -> Option<String> {
    let of = |value: &Option<String>| value.as_deref().unwrap_or_default().to_owned();
    let target = values.target;
    Some(match name {
        "version" | "VERSION" => values.version.to_owned(),
        "sha" => values.sha.to_owned(),
        "SHA" => values.sha.to_uppercase(),
        "os" => of(&target.os).to_lowercase(),
        "OS" => of(&target.os).to_uppercase(),
        "arch" => of(&target.arch).to_lowercase(),
        "ARCH" => of(&target.arch).to_uppercase(),
        "arm" => of(&target.arm).to_lowercase(),
        "ARM" => of(&target.arm).to_uppercase(),
        _ => return None,
    })
}

fn word(place: &Place, node: &Node, found: &mut Findings) -> Option<String> {
    match node.value {
        Value::Null => None,
        Value::Text(_) | Value::List(_) | Value::Map(_) => crate::value::plain(place, node, found),
    }
}

fn template(place: &Place, node: &Node, found: &mut Findings) -> Option<String> {
    let text = word(place, node, found)?;
    let values = Placeholders {
        version: "",
        sha: "",
        target: &Target::default(),
    };
    if let Err(fault) = interpolate(&text, &values) {
        found.fault(place, fault);
    }
    Some(text)
}

fn words(place: &Place, node: &Node, found: &mut Findings) -> Vec<String> {
    match node.value {
        Value::Null => Vec::new(),
        Value::Text(_) | Value::List(_) | Value::Map(_) => found
            .texts(place, node)
            .into_iter()
            .map(|(_, text)| text.to_owned())
            .collect(),
    }
}

fn number(place: &Place, node: &Node, found: &mut Findings) -> Option<String> {
    let text = word(place, node, found)?;
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(text);
    }
    found.fault(place, Fault::NotInteger { found: text });
    None
}

fn program(place: &Place, node: &Node, found: &mut Findings) -> Option<Program> {
    let text = word(place, node, found)?;
    let program = Program::parse(&text);
    if program.is_none() {
        let wanted = "agent or provisioner";
        found.fault(
            place,
            Fault::BadEntry {
                entry: text,
                wanted,
            },
        );
    }
    program
}

fn libc(place: &Place, node: &Node, found: &mut Findings) -> Option<String> {
    let text = word(place, node, found)?;
    if text == "musl" || text == "gnu" {
        return Some(text);
    }
    found.fault(
        place,
        Fault::BadEntry {
            entry: text,
            wanted: "musl or gnu",
        },
    );
    None
}

const KEYS: &[&str] = &[
    "arch",
    "arm",
    "build_package",
    "environment",
    "flags",
    "libc",
    "os",
    "output",
    "post",
    "pre",
    "program",
    "tags",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn expand(template: &str) -> Result<String, Fault> {
        let target = Target {
            os: Some("linux".into()),
            arch: Some("amd64".into()),
            ..Target::default()
        };
        interpolate(
            template,
            &Placeholders {
                version: "1.2.3-Rc1",
                sha: "ab12",
                target: &target,
            },
        )
    }

    #[test]
    fn placeholders_are_replaced() {
        let text = expand("acme-{{version}}-{{os}}-{{ARCH}}-{{SHA}}{{arm}}").unwrap();
        assert_eq!(text, "acme-1.2.3-Rc1-linux-AMD64-AB12");
    }

    #[test]
    fn an_unknown_placeholder_is_named() {
        assert_eq!(
            expand("a-{{verison}}"),
            Err(Fault::UnknownPlaceholder {
                name: "verison".into()
            })
        );
    }

    #[test]
    fn braces_that_never_close_are_text() {
        assert_eq!(expand("a-{{version").unwrap(), "a-{{version");
    }
}
