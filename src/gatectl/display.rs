//! Pure. Text for terminals: tables, numbers and escaping.

use comfy_table::presets::NOTHING;
use comfy_table::{CellAlignment, ColumnConstraint, Table};
use icu_properties::props::{DefaultIgnorableCodePoint, GeneralCategory};
use icu_properties::{CodePointMapData, CodePointSetData};

/// A table without borders; the columns `right_aligned` hold numbers.
pub(crate) fn table(heading: &[&str], rows: impl IntoIterator<Item = Vec<String>>, right_aligned: &[usize]) -> String {
    let mut table = Table::new();
    table.load_style(NOTHING).set_header(heading);
    for row in rows {
        table.add_row(row.iter().map(|cell| visible(cell)));
    }
    for (index, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, 2)).set_constraint(ColumnConstraint::ContentWidth);
        if right_aligned.contains(&index) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let lines: Vec<String> = table.lines().map(|line| line.trim_end().to_owned()).collect();
    lines.join("\n") + "\n"
}

/// Formats one line of output. External text in it cannot forge a line: see [`visible`].
macro_rules! text_line {
    ($($argument:tt)*) => { $crate::display::visible(&format!($($argument)*)) + "\n" };
}
pub(crate) use text_line;

/// A text in one line: control and invisible characters are escaped as `\u{…}`.
pub(crate) fn visible(text: &str) -> String {
    escaped(text, |_| false, |c| c.escape_unicode().to_string())
}

/// [`visible`] that keeps line ends and tabs.
pub(crate) fn visible_lines(text: &str) -> String {
    escaped(text, |c| matches!(c, '\n' | '\t'), |c| c.escape_unicode().to_string())
}

/// JSON with the same characters escaped as `\uXXXX`; its value is unchanged.
pub(crate) fn visible_json(json: &str) -> String {
    let escape = |c: char| c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect();
    escaped(json, |c| c == '\n', escape)
}

fn escaped(text: &str, stays: impl Fn(char) -> bool, escape: impl Fn(char) -> String) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if is_visible(c) || stays(c) {
            escaped.push(c);
        } else {
            escaped += &escape(c);
        }
    }
    escaped
}

/// Whether a terminal displays a character, by its Unicode properties.
fn is_visible(c: char) -> bool {
    if c.is_ascii() {
        return !c.is_ascii_control();
    }
    let hidden = [
        GeneralCategory::Control,
        GeneralCategory::Format,
        GeneralCategory::LineSeparator,
        GeneralCategory::ParagraphSeparator,
        GeneralCategory::Unassigned,
    ];
    let is_ignorable = CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c);
    !is_ignorable && !hidden.contains(&CodePointMapData::<GeneralCategory>::new().get(c))
}

/// `1,234,567`.
pub(crate) fn grouped(number: u128) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && digits.len().saturating_sub(index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// `1 fault`, `2 faults`.
pub(crate) fn count(number: usize, one: &str, many: &str) -> String {
    let what = if number == 1 { one } else { many };
    format!("{} {what}", grouped(u128::try_from(number).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn control_and_invisible_characters_are_escaped() {
        let hidden = "\u{1b}\u{7f}\u{85}\u{9b}\u{ad}\u{200b}\u{200d}\u{2028}\u{202e}\u{2066}\u{3164}\u{fe0f}\u{feff}\u{ffff}\u{e0041}";
        for c in hidden.chars() {
            let code = format!("\\u{{{:x}}}", u32::from(c));
            assert_eq!(visible(&format!("a{c}b")), format!("a{code}b"));
            assert_eq!(visible_lines(&format!("a{c}\n\tb")), format!("a{code}\n\tb"));
            let value = json!({"a": format!("x{c}y")});
            let written = visible_json(&format!("{value:#}"));
            assert!(!written.contains(c), "{written}");
            assert_eq!(serde_json::from_str::<Value>(&written).unwrap(), value);
        }
        for text in ["Zoë Müller", "Владимир", "محمد", "王小明", "→ … · –", "😀"] {
            assert_eq!((visible(text), visible_json(text)), (text.to_owned(), text.to_owned()));
        }
        assert_eq!(text_line!("{}", "a\nforged"), "a\\u{a}forged\n");
    }
}
