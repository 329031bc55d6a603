//! The part of the parser that reads values: what stands between operators.

use std::sync::Arc;

use crate::facts::compound::CompoundError;
use crate::facts::compound::ast::Expr;
use crate::facts::compound::ast::Function;
use crate::facts::compound::ast::Kind;
use crate::facts::compound::ast::Loop;
use crate::facts::compound::ast::Optional;
use crate::facts::compound::ast::Sign;
use crate::facts::compound::ast::Variable;
use crate::facts::compound::lexer::Token;
use crate::facts::compound::parser::Parser;
use crate::facts::compound::parser::node;
use crate::facts::compound::precedence::NOT;
use crate::facts::compound::precedence::SIGNED;

impl Parser {
    pub(super) fn primary(&mut self) -> Result<Expr, CompoundError> {
        let expr = match self.sign() {
            Some("not" | "!") => {
                self.next();
                let part = self.expression(NOT)?;
                node(Kind::Not(Box::new(part)))?
            }
            Some(sign @ ("-" | "+")) => {
                self.next();
                let part = Box::new(self.expression(SIGNED)?);
                let sign = if sign == "-" { Sign::Minus } else { Sign::Plus };
                node(Kind::Sign(sign, part))?
            }
            Some("(") => {
                self.next();
                let part = self.expression(0)?;
                self.expect(")", "a bracket that is not closed")?;
                part
            }
            // `.name` inside a predicate is `#.name`: the dot is left for the member
            Some(".") if self.loops > 0 => node(Kind::Element)?,
            Some("#") if self.loops > 0 => {
                self.next();
                match self.tokens.front() {
                    Some((_, Token::Name(_))) => {
                        return Err(self.error("a name that # does not have"));
                    }
                    _ => node(Kind::Element)?,
                }
            }
            Some("[") => {
                self.next();
                let parts = self.list("]")?;
                node(Kind::List(parts))?
            }
            Some("{") => {
                self.next();
                self.map()?
            }
            Some(_) => return Err(self.error("a sign where a value should be")),
            None => self.word()?,
        };
        self.members(expr)
    }

    fn word(&mut self) -> Result<Expr, CompoundError> {
        let Some(token) = self.next() else {
            return Err(self.error("the expression ends too early"));
        };
        let kind = match token {
            Token::Int(number) => Kind::Int(number),
            Token::Float(number) => Kind::Float(number),
            Token::Text(text) => Kind::Text(Arc::from(text)),
            Token::Name(name) if self.sign() == Some("(") => return self.call(&name),
            Token::Name(name) => match name.as_str() {
                "true" => Kind::Bool(true),
                "false" => Kind::Bool(false),
                "nil" => Kind::Nil,
                "agents" => Kind::Variable(Variable::Agents),
                "classes" => Kind::Variable(Variable::Classes),
                "facts" => Kind::Variable(Variable::Facts),
                "let" | "if" | "else" => return Err(self.error("a statement is no expression")),
                _ => Kind::Variable(Variable::Unknown),
            },
            Token::Sign(_) => return Err(self.error("a sign where a value should be")),
        };
        node(kind)
    }

    fn call(&mut self, name: &str) -> Result<Expr, CompoundError> {
        self.expect("(", "a function without arguments")?;
        if let Some(of) = Loop::named(name) {
            return self.predicate(of);
        }
        let Some(function) = Function::named(name) else {
            return Err(CompoundError::UnknownFunction {
                name: name.chars().take(SHOWN).collect(),
            });
        };
        let arguments = self.list(")")?;
        let (name, least, most) = function.signature();
        if !(least..=most).contains(&arguments.len()) {
            return Err(CompoundError::Arguments {
                function: name,
                given: arguments.len(),
            });
        }
        node(Kind::Call(function, arguments))
    }

    fn predicate(&mut self, of: Loop) -> Result<Expr, CompoundError> {
        let list = Box::new(self.expression(0)?);
        let predicate = if self.take(",") && self.sign() != Some(")") {
            let braces = self.take("{");
            self.loops += 1;
            let predicate = self.expression(0)?;
            self.loops -= 1;
            if braces {
                self.expect("}", "a predicate that is not closed")?;
            }
            self.take(",");
            Some(Box::new(predicate))
        } else if of == Loop::Count {
            None
        } else {
            return Err(self.error("a predicate is missing"));
        };
        self.expect(")", "a bracket that is not closed")?;
        node(Kind::Loop(of, list, predicate))
    }

    /// Expressions up to a closing bracket; a comma may be last.
    fn list(&mut self, end: &str) -> Result<Vec<Expr>, CompoundError> {
        let mut parts = Vec::new();
        while !self.take(end) {
            if !parts.is_empty() {
                self.expect(",", "a comma or a closing bracket is missing")?;
                if self.take(end) {
                    break;
                }
            }
            parts.push(self.expression(0)?);
        }
        Ok(parts)
    }

    fn map(&mut self) -> Result<Expr, CompoundError> {
        let mut pairs = Vec::new();
        while !self.take("}") {
            if !pairs.is_empty() {
                self.expect(",", "a comma or a closing bracket is missing")?;
                if self.take("}") {
                    break;
                }
            }
            let key = self.key()?;
            self.expect(":", "a name without a value")?;
            pairs.push((key, self.expression(0)?));
        }
        node(Kind::Map(pairs))
    }

    fn key(&mut self) -> Result<Expr, CompoundError> {
        if self.sign() == Some("(") {
            return self.expression(0);
        }
        let name = match self.next() {
            Some(Token::Name(name) | Token::Text(name)) => name,
            Some(Token::Int(number)) => number.to_string(),
            Some(Token::Float(_) | Token::Sign(_)) | None => {
                return Err(self.error("this cannot be a name"));
            }
        };
        node(Kind::Text(Arc::from(name)))
    }

    fn members(&mut self, mut of: Expr) -> Result<Expr, CompoundError> {
        loop {
            let optional = match self.sign() {
                Some("?.") => Optional::Yes,
                Some("." | "[") => Optional::No,
                _ => return Ok(of),
            };
            let dotted = self.take("?.") || self.take(".");
            // `a?.b.c` is one chain: when `a` is nil, `.c` is not looked at either
            let (inner, chained) = match of.kind {
                Kind::Chain(inner) => (*inner, true),
                _ => (of, false),
            };
            let bracket = self.sign() == Some("[") && (!dotted || optional == Optional::Yes);
            let member = if bracket {
                self.next();
                self.bracket(inner, optional)?
            } else {
                let key = self.member_name()?;
                node(Kind::Member {
                    of: Box::new(inner),
                    key: Box::new(key),
                    optional,
                })?
            };
            of = if chained || optional == Optional::Yes {
                node(Kind::Chain(Box::new(member)))?
            } else {
                member
            };
        }
    }

    fn member_name(&mut self) -> Result<Expr, CompoundError> {
        let name = match self.next() {
            Some(Token::Name(name)) => name,
            Some(Token::Sign(word)) if word.starts_with(char::is_alphabetic) => word.to_owned(),
            _ => return Err(self.error("a name is missing")),
        };
        if self.sign() == Some("(") {
            return Err(self.error("values have no methods"));
        }
        node(Kind::Text(Arc::from(name)))
    }

    fn bracket(&mut self, of: Expr, optional: Optional) -> Result<Expr, CompoundError> {
        let of = Box::new(of);
        let first = if self.sign() == Some(":") {
            None
        } else {
            Some(Box::new(self.expression(0)?))
        };
        if !self.take(":") {
            self.expect("]", "a bracket that is not closed")?;
            return match first {
                Some(key) => node(Kind::Member { of, key, optional }),
                None => Err(self.error("a place is missing")),
            };
        }
        let to = if self.sign() == Some("]") {
            None
        } else {
            Some(Box::new(self.expression(0)?))
        };
        self.expect("]", "a bracket that is not closed")?;
        node(Kind::Slice {
            of,
            from: first,
            to,
        })
    }
}

/// Characters of a peer's text that an error repeats.
const SHOWN: usize = 40;
