//! What only a Debian package has: `copyright` in the form of DEP-5, and a change log.

use buildspec::Package;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

use super::error::ProductError;
use super::manifest::Ingredients;
use super::manifest::url;
use super::stage::Stage;
use super::template::Values;
use super::templates;

/// Adds both.
pub(super) fn fill(stage: &mut Stage<'_>) -> Result<(), ProductError> {
    let values = values(stage.package, stage.ingredients, stage.values)?;
    let copyright = templates::DEB_COPYRIGHT.render(&values)?;
    stage.document("copyright", copyright.into_bytes())?;
    let changelog = templates::DEB_CHANGELOG.render(&values)?;
    let path = format!("{}/changelog.Debian.gz", stage.names.doc);
    stage.compressed(&path, changelog.as_bytes())
}

/// Who answers for a package, as Debian writes it: `Name <mail>`, in quotation marks where mail needs them.
pub(super) fn contact(contact: &str) -> String {
    if let Some((name, mail)) = contact.split_once('<') {
        let name = name.trim();
        let is_special = |c: char| ",;:()[]@\\\"".contains(c);
        return match name.contains(is_special) && !name.starts_with('"') {
            true => format!("\"{}\" <{mail}", name.replace('"', "'")),
            false => contact.to_owned(),
        };
    }
    match contact.split_once('@') {
        Some((local, _)) => format!("{local} <{contact}>"),
        None => contact.to_owned(),
    }
}

/// Release and distribution: what stands behind the last hyphen of a version.
pub(super) fn revision(package: &Package) -> String {
    match &package.dist {
        Some(dist) => format!("{}+{dist}", package.release),
        None => package.release.clone(),
    }
}

fn values(
    package: &Package,
    ingredients: &Ingredients<'_>,
    values: &Values,
) -> Result<Values, ProductError> {
    let contact_of = package.contact.as_deref().ok_or(ProductError::Contact)?;
    let version = ingredients.version_in_format;
    let further: Vec<String> = ingredients.licences.iter().skip(1).map(further).collect();
    Ok(values
        .clone()
        .with("contact", contact(contact_of))
        .with("url", url(package))
        .with("license", &package.license)
        .with("license_text", own(ingredients))
        .with("further_licences", further.join("\n"))
        .with("deb_version", format!("{version}-{}", revision(package)))
        .with("year", moment(ingredients.source_date)?.year().to_string())
        .with("date", date(ingredients.source_date)?))
}

/// The text of our own licence. That of the Apache licence is on every Debian machine, and Debian wants it named there.
fn own(ingredients: &Ingredients<'_>) -> String {
    let text = ingredients
        .licences
        .first()
        .map_or_else(String::new, |(_, text)| {
            String::from_utf8_lossy(text).into_owned()
        });
    if text.contains("Apache License") && text.contains("Version 2.0, January 2004") {
        " On Debian systems, the complete text of the Apache License, version 2.0, is in\n \
         /usr/share/common-licenses/Apache-2.0."
            .to_owned()
    } else {
        folded(&text)
    }
}

/// A licence beside our own, in a paragraph of its own.
fn further((file, text): &(String, Vec<u8>)) -> String {
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() || c == '.' || c == '-' {
            c
        } else {
            '-'
        }
    };
    let name: String = file.chars().map(plain).collect();
    let text = folded(&String::from_utf8_lossy(text));
    format!("\nLicense: LicenseRef-{name}\n{text}")
}

/// A text as the rest of a field: every line behind a blank, an empty one a full stop.
fn folded(text: &str) -> String {
    let lines = text.trim_end().lines().map(|line| {
        let line: String = line
            .trim_end()
            .chars()
            .filter(|c| !c.is_control() || *c == '\t')
            .collect();
        if line.is_empty() {
            " .".to_owned()
        } else {
            format!(" {line}")
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn date(seconds: u64) -> Result<String, ProductError> {
    moment(seconds)?
        .format(&Rfc2822)
        .map_err(|_| ProductError::Date { seconds })
}

fn moment(seconds: u64) -> Result<OffsetDateTime, ProductError> {
    i64::try_from(seconds)
        .ok()
        .and_then(|moment| OffsetDateTime::from_unix_timestamp(moment).ok())
        .ok_or(ProductError::Date { seconds })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_mail_would_read_as_two_is_quoted() {
        for (given, written) in [
            ("Acme & Sons <a@b.c>", "Acme & Sons <a@b.c>"),
            (
                "Acme & Sons, Platforms <a@b.c>",
                "\"Acme & Sons, Platforms\" <a@b.c>",
            ),
            ("\"Acme, Inc\" <a@b.c>", "\"Acme, Inc\" <a@b.c>"),
            ("The \"Acme\" Team <a@b.c>", "\"The 'Acme' Team\" <a@b.c>"),
            ("admins@b.c", "admins <admins@b.c>"),
        ] {
            assert_eq!(contact(given), written);
        }
    }
}
