//! Pure. What the report reads of an entry: never its person, nor its address.

use export_gate::terms::parse_time;
use jiff::Timestamp;
use serde_json::Value;

use crate::json::member;

/// An entry, as far as it is counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Told<'a> {
    pub(super) at: Timestamp,
    pub(super) chain: &'a str,
    pub(super) seq: u64,
    pub(super) kind: Kind,
    pub(super) is_permit: bool,
    pub(super) status: u64,
    pub(super) reasons: Vec<Reason<'a>>,
    pub(super) organisation: Option<&'a str>,
    pub(super) model: &'a str,
    /// The region where it is known, else the country; `None` is unknown.
    pub(super) destination: Option<&'a str>,
    /// The licences that lifted an embargo, by id.
    pub(super) licences: Vec<&'a str>,
    /// The editions of the lists that were asked.
    pub(super) lists: Vec<&'a str>,
}

/// What an entry is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Invocation,
    Screening,
    Completion,
}

/// A reason, as far as it is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reason<'a> {
    pub(super) code: &'a str,
    /// The embargo's id.
    pub(super) embargo: Option<&'a str>,
    /// Who is held up by a possible match, and with which listed party.
    pub(super) review: Option<(&'a str, &'a str)>,
}

impl<'a> Told<'a> {
    /// Reads an entry; else what is missing, in words.
    pub(super) fn read(entry: &'a Value) -> Result<Self, String> {
        let text = |name: &str| member(entry, &[name]).as_str();
        let needed = |name: &str| text(name).ok_or_else(|| format!("it has no `{name}`"));
        let whole = |name: &str| member(entry, &[name]).as_u64().ok_or_else(|| format!("it has no whole `{name}`"));
        let kind = match needed("kind")? {
            "invocation" => Kind::Invocation,
            "screening" => Kind::Screening,
            "completion" => Kind::Completion,
            other => return Err(format!("its `kind` is `{other}`, which is none")),
        };
        let is_permit = match needed("outcome")? {
            "permit" => true,
            "refuse" => false,
            other => return Err(format!("its `outcome` is `{other}`, which is none")),
        };
        let place = |name: &str| member(entry, &["destination", name]).as_str();
        Ok(Self {
            at: parse_time(needed("at")?).map_err(|error| error.to_string())?,
            chain: needed("chain")?,
            seq: whole("seq")?,
            kind,
            is_permit,
            status: whole("status")?,
            reasons: list(entry, "reasons").iter().filter_map(Reason::read).collect(),
            organisation: text("organisation"),
            model: needed("model")?,
            destination: place("region").or_else(|| place("country")),
            licences: list(entry, "licences").iter().filter_map(|licence| licence.as_str().map(id)).collect(),
            lists: list(entry, "lists").iter().filter_map(Value::as_str).collect(),
        })
    }
}

impl<'a> Reason<'a> {
    fn read(reason: &'a Value) -> Option<Self> {
        let text = |name: &str| member(reason, &[name]).as_str();
        Some(Self { code: text("code")?, embargo: text("embargo").map(id), review: text("subject").zip(text("party")) })
    }
}

fn list<'a>(entry: &'a Value, name: &str) -> &'a [Value] {
    member(entry, &[name]).as_array().map_or(&[], Vec::as_slice)
}

/// An id without its revision.
fn id(version: &str) -> &str {
    version.rsplit_once('@').map_or(version, |(id, _)| id)
}
