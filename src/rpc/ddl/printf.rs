//! The little of `printf` that descriptions use to format what they condense: `%s`, `%-10s`, `%5d`, `%.2f`, `%%`.

/// What stands in for a placeholder.
#[derive(Debug, Clone, Copy)]
pub(super) enum Argument<'a> {
    Text(&'a str),
    Whole(u64),
    Decimal(f64),
}

/// Fills in the placeholders in turn. What is no placeholder, or has no argument, stays as it is: a description with a
/// mistake still shows its values somehow.
pub(super) fn printf(format: &str, arguments: &[Argument<'_>]) -> String {
    let mut arguments = arguments.iter();
    let mut out = String::new();
    let mut rest = format;
    while let Some((before, after)) = rest.split_once('%') {
        out.push_str(before);
        let (placeholder, after) = Placeholder::read(after);
        match placeholder.verb {
            Some('%') => out.push('%'),
            Some('s' | 'v' | 'd' | 'i' | 'f' | 'g') => match arguments.next() {
                Some(argument) => out.push_str(&placeholder.fill(*argument)),
                None => out.push('%'),
            },
            Some(_) | None => out.push('%'),
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

#[derive(Debug, Default)]
struct Placeholder {
    left: bool,
    zeros: bool,
    width: usize,
    precision: Option<usize>,
    verb: Option<char>,
}

impl Placeholder {
    /// Reads what follows a percent sign, and returns what follows the placeholder.
    fn read(text: &str) -> (Self, &str) {
        let mut placeholder = Self::default();
        let mut rest = text;
        while let Some(flag) = rest.chars().next().filter(|c| "-0+# ".contains(*c)) {
            placeholder.left |= flag == '-';
            placeholder.zeros |= flag == '0';
            rest = rest.get(1..).unwrap_or_default();
        }
        (placeholder.width, rest) = number(rest);
        if let Some(after) = rest.strip_prefix('.') {
            let (digits, after) = number(after);
            placeholder.precision = Some(digits);
            rest = after;
        }
        let mut rest = rest.chars();
        placeholder.verb = rest.next();
        (placeholder, rest.as_str())
    }

    fn fill(&self, argument: Argument<'_>) -> String {
        let text = match (argument, self.verb) {
            (Argument::Text(text), Some('f')) => text.to_owned(),
            (Argument::Text(text), _) => match self.precision {
                Some(most) => text.chars().take(most).collect(),
                None => text.to_owned(),
            },
            (Argument::Whole(number), Some('f')) => {
                format!("{number}.{:0<1$}", "", self.precision.unwrap_or(6))
            }
            (Argument::Whole(number), _) => number.to_string(),
            (Argument::Decimal(number), Some('d' | 'i')) => format!("{number:.0}"),
            (Argument::Decimal(number), Some('f')) => {
                format!("{number:.*}", self.precision.unwrap_or(6))
            }
            (Argument::Decimal(number), _) => number.to_string(),
        };
        let width = self.width;
        match argument {
            Argument::Whole(_) | Argument::Decimal(_) if self.zeros && !self.left => {
                format!("{text:0>width$}")
            }
            Argument::Text(_) | Argument::Whole(_) | Argument::Decimal(_) if self.left => {
                format!("{text:<width$}")
            }
            Argument::Text(_) | Argument::Whole(_) | Argument::Decimal(_) => {
                format!("{text:>width$}")
            }
        }
    }
}

/// A number, at most [`WIDEST`], and what follows it.
fn number(text: &str) -> (usize, &str) {
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    let number = match digits {
        "" => 0,
        digits => digits.parse().unwrap_or(WIDEST),
    };
    (number.min(WIDEST), rest)
}

/// A description is a file like any other: it cannot make us write megabytes of spaces.
const WIDEST: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_filled_as_in_other_languages() {
        let arguments = [Argument::Text("dc1"), Argument::Whole(7)];
        for (format, filled) in [
            ("%s: %d", "dc1: 7"),
            ("%5s|%-4d|", "  dc1|7   |"),
            ("%-5s|%03d", "dc1  |007"),
            ("%.2s %5.1f %%", "dc   7.0 %"),
            ("%v=%v", "dc1=7"),
            ("%s %d %s", "dc1 7 %"),
            ("100%", "100%"),
            ("%q", "%"),
            ("é %s", "é dc1"),
        ] {
            assert_eq!(printf(format, &arguments), filled, "{format}");
        }
        assert_eq!(printf("%.1f", &[Argument::Decimal(2.25)]), "2.2");
        assert_eq!(printf("%d", &[Argument::Decimal(2.5)]), "2");
    }

    #[test]
    fn a_description_cannot_ask_for_megabytes() {
        let wide = printf("%99999999999999999999s", &[Argument::Text("x")]);
        assert_eq!(wide.len(), WIDEST);
    }
}
