//! Texts of peers, made fit for a line of a terminal or a log.

/// At most so many characters of a text are kept and shown.
pub(crate) const LONGEST: usize = 200;

/// One line of at most `limit` characters: what moves the cursor or turns the direction of writing becomes a space.
pub(crate) fn one_line(text: &str, limit: usize) -> String {
    let blank = |c: char| tame(c).is_whitespace();
    let mut chars = text.trim_matches(blank).chars().map(tame);
    let mut line: String = chars.by_ref().take(limit).collect();
    if chars.next().is_some() {
        line.pop();
        line.push('…');
    }
    line
}

/// `before`, `text` and `after` in one line of at most [`LONGEST`] characters; what is too much is taken from `text`.
pub(super) fn framed(before: &str, text: &str, after: &str) -> String {
    let frame = before.chars().count() + after.chars().count();
    let room = LONGEST.saturating_sub(frame);
    one_line(&format!("{before}{}{after}", one_line(text, room)), LONGEST)
}

fn tame(c: char) -> char {
    // line and paragraph separators, marks and overrides of direction, the byte order mark
    let unseen = matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
    if c.is_control() || unseen { ' ' } else { c }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_of_a_peer_cannot_leave_its_line() {
        let hostile = "a\nb\r\x1b[2Jc\u{202e}d\u{2028}e\0";
        assert_eq!(one_line(hostile, LONGEST), "a b  [2Jc d e");
    }

    #[test]
    fn a_long_text_is_cut_at_a_character_and_says_so() {
        let cut = one_line(&"ä".repeat(500), LONGEST);
        assert_eq!(cut.chars().count(), LONGEST);
        assert!(cut.ends_with('…'));
        assert_eq!(one_line("short", 5), "short");
        assert_eq!(one_line("x", 0), "…");
    }

    #[test]
    fn what_follows_a_long_text_is_still_there() {
        let line = framed(
            "the helper says: ",
            &"x".repeat(900),
            "; asked again in 20 s",
        );
        assert_eq!(line.chars().count(), LONGEST);
        assert!(line.ends_with("…; asked again in 20 s"));
    }
}
