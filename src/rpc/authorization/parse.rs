//! Text to a [`Policy`].

use super::compound;
use super::lines::Column;
use super::lines::LineError;
use super::lines::PolicyError;
use super::lines::lines;
use super::policy::Actions;
use super::policy::Callers;
use super::policy::Condition;
use super::policy::Policy;
use super::policy::Rule;
use super::policy::Verdict;
use super::words::Words;

impl Policy {
    /// Reads a policy file.
    ///
    /// # Errors
    ///
    /// [`PolicyError`] with the first line that cannot be understood completely.
    ///
    /// ```
    /// use muster::rpc::authorization::Policy;
    ///
    /// Policy::parse(b"policy default deny\nallow\tchoria=ops.mcollective\tping\t*\t*\n")?;
    /// let err = Policy::parse(b"allow * * * *\n").unwrap_err();
    /// assert_eq!(err.in_file("rpcutil.policy".as_ref()), "rpcutil.policy:1: the columns of a rule are separated by tabs");
    /// # Ok::<(), muster::rpc::authorization::PolicyError>(())
    /// ```
    pub fn parse(bytes: &[u8]) -> Result<Self, PolicyError> {
        let mut policy = Self::default();
        let mut words = Words::default();
        for (number, text) in lines(bytes)? {
            line(&mut policy, text, number, &mut words)
                .map_err(|err| PolicyError::line(number, err))?;
        }
        Ok(policy)
    }
}

fn line(
    policy: &mut Policy,
    text: &str,
    number: usize,
    words: &mut Words,
) -> Result<(), LineError> {
    for (word, verdict) in [("allow", Verdict::Allow), ("deny", Verdict::Deny)] {
        let Some(rest) = text.strip_prefix(word) else {
            continue;
        };
        if rest.starts_with('\t') {
            policy.rules.push(rule(verdict, rest, number, words)?);
            return Ok(());
        }
        if rest.starts_with(' ') {
            return Err(LineError::NoTabs);
        }
    }
    // the last one counts
    policy.default = Some(default(text).ok_or(LineError::Unknown)?);
    Ok(())
}

/// `policy default allow`; any other word than `allow` denies.
fn default(text: &str) -> Option<Verdict> {
    let blank = [' ', '\t'];
    let mut words = text.split(blank).filter(|word| !word.is_empty());
    if !text.starts_with("policy")
        || words.next() != Some("policy")
        || words.next() != Some("default")
    {
        return None;
    }
    let word = words.next()?;
    let is_word = word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    let ends = words.next().is_none_or(|more| more.starts_with('#'));
    match word {
        _ if !(is_word && ends) => None,
        "allow" => Some(Verdict::Allow),
        _ => Some(Verdict::Deny),
    }
}

fn rule(verdict: Verdict, text: &str, line: usize, words: &mut Words) -> Result<Rule, LineError> {
    let columns: Vec<&str> = text
        .split('\t')
        .filter(|column| !column.is_empty())
        .collect();
    let (callers, actions, condition) = match columns.as_slice() {
        [callers, actions, statement] => (callers, actions, statement_only(statement, words)?),
        [callers, actions, facts, classes] => {
            (callers, actions, facts_and_classes(facts, classes, words)?)
        }
        other => {
            return Err(LineError::Columns {
                found: other.len() + 1,
            });
        }
    };
    let callers = match list(Column::Callers, callers)? {
        None => Callers::Any,
        Some(list) => Callers::Of(
            list.map(|word| words.caller(word))
                .collect::<Result<_, _>>()?,
        ),
    };
    let actions = match list(Column::Actions, actions)? {
        None => Actions::Any,
        Some(list) => Actions::Of(list.map(Words::action).collect::<Result<_, _>>()?),
    };
    Ok(Rule {
        line,
        verdict,
        callers,
        actions,
        condition,
    })
}

/// The form of the older Ruby system: one statement about facts and classes together.
fn statement_only(statement: &str, words: &mut Words) -> Result<Condition, LineError> {
    if list(Column::Facts, statement)?.is_none() {
        // the reference denies on reaching it, the older system could not read it
        return Err(LineError::Columns { found: 4 });
    }
    Ok(Condition {
        statements: vec![compound::parse(statement, words)?],
        ..Condition::default()
    })
}

fn facts_and_classes(
    facts: &str,
    classes: &str,
    words: &mut Words,
) -> Result<Condition, LineError> {
    let mut condition = Condition::default();
    if let Some(list) = list(Column::Facts, facts)? {
        if compound::is_compound(facts) {
            condition.statements.push(compound::parse(facts, words)?);
        } else {
            condition.filter.fact = list
                .map(|word| words.fact(word))
                .collect::<Result<_, _>>()?;
        }
    }
    if let Some(list) = list(Column::Classes, classes)? {
        if compound::is_compound(classes) {
            condition.statements.push(compound::parse(classes, words)?);
        } else {
            condition.filter.cf_class = list
                .map(|word| words.class(word))
                .collect::<Result<_, _>>()?;
        }
    }
    Ok(condition)
}

/// The words of a column, nothing for `*`.
fn list(column: Column, text: &str) -> Result<Option<impl Iterator<Item = &str>>, LineError> {
    let words = || text.split(' ').filter(|word| !word.is_empty());
    match words().next() {
        None => Err(LineError::Empty { column }),
        Some("*") if words().count() == 1 => Ok(None),
        Some(_) if words().any(|word| word == "*") => Err(LineError::StarInList { column }),
        Some(_) => Ok(Some(words())),
    }
}
