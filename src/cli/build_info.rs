//! `muster build-info`: what this binary was built to do.
//!
//! The text keeps the sections and labels that tools of the reference read; lines about its language become lines about
//! ours, and what it cannot say stands in lines of our own beside them. The JSON has the same data under sorted names.
//! Neither ever shows a password, a verifier of a token, or anything else that would help to guess one.

mod agents;

use std::io::Write;

use clap::Args;
use serde_json::Value;
use serde_json::json;

use super::Program;
use super::error::CliError;
use crate::build_info::BuildInfo;
use crate::build_info::Provisioning;
use crate::build_info::TlsPolicy;
use crate::company::Roster;
use crate::report::Exit;

#[derive(Debug, Args)]
pub(super) struct BuildInfoArgs {
    /// As JSON
    #[arg(long, short)]
    pub(super) json: bool,
}

pub(super) fn run(
    args: &BuildInfoArgs,
    program: &Program<'_>,
    out: &mut dyn Write,
) -> Result<Exit, CliError> {
    let report = if args.json {
        render_json(program.build, &program.company)
    } else {
        render_text(program.build, &program.company)
    };
    out.write_all(report.as_bytes())?;
    Ok(Exit::Ok)
}

/// The report for people. Labels are right-aligned inside each block, blocks are separated by one empty line.
#[must_use]
fn render_text(info: &BuildInfo, company: &Roster) -> String {
    let mut text = String::from("muster build settings:\n");
    Block::new("Build Data")
        .line("Version", info.version)
        .line("Git SHA", info.sha)
        .line("Build Date", info.build_date)
        .line("License", LICENSE)
        .line("Rust Version", info.rustc)
        .line("Platform", info.triple)
        .line("Build", info.build)
        .line("Target", info.target)
        .write(&mut text);
    Block::new("Protocol Defaults and Settings")
        .line("Default Collectives", &info.default_collectives.join(", "))
        .line("Client Identity Suffix", info.client_identity_suffix)
        .write(&mut text);
    Block::new("Network Broker Settings")
        .line("Maximum Network Clients", "0")
        .line("Embedded NATS Server Version", "none")
        .write(&mut text);
    server_settings(info, company).write(&mut text);
    if anyone_may_act(info, company) {
        note(&mut text, OPEN_NOTE);
    }
    Block::new("Security Defaults")
        .line("TLS", &info.tls.to_string())
        .line("x509 Security", &info.secure.to_string())
        .write(&mut text);
    if !info.tls || !info.secure {
        note(&mut text, SECURITY_NOTE);
    }
    let mut agents = Block::new("Agent Providers");
    agents.plain(&format!(
        "Built-in MCollective Agent Compatibility version {}",
        info.version
    ));
    for member in company.members() {
        agents.plain(&agents::line(member));
    }
    agents.write(&mut text);
    text
}

/// The report for programs: one object, names sorted, the same bytes for the same build.
#[must_use]
fn render_json(info: &BuildInfo, company: &Roster) -> String {
    let mut report = json!({
        "build": info.build,
        "build_date": info.build_date,
        "client_identity_suffix": info.client_identity_suffix,
        "company_agents": agents::documents(company),
        "default_collectives": info.default_collectives,
        "embedded_nats_version": null,
        "license": LICENSE,
        "max_broker_clients": 0,
        "provisioning": provisioning_json(info, company),
        "rust": info.rustc,
        "secure": info.secure,
        "sha": info.sha,
        "target": info.target,
        "tls": info.tls,
        "triple": info.triple,
        "version": info.version,
    });
    report.sort_all_objects();
    format!("{report:#}\n")
}

fn server_settings(info: &BuildInfo, company: &Roster) -> Block {
    let flags = &info.provisioning;
    let mut block = Block::new("Server Settings")
        .line("Provisioning Target Resolver", RESOLVER)
        .line("Supports Provisioning", &info.can_provision().to_string())
        .line_if("Provisioning JWT file", flags.jwt_file);
    if !info.can_provision() {
        return block;
    }
    block = block
        .line(
            "Provisioning Token",
            if flags.tokens.is_empty() {
                "not set"
            } else {
                "*****"
            },
        )
        .line_if(
            "Provisioning Token Verifiers",
            token_kinds(flags).as_deref(),
        )
        .line("Provisioning Default", &flags.mode_default.to_string())
        .line("Provisioning TLS", &flags.secure.to_string())
        .line(
            "Provisioning TLS Policy",
            tls_policy_text(flags.tls_policy()),
        )
        .line("Default Provisioning Agent", &flags.agent.to_string())
        .line_if(
            "Provisioning Agent In Its Place",
            company.provisioner().map(agents::source).as_deref(),
        );
    if !flags.brokers.is_empty() {
        block = block.line("Provisioning Brokers", &flags.brokers.join(","));
    }
    block
        .line_if("Provisioning SRV Domain", flags.srv_domain)
        .line_if("Provisioning Registration Data", flags.registration_data)
        .line(
            "Registration Subjects",
            &flags.registration_subjects.join(", "),
        )
        .line_if("Provisioning Facts", flags.facts)
        .line_if("Provisioning Status File", flags.status_file)
        .line_if("Provisioning Broker Username", flags.user)
        .line_if("Provisioning Broker Password", flags.user.map(|_| "******"))
        .line_if(
            "Provisioning Using Protocol v2",
            flags.protocol_v2.then_some("true"),
        )
        .line_if(
            "Provisioning Version Upgrades",
            flags.allow_update.then_some("true"),
        )
}

fn provisioning_json(info: &BuildInfo, company: &Roster) -> Value {
    let flags = &info.provisioning;
    let kinds: Vec<&str> = flags.tokens.iter().map(|token| token.kind()).collect();
    json!({
        "agent": flags.agent,
        "agent_replaced": company.provisioner().is_some(),
        "allow_update": flags.allow_update,
        "anyone_may_act": anyone_may_act(info, company),
        "broker_password_set": flags.password.is_some(),
        "broker_srv_domain": flags.srv_domain,
        "broker_urls": flags.brokers,
        "broker_username": flags.user,
        "default": flags.mode_default,
        "facts": flags.facts,
        "jwt_file": flags.jwt_file,
        "protocol_v2": flags.protocol_v2,
        "registration_data": flags.registration_data,
        "registration_subjects": flags.registration_subjects,
        "secure": flags.secure,
        "status_file": flags.status_file,
        "supported": info.can_provision(),
        "target_resolver": RESOLVER,
        "tls_policy": tls_policy_name(flags.tls_policy()),
        "token_set": !flags.tokens.is_empty(),
        "token_verifiers": kinds,
    })
}

/// A build without brokers or without an agent does nothing for anyone.
fn anyone_may_act(info: &BuildInfo, company: &Roster) -> bool {
    info.can_provision() && company.provisions(info) && info.provisioning.tokens.is_empty()
}

/// How many verifiers of which kind, `2 (1 SHA-256, 1 Argon2id)`; nothing without one.
fn token_kinds(flags: &Provisioning) -> Option<String> {
    let count = |kind: &str| {
        flags
            .tokens
            .iter()
            .filter(|token| token.kind() == kind)
            .count()
    };
    let kinds: Vec<String> = ["SHA-256", "Argon2id"]
        .into_iter()
        .filter(|kind| count(kind) > 0)
        .map(|kind| format!("{} {kind}", count(kind)))
        .collect();
    (!kinds.is_empty()).then(|| format!("{} ({})", flags.tokens.len(), kinds.join(", ")))
}

const fn tls_policy_text(policy: TlsPolicy) -> &'static str {
    match policy {
        TlsPolicy::Verified => "required, verified against the baked CA",
        TlsPolicy::Unverified => "required, unverified",
        TlsPolicy::PlainTextAllowed => "plain text allowed where the broker offers nothing better",
    }
}

const fn tls_policy_name(policy: TlsPolicy) -> &'static str {
    match policy {
        TlsPolicy::Verified => "verified",
        TlsPolicy::Unverified => "unverified",
        TlsPolicy::PlainTextAllowed => "plain_text_allowed",
    }
}

fn note(text: &mut String, note: &str) {
    text.push_str("\nNOTE: ");
    text.push_str(note);
    text.push('\n');
}

/// A heading and its lines, aligned at their colons.
struct Block {
    heading: &'static str,
    lines: Vec<(&'static str, String)>,
}

impl Block {
    const fn new(heading: &'static str) -> Self {
        Self {
            heading,
            lines: Vec::new(),
        }
    }

    fn line(mut self, label: &'static str, value: &str) -> Self {
        self.lines.push((label, value.to_owned()));
        self
    }

    fn line_if(self, label: &'static str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.line(label, value),
            None => self,
        }
    }

    /// A line without a label.
    fn plain(&mut self, text: &str) {
        self.lines.push(("", text.to_owned()));
    }

    fn write(&self, text: &mut String) {
        let width = self
            .lines
            .iter()
            .map(|(label, _)| label.len())
            .max()
            .unwrap_or_default();
        text.push_str(&format!("\n{}:\n\n", self.heading));
        for (label, value) in &self.lines {
            let colon = if label.is_empty() { "" } else { ": " };
            text.push_str(&format!("  {label:>width$}{colon}{value}\n"));
        }
    }
}

const LICENSE: &str = "Apache-2.0";
const RESOLVER: &str = "Default";
const OPEN_NOTE: &str =
    "No provisioning token is set: anyone who can reach the broker may provision this node.";
const SECURITY_NOTE: &str = "The security of this build is not standard, you might be running without adequate \
    protocol level security.  Please ensure this is the build you intend to be using.";

#[cfg(test)]
mod tests;
