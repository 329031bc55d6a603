//! Tokens to an expression, by precedence.

mod values;

use std::collections::VecDeque;

use crate::facts::compound::CompoundError;
use crate::facts::compound::ast::Expr;
use crate::facts::compound::ast::Kind;
use crate::facts::compound::ast::Order;
use crate::facts::compound::lexer::Spot;
use crate::facts::compound::lexer::Token;
use crate::facts::compound::precedence::NEGATABLE;
use crate::facts::compound::precedence::binary;
use crate::facts::compound::precedence::order;
use crate::facts::compound::precedence::precedence;

/// Reads the one expression that the tokens are.
pub(super) fn parse(tokens: Vec<Spot>) -> Result<Expr, CompoundError> {
    let mut parser = Parser {
        tokens: tokens.into(),
        at: 0,
        depth: 0,
        loops: 0,
    };
    let expr = parser.expression(0)?;
    if parser.tokens.is_empty() {
        return Ok(expr);
    }
    Err(parser.error("something follows the expression"))
}

struct Parser {
    tokens: VecDeque<Spot>,
    at: usize,
    depth: usize,
    /// How many predicates are around this place.
    loops: usize,
}

impl Parser {
    fn next(&mut self) -> Option<Token> {
        let (at, token) = self.tokens.pop_front()?;
        self.at = at;
        Some(token)
    }

    fn sign(&self) -> Option<&'static str> {
        match self.tokens.front() {
            Some((_, Token::Sign(sign))) => Some(sign),
            _ => None,
        }
    }

    fn take(&mut self, wanted: &str) -> bool {
        let found = self.sign() == Some(wanted);
        if found {
            self.next();
        }
        found
    }

    fn expect(&mut self, wanted: &str, problem: &'static str) -> Result<(), CompoundError> {
        if self.take(wanted) {
            Ok(())
        } else {
            Err(self.error(problem))
        }
    }

    fn error(&self, problem: &'static str) -> CompoundError {
        let at = self.tokens.front().map_or(self.at + 1, |(at, _)| *at);
        CompoundError::Syntax { at, problem }
    }

    fn expression(&mut self, least: usize) -> Result<Expr, CompoundError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(CompoundError::TooDeep);
        }
        let mut left = self.primary()?;
        while let Some((sign, negated, precedence)) = self.operator(least) {
            self.next();
            if negated {
                self.next();
            }
            left = self.operation(left, sign, precedence)?;
            if negated {
                left = node(Kind::Not(Box::new(left)))?;
            }
            if sign == "??" && self.operator(least).is_some_and(|(next, ..)| next != "??") {
                return Err(self.error("?? next to another operator needs brackets"));
            }
        }
        if least == 0 {
            left = self.conditional(left)?;
        }
        self.depth -= 1;
        Ok(left)
    }

    /// The operator that comes next, if it binds tightly enough; `not in` and its kin are one operator.
    fn operator(&self, least: usize) -> Option<(&'static str, bool, usize)> {
        let first = self.sign()?;
        let negated = first == "not";
        let sign = if negated {
            match self.tokens.get(1) {
                Some((_, Token::Sign(sign))) if NEGATABLE.contains(sign) => sign,
                _ => return None,
            }
        } else {
            first
        };
        let precedence = precedence(sign).filter(|precedence| *precedence >= least)?;
        Some((sign, negated, precedence))
    }

    fn operation(
        &mut self,
        left: Expr,
        sign: &'static str,
        precedence: usize,
    ) -> Result<Expr, CompoundError> {
        if let Some(order) = order(sign) {
            return self.comparison(left, order, precedence);
        }
        let right_associative = matches!(sign, "**" | "^");
        let right = self.expression(precedence + usize::from(!right_associative))?;
        match sign {
            "and" | "&&" => match left.kind {
                Kind::And(mut parts) => {
                    parts.push(right);
                    node(Kind::And(parts))
                }
                _ => node(Kind::And(vec![left, right])),
            },
            "or" | "||" => match left.kind {
                Kind::Or(mut parts) => {
                    parts.push(right);
                    node(Kind::Or(parts))
                }
                _ => node(Kind::Or(vec![left, right])),
            },
            "??" => node(Kind::Coalesce(Box::new(left), Box::new(right))),
            _ => match binary(sign) {
                Some(binary) => node(Kind::Binary(binary, Box::new(left), Box::new(right))),
                None => Err(self.error("an operator that is not known")),
            },
        }
    }

    /// `1 < a <= 2`
    fn comparison(
        &mut self,
        first: Expr,
        mut by: Order,
        precedence: usize,
    ) -> Result<Expr, CompoundError> {
        let mut rest = Vec::new();
        loop {
            rest.push((by, self.expression(precedence + 1)?));
            let Some(next) = self.sign().and_then(order) else {
                return node(Kind::Order(Box::new(first), rest));
            };
            self.next();
            by = next;
        }
    }

    fn conditional(&mut self, mut condition: Expr) -> Result<Expr, CompoundError> {
        while self.take("?") {
            let then = if self.take(":") {
                None
            } else {
                let then = self.expression(0)?;
                self.expect(":", "a condition without :")?;
                Some(Box::new(then))
            };
            let otherwise = Box::new(self.expression(0)?);
            condition = node(Kind::Conditional(Box::new(condition), then, otherwise))?;
        }
        Ok(condition)
    }
}

fn node(kind: Kind) -> Result<Expr, CompoundError> {
    Expr::new(kind).ok_or(CompoundError::TooDeep)
}

/// How deeply the parser goes; the height of the tree is limited apart from it.
const MAX_DEPTH: usize = 64;
