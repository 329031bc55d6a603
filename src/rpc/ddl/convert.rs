//! From the `key=value` texts of a command line to typed inputs.

use std::collections::BTreeMap;

use serde_json::Map;
use serde_json::Number;
use serde_json::Value;

use super::error::InputError;
use super::error::ValueError;
use super::model::Action;
use super::model::Input;
use super::model::InputType;

impl Action {
    /// Converts texts to the types of the inputs and validates them. A required input that is missing takes its
    /// default; an optional one is left out, because the node knows its default better.
    ///
    /// # Errors
    ///
    /// [`InputError`] for the first input that is not declared, missing or refused.
    pub fn convert(
        &self,
        texts: &BTreeMap<String, String>,
    ) -> Result<Map<String, Value>, InputError> {
        let mut data = Map::new();
        for (name, text) in texts {
            let input = self
                .input
                .get(name)
                .ok_or_else(|| InputError::NotDeclared { name: name.clone() })?;
            let invalid = |err| InputError::Invalid {
                name: name.clone(),
                err,
            };
            let value = input.convert(text).map_err(invalid)?;
            input.validate(&value).map_err(invalid)?;
            data.insert(name.clone(), value);
        }
        for (name, input) in &self.input {
            if input.optional || data.contains_key(name) {
                continue;
            }
            if input.default.is_null() {
                return Err(InputError::Required { name: name.clone() });
            }
            data.insert(name.clone(), input.default.clone());
        }
        Ok(data)
    }
}

impl Input {
    /// Converts a text to the type of the input, without validating it.
    fn convert(&self, text: &str) -> Result<Value, ValueError> {
        match self.kind {
            InputType::String | InputType::List => Ok(text.into()),
            InputType::Integer => text
                .parse::<i64>()
                .map(Value::from)
                .map_err(|_| ValueError::NotInteger),
            InputType::Number => number(text).ok_or(ValueError::NotNumber),
            InputType::Float => number(text).ok_or(ValueError::NotFloat),
            InputType::Boolean => boolean(text).ok_or(ValueError::NotBoolean),
            InputType::Hash => match serde_json::from_str(text) {
                Ok(Value::Object(map)) => Ok(map.into()),
                Ok(_) | Err(_) => Err(ValueError::NotHash),
            },
            InputType::Array => match serde_json::from_str(text) {
                Ok(Value::Array(items)) => Ok(items.into()),
                Ok(_) | Err(_) => Err(ValueError::NotArray),
            },
        }
    }
}

/// Whole numbers stay whole: nodes refuse `1.0` where they want `1`.
fn number(text: &str) -> Option<Value> {
    if let Ok(whole) = text.parse::<i64>() {
        return Some(whole.into());
    }
    let float: f64 = text.parse().ok()?;
    Number::from_f64(float).map(Value::Number)
}

fn boolean(text: &str) -> Option<Value> {
    match text {
        "1" | "t" | "T" | "TRUE" | "true" | "True" => Some(true.into()),
        "0" | "f" | "F" | "FALSE" | "false" | "False" => Some(false.into()),
        _ => None,
    }
}
