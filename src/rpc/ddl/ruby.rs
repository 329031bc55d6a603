//! A description in the form that Ruby clients of the network read.

use std::fmt::Write as _;

use serde_json::Value;

use super::model::Action;
use super::model::Ddl;
use super::model::Display;
use super::model::Input;
use super::model::Output;

/// Writes the description as a Ruby `.ddl` file.
#[must_use]
pub fn ruby(ddl: &Ddl) -> String {
    let metadata = &ddl.metadata;
    let mut fields = vec![
        ("name", text(&metadata.name)),
        ("description", text(&metadata.description)),
        ("author", text(&metadata.author)),
        ("license", text(&metadata.license)),
        ("version", text(&metadata.version)),
        ("url", text(&metadata.url)),
    ];
    if !metadata.provider.is_empty() {
        fields.push(("provider", text(&metadata.provider)));
    }
    if metadata.service {
        fields.push(("service", "true".to_owned()));
    }
    fields.push(("timeout", metadata.timeout.to_string()));
    let mut out = String::new();
    out.push_str(&statement("metadata", &fields));
    for item in &ddl.actions {
        out.push('\n');
        action(&mut out, item);
    }
    out
}

fn action(out: &mut String, action: &Action) {
    let display = match action.display {
        Display::Ok => "ok",
        Display::Failed => "failed",
        Display::Always => "always",
    };
    let name = text(&action.action);
    let description = text(&action.description);
    let _ = writeln!(
        out,
        "action {name}, :description => {description} do\n  display :{display}"
    );
    for (name, described) in &action.input {
        out.push('\n');
        out.push_str(&statement(&format!("  input :{name},"), &input(described)));
    }
    for (name, described) in &action.output {
        out.push('\n');
        out.push_str(&statement(
            &format!("  output :{name},"),
            &output(described),
        ));
    }
    let aggregates: Vec<_> = action
        .aggregate
        .iter()
        .filter(|item| item.output().is_some())
        .collect();
    if !aggregates.is_empty() {
        out.push_str("\n  summarize do\n");
        for item in aggregates {
            let options: String = item
                .args
                .iter()
                .skip(1)
                .map(|option| format!(", {}", literal(option)))
                .collect();
            let output = item.output().unwrap_or_default();
            let _ = writeln!(out, "    aggregate {}(:{output}{options})", item.function);
        }
        out.push_str("  end\n");
    }
    out.push_str("end\n");
}

fn input(input: &Input) -> Vec<(&'static str, String)> {
    let mut fields = vec![
        ("prompt", text(&input.prompt)),
        ("description", text(&input.description)),
        ("type", format!(":{}", input.kind.as_str())),
    ];
    if !input.validation.is_empty() {
        fields.push(("validation", raw_text(&input.validation)));
    }
    if let Some(max) = input.maxlength {
        fields.push(("maxlength", max.to_string()));
    }
    if !input.list.is_empty() {
        let items: Vec<_> = input.list.iter().map(|item| text(item)).collect();
        fields.push(("list", format!("[{}]", items.join(", "))));
    }
    if !input.default.is_null() {
        fields.push(("default", literal(&input.default)));
    }
    fields.push(("optional", input.optional.to_string()));
    fields
}

fn output(output: &Output) -> Vec<(&'static str, String)> {
    let mut fields = vec![
        ("description", text(&output.description)),
        ("display_as", text(&output.display_as)),
    ];
    if !output.kind.is_empty() {
        fields.push(("type", text(&output.kind)));
    }
    if !output.default.is_null() {
        fields.push(("default", literal(&output.default)));
    }
    fields
}

/// `head :key => value, …`, one pair on a line, aligned.
fn statement(head: &str, fields: &[(&str, String)]) -> String {
    let width = fields.iter().map(|(key, _)| key.len()).max().unwrap_or(0);
    // the pairs of an input stand below its name
    let margin = head
        .find(':')
        .unwrap_or_else(|| head.len().saturating_add(1));
    let pairs: Vec<_> = fields
        .iter()
        .map(|(key, value)| format!(":{key:width$} => {value}"))
        .collect();
    let separator = format!(",\n{:margin$}", "");
    let first = if head.ends_with(',') {
        format!("\n{:margin$}", "")
    } else {
        " ".to_owned()
    };
    format!("{head}{first}{}\n", pairs.join(&separator))
}

fn literal(value: &Value) -> String {
    match value {
        Value::Null => "nil".to_owned(),
        Value::Bool(flag) => flag.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(string) => text(string),
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(literal).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(map) => {
            let pairs: Vec<_> = map
                .iter()
                .map(|(key, value)| format!("{} => {}", text(key), literal(value)))
                .collect();
            format!("{{{}}}", pairs.join(", "))
        }
    }
}

/// A double quoted Ruby string; `#` would start an interpolation.
fn text(string: &str) -> String {
    let mut out = String::from('"');
    for c in string.chars() {
        match c {
            '"' | '\\' | '#' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            c if c.is_control() => {
                let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// A single quoted Ruby string, which keeps regular expressions readable: only `'` and a backslash that Ruby would take
/// for an escape need one.
fn raw_text(string: &str) -> String {
    let mut out = String::from('\'');
    let mut rest = string.chars().peekable();
    while let Some(c) = rest.next() {
        match (c, rest.peek()) {
            ('\'', _) | ('\\', None | Some('\\' | '\'')) => out.extend(['\\', c]),
            _ => out.push(c),
        }
    }
    out.push('\'');
    out
}
