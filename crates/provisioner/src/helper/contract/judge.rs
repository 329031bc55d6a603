//! What the fields of an answer mean together.

use std::collections::BTreeMap;
use std::time::Duration;

use muster::secret::Secret;
use serde_json::Map;
use serde_json::Value;

use super::Answer;
use super::ContractError;
use super::Field;
use super::Note;
use super::answer::LONGEST_RETRY;
use super::fields::Fields;
use super::fields::LONGEST_NAME;
use super::fields::texts;
use crate::helper::Decision;
use crate::helper::Outfit;
use crate::helper::SecretText;
use crate::helper::words::one_line;

/// Checks every field, then decides: `defer` wins over `shutdown`, and both over a configuration.
///
/// # Errors
///
/// [`ContractError`] names the first field that is wrong.
pub(super) fn judge(mut fields: Fields, mut notes: Vec<Note>) -> Result<Answer, ContractError> {
    let defer = flag(&mut fields, Field::Defer)?;
    let shutdown = flag(&mut fields, Field::Shutdown)?;
    let retry_after = retry_after(&mut fields)?;
    not_built(&mut fields, &mut notes)?;
    let outfit = outfit(&mut fields)?;
    let message = outfit.message.clone();
    let decision = if defer {
        Decision::Defer {
            message,
            retry_after,
        }
    } else if shutdown {
        Decision::Shutdown { message }
    } else if outfit.configuration.is_empty() {
        return Err(ContractError::EmptyConfiguration);
    } else {
        if !leaves_provisioning(&outfit.configuration) {
            notes.push(Note::StaysInProvisioning);
        }
        Decision::Configure(Box::new(outfit))
    };
    Ok(Answer { decision, notes })
}

fn outfit(fields: &mut Fields) -> Result<Outfit, ContractError> {
    let key = text(fields, Field::Key)?;
    Ok(Outfit {
        message: one_line(&text(fields, Field::Msg)?, LONGEST_MESSAGE),
        configuration: texts(
            Field::Configuration,
            object(fields, Field::Configuration)?.unwrap_or_default(),
        )?,
        certificate: text(fields, Field::Certificate)?,
        ca: text(fields, Field::Ca)?,
        ssldir: text(fields, Field::Ssldir)?,
        key: (!key.is_empty()).then(|| SecretText(Secret::new(key))),
        action_policies: policies(fields, Field::ActionPolicies, ".policy")?,
        opa_policies: policies(fields, Field::OpaPolicies, ".rego")?,
    })
}

fn flag(fields: &mut Fields, field: Field) -> Result<bool, ContractError> {
    match fields.take(field) {
        None => Ok(false),
        Some(value) => value.as_bool().ok_or(ContractError::WrongType {
            field,
            expected: "true or false",
        }),
    }
}

fn text(fields: &mut Fields, field: Field) -> Result<String, ContractError> {
    match fields.take(field) {
        None => Ok(String::new()),
        Some(Value::String(text)) => Ok(text),
        Some(_) => Err(ContractError::WrongType {
            field,
            expected: "a text",
        }),
    }
}

fn object(fields: &mut Fields, field: Field) -> Result<Option<Map<String, Value>>, ContractError> {
    match fields.take(field) {
        None => Ok(None),
        Some(Value::Object(object)) => Ok(Some(object)),
        Some(_) => Err(ContractError::WrongType {
            field,
            expected: "an object",
        }),
    }
}

/// Zero is what is not said, and a fraction is rounded up: nobody is asked again at once.
fn retry_after(fields: &mut Fields) -> Result<Option<Duration>, ContractError> {
    let Some(value) = fields.take(Field::RetryAfter) else {
        return Ok(None);
    };
    let seconds = value.as_f64().ok_or(ContractError::WrongType {
        field: Field::RetryAfter,
        expected: "a number of seconds",
    })?;
    if !(0.0..=f64::from(LONGEST_RETRY)).contains(&seconds) {
        return Err(ContractError::RetryAfter);
    }
    let wait =
        Duration::try_from_secs_f64(seconds.ceil()).map_err(|_| ContractError::RetryAfter)?;
    Ok((!wait.is_zero()).then_some(wait))
}

fn not_built(fields: &mut Fields, notes: &mut Vec<Note>) -> Result<(), ContractError> {
    if object(fields, Field::ServerClaims)?.is_some() {
        notes.push(Note::NotBuilt(Field::ServerClaims));
    }
    if !text(fields, Field::Upgrade)?.is_empty() {
        notes.push(Note::NotBuilt(Field::Upgrade));
    }
    Ok(())
}

/// Empty names and empty texts are left out: nodes skip them.
fn policies(
    fields: &mut Fields,
    field: Field,
    extension: &'static str,
) -> Result<BTreeMap<String, String>, ContractError> {
    let mut policies = texts(field, object(fields, field)?.unwrap_or_default())?;
    policies.retain(|name, text| !name.is_empty() && !text.is_empty());
    match policies.keys().find(|name| !plain(name, extension)) {
        Some(name) => Err(ContractError::PolicyName {
            field,
            name: one_line(name, LONGEST_NAME),
            extension,
        }),
        None => Ok(policies),
    }
}

/// The rule of our nodes for names that become names of files.
fn plain(name: &str, extension: &str) -> bool {
    name.len() <= LONGEST_POLICY_NAME
        && name.strip_suffix(extension).is_some_and(|stem| {
            !stem.is_empty()
                && !stem.starts_with('.')
                && stem
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b"_-.".contains(&b))
        })
}

fn leaves_provisioning(configuration: &BTreeMap<String, String>) -> bool {
    configuration
        .get("plugin.choria.server.provision")
        .is_some_and(|value| {
            ["false", "0", "no", "n", "f"]
                .iter()
                .any(|word| word.eq_ignore_ascii_case(value.trim()))
        })
}

/// Characters of a message.
const LONGEST_MESSAGE: usize = 300;

/// Bytes of a policy's file name.
const LONGEST_POLICY_NAME: usize = 128;
