//! Patterns over keys: `*` stands for any run of characters, everything else for itself.

/// Whether the whole text fits the pattern; linear in practice, quadratic at worst.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    let mut pieces = pattern.split('*');
    let Some(first) = pieces.next() else {
        return false;
    };
    let Some(mut rest) = text.strip_prefix(first) else {
        return false;
    };
    let Some(last) = pieces.next_back() else {
        return rest.is_empty();
    };
    // The leftmost fit of each inner piece leaves the most for those after it.
    for piece in pieces {
        let Some((_, after)) = rest.split_once(piece) else {
            return false;
        };
        rest = after;
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_run() {
        for (pattern, text) in [
            ("*", ""),
            ("*", "a.b"),
            ("a", "a"),
            ("plugin.choria.*", "plugin.choria.machine.store"),
            (
                "plugin.security.issuer.*.public",
                "plugin.security.issuer.choria.public",
            ),
            ("a*b*c", "aXbbYc"),
            ("*.pass", "plugin.nats.pass"),
        ] {
            assert!(matches(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [
            ("", "a"),
            ("a", "ab"),
            ("a*", "ba"),
            ("ab*ba", "aba"),
            ("plugin.choria.*", "plugin.choria"),
            ("a*b*c", "acb"),
        ] {
            assert!(!matches(pattern, text), "{pattern} {text}");
        }
    }
}
