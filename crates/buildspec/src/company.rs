//! `packaging/agents.yaml`: the crates of a company that are built into its agent.
//!
//! ```yaml
//! - name: acme_inventory                 # the RPC agent
//!   crate: acme-inventory-agent          # name of the crate; the agent's name with hyphens when it is missing
//!   path: ../acme-inventory-agent        # relative to this file, or
//!   git: https://git.example.net/agents  # with rev: a full commit id, or
//!   version: "=1.2.0"                    # exactly one version of a registry
//! ```
//!
//! The two forms of the reference are read too, where their texts can mean a crate: `agents:` with a list of `name` and
//! `repo`, and a map of names and texts. Such a text is a path that begins with `/`, `./` or `../`, the address of a
//! repository with `#` and a full commit id, or `=` and a version. The path of a Go package is a mistake that says what to
//! write instead.

use crate::caution::Caution;
use crate::fault::Fault;
use crate::findings::Dead;
use crate::findings::Findings;
use crate::grammar;
use crate::grammar::Rule;
use crate::near::Hint;
use crate::problem::Place;
use crate::problem::Problems;
use crate::problem::Warning;
use crate::properties::read_by;
use crate::spec::ALIASES;
use crate::value::printable;
use crate::yaml;
use crate::yaml::Entry;
use crate::yaml::Node;
use crate::yaml::Value;

/// One crate that provides one RPC agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompanyAgent {
    /// Name of the RPC agent.
    pub name: String,
    /// Name of the crate.
    pub krate: String,
    /// Where the crate comes from.
    pub source: CrateSource,
    /// Where it stands.
    pub place: Place,
}

/// Where a crate comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CrateSource {
    /// A folder, as the file has it: a relative one is relative to the file.
    Path(String),
    /// A repository and one commit of it.
    Git {
        /// Its address.
        url: String,
        /// The commit.
        rev: String,
    },
    /// One version of a registry.
    Registry {
        /// `=1.2.0`.
        version: String,
    },
}

/// Reads a file of company agents. `file` is what errors call it. The agents are in the order of the file.
///
/// # Errors
/// With every mistake in it.
pub fn company_agents(
    file: &str,
    text: &str,
) -> Result<(Vec<CompanyAgent>, Vec<Warning>), Problems> {
    let mut found = Findings::default();
    let top = Place {
        file: file.to_owned(),
        line: 1,
        path: String::new(),
    };
    let agents = match yaml::parse(text, ALIASES) {
        Ok(document) => read_document(&top, &document, &mut found),
        Err(err) => {
            let place = top.on(err.line.unwrap_or(1));
            return Err(found.fail(Dead::new(&place, Fault::Syntax { text: err.text })));
        }
    };
    check_together(&agents, &mut found);
    Ok((agents, found.finish()?))
}

fn read_document(top: &Place, document: &Node, found: &mut Findings) -> Vec<CompanyAgent> {
    let top = top.on(document.line);
    match &document.value {
        Value::List(items) => read_list(&top, items, found),
        Value::Map(entries) => {
            found.warn(&top, Caution::OldForm);
            match entries.as_slice() {
                [agents] if agents.key == "agents" => read_agents(&top, agents, found),
                entries => {
                    let agents = entries.iter().map(|entry| read_pair(&top, entry, found));
                    agents.collect::<Vec<_>>().into_iter().flatten().collect()
                }
            }
        }
        Value::Null => Vec::new(),
        Value::Text(_) => {
            found.fault(
                &top,
                Fault::Shape {
                    wanted: "a list of agents",
                },
            );
            Vec::new()
        }
    }
}

/// `agents:`, of 2018; with a text it is an agent of that name.
fn read_agents(top: &Place, agents: &Entry, found: &mut Findings) -> Vec<CompanyAgent> {
    let place = top.key(&agents.key, agents.line);
    match &agents.value.value {
        Value::List(items) => read_list(&place, items, found),
        Value::Null => Vec::new(),
        Value::Text(_) | Value::Map(_) => read_pair(top, agents, found).into_iter().collect(),
    }
}

fn read_list(place: &Place, items: &[Node], found: &mut Findings) -> Vec<CompanyAgent> {
    let mut agents = Vec::new();
    for item in items {
        let Value::Map(entries) = &item.value else {
            let wanted = "an agent: a map with name and path, git or version";
            found.fault(&place.on(item.line), Fault::Shape { wanted });
            continue;
        };
        agents.extend(read_agent(&place.on(item.line), entries, found));
    }
    agents
}

/// A name and a text that says where the crate is.
fn read_pair(top: &Place, entry: &Entry, found: &mut Findings) -> Option<CompanyAgent> {
    let place = top.key(&entry.key, entry.line);
    let name = read_by(&grammar::AGENT, &place, &entry.key, found)?;
    let text = found.text(&place, &entry.value)?;
    let source = read_repo(&place, text, found)?;
    Some(CompanyAgent {
        krate: crate_of(&name),
        name,
        source,
        place,
    })
}

fn read_agent(place: &Place, entries: &[Entry], found: &mut Findings) -> Option<CompanyAgent> {
    for entry in entries
        .iter()
        .filter(|entry| !KEYS.contains(&entry.key.as_str()))
    {
        let name = entry.key.clone();
        let hint = Hint::new(&name, KEYS.iter().copied());
        let here = place.key(&entry.key, entry.line);
        found.fault(&here, Fault::UnknownKey { name, hint });
    }
    let mut read = |key: &str, rule: &Rule<String>| {
        let entry = given(entries, key)?;
        let here = place.key(key, entry.line);
        let text = found.text(&here, &entry.value)?;
        read_by(rule, &here, text, found)
    };
    let name = read("name", &grammar::AGENT);
    let krate = read("crate", &grammar::CRATE);
    if given(entries, "name").is_none() {
        found.fault(place, Fault::Missing { name: "name" });
    }
    let source = read_source(place, entries, found);
    let name = name?;
    Some(CompanyAgent {
        krate: krate.unwrap_or_else(|| crate_of(&name)),
        name,
        source: source?,
        place: place.clone(),
    })
}

fn read_source(place: &Place, entries: &[Entry], found: &mut Findings) -> Option<CrateSource> {
    let given = SOURCES.map(|key| (key, given(entries, key)));
    let mut read = |key: &str, entry: &Entry, rule: &Rule<String>| {
        let here = place.key(key, entry.line);
        let text = found.text(&here, &entry.value)?;
        read_by(rule, &here, text, found)
    };
    match given.map(|(_, entry)| entry) {
        [Some(path), None, None, None, None] => {
            read("path", path, &grammar::FILE).map(CrateSource::Path)
        }
        [None, Some(git), Some(rev), None, None] => {
            let rev = read("rev", rev, &grammar::COMMIT);
            let here = place.key("git", git.line);
            let url = found.text(&here, &git.value)?;
            let url = read_address(&here, url, found)?;
            Some(CrateSource::Git { url, rev: rev? })
        }
        [None, None, None, Some(version), None] => {
            let version = read("version", version, &grammar::EXACT_VERSION)?;
            Some(CrateSource::Registry { version })
        }
        [None, None, None, None, Some(repo)] => {
            let here = place.key("repo", repo.line);
            let text = found.text(&here, &repo.value)?;
            read_repo(&here, text, found)
        }
        _ => {
            found.fault(place, Fault::CrateSource);
            None
        }
    }
}

/// What the reference has the path of a Go package for.
fn read_repo(place: &Place, text: &str, found: &mut Findings) -> Option<CrateSource> {
    if ["/", "./", "../"]
        .iter()
        .any(|start| text.starts_with(start))
    {
        return read_by(&grammar::FILE, place, text, found).map(CrateSource::Path);
    }
    if text.starts_with('=') {
        let version = read_by(&grammar::EXACT_VERSION, place, text, found)?;
        return Some(CrateSource::Registry { version });
    }
    if text.contains("://") {
        let (url, rev) = text.split_once('#').unwrap_or((text, ""));
        let url = read_address(place, url, found)?;
        let rev = read_by(&grammar::COMMIT, place, rev, found)?;
        return Some(CrateSource::Git { url, rev });
    }
    let mut parts = text.split('/');
    let fault = if parts.next().is_some_and(|host| host.contains('.')) && parts.next().is_some() {
        Fault::GoPackage {
            found: printable(text),
        }
    } else {
        Fault::BadEntry {
            entry: printable(text),
            wanted: "a path that begins with /, ./ or ../, an address with # and a commit id, or = and a version",
        }
    };
    found.fault(place, fault);
    None
}

/// The address of a repository. One with a login is not quoted.
fn read_address(place: &Place, text: &str, found: &mut Findings) -> Option<String> {
    let login = text.split_once("://").and_then(|(scheme, rest)| {
        let authority = rest.split('/').next().unwrap_or(rest);
        let (login, _) = authority.rsplit_once('@')?;
        // the name of an account is part of how ssh is spoken; a secret is not
        (scheme != "ssh" || login.contains(':')).then_some(login)
    });
    if login.is_some() {
        found.fault(place, Fault::Login);
        return None;
    }
    read_by(&ADDRESS, place, text, found)
}

fn check_together(agents: &[CompanyAgent], found: &mut Findings) {
    for (index, agent) in agents.iter().enumerate() {
        if BUILT_IN.contains(&agent.name.as_str()) {
            let name = agent.name.clone();
            found.fault(&agent.place, Fault::BuiltIn { name });
        }
        if agent.name == PROVISIONING {
            found.warn(&agent.place, Caution::ReplacesProvisioning);
        }
        let earlier = || agents.iter().take(index);
        let twin = earlier()
            .find(|earlier| earlier.name == agent.name)
            .map(|twin| (&agent.name, twin))
            .or_else(|| {
                let twin = earlier().find(|earlier| earlier.krate == agent.krate)?;
                Some((&agent.krate, twin))
            });
        if let Some((name, twin)) = twin {
            let fault = Fault::Twice {
                name: name.clone(),
                first: twin.place.line,
            };
            found.fault(&agent.place, fault);
        }
    }
}

/// What stands under a key; null is nothing.
fn given<'a>(entries: &'a [Entry], key: &str) -> Option<&'a Entry> {
    let mut entries = entries.iter();
    entries.find(|entry| entry.key == key && !matches!(entry.value.value, Value::Null))
}

fn crate_of(name: &str) -> String {
    name.replace('_', "-")
}

const ADDRESS: Rule<String> = Rule {
    wanted: "the address of a repository: https://, ssh:// or file://, without spaces and quotes",
    read: |text| {
        let (scheme, rest) = text.split_once("://")?;
        let fits = |byte: u8| byte.is_ascii_graphic() && !b"\"'\\`<>#".contains(&byte);
        let known = ["https", "ssh", "file"].contains(&scheme);
        (known && !rest.is_empty() && rest.bytes().all(fits)).then(|| text.to_owned())
    },
};

/// The ways to say where a crate is; `rev` belongs to `git`.
const SOURCES: [&str; 5] = ["path", "git", "rev", "version", "repo"];
const KEYS: &[&str] = &["crate", "git", "name", "path", "repo", "rev", "version"];
/// What a node cannot be without.
const BUILT_IN: &[&str] = &["choria_util", "discovery", "rpcutil"];
/// Ours, which a company may replace.
const PROVISIONING: &str = "choria_provision";

#[cfg(test)]
mod tests;
