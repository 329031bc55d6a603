//! Checking typed values: on the node for a request, on a command line after conversion.

use std::net::IpAddr;

use serde_json::Map;
use serde_json::Value;

use super::error::InputError;
use super::error::ValueError;
use super::model::Action;
use super::model::Input;
use super::model::InputType;
use crate::facts::Case;
use crate::facts::compile_pattern;

/// What happens to inputs that an action does not declare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Undeclared {
    /// The request is refused.
    Refused,
    /// They are dropped, as the reference's own agents do.
    Dropped,
}

impl Action {
    /// Checks the data of a request and hands back the declared inputs, with the defaults of missing required ones.
    ///
    /// The flag `process_results` that old clients put among the inputs is dropped; null counts as missing.
    ///
    /// # Errors
    ///
    /// [`InputError`] for the first input that is refused.
    pub fn check(
        &self,
        data: &Value,
        undeclared: Undeclared,
    ) -> Result<Map<String, Value>, InputError> {
        let Value::Object(given) = data else {
            return Err(InputError::NotAnObject);
        };
        if undeclared == Undeclared::Refused {
            self.refuse_undeclared(given)?;
        }
        let mut inputs = Map::new();
        for (name, input) in &self.input {
            let value = match given.get(name) {
                None | Some(Value::Null) => {
                    if input.optional {
                        continue;
                    }
                    if input.default.is_null() {
                        return Err(InputError::Required { name: name.clone() });
                    }
                    input.default.clone()
                }
                Some(value) => {
                    input.validate(value).map_err(|err| InputError::Invalid {
                        name: name.clone(),
                        err,
                    })?;
                    value.clone()
                }
            };
            inputs.insert(name.clone(), value);
        }
        Ok(inputs)
    }

    fn refuse_undeclared(&self, given: &Map<String, Value>) -> Result<(), InputError> {
        let unknown = given
            .keys()
            .find(|name| name.as_str() != PROCESS_RESULTS && !self.input.contains_key(*name));
        match unknown {
            None => Ok(()),
            Some(_) if self.input.is_empty() => Err(InputError::NoneDeclared),
            Some(name) => Err(InputError::Unexpected {
                name: name.clone(),
                valid: self.input.keys().cloned().collect(),
            }),
        }
    }
}

impl Input {
    /// Checks a typed value.
    ///
    /// # Errors
    ///
    /// [`ValueError`] saying what is wrong with it.
    pub fn validate(&self, value: &Value) -> Result<(), ValueError> {
        match self.kind {
            InputType::String => self.validate_text(value.as_str().ok_or(ValueError::NotString)?),
            InputType::List => match value.as_str() {
                Some(text) if self.list.iter().any(|item| item == text) => Ok(()),
                Some(_) => Err(ValueError::NotInList {
                    allowed: self.list.clone(),
                }),
                None => Err(ValueError::NotString),
            },
            InputType::Integer if value.is_i64() || value.is_u64() => Ok(()),
            InputType::Integer => Err(ValueError::NotInteger),
            InputType::Number if value.is_number() => Ok(()),
            InputType::Number => Err(ValueError::NotNumber),
            InputType::Float if value.is_number() => Ok(()),
            InputType::Float => Err(ValueError::NotFloat),
            InputType::Boolean if value.is_boolean() => Ok(()),
            InputType::Boolean => Err(ValueError::NotBoolean),
            InputType::Hash if value.is_object() => Ok(()),
            InputType::Hash => Err(ValueError::NotHash),
            InputType::Array if value.is_array() => Ok(()),
            InputType::Array => Err(ValueError::NotArray),
        }
    }

    /// Whether a node can check values of this input: its expression is understood, and names no validator of elsewhere.
    #[must_use]
    pub fn can_be_checked(&self) -> bool {
        match self.validation.as_str() {
            "" => true,
            name if VALIDATORS.contains(&name) => true,
            name if is_validator(name) => false,
            pattern => compile_pattern(pattern, Case::Exact).is_ok(),
        }
    }

    /// A length of 0 means no limit, as in the reference, but the expression still counts.
    fn validate_text(&self, text: &str) -> Result<(), ValueError> {
        if let Some(max) = self.maxlength.filter(|max| *max > 0)
            && text.len() > max
        {
            return Err(ValueError::TooLong { max });
        }
        match self.validation.as_str() {
            "" => Ok(()),
            "shellsafe" => shellsafe(text),
            "ipaddress" => address(text, "IP", |_| true),
            "ipv4address" => address(text, "IPv4", IpAddr::is_ipv4),
            "ipv6address" => address(text, "IPv6", IpAddr::is_ipv6),
            // the name of a validator that is not known here: the node may know it
            other if is_validator(other) => Ok(()),
            pattern => {
                let regex =
                    compile_pattern(pattern, Case::Exact).map_err(|_| ValueError::Pattern {
                        pattern: pattern.to_owned(),
                    })?;
                if regex.is_match(text) {
                    Ok(())
                } else {
                    Err(ValueError::Mismatch {
                        pattern: pattern.to_owned(),
                    })
                }
            }
        }
    }
}

/// Whether an expression is the name of a validator.
fn is_validator(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
}

fn shellsafe(text: &str) -> Result<(), ValueError> {
    match SHELL.into_iter().find(|bad| text.contains(*bad)) {
        Some(bad) => Err(ValueError::ShellUnsafe { text: bad }),
        None => Ok(()),
    }
}

fn address(text: &str, kind: &'static str, fits: fn(&IpAddr) -> bool) -> Result<(), ValueError> {
    match text.parse::<IpAddr>() {
        Ok(address) if fits(&address) => Ok(()),
        Ok(_) | Err(_) => Err(ValueError::NotAddress { kind }),
    }
}

/// Those that are known here.
const VALIDATORS: [&str; 4] = ["ipaddress", "ipv4address", "ipv6address", "shellsafe"];
const PROCESS_RESULTS: &str = "process_results";
const SHELL: [&str; 7] = ["`", "$", ";", "|", "&&", ">", "<"];
