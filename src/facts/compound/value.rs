//! What an expression works on. Facts are borrowed from their document; what an expression makes is shared, so a value is
//! cheap to hand on, and paid for once.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use serde_json::Value as Json;

use crate::facts::compound::CompoundError;
use crate::facts::effort::Effort;
use crate::facts::effort::Exhausted;

/// A value.
#[derive(Debug, Clone)]
pub(super) enum Value<'n> {
    Nil,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(Arc<str>),
    List(Rc<Vec<Self>>),
    Map(Rc<BTreeMap<String, Self>>),
    /// A list or a map of the facts.
    Fact(&'n Json),
}

impl<'n> Value<'n> {
    /// A text.
    pub(super) fn text(text: &str, effort: &mut Effort) -> Result<Self, Exhausted> {
        effort.spend_text(text)?;
        Ok(Self::Text(Arc::from(text)))
    }

    /// A list.
    pub(super) fn list(elements: Vec<Self>, effort: &mut Effort) -> Result<Self, Exhausted> {
        effort.spend(elements.len())?;
        Ok(Self::List(Rc::new(elements)))
    }

    /// A fact of the document.
    pub(super) fn of_fact(fact: &'n Json, effort: &mut Effort) -> Result<Self, Exhausted> {
        effort.spend(1)?;
        match fact {
            Json::Array(_) | Json::Object(_) => Ok(Self::Fact(fact)),
            scalar => Self::of_json(scalar, effort),
        }
    }

    /// A value that a path made.
    pub(super) fn of_json(json: &Json, effort: &mut Effort) -> Result<Self, Exhausted> {
        effort.spend(1)?;
        Ok(match json {
            Json::Null => Self::Nil,
            Json::Bool(fact) => Self::Bool(*fact),
            Json::Number(number) => match (number.as_i64(), number.as_f64()) {
                (Some(whole), _) => Self::Int(whole),
                (None, Some(decimal)) => Self::Float(decimal),
                (None, None) => Self::Nil,
            },
            Json::String(text) => Self::text(text, effort)?,
            Json::Array(elements) => {
                let elements: Result<_, _> = elements
                    .iter()
                    .map(|element| Self::of_json(element, effort))
                    .collect();
                Self::List(Rc::new(elements?))
            }
            Json::Object(members) => {
                let members: Result<_, Exhausted> = members
                    .iter()
                    .map(|(name, member)| {
                        effort.spend_text(name)?;
                        Ok((name.clone(), Self::of_json(member, effort)?))
                    })
                    .collect();
                Self::Map(Rc::new(members?))
            }
        })
    }

    /// What kind of value it is, in the words of the language.
    pub(super) const fn kind(&self) -> &'static str {
        match self {
            Self::Nil => "nil",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Float(_) => "float",
            Self::Text(_) => "string",
            Self::List(_) | Self::Fact(Json::Array(_)) => "array",
            Self::Map(_) | Self::Fact(_) => "map",
        }
    }

    /// The error of an operation that is not made for this value.
    pub(super) const fn unfit(&self, operation: &'static str) -> CompoundError {
        CompoundError::Type {
            operation,
            found: self.kind(),
        }
    }

    /// The elements of a list, paid for.
    pub(super) fn elements(
        &self,
        operation: &'static str,
        effort: &mut Effort,
    ) -> Result<Rc<Vec<Self>>, CompoundError> {
        match self {
            Self::List(elements) => Ok(Rc::clone(elements)),
            Self::Fact(Json::Array(elements)) => {
                let elements: Result<_, _> = elements
                    .iter()
                    .map(|element| Self::of_fact(element, effort))
                    .collect();
                Ok(Rc::new(elements?))
            }
            _ => Err(self.unfit(operation)),
        }
    }

    /// How many elements or members it has.
    pub(super) fn len(&self) -> Option<usize> {
        match self {
            Self::List(elements) => Some(elements.len()),
            Self::Map(members) => Some(members.len()),
            Self::Fact(Json::Array(elements)) => Some(elements.len()),
            Self::Fact(Json::Object(members)) => Some(members.len()),
            _ => None,
        }
    }

    /// The element at a place of a list.
    pub(super) fn at(&self, place: usize, effort: &mut Effort) -> Result<Option<Self>, Exhausted> {
        match self {
            Self::List(elements) => Ok(elements.get(place).cloned()),
            Self::Fact(Json::Array(elements)) => elements
                .get(place)
                .map(|element| Self::of_fact(element, effort))
                .transpose(),
            _ => Ok(None),
        }
    }

    /// The member of a map.
    pub(super) fn member(
        &self,
        name: &str,
        effort: &mut Effort,
    ) -> Result<Option<Self>, Exhausted> {
        match self {
            Self::Map(members) => Ok(members.get(name).cloned()),
            Self::Fact(Json::Object(members)) => members
                .get(name)
                .map(|member| Self::of_fact(member, effort))
                .transpose(),
            _ => Ok(None),
        }
    }

    /// Whether two values are the same. Numbers are compared as numbers, values of different kinds differ.
    pub(super) fn equals(&self, other: &Self, effort: &mut Effort) -> Result<bool, Exhausted> {
        effort.spend(1)?;
        match (self, other) {
            (Self::Nil, Self::Nil) => Ok(true),
            (Self::Bool(left), Self::Bool(right)) => Ok(left == right),
            (Self::Int(left), Self::Int(right)) => Ok(left == right),
            (Self::Text(left), Self::Text(right)) => {
                effort.spend_text(left)?;
                Ok(left == right)
            }
            _ => match (self.decimal(), other.decimal()) {
                (Some(left), Some(right)) => Ok(left == right),
                (None, None) if self.kind() == other.kind() => self.same_parts(other, effort),
                _ => Ok(false),
            },
        }
    }

    /// As deep as the values, which their parsers limited.
    fn same_parts(&self, other: &Self, effort: &mut Effort) -> Result<bool, Exhausted> {
        if self.len() != other.len() {
            return Ok(false);
        }
        if self.kind() == "map" {
            for name in self.names() {
                let same = match (self.member(name, effort)?, other.member(name, effort)?) {
                    (Some(left), Some(right)) => left.equals(&right, effort)?,
                    _ => false,
                };
                if !same {
                    return Ok(false);
                }
            }
            return Ok(true);
        }
        for place in 0..self.len().unwrap_or(0) {
            let same = match (self.at(place, effort)?, other.at(place, effort)?) {
                (Some(left), Some(right)) => left.equals(&right, effort)?,
                _ => false,
            };
            if !same {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The names of a map, sorted.
    pub(super) fn names(&self) -> Vec<&str> {
        match self {
            Self::Map(members) => members.keys().map(String::as_str).collect(),
            Self::Fact(Json::Object(members)) => members.keys().map(String::as_str).collect(),
            _ => Vec::new(),
        }
    }

    /// A number as a decimal one.
    pub(super) fn decimal(&self) -> Option<f64> {
        match self {
            Self::Int(whole) => Some(*whole as f64),
            Self::Float(decimal) => Some(*decimal),
            _ => None,
        }
    }
}
