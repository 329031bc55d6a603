//! Texts with `{{names}}` in them, and what stands for the names.
//!
//! A value is inserted as it is, and what was inserted is not looked at again: `&`, `!`, quotes and `{{` in a value are
//! only characters. A name without a value is an error, so nothing is left over. A line that holds one name and nothing
//! else vanishes when its value is empty.

use std::collections::BTreeMap;

/// What stands for the names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Values(BTreeMap<&'static str, String>);

/// A template that cannot be filled in: a mistake of ours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TemplateError {
    /// It has a name that stands for nothing.
    #[error("line {line} of the template {template} has {{{{{name}}}}}, which stands for nothing")]
    Unknown {
        /// The template.
        template: &'static str,
        /// Line, from 1.
        line: usize,
        /// The name.
        name: String,
    },
    /// A name has no end.
    #[error("line {line} of the template {template} has {{{{ without }}}}")]
    Open {
        /// The template.
        template: &'static str,
        /// Line, from 1.
        line: usize,
    },
}

/// A template and what errors call it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Template {
    pub(super) name: &'static str,
    pub(super) text: &'static str,
}

impl Values {
    /// The same with another value.
    pub(super) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.0.insert(name, value.into());
        self
    }
}

impl Template {
    /// The text with values for names.
    pub(super) fn render(self, values: &Values) -> Result<String, TemplateError> {
        let mut text = String::with_capacity(self.text.len() * 2);
        for (index, line) in self.text.lines().enumerate() {
            let rendered = self.line(index + 1, line, values)?;
            if rendered.is_empty() && !line.is_empty() {
                continue;
            }
            text.push_str(&rendered);
            text.push('\n');
        }
        Ok(text)
    }

    /// The same without the end of its last line, to be part of another text.
    pub(super) fn part(self, values: &Values) -> Result<String, TemplateError> {
        let mut text = self.render(values)?;
        text.truncate(text.trim_end_matches('\n').len());
        Ok(text)
    }

    fn line(self, number: usize, line: &str, values: &Values) -> Result<String, TemplateError> {
        let mut rendered = String::new();
        let mut rest = line;
        while let Some((before, after)) = rest.split_once(OPEN) {
            let (name, after) = after.split_once(CLOSE).ok_or(TemplateError::Open {
                template: self.name,
                line: number,
            })?;
            let value = values.0.get(name).ok_or_else(|| TemplateError::Unknown {
                template: self.name,
                line: number,
                name: name.to_owned(),
            })?;
            rendered.push_str(before);
            rendered.push_str(value);
            rest = after;
        }
        rendered.push_str(rest);
        Ok(rendered)
    }
}

const OPEN: &str = "{{";
const CLOSE: &str = "}}";

#[cfg(test)]
mod tests {
    use super::*;

    fn render(text: &'static str, value: &str) -> Result<String, TemplateError> {
        let values = Values::default().with("value", value);
        Template { name: "test", text }.render(&values)
    }

    #[test]
    fn a_value_is_inserted_as_it_is() {
        for value in ["Acme & Sons", "!\\1$x`id`'\"", "{{value}}", "%h", "}}"] {
            assert_eq!(render("<{{value}}>\n", value), Ok(format!("<{value}>\n")));
        }
    }

    #[test]
    fn a_name_that_stands_for_nothing_is_an_error_with_its_line() {
        let refused = render("a\nb {{valu}}\n", "");
        assert_eq!(
            refused,
            Err(TemplateError::Unknown {
                template: "test",
                line: 2,
                name: "valu".to_owned()
            })
        );
    }

    #[test]
    fn a_name_without_an_end_is_an_error() {
        let refused = render("{{value\n}}\n", "");
        let (template, line) = ("test", 1);
        assert_eq!(refused, Err(TemplateError::Open { template, line }));
    }

    #[test]
    fn a_line_of_one_empty_value_vanishes_and_an_empty_line_stays() {
        assert_eq!(render("a\n{{value}}\n\nb\n", ""), Ok("a\n\nb\n".to_owned()));
    }
}
