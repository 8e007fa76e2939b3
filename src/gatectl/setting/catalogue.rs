//! Pure. The catalogue of settings with their defaults.

use export_gate::record::{Kind as _, Screening, read};
use export_gate::register::history::Key;
use serde_json::{Map, Number, Value, json};

use crate::draft::nearest;
use crate::item::of_json;

/// A setting.
pub(super) struct Setting {
    /// The attribute's name.
    pub(super) name: &'static str,
    /// The default.
    pub(super) default: &'static str,
    /// The description.
    pub(super) about: &'static str,
    format: Format,
}

/// How a value is written.
#[derive(Clone, Copy)]
enum Format {
    Word,
    Number,
    /// `mmdb:cloudfront,mmdb:organisation`.
    Pairs,
}

/// Every setting, in display order.
pub(super) const ALL: [Setting; 12] = [
    setting("match_threshold", "0.76", Format::Number, "least score, 0 to 1, of a potential match"),
    setting("unknown_destination", "refuse", Format::Word, "refuse or permit requests from an unknown country"),
    setting(
        "tunnelled_destination",
        "refuse",
        Format::Word,
        "permit: the country of a tunnel's exit counts as its user's",
    ),
    setting("unknown_region", "refuse", Format::Word, "permit: an unknown region matches no embargo"),
    setting(
        "must_agree",
        "none",
        Format::Pairs,
        "pairs of signals that must agree on the country, such as mmdb:cloudfront",
    ),
    setting("inconsistent_destination", "refuse", Format::Word, "refuse or permit requests whose signals disagree"),
    setting("impossible_travel", "none", Format::Word, "observe or refuse impossible travel"),
    setting("anonymizer_confidence", "none", Format::Number, "least confidence, 1 to 99, of an anonymizer"),
    setting("anonymizer_days", "none", Format::Number, "days after its last sighting that an anonymizer counts"),
    setting("database_days", "30", Format::Number, "age in days at which a location or anonymity database is too old"),
    setting("unknown_ownership", "none", Format::Number, "percentage of an organisation that may have unknown owners"),
    setting("parent_countries", "none", Format::Word, "count: the countries of ultimate parents count too"),
];

const fn setting(name: &'static str, default: &'static str, format: Format, about: &'static str) -> Setting {
    Setting { name, default, about, format }
}

/// A setting and its new value; none resets it to the default.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Assignment {
    pub(super) name: &'static str,
    pub(super) value: Option<Value>,
}

/// The key of the settings record.
pub(super) fn key() -> Key {
    Key { kind: Screening::KIND.to_owned(), id: "screening".to_owned() }
}

/// Parses `key=value` and checks the value as the gate would.
pub(super) fn assignment(text: &str) -> Result<Assignment, String> {
    let (name, value) = text.split_once('=').ok_or("write KEY=VALUE, such as unknown_region=permit")?;
    let Some(setting) = ALL.iter().find(|setting| setting.name == name) else {
        let near = nearest(name, ALL.iter().map(|setting| setting.name));
        return Err(format!("there is no setting `{name}`{near}; `gatectl setting show` lists all"));
    };
    if value == "default" {
        return Ok(Assignment { name: setting.name, value: None });
    }
    let value = match setting.format {
        Format::Word => value.into(),
        Format::Number => value.parse::<Number>().map_err(|_| format!("`{value}` is not a number"))?.into(),
        Format::Pairs => pairs(value)?,
    };
    let mut record = Map::from_iter([("id".to_owned(), json!(key().id)), (name.to_owned(), value.clone())]);
    record.insert("kind".to_owned(), Screening::KIND.into());
    read::<Screening>(&of_json(record.into())).map_err(|error| error.to_string())?;
    Ok(Assignment { name: setting.name, value: Some(value) })
}

fn pairs(text: &str) -> Result<Value, String> {
    let pair = |pair: &str| match pair.split(':').map(str::trim).collect::<Vec<_>>().as_slice() {
        [one, other] => Ok(json!([one, other])),
        _ => Err(format!("`{pair}` is not a pair of signals such as mmdb:cloudfront")),
    };
    text.split(',').map(pair).collect::<Result<Vec<Value>, String>>().map(Value::from)
}

/// A value as `key=value` takes it.
pub(super) fn render(value: &Value) -> String {
    match value {
        Value::Array(all) if all.iter().all(Value::is_array) => all.iter().map(pair).collect::<Vec<_>>().join(","),
        Value::String(text) => text.clone(),
        other @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
            other.to_string()
        }
    }
}

fn pair(value: &Value) -> String {
    let words = value.as_array().into_iter().flatten().filter_map(Value::as_str);
    words.collect::<Vec<_>>().join(":")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use export_gate::record::MATCH_THRESHOLD;

    use super::*;

    #[test]
    fn the_catalogue_has_every_setting_with_the_gates_default() {
        let schema = json!(schemars::schema_for!(Screening));
        let of_type: BTreeSet<&str> = schema["properties"].as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(ALL.iter().map(|setting| setting.name).collect::<BTreeSet<_>>(), of_type);
        let default = |name: &str| ALL.iter().find(|setting| setting.name == name).unwrap().default.to_owned();
        assert_eq!(default("match_threshold"), format!("0.{}", MATCH_THRESHOLD.0 / 10));
        assert_eq!(default("database_days"), Screening::default().database_days().to_string());
        let strictest = serde_json::from_value::<Screening>(json!({
            "unknown_destination": "refuse", "tunnelled_destination": "refuse", "unknown_region": "refuse",
            "inconsistent_destination": "refuse", "must_agree": [],
        }));
        assert_eq!(strictest.unwrap(), Screening::default());
    }

    #[test]
    fn values_round_trip_and_bad_ones_are_refused() {
        for text in ["0.85", "permit", "mmdb:cloudfront,mmdb:organisation", "default", "count", "20"] {
            let name = match text {
                "0.85" => "match_threshold",
                "permit" => "unknown_region",
                "count" => "parent_countries",
                "20" => "anonymizer_days",
                _ => "must_agree",
            };
            let parsed = assignment(&format!("{name}={text}")).unwrap();
            assert_eq!(parsed.value.as_ref().map_or("default".to_owned(), render), text);
        }
        for (text, expected) in [
            ("unknown_region", "write KEY=VALUE"),
            ("unknown_regions=permit", "`unknown_region`"),
            ("unknown_region=maybe", "expected `refuse` or `permit`"),
            ("unknown_region=", "expected `refuse` or `permit`"),
            ("match_threshold=high", "`high` is not a number"),
            ("match_threshold=1.5", "expected a number from 0 to 1"),
            ("anonymizer_confidence=0", "expected 1 to 99"),
            ("anonymizer_confidence=0.5", "anonymizer_confidence"),
            ("anonymizer_days=0", "expected 1 or more"),
            ("database_days=-1", "database_days"),
            ("must_agree=mmdb", "`mmdb` is not a pair"),
            ("must_agree=mmdb:mmdb", "expected two different signals"),
            ("must_agree=mmdb:geoip", "expected one of `mmdb`"),
            ("must_agree=mmdb:waf:cloudfront", "not a pair"),
            ("must_agree=", "not a pair"),
        ] {
            let why = assignment(text).unwrap_err();
            assert!(why.contains(expected), "{text}: `{expected}` in {why}");
        }
    }
}
