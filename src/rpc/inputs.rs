//! Reads the inputs of an action into a typed struct, the way peers expect it (spec 04 §2).
//!
//! `null` counts as "not given"; unknown inputs are ignored; a wrong type is invalid data and the text says for which
//! action.

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::Call;
use super::Failure;
use crate::protocol::Object;

impl Call {
    /// The inputs as `T`.
    ///
    /// # Errors
    ///
    /// [`Failure`] with status 4 when an input has the wrong type.
    pub fn inputs<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        let mut data = self.data.clone();
        if let Value::Object(map) = &mut data {
            map.retain(|_, value| !value.is_null());
        }
        let inputs: Result<Object<T>, _> = serde_json::from_value(data);
        inputs.map(|Object(inputs)| inputs).map_err(|err| {
            Failure::invalid(format!(
                "Could not parse request data for {}#{}: {err}",
                self.request.agent, self.action
            ))
        })
    }
}
