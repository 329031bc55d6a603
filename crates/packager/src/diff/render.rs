//! What packages differ in, for people. Pure.

use std::fmt;
use std::fmt::Write as _;

use crate::model::Packed;

use super::compare::Aspect;
use super::compare::Difference;
use super::compare::Presence;

/// One paragraph for each difference: `-` is the left package, `+` the right one, `~` something that both have.
#[must_use]
pub fn render(differences: &[Difference]) -> String {
    if differences.is_empty() {
        return "no differences\n".to_owned();
    }
    let mut text = String::new();
    for difference in differences {
        // Writing into a string cannot fail.
        _ = write_one(&mut text, difference);
    }
    text
}

fn write_one(text: &mut String, difference: &Difference) -> fmt::Result {
    match difference {
        Difference::Field { name, left, right } => {
            let mark = mark(presence(left.as_ref(), right.as_ref()));
            writeln!(text, "{mark} field {}", Plain(name))?;
            write_values(text, '-', left.as_deref())?;
            write_values(text, '+', right.as_deref())
        }
        Difference::Script {
            name,
            presence,
            lines,
        } => {
            writeln!(text, "{} script {}", mark(*presence), Plain(name))?;
            lines
                .lines()
                .try_for_each(|line| writeln!(text, "    {}", Plain(line)))
        }
        Difference::Path {
            path,
            presence,
            packed,
        } => writeln!(
            text,
            "{} {}: {}",
            mark(*presence),
            Plain(path),
            Short(packed)
        ),
        Difference::Changed { path, changes } => {
            writeln!(text, "~ {}", Plain(path))?;
            changes.iter().try_for_each(|change| {
                let (left, right) = (Value(&change.left), Value(&change.right));
                writeln!(text, "    {}: {left} -> {right}", aspect(change.aspect))
            })
        }
    }
}

fn write_values(text: &mut String, mark: char, value: Option<&str>) -> fmt::Result {
    let mut lines = value.into_iter().flat_map(str::lines);
    lines.try_for_each(|line| writeln!(text, "    {mark}{}", Plain(line)))
}

fn presence<T>(left: Option<T>, right: Option<T>) -> Presence {
    match (left, right) {
        (Some(_), None) => Presence::OnlyLeft,
        (None, Some(_)) => Presence::OnlyRight,
        (Some(_), Some(_)) | (None, None) => Presence::Both,
    }
}

const fn mark(presence: Presence) -> char {
    match presence {
        Presence::OnlyLeft => '-',
        Presence::OnlyRight => '+',
        Presence::Both => '~',
    }
}

const fn aspect(aspect: Aspect) -> &'static str {
    match aspect {
        Aspect::Kind => "kind",
        Aspect::Mode => "mode",
        Aspect::Owner => "owner",
        Aspect::Size => "size",
        Aspect::Digest => "sha256",
        Aspect::Marks => "marks",
        Aspect::Time => "time",
    }
}

/// A text of a package, which may be anybody's: what would move the cursor is shown and not done.
struct Plain<'a>(&'a str);

impl fmt::Display for Plain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|c| match c {
            '\t' => f.write_char(c),
            c if c.is_control() => write!(f, "{}", c.escape_default()),
            c => f.write_char(c),
        })
    }
}

/// A property that may be empty.
struct Value<'a>(&'a str);

impl fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            "" => f.write_str("none"),
            text => Plain(text).fmt(f),
        }
    }
}

/// What a path is, on one line.
struct Short<'a>(&'a Packed);

impl fmt::Display for Short<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Packed {
            kind,
            mode,
            owner,
            group,
            size,
            ..
        } = self.0;
        let (owner, group) = (Plain(owner), Plain(group));
        write!(f, "{} {mode:04o} {owner}:{group} {size} bytes", Plain(kind))
    }
}
