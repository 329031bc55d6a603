//! A line through the numbers of many replies, drawn with characters.

/// The values in the order in which they came, from left to right. Nothing without values.
pub(super) fn chart(values: &[f64]) -> Option<String> {
    let (low, high) = range(values)?;
    let levels: Vec<u8> = stretched(values)
        .into_iter()
        .map(|value| level(value, low, high))
        .collect();
    let top = if high > low { HEIGHT } else { 0 };
    let lines = (0..=top).rev().map(|row| {
        let share = if top == 0 {
            0.0
        } else {
            f64::from(row) / f64::from(top)
        };
        let label = low + (high - low) * share;
        let axis = if levels.first() == Some(&row) {
            '┼'
        } else {
            '┤'
        };
        let line: String = levels
            .iter()
            .zip(levels.iter().skip(1))
            .map(|(from, to)| stroke(row, *from, *to))
            .collect();
        format!("{label:>LABEL$.2} {axis}{}", line.trim_end())
    });
    Some(lines.collect::<Vec<_>>().join("\n"))
}

fn range(values: &[f64]) -> Option<(f64, f64)> {
    let mut range = None;
    for value in values {
        let (low, high) = range.unwrap_or((*value, *value));
        range = Some((value.min(low), value.max(high)));
    }
    range
}

/// As many points as the chart is wide, on the lines between the values.
fn stretched(values: &[f64]) -> Vec<f64> {
    let gaps = values.len().saturating_sub(1);
    (0..=WIDTH)
        .filter_map(|column| {
            let place = column.saturating_mul(gaps);
            let index = place / WIDTH;
            let from = values.get(index)?;
            let to = values.get(index.saturating_add(1)).unwrap_or(from);
            let beyond = u32::try_from(place % WIDTH).ok()?;
            let share = f64::from(beyond) / f64::from(u32::try_from(WIDTH).ok()?);
            Some(from * (1.0 - share) + to * share)
        })
        .collect()
}

fn level(value: f64, low: f64, high: f64) -> u8 {
    // halves, because the difference of two large numbers can be more than a number can hold
    let share = (value / 2.0 - low / 2.0) / (high / 2.0 - low / 2.0);
    let place = share * f64::from(HEIGHT);
    let below = (1..=HEIGHT).filter(|level| place >= f64::from(*level) - 0.5);
    u8::try_from(below.count()).unwrap_or(HEIGHT)
}

/// What a line from one level to the next one leaves in a row.
fn stroke(row: u8, from: u8, to: u8) -> char {
    let falls = from > to;
    if from == to {
        if row == from { '─' } else { ' ' }
    } else if row == from {
        if falls { '╮' } else { '╯' }
    } else if row == to {
        if falls { '╰' } else { '╭' }
    } else if (from.min(to)..from.max(to)).contains(&row) {
        '│'
    } else {
        ' '
    }
}

/// Columns of the drawing.
const WIDTH: usize = 60;
/// Rows above the lowest one.
const HEIGHT: u8 = 15;
/// Characters of a label.
const LABEL: usize = 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_goes_through_the_values() {
        let drawing = chart(&[1.0, 4.0]).unwrap();
        let lines: Vec<_> = drawing.lines().collect();
        assert_eq!(lines.len(), 16);
        assert!(lines[0].starts_with("      4.00 ┤"), "{drawing}");
        assert!(lines[0].ends_with("╭──"), "{drawing}");
        assert!(lines[15].starts_with("      1.00 ┼─╯"), "{drawing}");
    }

    #[test]
    fn every_number_can_be_drawn() {
        assert_eq!(chart(&[]), None);
        assert_eq!(chart(&[7.0]).unwrap().lines().count(), 1);
        for values in [
            vec![f64::MAX, f64::MIN, 0.0],
            vec![f64::MIN_POSITIVE, 0.0],
            vec![0.5; 5000],
        ] {
            assert!(chart(&values).is_some());
        }
        let falling: Vec<f64> = (0..1000).rev().map(f64::from).collect();
        assert!(chart(&falling).unwrap().contains("999.00 ┼"));
    }
}
