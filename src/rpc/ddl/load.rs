//! Reading a description and refusing one that could not be used.

use super::error::LoadError;
use super::model::Ddl;

/// Reads a description.
///
/// # Errors
///
/// [`LoadError`] when the text is not JSON of that form, or when a name in it could not stand in a request.
pub fn load(json: &[u8]) -> Result<Ddl, LoadError> {
    let ddl: Ddl = serde_json::from_slice(json).map_err(|err| LoadError::Json { err })?;
    if !is_name(&ddl.metadata.name) {
        return Err(LoadError::Name { what: "agent" });
    }
    for action in &ddl.actions {
        if !is_name(&action.action) {
            return Err(LoadError::Name { what: "action" });
        }
        // the published schema knows lower case only, the reference's own files have inputs called C and ST
        if !action.input.keys().all(|name| is_name(name)) {
            return Err(LoadError::Name { what: "input" });
        }
    }
    Ok(ddl)
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}
