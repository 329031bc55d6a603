//! What an agent's package has.

use crate::model::Role;

use super::error::ProductError;
use super::names::ROOT;
use super::stage::Stage;
use super::templates;

/// Fills the tree. `<etcdir>/ssl` and `<etcdir>/policies` are where the program puts what a provisioner sends.
///
/// `policy.toml` is an example among the documents and is never made: without it the defaults hold, and a file that says
/// nothing would only be in the way of whoever manages it.
pub(super) fn fill(stage: &mut Stage<'_>) -> Result<(), ProductError> {
    stage.common(templates::AGENT_UNIT, templates::AGENT_TMPFILES)?;
    let names = stage.names;
    let below = |folder: &str| format!("{}/{folder}", names.etcdir);
    stage.own_folder(&names.etcdir, 0o750, ROOT, &names.group)?;
    stage.own_folder(&below("plugin.d"), 0o750, ROOT, &names.group)?;
    stage.own_folder(&below("policies"), 0o700, ROOT, ROOT)?;
    stage.own_folder(&below("ssl"), 0o700, ROOT, ROOT)?;
    stage.own_folder(&names.statedir, 0o700, ROOT, ROOT)?;
    stage.own_folder(&names.logdir, 0o750, ROOT, ROOT)?;
    stage.confidential(&below("plugin.d/muster.cfg"), templates::AGENT_MUSTER_CFG)?;
    stage.confidential(&below("plugin.d/choria.cfg"), templates::AGENT_CHORIA_CFG)?;
    stage.made("server.conf", templates::AGENT_SERVER_CONF)?;
    if names.group != ROOT {
        stage.text(&names.sysusers, templates::AGENT_SYSUSERS, Role::Program)?;
    }
    stage.text(
        &names.logrotate,
        templates::AGENT_LOGROTATE,
        Role::Configuration,
    )?;
    let examples = format!("{}/examples", names.doc);
    stage.folder(&examples)?;
    let policy = format!("{examples}/policy.toml");
    stage.text(&policy, templates::AGENT_POLICY, Role::Documentation)?;
    let readme = format!("{}/README", names.doc);
    stage.text(&readme, templates::AGENT_README, Role::Documentation)
}
