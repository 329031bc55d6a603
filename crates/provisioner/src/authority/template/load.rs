//! From TOML to a [`Template`], with the line of whatever is wrong.

use std::ops::Range;

use muster::facts::Case;
use muster::facts::compile_pattern;
use muster::facts::parse_fact_filter;
use regex::Regex;
use toml::Spanned;
use toml::de::DeTable;
use toml::de::DeValue;

use super::Condition;
use super::Override;
use super::PROVISION;
use super::Rule;
use super::Section;
use super::Template;
use super::TemplateError;
use super::TemplateFault;
use super::expression::Expression;

/// What is wrong, and where in the text.
type Faulty = (Range<usize>, TemplateFault);

pub(super) fn template(path: &str, text: &str) -> Result<Template, TemplateError> {
    read(text).map_err(|(span, fault)| TemplateError {
        path: path.to_owned(),
        line: line(text, span.start),
        fault,
    })
}

fn line(text: &str, at: usize) -> usize {
    let before = text.bytes().take(at);
    before
        .filter(|byte| *byte == b'\n')
        .count()
        .saturating_add(1)
}

fn read(text: &str) -> Result<Template, Faulty> {
    let document = DeTable::parse(text).map_err(|err| {
        let complaint = err.message().lines().collect::<Vec<_>>().join(" ");
        (
            err.span().unwrap_or(0..0),
            TemplateFault::NotToml { complaint },
        )
    })?;
    let mut template = Template {
        base: Section::new(),
        overrides: Vec::new(),
        rules: Vec::new(),
    };
    let mut configured = false;
    for (key, value) in document.get_ref() {
        let name = key.get_ref().as_ref();
        match name {
            "configuration" => {
                configured = true;
                template.base = section(table(name, value)?)?;
            }
            "when" => template.overrides = blocks(name, value, block)?,
            "defer" => template.rules = blocks(name, value, rule)?,
            _ => return Err(unknown(key, "configuration, when or defer")),
        }
    }
    if configured {
        Ok(template)
    } else {
        Err(missing(0..0, "the table [configuration]"))
    }
}

fn block(table: &Spanned<&DeTable<'_>>) -> Result<Override, Faulty> {
    let mut block = Override {
        facts: Vec::new(),
        identities: Vec::new(),
        section: Section::new(),
    };
    for (key, value) in *table.get_ref() {
        let name = key.get_ref().as_ref();
        match name {
            "facts" => block.facts = list(name, value, condition)?,
            "identities" => block.identities = list(name, value, pattern)?,
            "configuration" => block.section = section(self::table(name, value)?)?,
            _ => return Err(unknown(key, "facts, identities or configuration")),
        }
    }
    if block.facts.is_empty() && block.identities.is_empty() {
        return Err(missing(
            table.span(),
            "a condition, facts or identities, of a [[when]] block",
        ));
    }
    Ok(block)
}

fn rule(table: &Spanned<&DeTable<'_>>) -> Result<Rule, Faulty> {
    let (mut unless, mut message) = (Vec::new(), String::new());
    for (key, value) in *table.get_ref() {
        let name = key.get_ref().as_ref();
        match name {
            "unless_facts" => unless = list(name, value, condition)?,
            "message" => text(name, value)?.clone_into(&mut message),
            _ => return Err(unknown(key, "unless_facts or message")),
        }
    }
    if unless.is_empty() {
        return Err(missing(
            table.span(),
            "the list unless_facts of a [[defer]] block",
        ));
    }
    if message.is_empty() {
        return Err(missing(table.span(), "the message of a [[defer]] block"));
    }
    if message.chars().any(char::is_control) {
        return Err((table.span(), TemplateFault::ControlCharacter));
    }
    Ok(Rule { unless, message })
}

/// Settings; a key with dots may be written with quotes or without, which makes tables of it.
fn section(table: &DeTable<'_>) -> Result<Section, Faulty> {
    let mut section = Section::new();
    gather(table, "", &mut section)?;
    Ok(section)
}

fn gather(table: &DeTable<'_>, prefix: &str, section: &mut Section) -> Result<(), Faulty> {
    for (part, value) in table {
        let key = format!("{prefix}{}", part.get_ref());
        if let DeValue::Table(inner) = value.get_ref() {
            gather(inner, &format!("{key}."), section)?;
            continue;
        }
        let forbidden = |c: char| c == '=' || c.is_whitespace() || c.is_control();
        if part.get_ref().is_empty() || key.starts_with('#') || key.contains(forbidden) {
            return Err((part.span(), TemplateFault::Key { key }));
        }
        let expression = setting(&key, value).map_err(|fault| (value.span(), fault))?;
        if section.insert(key.clone(), expression).is_some() {
            return Err((part.span(), TemplateFault::Twice { key }));
        }
    }
    Ok(())
}

fn setting(key: &str, value: &Spanned<DeValue<'_>>) -> Result<Expression, TemplateFault> {
    let expression = match value.get_ref() {
        DeValue::String(text) => Expression::parse(text)?,
        DeValue::Boolean(truth) => Expression::parse(&truth.to_string())?,
        DeValue::Integer(number) => Expression::parse(number.as_str())?,
        DeValue::Float(_) | DeValue::Datetime(_) | DeValue::Array(_) | DeValue::Table(_) => {
            return Err(TemplateFault::WrongType {
                key: key.to_owned(),
                expected: "a text, a whole number or a boolean",
            });
        }
    };
    let stays = || {
        expression
            .fixed()
            .is_some_and(|text| matches!(text.as_str(), "false" | "0"))
    };
    if key == PROVISION && !stays() {
        return Err(TemplateFault::Provisions);
    }
    Ok(expression)
}

fn condition(text: &str) -> Result<Condition, TemplateFault> {
    Ok(Condition {
        text: text.to_owned(),
        filter: parse_fact_filter(text)?,
    })
}

fn pattern(text: &str) -> Result<Regex, TemplateFault> {
    compile_pattern(text, Case::Exact).map_err(|_| TemplateFault::Pattern {
        pattern: text.to_owned(),
    })
}

fn blocks<T>(
    name: &str,
    value: &Spanned<DeValue<'_>>,
    read: fn(&Spanned<&DeTable<'_>>) -> Result<T, Faulty>,
) -> Result<Vec<T>, Faulty> {
    let DeValue::Array(items) = value.get_ref() else {
        return Err(wrong(name, value, "a list of tables"));
    };
    let one = |item: &Spanned<DeValue<'_>>| read(&Spanned::new(item.span(), table(name, item)?));
    items.iter().map(one).collect()
}

fn list<T>(
    name: &str,
    value: &Spanned<DeValue<'_>>,
    read: fn(&str) -> Result<T, TemplateFault>,
) -> Result<Vec<T>, Faulty> {
    let DeValue::Array(items) = value.get_ref() else {
        return Err(wrong(name, value, "a list of texts"));
    };
    let one =
        |item: &Spanned<DeValue<'_>>| read(text(name, item)?).map_err(|fault| (item.span(), fault));
    items.iter().map(one).collect()
}

fn table<'a, 'i>(name: &str, value: &'a Spanned<DeValue<'i>>) -> Result<&'a DeTable<'i>, Faulty> {
    value
        .get_ref()
        .as_table()
        .ok_or_else(|| wrong(name, value, "a table"))
}

fn text<'a>(name: &str, value: &'a Spanned<DeValue<'_>>) -> Result<&'a str, Faulty> {
    value
        .get_ref()
        .as_str()
        .ok_or_else(|| wrong(name, value, "a text"))
}

fn wrong(name: &str, value: &Spanned<DeValue<'_>>, expected: &'static str) -> Faulty {
    let key = name.to_owned();
    (value.span(), TemplateFault::WrongType { key, expected })
}

fn unknown(key: &Spanned<toml::de::DeString<'_>>, expected: &'static str) -> Faulty {
    let name = key.get_ref().to_string();
    (
        key.span(),
        TemplateFault::UnknownKey {
            key: name,
            expected,
        },
    )
}

const fn missing(span: Range<usize>, what: &'static str) -> Faulty {
    (span, TemplateFault::Missing { what })
}
