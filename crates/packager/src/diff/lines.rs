//! Two texts as one unified difference.

use std::fmt::Write as _;

/// The difference of two texts in the usual form, three lines of context around each change; empty when there is none.
pub(super) fn unified(left: &str, right: &str) -> String {
    // Not `lines`, for which a carriage return is no difference.
    let left: Vec<&str> = left.split_terminator('\n').collect();
    let right: Vec<&str> = right.split_terminator('\n').collect();
    let steps = steps(&left, &right);
    let mut text = String::new();
    for hunk in hunks(&steps) {
        write_hunk(&mut text, hunk);
    }
    text
}

/// One line of a difference with the lines of both texts that are before it.
#[derive(Debug, Clone, Copy)]
struct Step<'a> {
    side: Side,
    line: &'a str,
    left: usize,
    right: usize,
}

/// Where a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Both,
    Left,
    Right,
}

/// The way from one text to the other. What both begin and end with is taken off first; what remains is compared by the
/// longest common sequence, unless it is so long that the table would be too large: then it is all changed.
fn steps<'a>(left: &[&'a str], right: &[&'a str]) -> Vec<Step<'a>> {
    let same = |pairs: &mut dyn Iterator<Item = (&&str, &&str)>| -> usize {
        pairs.take_while(|(one, other)| one == other).count()
    };
    let head = same(&mut left.iter().zip(right));
    let (start, left) = left.split_at(head);
    let (_, right) = right.split_at(head);
    let tail = same(&mut left.iter().rev().zip(right.iter().rev()));
    let (left, end) = left.split_at(left.len() - tail);
    let (right, _) = right.split_at(right.len() - tail);
    let mut way = Way::default();
    way.extend(Side::Both, start);
    if left.len().saturating_mul(right.len()) > TABLE {
        way.extend(Side::Left, left);
        way.extend(Side::Right, right);
    } else {
        way.walk(left, right);
    }
    way.extend(Side::Both, end);
    way.steps
}

/// A way that grows.
#[derive(Debug, Default)]
struct Way<'a> {
    steps: Vec<Step<'a>>,
    left: usize,
    right: usize,
}

impl<'a> Way<'a> {
    fn push(&mut self, side: Side, line: &'a str) {
        self.steps.push(Step {
            side,
            line,
            left: self.left,
            right: self.right,
        });
        self.left += usize::from(side != Side::Right);
        self.right += usize::from(side != Side::Left);
    }

    fn extend(&mut self, side: Side, lines: &[&'a str]) {
        for line in lines {
            self.push(side, line);
        }
    }

    fn walk(&mut self, mut left: &[&'a str], mut right: &[&'a str]) {
        let common = common(left, right);
        let at = |left: &[&str], right: &[&str]| {
            let row = common.get(left.len());
            row.and_then(|row| row.get(right.len())).copied()
        };
        while let (Some((one, left_rest)), Some((other, right_rest))) =
            (left.split_first(), right.split_first())
        {
            if one == other {
                self.push(Side::Both, one);
                (left, right) = (left_rest, right_rest);
            } else if at(left_rest, right) >= at(left, right_rest) {
                self.push(Side::Left, one);
                left = left_rest;
            } else {
                self.push(Side::Right, other);
                right = right_rest;
            }
        }
        self.extend(Side::Left, left);
        self.extend(Side::Right, right);
    }
}

/// How many lines the last so many of one text and the last so many of the other have in common, in order.
fn common(left: &[&str], right: &[&str]) -> Vec<Vec<u32>> {
    let mut table = vec![vec![0; right.len() + 1]];
    for one in left.iter().rev() {
        let mut row = vec![0];
        let above = table.last().map(Vec::as_slice).unwrap_or_default();
        for (other, pair) in right.iter().rev().zip(above.windows(2)) {
            let &[diagonal, up] = pair else { continue };
            let beside = row.last().copied().unwrap_or_default();
            row.push(if one == other {
                diagonal + 1
            } else {
                up.max(beside)
            });
        }
        table.push(row);
    }
    table
}

/// Changes with their context; those that are close together are one.
fn hunks<'s, 'a>(steps: &'s [Step<'a>]) -> Vec<&'s [Step<'a>]> {
    let mut ranges: Vec<(usize, usize)> = Vec::new();
    for (index, _) in steps
        .iter()
        .enumerate()
        .filter(|(_, step)| step.side != Side::Both)
    {
        let (start, end) = (index.saturating_sub(CONTEXT), index + CONTEXT + 1);
        match ranges.last_mut() {
            Some((_, last)) if start <= *last => *last = end,
            Some(_) | None => ranges.push((start, end)),
        }
    }
    ranges
        .into_iter()
        .filter_map(|(start, end)| steps.get(start..end.min(steps.len())))
        .collect()
}

fn write_hunk(text: &mut String, hunk: &[Step<'_>]) {
    let Some(first) = hunk.first() else { return };
    let count = |without: Side| hunk.iter().filter(|step| step.side != without).count();
    let span = |before: usize, count: usize| match count {
        // The usual form names the line before an empty place.
        0 => format!("{before},0"),
        count => format!("{},{count}", before + 1),
    };
    let left = span(first.left, count(Side::Right));
    let right = span(first.right, count(Side::Left));
    // Writing into a string cannot fail.
    _ = writeln!(text, "@@ -{left} +{right} @@");
    for step in hunk {
        let mark = match step.side {
            Side::Both => ' ',
            Side::Left => '-',
            Side::Right => '+',
        };
        _ = writeln!(text, "{mark}{}", step.line);
    }
}

/// Unchanged lines around a change.
const CONTEXT: usize = 3;

/// The most cells of the table: 16 MiB.
const TABLE: usize = 4 << 20;

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::process::Command;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn changes_have_their_context() {
        let left = "1\n2\n3\n4\n5\n6\n7\n8\n9\n";
        let right = "1\n2\n3\n4\nfive\n6\n7\n8\n9\n";
        assert_eq!(
            unified(left, right),
            "@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n"
        );
    }

    #[test]
    fn changes_far_apart_are_two() {
        let left: String = (1..=20).map(|n| format!("{n}\n")).collect();
        let right = left.replace("\n2\n", "\n").replace("\n19\n", "\n");
        let text = unified(&left, &right);
        assert_eq!(
            text.lines().filter(|line| line.starts_with("@@")).count(),
            2,
            "{text}"
        );
    }

    #[test]
    fn what_is_too_long_to_compare_is_all_changed() {
        let text = |letter: char| {
            (0..3000)
                .map(|n| format!("{letter}{n}\n"))
                .collect::<String>()
        };
        assert_eq!(unified(&text('a'), &text('b')).lines().count(), 6001);
    }

    /// What `patch` makes of the left text.
    fn patched(left: &str, difference: &str) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::File::create(&path)
                .and_then(|mut file| file.write_all(text.as_bytes()))
                .unwrap();
            path
        };
        let difference = format!("--- a\n+++ b\n{difference}");
        let output = Command::new("patch")
            .args(["--quiet", "--force", "--output=-"])
            .arg(path("a", left))
            .arg(path("difference", &difference))
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{difference}{}",
            String::from_utf8_lossy(&output.stdout)
        );
        String::from_utf8(output.stdout).unwrap()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn patch_makes_the_right_from_the_left(
            left in proptest::collection::vec("[ab]", 0..24),
            right in proptest::collection::vec("[ab]", 0..24),
        ) {
            let text = |lines: &[String]| lines.iter().map(|line| format!("{line}\n")).collect::<String>();
            let (left, right) = (text(&left), text(&right));
            let difference = unified(&left, &right);
            prop_assert_eq!(difference.is_empty(), left == right);
            if left != right {
                prop_assert_eq!(patched(&left, &difference), right);
            }
        }
    }
}
