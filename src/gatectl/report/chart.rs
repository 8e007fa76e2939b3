//! Pure. Pictures as inline SVG, readable without colour: what is refused is hatched, and every bar has its number.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::figures::Day;
use crate::show::grouped;

/// The width that a picture is drawn in; it is shown no narrower than about that, on any screen.
const WIDTH: u64 = 340;

/// How many bars a picture has at most; the table beside it has the rest.
const BARS: usize = 12;

/// The hatching of what is refused. Its name is the picture's own: a page has several.
fn hatch(id: &str) -> String {
    format!(
        r#"<defs><pattern id="{id}" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect class="refused-ground" width="5" height="5"/><line class="refused-line" x1="0" y1="0" x2="0" y2="5"/></pattern></defs>"#
    )
}

/// Horizontal bars, the longest first.
pub(super) fn bars(title: &str, values: &[(&str, u64)]) -> Option<String> {
    let most = values.iter().map(|(_, value)| *value).max().filter(|most| *most > 0)?;
    let shown = values.iter().take(BARS);
    let height = u64::try_from(shown.len()).ok()?.saturating_mul(34).saturating_add(4);
    let id = title.replace(' ', "-").to_lowercase();
    let left_out = values.len().saturating_sub(BARS);
    let description = match left_out {
        0 => "The table that follows has the numbers.".to_owned(),
        _ => format!("The {BARS} largest; the table that follows has all {}.", values.len()),
    };
    let mut svg = opened(&id, title, &description, height);
    svg += &hatch(&format!("hatch-{id}"));
    for (index, (name, value)) in (0_u64..).zip(shown) {
        let y = index.saturating_mul(34).saturating_add(4);
        // Room for the number behind the longest bar.
        let width = value.saturating_mul(WIDTH.saturating_sub(70)).checked_div(most).unwrap_or_default().max(1);
        svg += &format!(
            r#"<text x="0" y="{}">{}</text><rect x="0.5" y="{}" width="{width}" height="13" fill="url(#hatch-{id})" class="edge"/><text x="{}" y="{}">{}</text>"#,
            y.saturating_add(11),
            escaped(&shortened(name)),
            y.saturating_add(15),
            width.saturating_add(6),
            y.saturating_add(26),
            grouped((*value).into()),
        );
    }
    Some(svg + "</svg>")
}

/// Days as standing bars: what is permitted below, what is refused, hatched, above it.
pub(super) fn days(days: &BTreeMap<Date, Day>) -> Option<String> {
    let values = grouped_days(days);
    let sum = |(_, permits, refusals): &(String, u64, u64)| permits.saturating_add(*refusals);
    let most = values.iter().map(sum).max().filter(|most| *most > 0)?;
    let many = u64::try_from(values.len()).ok()?.max(1);
    let step = WIDTH.checked_div(many)?.clamp(2, 40);
    let (first, last) = (values.first()?.0.clone(), values.last()?.0.clone());
    let title = "Invocations a day";
    let description = format!(
        "From {first} to {last}; at most {} together. The table that follows has the numbers.",
        grouped(most.into())
    );
    let mut svg = opened("invocations-a-day", title, &description, 190);
    svg += &hatch("hatch-days");
    svg += &format!(
        r#"<rect x="0.5" y="2.5" width="12" height="10" class="permitted edge"/><text x="18" y="12">permitted</text><rect x="100.5" y="2.5" width="12" height="10" fill="url(#hatch-days)" class="edge"/><text x="118" y="12">refused</text><text x="{WIDTH}" y="12" text-anchor="end">at most {}</text>"#,
        grouped(most.into())
    );
    let tall = |value: u64| value.saturating_mul(140).checked_div(most).unwrap_or_default().max(u64::from(value > 0));
    for (index, (_, permits, refusals)) in (0_u64..).zip(&values) {
        let x = index.saturating_mul(step);
        let (below, above) = (tall(*permits), tall(*refusals));
        let width = step.saturating_sub(u64::from(step > 3)).max(1);
        let (foot, middle) = (165_u64.saturating_sub(below), 165_u64.saturating_sub(below).saturating_sub(above));
        svg += &format!(
            r#"<rect x="{x}.5" y="{foot}" width="{width}" height="{below}" class="permitted edge"/><rect x="{x}.5" y="{middle}" width="{width}" height="{above}" fill="url(#hatch-days)" class="edge"/>"#
        );
    }
    let end = many.saturating_mul(step).max(200);
    svg += &format!(
        r#"<line class="edge" x1="0" y1="165.5" x2="{WIDTH}" y2="165.5"/><text x="0" y="180">{first}</text><text x="{}" y="180" text-anchor="end">{last}</text>"#,
        end.min(WIDTH)
    );
    Some(svg + "</svg>")
}

/// Days, or weeks where there are more days than a picture has room for.
fn grouped_days(days: &BTreeMap<Date, Day>) -> Vec<(String, u64, u64)> {
    let many = usize::try_from(WIDTH).unwrap_or_default().checked_div(4).unwrap_or_default();
    let size = days.len().div_ceil(many).max(1);
    let days: Vec<_> = days.iter().collect();
    days.chunks(size)
        .map(|chunk| {
            let name = chunk.first().map(|(date, _)| date.to_string()).unwrap_or_default();
            let sum = |of: fn(&Day) -> u64| chunk.iter().fold(0_u64, |sum, (_, day)| sum.saturating_add(of(day)));
            (name, sum(|day| day.permits), sum(|day| day.refusals))
        })
        .collect()
}

fn opened(id: &str, title: &str, description: &str, height: u64) -> String {
    format!(
        r#"<svg role="img" aria-labelledby="title-{id} description-{id}" viewBox="0 0 {WIDTH} {height}" xmlns="http://www.w3.org/2000/svg"><title id="title-{id}">{}</title><desc id="description-{id}">{}</desc>"#,
        escaped(title),
        escaped(description)
    )
}

/// A name that has room above its bar.
fn shortened(name: &str) -> String {
    if name.chars().count() <= 44 { name.to_owned() } else { name.chars().take(43).chain(['…']).collect() }
}

/// Text within markup.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
