//! The lines that the guide for operators tells to look for are those that the program says.

use std::fs;
use std::io;
use std::path::Path;

/// The text of every production source, each run of white space as one space: texts are wrapped there too.
fn sources(folder: &Path, text: &mut String) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            sources(&path, text)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            text.push_str(&fs::read_to_string(path)?);
        }
    }
    Ok(())
}

/// What a text says in fixed words, five or more in a row: paths, numbers and names end a run, and so do the comma and the
/// colon between a reason and its cause, which are texts of their own.
fn fixed(quoted: &str) -> Vec<String> {
    let word = |word: &&str| {
        word.chars()
            .all(|c| c.is_ascii_lowercase() || "'-".contains(c))
            && !NAMES.contains(word)
    };
    quoted
        .split([',', ':'])
        .flat_map(|part| {
            let words: Vec<&str> = part.split_whitespace().collect();
            words
                .split(|it| !word(it))
                .filter(|run| run.len() >= 5)
                .map(|run| run.join(" "))
                .collect::<Vec<_>>()
        })
        .collect()
}

/// What looks like a word of the text and is a name in it.
const NAMES: [&str; 1] = ["rpcutil"];
/// What `{part}` stands for in a text.
const PARTS: [&str; 3] = ["certificate", "private key", "CA"];

#[test]
fn the_lines_that_operators_look_for_are_those_of_the_program() -> io::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut said = String::new();
    sources(&root.join("src"), &mut said)?;
    let said = said
        .replace("\\n", " ")
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    let guide = fs::read_to_string(root.join("docs/operations.md"))?;
    let guide = guide.split_whitespace().collect::<Vec<_>>().join(" ");
    let runs: Vec<String> = guide
        .split('`')
        .skip(1)
        .step_by(2)
        .flat_map(fixed)
        .collect();
    assert!(runs.len() > 50, "{}", runs.len());
    let said = PARTS.map(|part| said.replace("{part}", part));
    let known = |run: &&String| said.iter().any(|said| said.contains(*run));
    let unknown: Vec<&String> = runs.iter().filter(|run| !known(run)).collect();
    assert!(unknown.is_empty(), "{unknown:#?}");
    Ok(())
}
