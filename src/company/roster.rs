//! The agents of a company in this program, judged as a whole before any command runs.

use std::collections::BTreeSet;

use super::Company;
use super::CompanyAgent;
use super::Compiled;
use super::Host;
use super::MakeError;
use super::RosterError;
use crate::build_info::BuildInfo;
use crate::rpc::Metadata;
use crate::rpc::ddl;
use crate::rpc::ddl::Action;
use crate::rpc::ddl::Ddl;

/// The agents of a company, sorted by name. The default has none.
#[derive(Debug, Default)]
pub struct Roster {
    members: Vec<Member>,
}

/// One agent of a company. Its name is that of its description.
#[derive(Debug)]
pub struct Member {
    /// Its description.
    pub ddl: Ddl,
    /// The crate that provides it.
    pub krate: &'static str,
    /// The version of the crate.
    pub version: &'static str,
    /// Where the crate came from.
    pub origin: &'static str,
    make: fn(Host) -> Result<Box<dyn CompanyAgent>, MakeError>,
}

impl Roster {
    /// Judges the agents that were compiled in.
    ///
    /// # Errors
    ///
    /// [`RosterError`] with the first mistake: a description that cannot be used, a name that is taken.
    pub fn of(agents: &[Compiled], build: &BuildInfo) -> Result<Self, RosterError> {
        let mut members: Vec<Member> = Vec::new();
        for agent in agents {
            let member = Member::of(agent)?;
            member.may_have_its_name(build)?;
            if let Some(twin) = members.iter().find(|other| other.name() == member.name()) {
                return Err(RosterError::Twice {
                    name: member.name().to_owned(),
                    one: twin.krate,
                    other: member.krate,
                });
            }
            members.push(member);
        }
        members.sort_by(|a, b| a.name().cmp(b.name()));
        Ok(Self { members })
    }

    /// The agents, sorted by name.
    #[must_use]
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// The agent of that name.
    #[must_use]
    pub fn member(&self, name: &str) -> Option<&Member> {
        self.members.iter().find(|member| member.name() == name)
    }

    /// The agent that provisions in place of ours.
    #[must_use]
    pub fn provisioner(&self) -> Option<&Member> {
        self.member(PROVISIONS)
    }

    /// Whether somebody provisions a node of this build: our agent, or one in its place.
    #[must_use]
    pub fn provisions(&self, build: &BuildInfo) -> bool {
        build.provisioning.agent || self.provisioner().is_some()
    }

    /// The description of an agent: the company's, else ours.
    #[must_use]
    pub fn ddl(&self, name: &str) -> Option<&Ddl> {
        self.member(name)
            .map(|member| &member.ddl)
            .or_else(|| ddl::builtin(name))
    }

    /// Every description that [`Roster::ddl`] knows, sorted by name.
    #[must_use]
    pub fn ddls(&self) -> Vec<&Ddl> {
        let mut names: BTreeSet<&str> = self.members.iter().map(Member::name).collect();
        for name in ddl::builtin_names() {
            names.insert(name);
        }
        names
            .into_iter()
            .filter_map(|name| self.ddl(name))
            .collect()
    }

    /// Whether a key of the configuration is one of these agents'.
    #[must_use]
    pub fn owns_setting(&self, key: &str) -> bool {
        let mut members = self.members.iter();
        members.any(|member| key.starts_with(&member.settings_prefix()))
    }
}

impl Member {
    fn of(agent: &Compiled) -> Result<Self, RosterError> {
        let Company {
            ddl: text,
            krate,
            version,
            make,
        } = agent.company;
        let ddl =
            ddl::load(text.as_bytes()).map_err(|err| RosterError::Description { krate, err })?;
        if ddl.metadata.name != agent.name {
            return Err(RosterError::Misnamed {
                krate,
                found: ddl.metadata.name,
                wanted: agent.name,
            });
        }
        let member = Self {
            ddl,
            krate,
            version,
            origin: agent.origin,
            make,
        };
        member.description_is_usable()?;
        Ok(member)
    }

    /// Name of the agent.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.ddl.metadata.name
    }

    /// What the keys of its settings begin with.
    #[must_use]
    pub fn settings_prefix(&self) -> String {
        format!("plugin.{}.", self.name())
    }

    /// Makes the agent of a node.
    pub(crate) fn make(&self, host: Host) -> Result<Box<dyn CompanyAgent>, MakeError> {
        (self.make)(host)
    }

    /// What peers are told about it.
    pub(crate) fn metadata(&self) -> Metadata {
        let ddl::Metadata {
            name,
            description,
            author,
            license,
            url,
            timeout,
            ..
        } = self.ddl.metadata.clone();
        Metadata {
            license,
            author,
            timeout,
            name,
            version: self.version.to_owned(),
            url,
            description,
        }
    }

    fn may_have_its_name(&self, build: &BuildInfo) -> Result<(), RosterError> {
        let (name, krate) = (self.name(), self.krate);
        if ALWAYS_OURS.contains(&name) {
            let name = name.to_owned();
            return Err(RosterError::Taken { name, krate });
        }
        if name == PROVISIONS && build.provisioning.agent {
            return Err(RosterError::NotReplaced { krate });
        }
        Ok(())
    }

    fn description_is_usable(&self) -> Result<(), RosterError> {
        let (name, krate) = (|| self.name().to_owned(), self.krate);
        if self.ddl.metadata.timeout == 0 {
            return Err(RosterError::NoTimeout {
                name: name(),
                krate,
            });
        }
        let mut seen = BTreeSet::new();
        for action in &self.ddl.actions {
            if !seen.insert(action.action.as_str()) {
                return Err(RosterError::ActionTwice {
                    name: name(),
                    krate,
                    action: action.action.clone(),
                });
            }
            if let Some(input) = unusable(action) {
                return Err(RosterError::Expression {
                    name: name(),
                    krate,
                    action: action.action.clone(),
                    input: input.to_owned(),
                });
            }
        }
        Ok(())
    }
}

/// An input whose values no node could check.
fn unusable(action: &Action) -> Option<&str> {
    let mut inputs = action.input.iter();
    let unusable = inputs.find(|(_, input)| !input.can_be_checked());
    unusable.map(|(name, _)| name.as_str())
}

/// Name of the agent that provisions.
pub const PROVISIONS: &str = "choria_provision";
/// What peers rely on to find and know a node.
const ALWAYS_OURS: [&str; 3] = ["choria_util", "discovery", "rpcutil"];
