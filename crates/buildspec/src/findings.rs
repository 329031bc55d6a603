//! Where validation collects what it finds.

use crate::caution::Caution;
use crate::fault::Fault;
use crate::problem::Place;
use crate::problem::Problem;
use crate::problem::Problems;
use crate::problem::Warning;
use crate::yaml::Entry;
use crate::yaml::Node;
use crate::yaml::Value;

/// Problems and warnings so far.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    problems: Vec<Problem>,
    warnings: Vec<Warning>,
}

impl Findings {
    pub(crate) fn fault(&mut self, place: &Place, fault: Fault) {
        self.problems.push(Problem {
            place: place.clone(),
            fault,
        });
    }

    pub(crate) fn warn(&mut self, place: &Place, caution: Caution) {
        self.warnings.push(Warning {
            place: place.clone(),
            caution,
        });
    }

    /// Turns every warning that weakens the node into a problem.
    pub(crate) fn be_strict(&mut self) {
        let (weak, harmless) = std::mem::take(&mut self.warnings)
            .into_iter()
            .partition(|warning| warning.caution.weakens());
        self.warnings = harmless;
        let weak: Vec<Warning> = weak;
        self.problems
            .extend(weak.into_iter().map(|warning| Problem {
                place: warning.place,
                fault: Fault::Strict(warning.caution),
            }));
    }

    /// Takes over the problems of another look at the file, without its warnings: they belong to whoever takes that look.
    pub(crate) fn take_problems(&mut self, other: Self) {
        for problem in other.problems {
            if !self.problems.contains(&problem) {
                self.problems.push(problem);
            }
        }
    }

    /// Whether the value at a place was found wrong.
    pub(crate) fn has_fault_at(&self, place: &Place) -> bool {
        self.problems
            .iter()
            .any(|problem| problem.place.path == place.path)
    }

    /// The problems so far and the one that leaves no way on.
    pub(crate) fn fail(mut self, dead: Dead) -> Problems {
        self.problems.push(*dead.0);
        self.problems.sort_by_key(|problem| problem.place.line);
        Problems(self.problems)
    }

    /// The warnings, or all problems in the order of the file.
    pub(crate) fn finish(mut self) -> Result<Vec<Warning>, Problems> {
        if self.problems.is_empty() {
            self.warnings.sort_by_key(|warning| warning.place.line);
            return Ok(self.warnings);
        }
        self.problems.sort_by_key(|problem| problem.place.line);
        Err(Problems(self.problems))
    }

    /// The entries of a map; null is an empty one.
    pub(crate) fn entries<'a>(
        &mut self,
        place: &Place,
        node: &'a Node,
        wanted: &'static str,
    ) -> &'a [Entry] {
        match &node.value {
            Value::Map(entries) => entries,
            Value::Null => &[],
            Value::Text(_) | Value::List(_) => {
                self.fault(place, Fault::Shape { wanted });
                &[]
            }
        }
    }

    /// A single text.
    pub(crate) fn text<'a>(&mut self, place: &Place, node: &'a Node) -> Option<&'a str> {
        if let Value::Text(text) = &node.value {
            return Some(text);
        }
        self.fault(
            place,
            Fault::Shape {
                wanted: "a single value",
            },
        );
        None
    }

    /// A list of texts, each with its place; a single text is a list of one.
    pub(crate) fn texts<'a>(&mut self, place: &Place, node: &'a Node) -> Vec<(Place, &'a str)> {
        let Value::List(items) = &node.value else {
            return self
                .text(place, node)
                .map(|text| (place.clone(), text))
                .into_iter()
                .collect();
        };
        let mut texts = Vec::new();
        for item in items {
            let here = place.on(item.line);
            if let Some(text) = self.text(&here, item) {
                texts.push((here, text));
            }
        }
        texts
    }
}

/// The mistake after which there is nothing left to validate.
#[derive(Debug)]
pub(crate) struct Dead(Box<Problem>);

impl Dead {
    pub(crate) fn new(place: &Place, fault: Fault) -> Self {
        let place = place.clone();
        Self(Box::new(Problem { place, fault }))
    }

    pub(crate) fn fault(&self) -> &Fault {
        &self.0.fault
    }
}

impl Place {
    /// A key below this place.
    pub(crate) fn key(&self, name: &str, line: u64) -> Self {
        let path = if self.path.is_empty() {
            name.to_owned()
        } else {
            format!("{}.{name}", self.path)
        };
        Self {
            file: self.file.clone(),
            line,
            path,
        }
    }

    /// Another line of the same value.
    pub(crate) fn on(&self, line: u64) -> Self {
        Self {
            file: self.file.clone(),
            line,
            path: self.path.clone(),
        }
    }
}
