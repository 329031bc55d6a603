//! docs/provisioner-configuration.md.

use std::fs;
use std::fs::File;
use std::io;
use std::io::Write as _;
use std::path::Path;

use muster_provisioner::config::reference_markdown;

#[test]
fn the_reference_is_current() -> io::Result<()> {
    let generated = reference_markdown();
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/provisioner-configuration.md");
    if std::env::var_os("MUSTER_BLESS").is_some() {
        File::create(&path)?.write_all(generated.as_bytes())?;
    }
    let written = fs::read_to_string(&path)?;
    assert!(
        written == generated,
        "docs/provisioner-configuration.md is not current, see crates/provisioner/tests/configuration.rs"
    );
    Ok(())
}

#[test]
fn every_row_of_the_reference_has_all_its_columns() {
    for line in reference_markdown().lines() {
        let columns = line.matches('|').count();
        let expected = [0, 3, 5].contains(&columns);
        assert!(expected, "{line}");
    }
}
