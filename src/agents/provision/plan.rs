//! Judges everything that `configure` was given before anything is written (design §3.3 and §5).
//!
//! A [`Plan`] is a configuration that the next start can read and that leaves provisioning mode, with a certificate that
//! belongs to this node's key and chains to the CA given, with policies of plain names that this node can follow, all of it inside this node's
//! directories and allowed by its administrator. What is not so is refused with the reason, and nothing was touched.
//!
//! Two things are added to what the provisioner wants: the identity in use, where it names none (design §9), and the
//! settings `plugin.muster.*` of the file that is replaced. They are decisions about this machine, which a provisioner
//! may not take, so it cannot take them back by leaving them out either; and the one for the state directory must not
//! change while a transaction has its journal there.

use std::collections::BTreeMap;
use std::path::Path;

use super::Site;
use super::bootable;
use super::bootable::Situation;
use super::error::ConfigureError;
use super::inputs::Configure;
use super::local_policy;
use super::policy_files;
use super::tls;
use super::tls::Tls;
use super::token_file;
use super::token_file::ServerToken;
use crate::config::policy::Policy;
use crate::config::policy::Verdict;
use crate::config::render::RenderError;
use crate::config::render::render;
use crate::protocol::Request;
use crate::secret::Secret;

/// What `configure` will write.
#[derive(Debug)]
pub(super) struct Plan {
    /// Text of the configuration file.
    pub(super) config: Secret<String>,
    /// Lines of it, the header included.
    pub(super) lines: usize,
    /// Certificate, CA and key.
    pub(super) tls: Option<Tls>,
    /// Server token and seed.
    pub(super) token: Option<ServerToken>,
    /// Action policies by file name.
    pub(super) action_policies: BTreeMap<String, String>,
    /// Open Policy Agent policies by file name.
    pub(super) opa_policies: BTreeMap<String, String>,
}

impl Plan {
    /// Judges the inputs of a request.
    ///
    /// # Errors
    ///
    /// [`ConfigureError`] with the first reason to refuse them.
    pub(super) async fn make(
        site: &Site,
        request: &Request,
        inputs: &Configure,
    ) -> Result<Self, ConfigureError> {
        let policy = local_policy::read(&site.config_dir()).map_err(ConfigureError::Policy)?;
        sizes(&policy, inputs)?;
        if inputs.config.expose().is_empty() {
            return Err(ConfigureError::Nothing);
        }
        if !inputs.key.expose().is_empty() && inputs.ecdh_public.is_empty() {
            return Err(ConfigureError::NoEcdh);
        }
        let mut settings = settings(&inputs.config)?;
        allowed(&policy, &settings, &site.config_dir())?;
        let situation = Situation::read(site).map_err(ConfigureError::Unreadable)?;
        settings
            .entry("identity".to_owned())
            .or_insert_with(|| site.node.identity.to_string());
        for (key, value) in situation.local_settings() {
            settings.entry(key).or_insert(value);
        }
        let text = render(&settings, &header(site, request)).map_err(ConfigureError::Render)?;
        let resolved = situation.with(site, &text)?;
        let tls = tls::judge(site, &policy, inputs).await?;
        bootable::check(site, &resolved, tls.as_ref())
            .map_err(|why| ConfigureError::NotStartable { why })?;
        Ok(Self {
            lines: settings.len().saturating_add(1),
            config: Secret::new(text),
            tls,
            token: token_file::judge(site, inputs).map_err(ConfigureError::Token)?,
            action_policies: policy_files::judge_action_policies(
                &inputs.action_policies,
                &policy.limits,
            )
            .map_err(|why| ConfigureError::ActionPolicy { why })?,
            opa_policies: policy_files::judge(&inputs.opa_policies, ".rego", &policy.limits)
                .map_err(|why| ConfigureError::OpaPolicy { why })?,
        })
    }
}

fn settings(config: &Secret<String>) -> Result<BTreeMap<String, String>, ConfigureError> {
    let settings: BTreeMap<String, String> =
        serde_json::from_str(config.expose()).map_err(|err| {
            // a complaint about a value shows the value, one about the grammar does not
            ConfigureError::NotSettings {
                complaint: if err.is_data() {
                    format!(
                        "it must be an object whose values are texts, line {} column {}",
                        err.line(),
                        err.column()
                    )
                } else {
                    err.to_string()
                },
            }
        })?;
    if settings.is_empty() {
        return Err(ConfigureError::Render(RenderError::Empty));
    }
    Ok(settings)
}

fn sizes(policy: &Policy, inputs: &Configure) -> Result<(), ConfigureError> {
    let limits = &policy.limits;
    let measured = [
        ("config", inputs.config.expose().len(), limits.config.get()),
        (
            "certificate",
            inputs.certificate.len(),
            limits.certificate.get(),
        ),
        ("ca", inputs.ca.len(), limits.ca.get()),
        ("key", inputs.key.expose().len(), limits.key.get()),
        (
            "server_jwt",
            inputs.server_jwt.expose().len(),
            limits.server_jwt.get(),
        ),
        ("ssldir", inputs.ssldir.len(), LONGEST_PATH),
        ("ecdh_public", inputs.ecdh_public.len(), LONGEST_ECDH),
    ];
    match measured.into_iter().find(|(_, size, limit)| size > limit) {
        Some((input, _, limit)) => Err(ConfigureError::TooLarge { input, limit }),
        None => Ok(()),
    }
}

fn allowed(
    policy: &Policy,
    settings: &BTreeMap<String, String>,
    directory: &Path,
) -> Result<(), ConfigureError> {
    for (key, value) in settings {
        if let Verdict::Refused(refusal) = policy.judge_setting(key, value, directory) {
            return Err(ConfigureError::Refused(refusal));
        }
    }
    Ok(())
}

/// The first line of a file that a request has written (spec 04 §6.3).
pub(super) fn header(site: &Site, request: &Request) -> String {
    let time = time::OffsetDateTime::from_unix_timestamp(site.clock.now())
        .unwrap_or(time::OffsetDateTime::UNIX_EPOCH);
    let time = time
        .format(&time::format_description::well_known::Rfc3339)
        .unwrap_or_default();
    format!(
        "configuration file written in request {} from {} ({}) at {time}",
        request.id, request.caller, request.sender
    )
}

/// The published limit of `ssldir`.
const LONGEST_PATH: usize = 500;
/// 32 bytes as hex.
const LONGEST_ECDH: usize = 64;
