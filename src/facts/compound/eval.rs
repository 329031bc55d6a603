//! Evaluates an expression for a node. As deep as the expression, whose height is limited; every step is paid for.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use crate::facts::compound::CompoundError;
use crate::facts::compound::ast::Expr;
use crate::facts::compound::ast::Kind;
use crate::facts::compound::ast::Loop;
use crate::facts::compound::ast::Optional;
use crate::facts::compound::ast::Order;
use crate::facts::compound::ast::Sign;
use crate::facts::compound::ast::Variable;
use crate::facts::compound::builtins;
use crate::facts::compound::operators;
use crate::facts::compound::value::Value;
use crate::facts::effort::Effort;
use crate::facts::effort::Exhausted;
use crate::facts::node::Node;

/// One evaluation.
pub(super) struct Evaluator<'n, 'e> {
    node: &'e Node<'n>,
    effort: &'e mut Effort,
    /// The elements that the predicates around are about, the innermost last.
    elements: Vec<Value<'n>>,
}

/// Why evaluation does not go on.
enum Halt {
    /// The chain around is `nil`.
    NilChain,
    Error(CompoundError),
}

impl<'n, 'e> Evaluator<'n, 'e> {
    pub(super) const fn new(node: &'e Node<'n>, effort: &'e mut Effort) -> Self {
        Self {
            node,
            effort,
            elements: Vec::new(),
        }
    }

    /// The result, which must be a boolean.
    pub(super) fn truth(&mut self, expr: &Expr) -> Result<bool, CompoundError> {
        match self.value(expr) {
            Ok(Value::Bool(truth)) => Ok(truth),
            Ok(other) => Err(CompoundError::NotBoolean {
                found: other.kind(),
            }),
            Err(Halt::NilChain) => Err(CompoundError::NotBoolean { found: "nil" }),
            Err(Halt::Error(err)) => Err(err),
        }
    }

    fn value(&mut self, expr: &Expr) -> Result<Value<'n>, Halt> {
        self.effort.spend(1)?;
        match &expr.kind {
            Kind::Nil => Ok(Value::Nil),
            Kind::Bool(truth) => Ok(Value::Bool(*truth)),
            Kind::Int(number) => Ok(Value::Int(*number)),
            Kind::Float(number) => Ok(Value::Float(*number)),
            Kind::Text(text) => Ok(Value::Text(Arc::clone(text))),
            Kind::List(parts) => self.list(parts),
            Kind::Map(pairs) => self.map(pairs),
            Kind::Variable(variable) => self.variable(*variable),
            Kind::Element => Ok(self.elements.last().cloned().unwrap_or(Value::Nil)),
            Kind::Not(part) => Ok(Value::Bool(!self.condition(part, "not")?)),
            Kind::Sign(sign, part) => {
                let value = self.value(part)?;
                Ok(match sign {
                    Sign::Minus => operators::negated(&value)?,
                    Sign::Plus => operators::number(value, "+")?,
                })
            }
            Kind::And(parts) => self.junction(parts, "and", false),
            Kind::Or(parts) => self.junction(parts, "or", true),
            Kind::Coalesce(left, right) => match self.value(left)? {
                Value::Nil => self.value(right),
                found => Ok(found),
            },
            Kind::Binary(operator, left, right) => {
                let left = self.value(left)?;
                let right = self.value(right)?;
                Ok(operators::binary(*operator, &left, &right, self.effort)?)
            }
            Kind::Order(first, rest) => self.order(first, rest),
            Kind::Conditional(condition, then, otherwise) => {
                match (self.condition(condition, "?:")?, then) {
                    (true, Some(then)) => self.value(then),
                    (true, None) => Ok(Value::Bool(true)),
                    (false, _) => self.value(otherwise),
                }
            }
            Kind::Member { of, key, optional } => self.member(of, key, *optional),
            Kind::Slice { of, from, to } => self.slice(of, from.as_deref(), to.as_deref()),
            Kind::Chain(inner) => match self.value(inner) {
                Err(Halt::NilChain) => Ok(Value::Nil),
                other => other,
            },
            Kind::Call(function, arguments) => {
                let arguments = self.values(arguments)?;
                let node = self.node;
                Ok(builtins::call(*function, &arguments, node, self.effort)?)
            }
            Kind::Loop(of, list, predicate) => self.run_loop(*of, list, predicate.as_deref()),
        }
    }

    fn values(&mut self, parts: &[Expr]) -> Result<Vec<Value<'n>>, Halt> {
        parts.iter().map(|part| self.value(part)).collect()
    }

    fn list(&mut self, parts: &[Expr]) -> Result<Value<'n>, Halt> {
        let elements = self.values(parts)?;
        Ok(Value::list(elements, self.effort)?)
    }

    fn map(&mut self, pairs: &[(Expr, Expr)]) -> Result<Value<'n>, Halt> {
        let mut members = BTreeMap::new();
        for (key, value) in pairs {
            match self.value(key)? {
                Value::Text(name) => {
                    self.effort.spend_text(&name)?;
                    members.insert(name.to_string(), self.value(value)?);
                }
                other => return Err(other.unfit("a name of a map").into()),
            }
        }
        Ok(Value::Map(Rc::new(members)))
    }

    fn variable(&mut self, variable: Variable) -> Result<Value<'n>, Halt> {
        let node = self.node;
        let texts: Result<Vec<_>, Exhausted> = match variable {
            Variable::Agents => node
                .agents
                .iter()
                .map(|name| Value::text(name, self.effort))
                .collect(),
            Variable::Classes => node
                .classes
                .as_slice()
                .iter()
                .map(|name| Value::text(name, self.effort))
                .collect(),
            Variable::Facts => return Ok(Value::Fact(node.facts.as_value())),
            Variable::Unknown => return Ok(Value::Nil),
        };
        Ok(Value::list(texts?, self.effort)?)
    }

    fn condition(&mut self, expr: &Expr, operation: &'static str) -> Result<bool, Halt> {
        match self.value(expr)? {
            Value::Bool(truth) => Ok(truth),
            other => Err(other.unfit(operation).into()),
        }
    }

    /// `and` ends at the first false, `or` at the first true.
    fn junction(
        &mut self,
        parts: &[Expr],
        operation: &'static str,
        ends_at: bool,
    ) -> Result<Value<'n>, Halt> {
        for part in parts {
            if self.condition(part, operation)? == ends_at {
                return Ok(Value::Bool(ends_at));
            }
        }
        Ok(Value::Bool(!ends_at))
    }

    fn order(&mut self, first: &Expr, rest: &[(Order, Expr)]) -> Result<Value<'n>, Halt> {
        let mut left = self.value(first)?;
        for (order, part) in rest {
            let right = self.value(part)?;
            if !operators::ordered(*order, &left, &right, self.effort)? {
                return Ok(Value::Bool(false));
            }
            left = right;
        }
        Ok(Value::Bool(true))
    }

    fn member(&mut self, of: &Expr, key: &Expr, optional: Optional) -> Result<Value<'n>, Halt> {
        let of = self.value(of)?;
        if optional == Optional::Yes && matches!(of, Value::Nil) {
            return Err(Halt::NilChain);
        }
        let key = self.value(key)?;
        Ok(operators::member(&of, &key, self.effort)?)
    }

    fn slice(
        &mut self,
        of: &Expr,
        from: Option<&Expr>,
        to: Option<&Expr>,
    ) -> Result<Value<'n>, Halt> {
        let of = self.value(of)?;
        let from = from.map(|from| self.value(from)).transpose()?;
        let to = to.map(|to| self.value(to)).transpose()?;
        Ok(operators::slice(
            &of,
            from.as_ref(),
            to.as_ref(),
            self.effort,
        )?)
    }

    fn run_loop(
        &mut self,
        of: Loop,
        list: &Expr,
        predicate: Option<&Expr>,
    ) -> Result<Value<'n>, Halt> {
        let list = self.value(list)?;
        let elements = list.elements(name_of(of), self.effort)?;
        let mut kept = Vec::new();
        for element in elements.iter() {
            self.elements.push(element.clone());
            let answer = match predicate {
                Some(predicate) => self.value(predicate)?,
                None => element.clone(),
            };
            self.elements.pop();
            if of == Loop::Map {
                kept.push(answer);
                continue;
            }
            let Value::Bool(fits) = answer else {
                return Err(answer.unfit(name_of(of)).into());
            };
            match (of, fits) {
                (Loop::All, false) | (Loop::None, true) => return Ok(Value::Bool(false)),
                (Loop::Any, true) => return Ok(Value::Bool(true)),
                (Loop::Find, true) => return Ok(element.clone()),
                (Loop::Filter | Loop::Count | Loop::One, true) => kept.push(element.clone()),
                (_, _) => {}
            }
        }
        Ok(match of {
            Loop::All | Loop::None => Value::Bool(true),
            Loop::Any => Value::Bool(false),
            Loop::One => Value::Bool(kept.len() == 1),
            Loop::Count => operators::count(kept.len()),
            Loop::Find => Value::Nil,
            Loop::Filter | Loop::Map => Value::list(kept, self.effort)?,
        })
    }
}

impl From<CompoundError> for Halt {
    fn from(err: CompoundError) -> Self {
        Self::Error(err)
    }
}

impl From<Exhausted> for Halt {
    fn from(err: Exhausted) -> Self {
        Self::Error(err.into())
    }
}

const fn name_of(of: Loop) -> &'static str {
    match of {
        Loop::All => "all",
        Loop::Any => "any",
        Loop::One => "one",
        Loop::None => "none",
        Loop::Filter => "filter",
        Loop::Map => "map",
        Loop::Count => "count",
        Loop::Find => "find",
    }
}
