//! The file `control` of a DEB, written by the rules of Debian's policy (chapter 5).

use crate::model::Manifest;
use crate::model::Requirement;

use super::DebError;
use super::spelling;

/// The paragraph of a manifest whose files have this size.
pub(super) fn text(manifest: &Manifest, installed: u64) -> Result<String, DebError> {
    let installed = installed.to_string();
    let version = spelling::version(&manifest.version, &manifest.release)?;
    let early = relations(&manifest.requires, |requirement| requirement.early)?;
    let late = relations(&manifest.requires, |requirement| !requirement.early)?;
    let mut text = String::new();
    for (name, value) in [
        ("Package", spelling::package(&manifest.name)?),
        ("Version", &version),
        ("Architecture", manifest.platform.debian()),
        (
            "Maintainer",
            spelling::needed("contact", &manifest.contact)?,
        ),
        ("Installed-Size", &installed),
        ("Pre-Depends", &early),
        ("Depends", &late),
        ("Section", SECTION),
        ("Priority", PRIORITY),
        ("Homepage", spelling::line("url", &manifest.url)?),
    ] {
        if !value.is_empty() {
            push(&mut text, name, value);
        }
    }
    push(
        &mut text,
        "Description",
        spelling::needed("summary", &manifest.summary)?,
    );
    text.push_str(&folded(&manifest.description)?);
    Ok(text)
}

/// The packages that are needed at one moment, each once, in the order of the manifest.
fn relations(
    requires: &[Requirement],
    is_wanted: impl Fn(&Requirement) -> bool,
) -> Result<String, DebError> {
    let mut names: Vec<&str> = Vec::new();
    for requirement in requires.iter().filter(|requirement| is_wanted(requirement)) {
        let name = spelling::relation(&requirement.name)?;
        if !names.contains(&name) {
            names.push(name);
        }
    }
    Ok(names.join(", "))
}

/// The extended description. Lines of text are broken at [`WIDTH`]; one that begins with a blank stays as it is; an empty
/// one is a full stop. A line that begins with a full stop gets a second blank, because policy keeps those for itself.
fn folded(description: &str) -> Result<String, DebError> {
    let mut text = String::new();
    for line in description.trim().lines() {
        let line = line.trim_end();
        spelling::line("description", line)?;
        if line.is_empty() {
            text.push_str(" .\n");
        } else if line.starts_with(' ') {
            push_line(&mut text, line);
        } else if line.starts_with('.') {
            push_line(&mut text, &format!(" {line}"));
        } else {
            for part in wrapped(line) {
                push_line(&mut text, &part);
            }
        }
    }
    Ok(text)
}

/// The words of a line on as many lines as they need.
fn wrapped(line: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in line.split(' ').filter(|word| !word.is_empty()) {
        match lines.last_mut() {
            // A line must not begin with a full stop, so such a word stays where it is.
            Some(last)
                if word.starts_with('.')
                    || last.chars().count() + 1 + word.chars().count() < WIDTH =>
            {
                last.push(' ');
                last.push_str(word);
            }
            Some(_) | None => lines.push(word.to_owned()),
        }
    }
    lines
}

fn push(text: &mut String, name: &str, value: &str) {
    for part in [name, ": ", value, "\n"] {
        text.push_str(part);
    }
}

fn push_line(text: &mut String, line: &str) {
    for part in [" ", line, "\n"] {
        text.push_str(part);
    }
}

/// Where Debian keeps its tools for administrators.
const SECTION: &str = "admin";

const PRIORITY: &str = "optional";

/// Columns of a description, its first blank among them.
const WIDTH: usize = 80;

#[cfg(test)]
mod tests {
    use super::*;

    fn is_folded(text: &str, expected: &str) {
        assert_eq!(folded(text).unwrap(), expected);
    }

    #[test]
    fn an_empty_line_is_a_full_stop() {
        is_folded("One.\n\nTwo.\n", " One.\n .\n Two.\n");
    }

    #[test]
    fn a_line_that_begins_with_a_blank_stays_as_it_is() {
        let long = "word ".repeat(30);
        let long = long.trim_end();
        is_folded(&format!("a\n  {long}"), &format!(" a\n   {long}\n"));
    }

    #[test]
    fn a_line_that_begins_with_a_full_stop_is_no_end_of_a_paragraph() {
        is_folded(".\n.hidden", "  .\n  .hidden\n");
    }

    #[test]
    fn long_lines_are_broken_between_words() {
        let text = folded(&"seven77 ".repeat(25)).unwrap();
        assert_eq!(text.lines().count(), 3);
        assert!(
            text.lines()
                .all(|line| line.len() <= WIDTH && line.starts_with(" s"))
        );
    }

    #[test]
    fn control_characters_are_refused() {
        let refused = folded("one\u{7}two").unwrap_err();
        assert!(matches!(
            refused,
            DebError::Character {
                character: '\u{7}',
                ..
            }
        ));
    }
}
