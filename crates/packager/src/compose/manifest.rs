//! `Cargo.toml` of the generated crate.

use buildspec::CrateSource;

use super::Ingredient;
use super::NAME;
use super::Sources;
use super::Tree;
use super::tree::LINK;

pub(super) fn text(sources: &Sources, ingredients: &[Ingredient], tree: &Tree) -> String {
    let Sources {
        version,
        rust_version,
        edition,
        profiles,
        ..
    } = sources;
    let (version, rust_version) = (quoted(version), quoted(rust_version));
    let (edition, muster) = (quoted(edition), quoted(tree.muster()));
    let exact = quoted(&format!("={}", sources.version));
    let mut text = format!(
        "# Made from agents.yaml, and made anew with every build: changes are lost.\n\
         [workspace]\nexclude = [{}]\n\n\
         [package]\nname = {}\nversion = {version}\nedition = {edition}\nrust-version = {rust_version}\npublish = false\n\n\
         [dependencies]\nmuster = {{ path = {muster}, version = {exact} }}\n",
        quoted(LINK),
        quoted(NAME),
    );
    for ingredient in ingredients {
        text.push_str(&dependency(ingredient, tree));
    }
    if tree.registry_muster {
        text.push_str(&format!(
            "\n# there is one muster in a program, this one\n[patch.crates-io]\nmuster = {{ path = {muster} }}\n"
        ));
    }
    text.push('\n');
    text.push_str(profiles);
    text
}

fn dependency(ingredient: &Ingredient, tree: &Tree) -> String {
    let package = quoted(&ingredient.krate);
    let whence = match &ingredient.source {
        CrateSource::Path(path) => {
            format!("path = {}", quoted(tree.home(ingredient).unwrap_or(path)))
        }
        CrateSource::Git { url, rev } => {
            format!("git = {}, rev = {}", quoted(url), quoted(rev))
        }
        CrateSource::Registry { version } => format!("version = {}", quoted(version)),
    };
    format!("{} = {{ package = {package}, {whence} }}\n", ingredient.key)
}

/// A basic string of TOML.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c.is_control() => quoted.push_str(&format!("\\U{:08X}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}
