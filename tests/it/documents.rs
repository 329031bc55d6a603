//! Documents that are generated from tables in the code. `MUSTER_BLESS=1 cargo test --test it documents` writes them
//! anew.

mod manual;
mod operations;
mod pages;

use std::fs;
use std::fs::File;
use std::io;
use std::io::Write as _;
use std::path::Path;

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
    let others = ["muster-provisioner", "muster-packager"];
    pages::compare(&manual::pages()?, |name| {
        !others.iter().any(|other| name.starts_with(other))
    })
}

#[test]
fn the_manual_pages_are_what_a_formatter_expects() -> io::Result<()> {
    pages::judge(&manual::pages()?)
}
