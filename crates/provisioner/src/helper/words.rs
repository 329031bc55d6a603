//! What other people wrote, made fit for one line of a log.

/// One line of at most `max` characters. A run of white space and of characters that steer a terminal becomes one blank;
/// an ellipsis stands for what was cut.
pub(super) fn one_line(text: &str, max: usize) -> String {
    let mut line = String::new();
    let mut length = 0_usize;
    let mut gap = false;
    for c in text.chars() {
        if c.is_whitespace() || steers(c) {
            gap = length > 0;
            continue;
        }
        if length.saturating_add(usize::from(gap)) >= max {
            line.push('…');
            break;
        }
        if std::mem::take(&mut gap) {
            line.push(' ');
            length = length.saturating_add(1);
        }
        line.push(c);
        length = length.saturating_add(1);
    }
    line
}

/// Control characters, and those that turn the direction of what follows.
fn steers(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_moves_a_terminal_becomes_one_blank() {
        assert_eq!(one_line("  a\r\n\t\u{1b}[31mb\u{202e}c ", 300), "a [31mb c");
    }

    #[test]
    fn what_is_too_long_is_cut_visibly() {
        assert_eq!(one_line("äöü", 3), "äöü");
        assert_eq!(one_line("äöüx", 3), "äöü…");
        assert_eq!(one_line("äö  ", 2), "äö");
        assert_eq!(one_line("a b", 2), "a…");
    }
}
