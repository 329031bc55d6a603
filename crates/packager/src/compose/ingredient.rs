//! What of an agent goes into the manifest and the program, judged once more: whoever writes these texts into files that a
//! compiler reads answers for them.

use std::collections::BTreeSet;

use buildspec::CompanyAgent;
use buildspec::CrateSource;
use buildspec::Place;

use super::AgentFault;
use super::ComposeError;

/// An agent of the program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ingredient {
    /// Name of the RPC agent.
    pub agent: String,
    /// Name of the crate.
    pub krate: String,
    /// What the program calls the crate: no crate of a company hides another one by its name.
    pub key: String,
    /// Where the crate comes from.
    pub source: CrateSource,
    /// Where the agent stands.
    pub place: Place,
}

impl Ingredient {
    /// Where the crate comes from, for people: `build-info` shows it. It is what the file says, so that it is the same on
    /// every machine.
    #[must_use]
    pub fn origin(&self) -> String {
        match &self.source {
            CrateSource::Path(path) => format!("path {path}"),
            CrateSource::Git { url, rev } => format!("git {url} {rev}"),
            CrateSource::Registry { version } => format!("registry {version}"),
        }
    }
}

/// The agents of a program, sorted by name.
pub(super) fn all(agents: &[CompanyAgent]) -> Result<Vec<Ingredient>, ComposeError> {
    let mut names = BTreeSet::new();
    let mut ingredients = Vec::new();
    for agent in agents {
        let ingredient = judged(agent)?;
        if !names.insert(agent.name.as_str()) {
            let name = agent.name.clone();
            return Err(AgentFault::Twice { name }.at(&agent.place));
        }
        ingredients.push(ingredient);
    }
    ingredients.sort_by(|a, b| a.agent.cmp(&b.agent));
    Ok(ingredients)
}

fn judged(agent: &CompanyAgent) -> Result<Ingredient, ComposeError> {
    let judge = |good: bool, what, found: &str| {
        let found = found.to_owned();
        let fault = AgentFault::Text { what, found };
        good.then_some(()).ok_or_else(|| fault.at(&agent.place))
    };
    judge(is_agent(&agent.name), "name of an agent", &agent.name)?;
    judge(is_crate(&agent.krate), "name of a crate", &agent.krate)?;
    match &agent.source {
        CrateSource::Path(path) => judge(is_plain(path), "path", path)?,
        CrateSource::Git { url, rev } => {
            // an address with a login would end up in the program; it is not shown either
            judge(!has_login(url), "address without a login", "…")?;
            judge(is_plain(url), "address", url)?;
            judge(is_commit(rev), "full commit id", rev)?;
        }
        CrateSource::Registry { version } => {
            judge(is_version(version), "exact version (=1.2.3)", version)?;
        }
    }
    Ok(Ingredient {
        agent: agent.name.clone(),
        krate: agent.krate.clone(),
        key: format!("agent_{}", agent.name),
        source: agent.source.clone(),
        place: agent.place.clone(),
    })
}

fn is_agent(text: &str) -> bool {
    let small = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
    text.starts_with(|c: char| c.is_ascii_lowercase()) && text.bytes().all(small)
}

fn is_crate(text: &str) -> bool {
    let fits = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
    text.starts_with(|c: char| c.is_ascii_alphabetic()) && text.bytes().all(fits)
}

fn is_plain(text: &str) -> bool {
    !text.is_empty() && !text.chars().any(char::is_control)
}

fn is_commit(text: &str) -> bool {
    let digit = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    [40, 64].contains(&text.len()) && text.bytes().all(digit)
}

fn is_version(text: &str) -> bool {
    let fits = |b: u8| b.is_ascii_alphanumeric() || b".-+".contains(&b);
    text.strip_prefix('=').is_some_and(|version| {
        version.starts_with(|c: char| c.is_ascii_digit()) && version.bytes().all(fits)
    })
}

/// The name of an ssh account is no secret.
fn has_login(url: &str) -> bool {
    let Some((scheme, rest)) = url.split_once("://") else {
        return false;
    };
    let authority = rest.split('/').next().unwrap_or(rest);
    authority
        .rsplit_once('@')
        .is_some_and(|(login, _)| scheme != "ssh" || login.contains(':'))
}
