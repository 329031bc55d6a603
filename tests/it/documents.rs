//! Documents that are generated from tables in the code. `MUSTER_BLESS=1 cargo test --test it documents` writes them
//! anew.

mod manual;
mod operations;
mod pages;

use std::collections::BTreeSet;
use std::fs;
use std::fs::File;
use std::io;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use muster::config::policy;
use muster::config::reference_markdown;
use muster::server::metrics;

fn compare(name: &str, generated: &str) -> io::Result<()> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("docs")
        .join(name);
    if std::env::var_os("MUSTER_BLESS").is_some() {
        File::create(&path)?.write_all(generated.as_bytes())?;
    }
    let written = fs::read_to_string(&path)?;
    assert!(
        written == generated,
        "docs/{name} is not current, see tests/it/documents.rs"
    );
    Ok(())
}

#[test]
fn the_configuration_reference_is_current() -> io::Result<()> {
    compare("configuration.md", &reference_markdown())
}

#[test]
fn the_metrics_reference_is_current() -> io::Result<()> {
    compare("metrics.md", &metrics::reference_markdown())
}

#[test]
fn the_policy_schema_is_current() -> io::Result<()> {
    let schema = serde_json::to_string_pretty(&policy::schema())?;
    compare("policy.schema.json", &format!("{schema}\n"))
}

#[test]
fn the_manual_pages_are_current() -> io::Result<()> {
    if !cfg!(feature = "client") {
        return Ok(()); // they are those of the whole program
    }
    let pages = manual::pages()?;
    for (name, page) in &pages {
        compare(&format!("man/{name}"), page)?;
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/man");
    let there = fs::read_dir(folder)?
        .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
        .collect::<io::Result<BTreeSet<_>>>()?;
    let is_ours = |name: &&String| !name.starts_with("muster-provisioner");
    let there: BTreeSet<String> = there.iter().filter(is_ours).cloned().collect();
    let wanted: BTreeSet<String> = pages.into_iter().map(|(name, _)| name).collect();
    assert_eq!(there, wanted, "pages of commands that do not exist");
    Ok(())
}

#[test]
fn the_manual_pages_are_what_a_formatter_expects() -> io::Result<()> {
    for (name, page) in manual::pages()? {
        for section in [".TH ", ".SH NAME", ".SH SYNOPSIS", ".SH DESCRIPTION"] {
            assert!(page.contains(section), "{name}: no {section}");
        }
        let folder = tempfile::tempdir()?;
        let path = folder.path().join(&name);
        File::create(&path)?.write_all(page.as_bytes())?;
        // not every machine has a formatter
        let formatter = Command::new("groff")
            .args(["-man", "-Tutf8", "-ww", "-z"])
            .arg(&path)
            .output();
        if let Ok(output) = formatter {
            let complaints = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{name}: {complaints}");
            assert_eq!(complaints, "", "{name}");
        }
    }
    Ok(())
}
