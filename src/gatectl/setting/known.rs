//! Pure. The settings that there are, each with what holds where nobody sets it.

use export_gate::record::{Kind as _, Screening, read};
use export_gate::register::history::Key;
use serde_json::{Map, Number, Value, json};

use crate::draft::nearest;
use crate::item::of_json;

/// A setting.
pub(super) struct Known {
    /// The attribute's name.
    pub(super) name: &'static str,
    /// What holds where nobody sets it.
    pub(super) default: &'static str,
    /// What it is about.
    pub(super) about: &'static str,
    takes: Takes,
}

/// How a value is written.
#[derive(Clone, Copy)]
enum Takes {
    Word,
    Number,
    /// `mmdb:cloudfront,mmdb:organisation`.
    Pairs,
}

/// Every setting, in the order in which they are shown.
pub(super) const ALL: [Known; 12] = [
    known("match_threshold", "0.76", Takes::Number, "from which score, 0 to 1, a name is a possible match"),
    known("unknown_destination", "refuse", Takes::Word, "refuse or permit what comes from a place that nobody knows"),
    known("tunnelled_destination", "refuse", Takes::Word, "permit takes the country of a tunnel's exit for its user's"),
    known("unknown_region", "refuse", Takes::Word, "permit takes an unknown region for none that an embargo names"),
    known("must_agree", "none", Takes::Pairs, "signals that must tell the same country, such as mmdb:cloudfront"),
    known("inconsistent_destination", "refuse", Takes::Word, "refuse or permit where these disagree"),
    known("impossible_travel", "none", Takes::Word, "observe or refuse a client that travels faster than anybody can"),
    known("anonymizer_confidence", "none", Takes::Number, "from which confidence, 1 to 99, an anonymizer is believed"),
    known("anonymizer_days", "none", Takes::Number, "for how many days one is believed that was last seen then"),
    known("database_days", "30", Takes::Number, "from how many days on an MMDB of locations or anonymity is too old"),
    known("unknown_ownership", "none", Takes::Number, "of how many percent nobody need know the owner"),
    known("parent_countries", "none", Takes::Word, "count takes the countries of the ultimate parents, too"),
];

const fn known(name: &'static str, default: &'static str, takes: Takes, about: &'static str) -> Known {
    Known { name, default, about, takes }
}

/// One setting and what it shall be; without a value what holds where nobody sets it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Wanted {
    pub(super) name: &'static str,
    pub(super) value: Option<Value>,
}

/// The one record of them.
pub(super) fn key() -> Key {
    Key { kind: Screening::KIND.to_owned(), id: "screening".to_owned() }
}

/// Reads `key=value`, as the gate would read the record with it.
pub(super) fn wanted(text: &str) -> Result<Wanted, String> {
    let (name, value) = text.split_once('=').ok_or("write KEY=VALUE, such as unknown_region=permit")?;
    let Some(known) = ALL.iter().find(|known| known.name == name) else {
        let near = nearest(name, ALL.iter().map(|known| known.name));
        return Err(format!("there is no setting `{name}`{near}; `gatectl setting show` has them all"));
    };
    if value == "default" {
        return Ok(Wanted { name: known.name, value: None });
    }
    let value = match known.takes {
        Takes::Word => value.into(),
        Takes::Number => value.parse::<Number>().map_err(|_| format!("`{value}` is no number"))?.into(),
        Takes::Pairs => pairs(value)?,
    };
    let mut record = Map::from_iter([("id".to_owned(), json!(key().id)), (name.to_owned(), value.clone())]);
    record.insert("kind".to_owned(), Screening::KIND.into());
    read::<Screening>(&of_json(record.into())).map_err(|error| error.to_string())?;
    Ok(Wanted { name: known.name, value: Some(value) })
}

fn pairs(text: &str) -> Result<Value, String> {
    let pair = |pair: &str| match pair.split(':').map(str::trim).collect::<Vec<_>>().as_slice() {
        [one, other] => Ok(json!([one, other])),
        _ => Err(format!("`{pair}` is no pair of signals such as mmdb:cloudfront")),
    };
    text.split(',').map(pair).collect::<Result<Vec<Value>, String>>().map(Value::from)
}

/// A value as it is written behind `key=`.
pub(super) fn written(value: &Value) -> String {
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
    fn every_setting_is_known_and_its_default_is_the_gates() {
        let schema = json!(schemars::schema_for!(Screening));
        let of_type: BTreeSet<&str> = schema["properties"].as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(ALL.iter().map(|known| known.name).collect::<BTreeSet<_>>(), of_type);
        let default = |name: &str| ALL.iter().find(|known| known.name == name).unwrap().default.to_owned();
        assert_eq!(default("match_threshold"), format!("0.{}", MATCH_THRESHOLD.0 / 10));
        assert_eq!(default("database_days"), Screening::default().database_days().to_string());
        let strictest = serde_json::from_value::<Screening>(json!({
            "unknown_destination": "refuse", "tunnelled_destination": "refuse", "unknown_region": "refuse",
            "inconsistent_destination": "refuse", "must_agree": [],
        }));
        assert_eq!(strictest.unwrap(), Screening::default());
    }

    #[test]
    fn a_value_is_read_as_it_is_written() {
        for text in ["0.85", "permit", "mmdb:cloudfront,mmdb:organisation", "default", "count", "20"] {
            let name = match text {
                "0.85" => "match_threshold",
                "permit" => "unknown_region",
                "count" => "parent_countries",
                "20" => "anonymizer_days",
                _ => "must_agree",
            };
            let wanted = wanted(&format!("{name}={text}")).unwrap();
            assert_eq!(wanted.value.as_ref().map_or("default".to_owned(), written), text);
        }
        for (text, says) in [
            ("unknown_region", "write KEY=VALUE"),
            ("unknown_regions=permit", "`unknown_region`"),
            ("unknown_region=maybe", "expected `refuse` or `permit`"),
            ("unknown_region=", "expected `refuse` or `permit`"),
            ("match_threshold=high", "`high` is no number"),
            ("match_threshold=1.5", "expected a number from 0 to 1"),
            ("anonymizer_confidence=0", "expected 1 to 99"),
            ("anonymizer_confidence=0.5", "anonymizer_confidence"),
            ("anonymizer_days=0", "expected 1 or more"),
            ("database_days=-1", "database_days"),
            ("must_agree=mmdb", "`mmdb` is no pair"),
            ("must_agree=mmdb:mmdb", "expected two different signals"),
            ("must_agree=mmdb:geoip", "expected one of `mmdb`"),
            ("must_agree=mmdb:waf:cloudfront", "no pair"),
            ("must_agree=", "no pair"),
        ] {
            let why = wanted(text).unwrap_err();
            assert!(why.contains(says), "{text}: `{says}` in {why}");
        }
    }
}
