//! Compound statements: facts and classes joined by `and`, `or`, `not`, `!` and brackets.
//!
//! They are translated into an expression of [`crate::facts::compound`], each term as `with("…")`, and evaluated there. The
//! older Ruby system, where they come from, evaluates `and` and `or` from left to right; most readers let `and` bind more
//! tightly. Where the two differ, that is where an `and` follows an `or`, brackets are demanded.

use super::lines::LineError;
use super::words::Words;
use crate::facts::compound::Expression;

/// Whether a column holds a statement rather than a list of words.
pub(super) fn is_compound(column: &str) -> bool {
    column
        .split(' ')
        .any(|word| word.starts_with(['!', '(']) || operator(word).is_some())
}

/// Reads a statement.
pub(super) fn parse(text: &str, words: &mut Words) -> Result<Expression, LineError> {
    let mut reader = Reader::default();
    let mut rest = text.trim_start_matches(' ');
    while !rest.is_empty() {
        let (token, length) = token(rest);
        reader.take(&token, words)?;
        rest = rest
            .get(length..)
            .unwrap_or_default()
            .trim_start_matches(' ');
    }
    Expression::parse(&reader.finish()?).map_err(LineError::Expression)
}

#[derive(Debug)]
enum Token<'t> {
    Open,
    Close,
    Not,
    And,
    Or,
    Term(&'t str),
}

/// The first token of a text that does not start with a space, and its length.
fn token(text: &str) -> (Token<'_>, usize) {
    match text.as_bytes().first() {
        Some(b'(') => return (Token::Open, 1),
        Some(b')') => return (Token::Close, 1),
        Some(b'!') => return (Token::Not, 1),
        _ => {}
    }
    let word = text.split(' ').next().unwrap_or_default();
    if let Some(found) = operator(word) {
        return found;
    }
    let length = term(word);
    (
        Token::Term(word.get(..length).unwrap_or(word)),
        length.max(1),
    )
}

/// The operator that a word is, or starts with in front of a bracket, and its length.
fn operator<'t>(word: &str) -> Option<(Token<'t>, usize)> {
    let operators = [("and", Token::And), ("or", Token::Or), ("not", Token::Not)];
    operators.into_iter().find_map(|(operator, token)| {
        let rest = word.strip_prefix(operator)?;
        (rest.is_empty() || rest.starts_with(['(', ')'])).then_some((token, operator.len()))
    })
}

/// Length of the term that a word starts with: up to a closing bracket that does not belong to it.
fn term(word: &str) -> usize {
    let inner = word.trim_end_matches(')');
    let pattern = if word.starts_with('/') {
        Some(0)
    } else {
        ["=/", "~/"]
            .iter()
            .filter_map(|start| word.find(start).map(|at| at + 1))
            .min()
    };
    if pattern.is_some_and(|start| inner.len() > start + 1 && inner.ends_with('/')) {
        return inner.len();
    }
    let mut depth = 0usize;
    for (at, c) in word.char_indices() {
        match c {
            '(' => depth += 1,
            ')' if depth == 0 => return at,
            ')' => depth -= 1,
            _ => {}
        }
    }
    word.len()
}

/// Checks the order of tokens and writes the expression.
#[derive(Debug)]
struct Reader {
    expression: String,
    /// Whether a term was read and an operator must follow.
    complete: bool,
    /// For each open bracket, and the whole: whether it holds an `or`.
    levels: Vec<bool>,
}

impl Default for Reader {
    fn default() -> Self {
        Self {
            expression: String::new(),
            complete: false,
            levels: vec![false],
        }
    }
}

impl Reader {
    fn take(&mut self, token: &Token<'_>, words: &mut Words) -> Result<(), LineError> {
        let operand = matches!(token, Token::Open | Token::Not | Token::Term(_));
        if operand && self.complete {
            return Err(problem("and or or is missing between two terms"));
        }
        if !operand && !self.complete {
            return Err(problem("a term is missing before an operator or bracket"));
        }
        match token {
            Token::Open => {
                self.levels.push(false);
                self.expression.push('(');
            }
            Token::Close => {
                self.levels.pop();
                if self.levels.is_empty() {
                    return Err(problem("a bracket is closed that was not opened"));
                }
                self.expression.push(')');
            }
            Token::Not => self.expression.push_str("not "),
            Token::And => {
                if self.levels.last() == Some(&true) {
                    return Err(problem("and after or needs brackets"));
                }
                self.expression.push_str(" and ");
                self.complete = false;
            }
            Token::Or => {
                if let Some(level) = self.levels.last_mut() {
                    *level = true;
                }
                self.expression.push_str(" or ");
                self.complete = false;
            }
            Token::Term(term) => {
                self.term(term, words)?;
                self.complete = true;
            }
        }
        Ok(())
    }

    /// A fact filter, else a class. The engine's `with` would also look for an agent of that name; it is given none.
    fn term(&mut self, term: &str, words: &mut Words) -> Result<(), LineError> {
        if term.contains(['<', '>', '=']) && !term.starts_with('/') {
            words.fact(term)?;
        } else {
            words.class(term)?;
        }
        self.expression.push_str("with(\"");
        for c in term.chars() {
            if matches!(c, '"' | '\\') {
                self.expression.push('\\');
            }
            self.expression.push(c);
        }
        self.expression.push_str("\")");
        Ok(())
    }

    fn finish(self) -> Result<String, LineError> {
        if !self.complete {
            return Err(problem("a term is missing at the end"));
        }
        if self.levels.len() != 1 {
            return Err(problem("a bracket is not closed"));
        }
        Ok(self.expression)
    }
}

const fn problem(problem: &'static str) -> LineError {
    LineError::Compound { problem }
}
