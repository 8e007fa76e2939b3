//! Pure. Laws: a record is written as it was read.

use std::fmt::Debug;

use serde_json::Value;

use super::*;
use crate::terms::{parse_time, render_time};

fn samples(text: &str) -> Vec<Item> {
    serde_json::from_str::<Vec<Value>>(text).unwrap().iter().map(|one| serde_dynamo::to_item(one).unwrap()).collect()
}

/// The value with times in their written form, and with lists of countries sorted: a group is a set.
fn normal(name: &str, value: &AttributeValue) -> AttributeValue {
    match value {
        AttributeValue::S(text) => AttributeValue::S(parse_time(text).map_or_else(|_| text.clone(), render_time)),
        AttributeValue::L(list) => {
            let mut list: Vec<AttributeValue> = list.iter().map(|value| normal("", value)).collect();
            if name == "countries" {
                list.sort_by_key(|country| country.as_s().cloned().ok());
            }
            AttributeValue::L(list)
        }
        AttributeValue::M(map) => {
            AttributeValue::M(map.iter().map(|(name, value)| (name.clone(), normal(name, value))).collect())
        }
        other => other.clone(),
    }
}

/// The record is written as it was read, except attribution, and defaults, which may be omitted.
fn is_written_as_read<T: PartialEq + Debug>(item: &Item, read: impl Fn(&Item) -> T, write: impl Fn(&T) -> Item) {
    let record = read(item);
    let written = write(&record);
    for (name, value) in &written {
        assert_eq!(item.get(name).map(|value| normal(name, value)), Some(normal(name, value)), "{name} of {item:?}");
    }
    assert_eq!(read(&written), record);
}

#[test]
fn sample_records_are_written_as_they_were_read() {
    fn law<T: Kind + PartialEq + Debug>(item: &Item) {
        is_written_as_read(item, |item| read::<T>(item).unwrap(), write);
    }
    for item in samples(include_str!("../../infra/local/samples/register.json")) {
        match item["kind"].as_s().unwrap().as_str() {
            Model::KIND => law::<Model>(&item),
            Group::KIND => law::<Group>(&item),
            Embargo::KIND => law::<Embargo>(&item),
            Licence::KIND => law::<Licence>(&item),
            Screening::KIND => law::<Screening>(&item),
            kind => panic!("no sample has been a {kind}"),
        }
    }
    for item in samples(include_str!("../../infra/local/samples/callers.json")) {
        let id = item["id"].as_s().unwrap();
        match id.split('#').next() {
            Some("client") => {
                is_written_as_read(&item, |item| Client::read(item.clone()).unwrap(), |one| write_caller(id, one));
            }
            Some("organisation") => {
                is_written_as_read(
                    &item,
                    |item| Organisation::read(item.clone()).unwrap(),
                    |one| write_caller(id, one),
                );
            }
            _ => is_written_as_read(&item, |item| Person::read(item.clone()).unwrap(), |one| write_caller(id, one)),
        }
    }
}

#[test]
fn every_attribute_is_written_as_it_was_read() {
    let law = |kind: &str, json: Value| {
        let mut item: Item = serde_dynamo::to_item(json).unwrap();
        item.insert("kind".into(), AttributeValue::S(kind.into()));
        match kind {
            Embargo::KIND => is_written_as_read(&item, |item| read::<Embargo>(item).unwrap(), write),
            List::KIND => is_written_as_read(&item, |item| read::<List>(item).unwrap(), write),
            Clearance::KIND => is_written_as_read(&item, |item| read::<Clearance>(item).unwrap(), write),
            _ => is_written_as_read(&item, |item| read::<Screening>(item).unwrap(), write),
        }
    };
    law(
        Embargo::KIND,
        serde_json::json!({
            "id": "e", "models": ["*", "a", "a@1", "eccn:4E091.a"], "effect": "observed", "authority": "OPERATOR",
            "citation": "c", "url": "u", "disclose": false, "basis": "any", "withdrawn": true,
            "from": "2026-06-12T21:21:00.000Z", "until": "2026-06-13T21:21:00.000Z",
            "applies_to": {
                "destinations": {"any_of": ["RU", "*", "E:1", "UA-43", "CU"], "except": ["US"]},
                "nationalities": ["*"],
                "networks": {"any_of": ["192.0.2.0/24", "2001:db8::/32", "198.51.100.7"], "except": ["192.0.2.1"]},
                "network_classes": {"any_of": ["vpn", "tor"], "except": ["relay"]},
                "spread": {"countries": 3, "networks": 40, "hours": 1},
                "parties": [{"name": "Sample Widgets, Inc.", "aliases": ["WIDGETS"], "country": "RU"}],
                "lists": ["own"],
                "ownership": {"lists": ["own"], "percent": 33.3, "aggregate": false},
                "end_uses": {"any_of": ["*"], "except": ["research"]},
            },
        }),
    );
    law(
        List::KIND,
        serde_json::json!({
            "id": "nets", "content": "networks", "class": "public_proxy", "edition": "e1", "entries": 2, "chunks": 1,
            "sha256": "0".repeat(64), "published": "2026-06-12T00:00:00.000Z",
        }),
    );
    law(
        Clearance::KIND,
        serde_json::json!({
            "id": "c", "subject": "person#p", "party": "own:1", "match_sha256": "0".repeat(32), "reason": "r",
            "officer": "o",
        }),
    );
    law(
        Screening::KIND,
        serde_json::json!({
            "id": "screening", "match_threshold": 0.85, "unknown_destination": "permit", "unknown_ownership": 12.5,
            "inconsistent_destination": "permit", "parent_countries": "count", "tunnelled_destination": "permit",
            "unknown_region": "permit", "must_agree": [["mmdb", "waf"]], "impossible_travel": "observe",
            "anonymizer_confidence": 50, "anonymizer_days": 30, "database_days": 20,
        }),
    );
}

#[test]
fn names_are_those_of_records() {
    assert_eq!(names::<Effect>(), ["prohibited", "licence_required", "observed"]);
    assert_eq!(names::<NetworkClass>(), NetworkClass::ALL.map(NetworkClass::as_str));
    assert_eq!(names::<Quota>(), ["requests"]);
    assert!(names::<String>().is_empty());
}
