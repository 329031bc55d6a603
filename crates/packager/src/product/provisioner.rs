//! What a provisioner's package has.

use crate::model::Role;

use super::error::ProductError;
use super::names::ROOT;
use super::stage::Stage;
use super::templates;

/// Fills the tree. The template of nodes' configurations is an example and is never made: one with the brokers of nobody
/// would be handed out to nodes. The log is the journal's.
pub(super) fn fill(stage: &mut Stage<'_>) -> Result<(), ProductError> {
    stage.common(templates::PROVISIONER_UNIT, templates::PROVISIONER_TMPFILES)?;
    let names = stage.names;
    stage.own_folder(&names.etcdir, 0o750, ROOT, &names.group)?;
    stage.own_folder(&names.statedir, 0o700, &names.account, &names.group)?;
    stage.made("provisioner.yaml", templates::PROVISIONER_YAML)?;
    stage.made("client.conf", templates::PROVISIONER_CLIENT_CONF)?;
    stage.text(
        &names.sysusers,
        templates::PROVISIONER_SYSUSERS,
        Role::Program,
    )?;
    for (folder, files) in EXAMPLES {
        stage.folder(&format!("{}/{folder}", names.doc))?;
        for (file, text) in *files {
            stage.document(&format!("{folder}/{file}"), text.as_bytes().to_vec())?;
        }
    }
    let readme = format!("{}/README", names.doc);
    stage.text(&readme, templates::PROVISIONER_README, Role::Documentation)
}

/// A folder of the documentation, and its files.
type Folder = (&'static str, &'static [(&'static str, &'static str)]);

/// Documents that are shipped as they are.
const EXAMPLES: &[Folder] = &[
    (
        "examples",
        &[
            (
                "template.toml",
                include_str!("../../../../examples/provisioner/template.toml"),
            ),
            (
                "provisioner.yaml",
                include_str!("../../../../examples/provisioner/provisioner.yaml"),
            ),
        ],
    ),
    (
        "examples/helpers",
        &[
            (
                "README.md",
                include_str!("../../../../examples/helpers/README.md"),
            ),
            (
                "cfssl.py",
                include_str!("../../../../examples/helpers/cfssl.py"),
            ),
            (
                "configuration.json",
                include_str!("../../../../examples/helpers/configuration.json"),
            ),
            (
                "helper.py",
                include_str!("../../../../examples/helpers/helper.py"),
            ),
            (
                "openssl.sh",
                include_str!("../../../../examples/helpers/openssl.sh"),
            ),
        ],
    ),
    (
        "helper",
        &[
            (
                "input.schema.json",
                include_str!("../../../../docs/helper/input.schema.json"),
            ),
            (
                "output.schema.json",
                include_str!("../../../../docs/helper/output.schema.json"),
            ),
        ],
    ),
];
