//! Makes the agents of the company and lends them what they ask for. What fails here ends the start: a node that lacks
//! an agent its build promises would be found out late.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::panic::catch_unwind;
use std::sync::Arc;

use super::start::Foundation;
use super::start::StartError;
use crate::agents::provision::Provision;
use crate::agents::provision::Site;
use crate::agents::provision::TokenCheck;
use crate::company::Host;
use crate::company::Lent;
use crate::company::Member;
use crate::company::PROVISIONS;
use crate::company::Standing;
use crate::config::Raw;
use crate::os::configuration;
use crate::rpc::Node;
use crate::secret::Secret;

/// Lends to the agents of the company.
pub(super) struct Lender<'a> {
    foundation: &'a Foundation,
    node: &'a Arc<Node>,
    tokens: &'a Arc<TokenCheck>,
    /// Where our provisioning agent works, while it or one in its place is active.
    site: Option<&'a Arc<Site>>,
    configured: Raw,
}

impl<'a> Lender<'a> {
    /// The lender of a node.
    pub(super) fn new(
        foundation: &'a Foundation,
        node: &'a Arc<Node>,
        tokens: &'a Arc<TokenCheck>,
        site: Option<&'a Arc<Site>>,
    ) -> Result<Self, StartError> {
        let configured = if foundation.company.members().is_empty() {
            Raw::default()
        } else {
            // the file itself: what is in effect while the node waits has no settings of agents
            configuration::read(&foundation.config_file)?.raw()
        };
        Ok(Self {
            foundation,
            node,
            tokens,
            site,
            configured,
        })
    }

    /// Makes every agent that is active.
    pub(super) fn make_all(&self) -> Result<Vec<Standing>, StartError> {
        let members = self.foundation.company.members().iter();
        members
            // one that provisions is active where ours would be
            .filter(|member| member.name() != PROVISIONS || self.site.is_some())
            .map(|member| self.make(member))
            .collect()
    }

    fn make(&self, member: &Member) -> Result<Standing, StartError> {
        let (agent, krate) = (|| member.name().to_owned(), member.krate);
        let host = self.host(member);
        match catch_unwind(AssertUnwindSafe(|| member.make(host))) {
            Ok(Ok(made)) => Ok(Standing::new(member, made)),
            Ok(Err(err)) => Err(StartError::Agent {
                agent: agent(),
                krate,
                err,
            }),
            Err(_panic) => Err(StartError::AgentPanicked {
                agent: agent(),
                krate,
            }),
        }
    }

    fn host(&self, member: &Member) -> Host {
        let site = self.site.filter(|_| member.name() == PROVISIONS);
        Host::new(Lent {
            agent: member.name().to_owned(),
            node: Arc::clone(self.node),
            files: Arc::clone(&self.foundation.files),
            state_dir: self.foundation.state_dir.clone(),
            settings: self.settings(member),
            tokens: Arc::clone(self.tokens),
            provisioning: site.map(|site| Provision::new(Arc::clone(site))),
        })
    }

    fn settings(&self, member: &Member) -> BTreeMap<String, Secret<String>> {
        let prefix = member.settings_prefix();
        let configured = self.configured.entries();
        configured
            .filter_map(|(key, entry)| {
                Some((key.strip_prefix(&prefix)?.to_owned(), entry.text.clone()))
            })
            .collect()
    }
}
