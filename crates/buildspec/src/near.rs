//! "Did you mean": the known name that is nearest to an unknown one.

use std::fmt;

/// What may have been meant, as the end of an error text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hint {
    /// One name is so near that it was probably meant.
    DidYouMean(String),
    /// None is near; these are known.
    Known(Vec<String>),
}

impl Hint {
    /// Looks for `name` among `known`. The last part of a dotted name counts too, because buildspecs of the reference
    /// may spell a flag by the full name of the variable that its linker sets.
    pub(crate) fn new<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Self {
        let known: Vec<&str> = known.into_iter().collect();
        let wanted = name.rsplit('.').next().unwrap_or(name).to_lowercase();
        let limit = (wanted.chars().count() / 3).max(1);
        let best = known
            .iter()
            .map(|candidate| (distance(&wanted, &candidate.to_lowercase()), *candidate))
            .filter(|(steps, _)| *steps <= limit)
            .min();
        match best {
            Some((_, candidate)) => Self::DidYouMean(candidate.to_owned()),
            None => Self::Known(known.into_iter().map(str::to_owned).collect()),
        }
    }
}

impl fmt::Display for Hint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DidYouMean(name) => write!(f, ", did you mean `{name}`?"),
            Self::Known(names) if names.is_empty() => Ok(()),
            Self::Known(names) => write!(f, ", known: {}", names.join(", ")),
        }
    }
}

/// Steps of insertion, deletion and replacement between two texts.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (index, from) in left.chars().enumerate() {
        let mut before = index + 1;
        let mut next = vec![before];
        for (to, pair) in right.iter().zip(row.windows(2)) {
            let (diagonal, above) = match pair {
                [diagonal, above] => (*diagonal, *above),
                _ => (usize::MAX - 1, usize::MAX - 1),
            };
            before = (diagonal + usize::from(from != *to))
                .min(above + 1)
                .min(before + 1);
            next.push(before);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_count_single_characters() {
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("abc", "abc"), 0);
    }

    #[test]
    fn a_misspelt_name_gets_its_neighbour() {
        let hint = Hint::new("ProvisionSecur", ["ProvisionFacts", "ProvisionSecure"]);
        assert_eq!(hint, Hint::DidYouMean("ProvisionSecure".into()));
    }

    #[test]
    fn the_variable_of_the_reference_leads_to_the_flag() {
        let hint = Hint::new(
            "example.net/build.ProvisionStatusFile",
            ["ProvisionStatusFile", "TLS"],
        );
        assert_eq!(hint, Hint::DidYouMean("ProvisionStatusFile".into()));
    }

    #[test]
    fn without_a_neighbour_all_are_listed() {
        assert_eq!(
            Hint::new("zebra", ["acme", "foss"]),
            Hint::Known(vec!["acme".into(), "foss".into()])
        );
    }
}
