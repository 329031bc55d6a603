//! Text to tokens.

use std::str::Chars;

use crate::facts::compound::CompoundError;

/// One token.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    /// A whole number.
    Int(i64),
    /// A decimal number.
    Float(f64),
    /// A quoted text, without quotes and escapes.
    Text(String),
    /// A name.
    Name(String),
    /// An operator, a bracket, or a word that is an operator.
    Sign(&'static str),
}

/// A token and the character it starts at.
pub(super) type Spot = (usize, Token);

/// All tokens of a text.
pub(super) fn tokens(text: &str) -> Result<Vec<Spot>, CompoundError> {
    let mut lexer = Lexer {
        chars: text.chars(),
        at: 0,
    };
    let mut tokens = Vec::new();
    while let Some(token) = lexer.token()? {
        tokens.push(token);
    }
    Ok(tokens)
}

struct Lexer<'t> {
    chars: Chars<'t>,
    at: usize,
}

impl Lexer<'_> {
    fn token(&mut self) -> Result<Option<Spot>, CompoundError> {
        self.skip_blank()?;
        let start = self.at;
        let Some(first) = self.first() else {
            return Ok(None);
        };
        let token = match first {
            '\'' | '"' => self.quoted()?,
            '`' => self.raw()?,
            '0'..='9' => self.number()?,
            '.' if self.second().is_some_and(|c| c.is_ascii_digit()) => self.number()?,
            c if is_name(c) => self.name(),
            _ => self.sign()?,
        };
        Ok(Some((start, token)))
    }

    fn next(&mut self) -> Option<char> {
        self.at += 1;
        self.chars.next()
    }

    fn next_if(&mut self, wanted: impl FnOnce(char) -> bool) -> Option<char> {
        let found = self.first().filter(|c| wanted(*c));
        if found.is_some() {
            self.next();
        }
        found
    }

    fn first(&self) -> Option<char> {
        self.chars.clone().next()
    }

    fn second(&self) -> Option<char> {
        self.chars.clone().nth(1)
    }

    fn error(&self, problem: &'static str) -> CompoundError {
        CompoundError::Syntax {
            at: self.at,
            problem,
        }
    }

    fn skip_blank(&mut self) -> Result<(), CompoundError> {
        loop {
            match (self.first(), self.second()) {
                (Some(c), _) if c.is_whitespace() => {
                    self.next();
                }
                (Some('/'), Some('/')) => while self.next().is_some_and(|c| c != '\n') {},
                (Some('/'), Some('*')) => {
                    self.next();
                    self.next();
                    while !(self.first() == Some('*') && self.second() == Some('/')) {
                        self.next()
                            .ok_or_else(|| self.error("a comment does not end"))?;
                    }
                    self.next();
                    self.next();
                }
                _ => return Ok(()),
            }
        }
    }

    fn name(&mut self) -> Token {
        let mut name = String::new();
        while let Some(c) = self.next_if(|c| is_name(c) || c.is_numeric()) {
            name.push(c);
        }
        match WORDS.iter().find(|word| **word == name) {
            Some(word) => Token::Sign(word),
            None => Token::Name(name),
        }
    }

    fn sign(&mut self) -> Result<Token, CompoundError> {
        let sign = SIGNS.iter().find(|sign| {
            let mut ahead = self.chars.clone();
            sign.chars().all(|c| ahead.next() == Some(c))
        });
        let sign = sign.ok_or_else(|| self.error("a character that means nothing"))?;
        for _ in sign.chars() {
            self.next();
        }
        Ok(Token::Sign(sign))
    }

    fn raw(&mut self) -> Result<Token, CompoundError> {
        self.next();
        let mut text = String::new();
        loop {
            match self.next() {
                Some('`') => return Ok(Token::Text(text)),
                Some(c) => text.push(c),
                None => return Err(self.error("a text does not end")),
            }
        }
    }

    fn quoted(&mut self) -> Result<Token, CompoundError> {
        let quote = self.next();
        let mut text = String::new();
        loop {
            match self.next() {
                c if c == quote => return Ok(Token::Text(text)),
                Some('\\') => text.push(self.escape(quote)?),
                None | Some('\n') => return Err(self.error("a text does not end")),
                Some(c) => text.push(c),
            }
        }
    }

    fn escape(&mut self, quote: Option<char>) -> Result<char, CompoundError> {
        match self.next() {
            Some('a') => Ok('\u{7}'),
            Some('b') => Ok('\u{8}'),
            Some('f') => Ok('\u{c}'),
            Some('n') => Ok('\n'),
            Some('r') => Ok('\r'),
            Some('t') => Ok('\t'),
            Some('v') => Ok('\u{b}'),
            Some('\\') => Ok('\\'),
            Some('x') => self.code(0, 2, 16),
            Some('u') => self.code(0, 4, 16),
            Some('U') => self.code(0, 8, 16),
            Some(c @ '0'..='7') => self.code(c.to_digit(8).unwrap_or_default(), 2, 8),
            Some(c) if Some(c) == quote => Ok(c),
            _ => Err(self.error("an escape that means nothing")),
        }
    }

    fn code(&mut self, first: u32, digits: usize, base: u32) -> Result<char, CompoundError> {
        let mut code = first;
        for _ in 0..digits {
            let digit = self.next().and_then(|c| c.to_digit(base));
            code = digit
                .and_then(|digit| code.checked_mul(base)?.checked_add(digit))
                .ok_or_else(|| self.error("an escape that means nothing"))?;
        }
        char::from_u32(code).ok_or_else(|| self.error("an escape that means nothing"))
    }

    fn number(&mut self) -> Result<Token, CompoundError> {
        let mut text = String::new();
        let base = self.base();
        self.digits(base, &mut text);
        let mut decimal = false;
        if base == 10 {
            // `1..3` is a range
            if self.first() == Some('.') && self.second() != Some('.') {
                self.next();
                text.push('.');
                decimal = true;
                self.digits(base, &mut text);
            }
            if self.next_if(|c| c == 'e' || c == 'E').is_some() {
                text.push('e');
                decimal = true;
                text.extend(self.next_if(|c| c == '+' || c == '-'));
                self.digits(base, &mut text);
            }
        }
        if self.first().is_some_and(is_name) {
            return Err(self.error("a number that is none"));
        }
        let token = if decimal {
            text.parse()
                .ok()
                .filter(|n: &f64| n.is_finite())
                .map(Token::Float)
        } else {
            i64::from_str_radix(&text, base).ok().map(Token::Int)
        };
        token.ok_or_else(|| self.error("a number that is none"))
    }

    /// Takes `0x`, `0o` or `0b`.
    fn base(&mut self) -> u32 {
        let base = match (self.first(), self.second()) {
            (Some('0'), Some('x' | 'X')) => 16,
            (Some('0'), Some('o' | 'O')) => 8,
            (Some('0'), Some('b' | 'B')) => 2,
            _ => return 10,
        };
        self.next();
        self.next();
        base
    }

    fn digits(&mut self, base: u32, out: &mut String) {
        while let Some(c) = self.next_if(|c| c == '_' || c.is_digit(base)) {
            if c != '_' {
                out.push(c);
            }
        }
    }
}

fn is_name(c: char) -> bool {
    c == '_' || c.is_alphabetic()
}

const WORDS: [&str; 8] = [
    "and",
    "or",
    "not",
    "in",
    "matches",
    "contains",
    "startsWith",
    "endsWith",
];

/// Longer signs first.
const SIGNS: [&str; 32] = [
    "&&", "||", "==", "!=", "<=", ">=", "**", "..", "?.", "??", "(", ")", "[", "]", "{", "}", ",",
    ":", "?", ".", "#", "!", "<", ">", "+", "-", "*", "/", "%", "^", ";", "|",
];
