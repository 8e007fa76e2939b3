//! Pure. Charts as the page draws them: lengths across in percent, so that they fit any width and their text keeps its size.

use super::tally::Split;
use crate::display::grouped;

/// A chart.
pub(super) enum Chart {
    Stack(Stack),
    Bars(Bars),
}

/// A bar a day, refusals on top of permits.
pub(super) struct Stack {
    pub(super) title: String,
    pub(super) description: String,
    pub(super) permitted: String,
    pub(super) refused: String,
    pub(super) columns: Vec<Column>,
    pub(super) lines: Vec<Line>,
    pub(super) ticks: Vec<Tick>,
}

/// A day's bar: how far from the left, how wide, and both parts from top to bottom.
pub(super) struct Column {
    pub(super) x: String,
    pub(super) width: String,
    pub(super) refused: (u64, u64),
    pub(super) permitted: (u64, u64),
}

/// A line across, with its number.
pub(super) struct Line {
    pub(super) y: u64,
    pub(super) label: String,
}

/// A day's name below the bars.
pub(super) struct Tick {
    pub(super) x: String,
    pub(super) anchor: &'static str,
    pub(super) label: String,
}

/// A bar a name.
pub(super) struct Bars {
    pub(super) title: String,
    pub(super) description: String,
    pub(super) height: u64,
    pub(super) bars: Vec<Bar>,
}

/// A name's bar.
pub(super) struct Bar {
    pub(super) label_y: u64,
    pub(super) y: u64,
    pub(super) label: String,
    pub(super) value: String,
    pub(super) width: String,
}

/// Where the bars of days stand, from the top.
const TOP: u64 = 44;
const BOTTOM: u64 = 224;
/// Days that a chart has room for at least, so that a single one is no wall.
const FEWEST_SLOTS: u64 = 12;
/// Names that a chart shows; its table has more.
const MOST_BARS: usize = 10;
/// Characters of a name that a chart shows.
const LONGEST_LABEL: usize = 30;
/// How much room a name's bar takes.
const ROW: u64 = 42;

impl Chart {
    /// Permits and refusals, a bar a day.
    pub(super) fn stack(days: &[(String, Split)]) -> Option<Self> {
        let (first, last) = (days.first()?, days.last()?);
        let most = top(days.iter().map(|(_, split)| split.all()).max()?);
        let slots = u64::try_from(days.len()).unwrap_or(u64::MAX).max(FEWEST_SLOTS);
        let sum = |side: fn(&Split) -> u64| days.iter().fold(0_u64, |sum, (_, split)| sum.saturating_add(side(split)));
        let (permitted, refused) = (sum(|split| split.permitted), sum(|split| split.refused));
        let ticks = [(0, "start"), (days.len().checked_div(2)?, "middle"), (days.len().saturating_sub(1), "end")];
        let ticks = ticks.into_iter().filter(|(index, anchor)| *anchor == "start" || (days.len() > 6 && *index > 0));
        Some(Self::Stack(Stack {
            title: format!("Decisions a day from {} to {}", first.0, last.0),
            description: format!(
                "A bar a day: {} permitted below, {} refused, hatched, on top. The table has each day's figures.",
                grouped(permitted.into()),
                grouped(refused.into())
            ),
            permitted: grouped(permitted.into()),
            refused: grouped(refused.into()),
            columns: days.iter().zip(0..).map(|((_, split), index)| Column::of(*split, index, slots, most)).collect(),
            lines: [most, most.checked_div(2).unwrap_or_default()]
                .into_iter()
                .map(|number| Line { y: BOTTOM.saturating_sub(scaled(number, most)), label: grouped(number.into()) })
                .collect(),
            ticks: ticks
                .filter_map(|(index, anchor)| {
                    let label = days.get(index)?.0.clone();
                    let half = if anchor == "start" {
                        0
                    } else if anchor == "end" {
                        2
                    } else {
                        1
                    };
                    let at = u64::try_from(index).ok()?.saturating_mul(2).saturating_add(half);
                    Some(Tick { x: across(at, slots.saturating_mul(2)), anchor, label })
                })
                .collect(),
        }))
    }

    /// The largest counts, a bar a name.
    pub(super) fn bars(title: &str, counts: &[(String, u64)]) -> Option<Self> {
        let most = counts.iter().map(|(_, count)| *count).max().filter(|most| *most > 0)?;
        let shown: Vec<_> = counts.iter().filter(|(_, count)| *count > 0).take(MOST_BARS).collect();
        let bar = |((name, count), index): (&(String, u64), u64)| {
            let top = index.saturating_mul(ROW);
            Bar {
                label_y: top.saturating_add(16),
                y: top.saturating_add(23),
                label: shortened(name),
                value: grouped((*count).into()),
                width: across(*count, most),
            }
        };
        let largest: Vec<String> =
            shown.iter().map(|(name, count)| format!("{name} {}", grouped((*count).into()))).collect();
        Some(Self::Bars(Bars {
            title: title.to_owned(),
            description: format!("The largest of the table: {}.", largest.join(", ")),
            height: u64::try_from(shown.len()).unwrap_or_default().saturating_mul(ROW),
            bars: shown.into_iter().zip(0..).map(bar).collect(),
        }))
    }
}

impl Column {
    fn of(split: Split, index: u64, slots: u64, most: u64) -> Self {
        let (refused, permitted) = (scaled(split.refused, most), scaled(split.permitted, most));
        let permitted_from = BOTTOM.saturating_sub(permitted);
        Self {
            x: across(index.saturating_mul(8).saturating_add(1), slots.saturating_mul(8)),
            width: across(6, slots.saturating_mul(8)),
            refused: (permitted_from.saturating_sub(refused), refused),
            permitted: (permitted_from, permitted),
        }
    }
}

/// The height of a number; one that is not nothing is seen.
fn scaled(number: u64, most: u64) -> u64 {
    let height = BOTTOM.saturating_sub(TOP);
    let scaled = number.saturating_mul(height).checked_div(most).unwrap_or_default();
    scaled.max(number.min(1))
}

/// A part of the whole width.
fn across(part: u64, whole: u64) -> String {
    let thousandths = part.saturating_mul(100_000).checked_div(whole).unwrap_or_default();
    let rest = thousandths.checked_rem(1000).unwrap_or_default();
    format!("{}.{rest:03}%", thousandths.checked_div(1000).unwrap_or_default())
}

/// The round number at or above, which can be halved: 2, 4, 6, 8, 10, 20, 40 …
fn top(most: u64) -> u64 {
    let mut power: u64 = 1;
    loop {
        if let Some(top) = [2, 4, 6, 8, 10].map(|step| power.saturating_mul(step)).into_iter().find(|top| *top >= most)
        {
            return top;
        }
        power = power.saturating_mul(10);
    }
}

fn shortened(name: &str) -> String {
    if name.chars().count() <= LONGEST_LABEL {
        return name.to_owned();
    }
    name.chars().take(LONGEST_LABEL.saturating_sub(1)).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scale_ends_at_a_round_number() {
        for (most, expected) in [(0, 2), (1, 2), (3, 4), (5, 6), (11, 20), (99, 100), (401, 600), (u64::MAX, u64::MAX)]
        {
            assert_eq!(top(most), expected);
        }
    }

    #[test]
    fn a_days_parts_stand_on_each_other_and_none_is_lost() {
        let days = [("a".to_owned(), Split { permitted: 99_999, refused: 1 }), ("b".to_owned(), Split::default())];
        let Some(Chart::Stack(stack)) = Chart::stack(&days) else { unreachable!("there is no chart") };
        assert_eq!((stack.columns[0].permitted, stack.columns[0].refused), ((TOP + 1, 179), (TOP, 1)));
        assert_eq!((stack.columns[1].permitted, stack.columns[1].refused), ((BOTTOM, 0), (BOTTOM, 0)));
        assert_eq!(stack.columns[1].x, "9.375%");
        assert!(Chart::stack(&[]).is_none());
    }

    #[test]
    fn the_largest_bar_is_as_wide_as_the_chart() {
        let counts = [("x".repeat(500), 3), ("y".to_owned(), 1), ("z".to_owned(), 0)];
        let Some(Chart::Bars(bars)) = Chart::bars("t", &counts) else { unreachable!("there is no chart") };
        let drawn: Vec<_> = bars.bars.iter().map(|bar| (bar.label.chars().count(), bar.width.as_str())).collect();
        assert_eq!(drawn, [(30, "100.000%"), (1, "33.333%")]);
        assert!(Chart::bars("t", &[]).is_none());
    }
}
