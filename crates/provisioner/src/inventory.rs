//! What a node tells about itself: the reply of `rpcutil#inventory`, as far as it is believed.

use serde::Serialize;
use serde_json::Map;
use serde_json::Value;

/// The reply of `rpcutil#inventory`. What a node leaves out is empty; what has the wrong type is refused.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Inventory {
    /// Names of its agents.
    pub agents: Vec<String>,
    /// Its classes.
    pub classes: Vec<String>,
    /// Its collectives.
    pub collectives: Vec<String>,
    /// Its data plugins.
    pub data_plugins: Vec<String>,
    /// Its facts.
    pub facts: Map<String, Value>,
    /// Its autonomous agents: objects with `name`, `state` and `version`.
    pub machines: Vec<Value>,
    /// Where it expects requests.
    pub main_collective: String,
    /// Whether it would replace its binary.
    pub upgradable: bool,
    /// Version of its software.
    pub version: String,
}

/// A reply that is no inventory.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the inventory's {field} is not {expected}")]
pub struct NotAnInventory {
    /// Which field.
    pub field: &'static str,
    /// What it should be.
    pub expected: &'static str,
}

impl Inventory {
    /// Reads the data of a reply.
    ///
    /// # Errors
    ///
    /// [`NotAnInventory`] names the field.
    pub fn read(data: &Map<String, Value>) -> Result<Self, NotAnInventory> {
        Ok(Self {
            agents: texts(data, "agents")?,
            classes: texts(data, "classes")?,
            collectives: texts(data, "collectives")?,
            data_plugins: texts(data, "data_plugins")?,
            facts: match data.get("facts") {
                None | Some(Value::Null) => Map::new(),
                Some(Value::Object(facts)) => facts.clone(),
                Some(_) => return Err(wrong("facts", "an object")),
            },
            machines: match data.get("machines") {
                None | Some(Value::Null) => Vec::new(),
                Some(Value::Array(machines)) if machines.iter().all(Value::is_object) => {
                    machines.clone()
                }
                Some(_) => return Err(wrong("machines", "a list of objects")),
            },
            main_collective: text(data, "main_collective")?,
            upgradable: match data.get("upgradable") {
                None | Some(Value::Null) => false,
                Some(Value::Bool(upgradable)) => *upgradable,
                Some(_) => return Err(wrong("upgradable", "true or false")),
            },
            version: text(data, "version")?,
        })
    }

    /// The JSON text that helpers get: every field, keys sorted (spec 05 §7.2).
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

fn texts(data: &Map<String, Value>, field: &'static str) -> Result<Vec<String>, NotAnInventory> {
    let wrong = || wrong(field, "a list of texts");
    match data.get(field) {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(items)) => items
            .iter()
            .map(|item| item.as_str().map(str::to_owned).ok_or_else(wrong))
            .collect(),
        Some(_) => Err(wrong()),
    }
}

fn text(data: &Map<String, Value>, field: &'static str) -> Result<String, NotAnInventory> {
    match data.get(field) {
        None | Some(Value::Null) => Ok(String::new()),
        Some(Value::String(text)) => Ok(text.clone()),
        Some(_) => Err(wrong(field, "a text")),
    }
}

const fn wrong(field: &'static str, expected: &'static str) -> NotAnInventory {
    NotAnInventory { field, expected }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(value: Value) -> Map<String, Value> {
        match value {
            Value::Object(map) => map,
            other => panic!("{other} is no object"),
        }
    }

    #[test]
    fn the_recorded_inventory_is_handed_on_with_sorted_keys() {
        let data = object(json!({
            "agents": ["choria_provision", "choria_util", "discovery", "rpcutil"],
            "classes": [], "collectives": ["provisioning"], "data_plugins": [],
            "facts": {"dc": "dc1", "n": {"a": [1, 2]}, "role": "web"},
            "machines": [], "main_collective": "provisioning", "version": "0.29.4", "upgradable": false
        }));
        assert_eq!(
            Inventory::read(&data).unwrap().to_json(),
            concat!(
                r#"{"agents":["choria_provision","choria_util","discovery","rpcutil"],"classes":[],"#,
                r#""collectives":["provisioning"],"data_plugins":[],"facts":{"dc":"dc1","n":{"a":[1,2]},"#,
                r#""role":"web"},"machines":[],"main_collective":"provisioning","upgradable":false,"#,
                r#""version":"0.29.4"}"#
            )
        );
    }

    #[test]
    fn what_is_left_out_is_empty_and_what_has_the_wrong_type_is_refused() {
        assert_eq!(Inventory::read(&Map::new()).unwrap(), Inventory::default());
        for field in [
            "agents",
            "classes",
            "collectives",
            "data_plugins",
            "facts",
            "machines",
            "main_collective",
            "upgradable",
            "version",
        ] {
            let data = object(json!({ field: 7 }));
            assert_eq!(Inventory::read(&data).unwrap_err().field, field);
        }
        let data = object(json!({"agents": ["a", 1]}));
        assert_eq!(Inventory::read(&data).unwrap_err().field, "agents");
    }
}
