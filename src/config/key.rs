//! One row of the key table: what a key is called, what it takes, what it means.

use serde_json::Value as Json;

use crate::config::form::Form;
use crate::config::form::Input;
use crate::config::form::Refusal;
use crate::config::merged::Merged;
use crate::config::problem::Problem;

/// A key whose value is a `T`. A key that is not set and has no default is `T::default()`.
pub(crate) struct Key<T: 'static> {
    spec: Spec,
    form: Form<T>,
}

/// What every row has, whatever its type.
#[derive(Debug, Clone)]
pub(crate) struct Spec {
    pub(crate) name: &'static str,
    /// Meaning, one or two sentences.
    pub(crate) about: &'static str,
    /// Default as it would be written in the file.
    pub(crate) default: Option<&'static str>,
    /// Default that a rule finds, in words.
    pub(crate) derived: Option<&'static str>,
    pub(crate) secret: bool,
    /// Variable of the environment that overrides the file.
    pub(crate) environment: Option<&'static str>,
    pub(crate) effect: Effect,
    pub(crate) repeat: Repeat,
}

/// Whether a known key does anything here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    /// It does.
    Used,
    /// It belongs to a part of the reference that does not exist here: checked, shown, without effect.
    Without,
}

/// What a second line with the same key does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Repeat {
    LastWins,
    /// Joins both values with the separator.
    Appends(char),
}

impl<T: Default> Key<T> {
    pub(crate) const fn new(name: &'static str, form: Form<T>, about: &'static str) -> Self {
        let spec = Spec {
            name,
            about,
            default: None,
            derived: None,
            secret: form.secret,
            environment: None,
            effect: Effect::Used,
            repeat: form.repeat,
        };
        Self { spec, form }
    }

    pub(crate) const fn default(mut self, text: &'static str) -> Self {
        self.spec.default = Some(text);
        self
    }

    pub(crate) const fn derived(mut self, words: &'static str) -> Self {
        self.spec.derived = Some(words);
        self
    }

    pub(crate) const fn environment(mut self, variable: &'static str) -> Self {
        self.spec.environment = Some(variable);
        self
    }

    pub(crate) const fn without_effect(mut self) -> Self {
        self.spec.effect = Effect::Without;
        self
    }

    /// The value, typed. Only called once [`AnyKey::check`] found nothing wrong, so that the fallback is never seen.
    pub(crate) fn read(&self, merged: &Merged<'_>) -> T {
        self.parse(merged).unwrap_or_default()
    }

    fn parse(&self, merged: &Merged<'_>) -> Result<T, Problem> {
        let Some(entry) = merged.entry(self.spec.name) else {
            return Ok(T::default());
        };
        let text = entry.text.expose();
        let input = Input::new(text, merged.home());
        self.form.parse(&input).map_err(|refusal| match refusal {
            Refusal::Form => Problem::Value {
                origin: entry.origin.clone(),
                key: self.spec.name.to_owned(),
                expected: self.form.expected(),
                // A broker's URL with a password in it is refused, and must not be repeated.
                found: (!self.spec.secret && !text.contains('@')).then(|| text.clone()),
            },
            Refusal::NoHome => Problem::NoHome {
                origin: entry.origin.clone(),
                key: self.spec.name.to_owned(),
            },
        })
    }
}

/// A row of any type.
pub(crate) trait AnyKey: Sync {
    /// The row without its type.
    fn spec(&self) -> &Spec;

    /// The values that the key takes, for the documentation.
    fn values(&self) -> String;

    /// The value in the type that `get_config_item` answers with, secrets masked.
    fn check(&self, merged: &Merged<'_>) -> Result<Json, Problem>;
}

impl<T: Default> AnyKey for Key<T> {
    fn spec(&self) -> &Spec {
        &self.spec
    }

    fn values(&self) -> String {
        self.form.values()
    }

    fn check(&self, merged: &Merged<'_>) -> Result<Json, Problem> {
        self.parse(merged).map(|value| self.form.show(&value))
    }
}

/// Declares rows and the list of them; the comment of a row is its meaning in the documentation.
macro_rules! keys {
    ($(
        $(#[doc = $about:literal])+
        $name:ident: $type:ty = $key:literal, $form:expr $(, $method:ident $arguments:tt)*;
    )*) => {
        $(
            $(#[doc = $about])+
            pub(crate) static $name: $crate::config::key::Key<$type> =
                $crate::config::key::Key::new($key, $form, concat!($($about),+))$(.$method $arguments)*;
        )*

        /// All rows of this file, in the order of the documentation.
        pub(crate) static ROWS: &[&dyn $crate::config::key::AnyKey] = &[$(&$name),*];
    };
}

pub(crate) use keys;
