//! Reads the paragraph of a `control` file.

use std::collections::BTreeMap;

use super::DebError;

/// The fields of a package as its `control` has them, in their order. Lines after the first keep the blank that they begin
/// with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Paragraph {
    fields: Vec<(String, String)>,
}

impl Paragraph {
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, DebError> {
        let text = std::str::from_utf8(bytes).map_err(|err| DebError::Control {
            line: line_of(bytes, err.valid_up_to()),
        })?;
        let mut fields: Vec<(String, String)> = Vec::new();
        for (index, line) in text.trim_end().lines().enumerate() {
            let damaged = || DebError::Control { line: index + 1 };
            let is_empty = line.trim().is_empty();
            if line.starts_with([' ', '\t']) && !is_empty {
                let (_, value) = fields.last_mut().ok_or_else(damaged)?;
                value.push('\n');
                value.push_str(line);
                continue;
            }
            let (name, value) = line.split_once(':').ok_or_else(damaged)?;
            let is_name = !name.is_empty()
                && name.bytes().all(|b| b.is_ascii_graphic())
                && !name.starts_with(['#', '-']);
            let is_known = fields
                .iter()
                .any(|(known, _)| known.eq_ignore_ascii_case(name));
            if !is_name || is_known {
                return Err(damaged());
            }
            fields.push((name.to_owned(), value.trim().to_owned()));
        }
        if fields.is_empty() {
            return Err(DebError::Control { line: 1 });
        }
        Ok(Self { fields })
    }

    /// The fields in their order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.fields
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The value of a field.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        self.iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }

    /// The fields for a reader: lists one entry a line, texts without what folds them.
    pub(super) fn readable(&self) -> BTreeMap<String, String> {
        self.iter()
            .map(|(name, value)| {
                let value = if RELATIONS.contains(&name) {
                    let entries: Vec<&str> = value.split(',').map(str::trim).collect();
                    entries.join("\n")
                } else {
                    unfolded(value)
                };
                (name.to_owned(), value)
            })
            .collect()
    }
}

fn unfolded(value: &str) -> String {
    let lines: Vec<&str> = value
        .lines()
        .map(|line| match line.strip_prefix(' ').unwrap_or(line) {
            "." => "",
            text => text,
        })
        .collect();
    lines.join("\n")
}

fn line_of(bytes: &[u8], offset: usize) -> usize {
    let before = bytes.get(..offset).unwrap_or_default();
    before.iter().filter(|byte| **byte == b'\n').count() + 1
}

/// The fields that list packages.
const RELATIONS: [&str; 9] = [
    "Breaks",
    "Conflicts",
    "Depends",
    "Enhances",
    "Pre-Depends",
    "Provides",
    "Recommends",
    "Replaces",
    "Suggests",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn refused_at(text: &[u8]) -> usize {
        match Paragraph::parse(text).unwrap_err() {
            DebError::Control { line } => line,
            other => panic!("{other}"),
        }
    }

    #[test]
    fn what_is_no_paragraph_is_refused_with_its_line() {
        assert_eq!(refused_at(b""), 1);
        assert_eq!(refused_at(b" begins folded"), 1);
        assert_eq!(refused_at(b"Package: x\nno colon"), 2);
        assert_eq!(refused_at(b"Package: x\n\nVersion: 1"), 2);
        assert_eq!(refused_at(b"Package: x\nVersion: 1\npackage: y"), 3);
        assert_eq!(refused_at(b"Package: x\nVersion: \xff"), 2);
    }

    #[test]
    fn lists_are_read_one_entry_a_line_and_texts_unfolded() {
        let text = b"Depends: a, b (>= 1)\nDescription: short\n one\n .\n  two\n";
        let fields = Paragraph::parse(text).unwrap().readable();
        assert_eq!(fields["Depends"], "a\nb (>= 1)");
        assert_eq!(fields["Description"], "short\none\n\n two");
    }
}
