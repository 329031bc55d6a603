//! The parts of a `CycloneDX` document that we write, by the names of its schema.

use serde::Serialize;

#[derive(Serialize)]
pub(super) struct Bom {
    #[serde(rename = "bomFormat")]
    pub(super) format: &'static str,
    #[serde(rename = "specVersion")]
    pub(super) spec_version: &'static str,
    pub(super) version: u32,
    pub(super) metadata: Metadata,
    pub(super) components: Vec<Component>,
    pub(super) dependencies: Vec<Dependency>,
}

#[derive(Serialize)]
pub(super) struct Metadata {
    pub(super) timestamp: String,
    pub(super) tools: Tools,
    pub(super) component: Component,
    pub(super) properties: Vec<Property>,
}

#[derive(Serialize)]
pub(super) struct Tools {
    pub(super) components: Vec<Component>,
}

#[derive(Default, Serialize)]
pub(super) struct Component {
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    #[serde(rename = "bom-ref", skip_serializing_if = "String::is_empty")]
    pub(super) reference: String,
    pub(super) name: String,
    pub(super) version: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) scope: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) hashes: Vec<Hash>,
    #[serde(rename = "licenses", skip_serializing_if = "Vec::is_empty")]
    pub(super) licences: Vec<Licence>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) cpe: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) purl: Option<String>,
}

#[derive(Serialize)]
pub(super) struct Hash {
    #[serde(rename = "alg")]
    pub(super) algorithm: &'static str,
    pub(super) content: String,
}

#[derive(Serialize)]
pub(super) struct Licence {
    pub(super) expression: String,
}

#[derive(Serialize)]
pub(super) struct Property {
    pub(super) name: &'static str,
    pub(super) value: String,
}

#[derive(Serialize)]
pub(super) struct Dependency {
    #[serde(rename = "ref")]
    pub(super) reference: String,
    #[serde(rename = "dependsOn")]
    pub(super) on: Vec<String>,
}
