//! Pure. The report of an explanation, as text and as JSON.

use export_gate::decision::{Decision, Outcome, PotentialMatch, Reason, explain};
use export_gate::record::{Clearance, Embargo, Group, Item, Kind, Licence, List, Model, Record, Screening};
use export_gate::register::Resolved;
use export_gate::register::history::revision_of;
use export_gate::terms::render_time;
use serde_json::{Value, json};

use super::embargoes::{Rule, effect, groups, json_of, keys, licence_result, result, rules};
use super::layout::{attributes, indented, rows, without_names};
use super::origin::Origin;
use crate::display::{table, text_line};
use crate::item::{as_json, text};
use crate::whatif::records::Records;
use crate::whatif::{Evaluation, Request};

/// The report of an explanation.
pub(super) struct Report<'a> {
    request: &'a Request,
    records: &'a Records,
    evaluation: &'a Evaluation,
    model: Option<&'a Record<Model>>,
    rules: Vec<Rule<'a>>,
}

impl<'a> Report<'a> {
    /// Collects the embargoes that the decision checked.
    pub(super) fn new(request: &'a Request, records: &'a Records, evaluation: &'a Evaluation) -> Self {
        let model = match evaluation.register.resolve(&request.model, request.at) {
            Resolved::Model(model) => Some(model),
            Resolved::Unknown | Resolved::Unclear => None,
        };
        let rules = match (model, &evaluation.subject, &evaluation.decision) {
            (Some(model), Some(subject), Ok(_)) => {
                let explained =
                    explain(model, subject, &evaluation.register, &evaluation.exhausted.licences, request.at);
                rules(&explained, &evaluation.register)
            }
            _ => Vec::new(),
        };
        Self { request, records, evaluation, model, rules }
    }

    /// The report as text.
    pub(super) fn text(&self) -> String {
        let mut text = format!("{}\n", text_line!("{}", headline(self.evaluation)));
        text += &indented("Request", &rows(&self.request()));
        text += &indented(&format!("Identity: {}", self.identity_result()), &rows(&self.identity()));
        text += &Origin::new(self.evaluation, self.request.at).text();
        if let Ok(decision) = &self.evaluation.decision {
            text += &self.rules_text();
            text += &indented("Reasons, the first gives the status", &reasons(decision));
        }
        text += &indented("Records", &self.used_text());
        format!("{}\n", text.trim_end())
    }

    fn request(&self) -> Vec<(&str, String)> {
        let request = self.request;
        let model = match self.model {
            Some(model) => format!("{} at endpoint {}", model.meta.id, model.endpoint),
            None => format!("{}, not a model in force", request.model.as_str()),
        };
        let revision = self.records.snapshot.revision;
        let register = if revision == 0 { "from files".to_owned() } else { format!("revision {revision}") };
        vec![
            ("client", request.client.clone()),
            ("person", request.person.clone().unwrap_or_else(|| "not given".to_owned())),
            ("model", model),
            ("address", request.address.to_string()),
            ("end use", request.end_use.clone().unwrap_or_else(|| "not given".to_owned())),
            ("at", render_time(request.at)),
            ("register", register),
        ]
    }

    fn identity_result(&self) -> String {
        match (&self.evaluation.decision, &self.evaluation.subject) {
            (_, Some(subject)) if subject.is_foreign() => "identified, a foreign person".to_owned(),
            (_, Some(_)) => "identified, not a foreign person".to_owned(),
            (Ok(decision), None) => format!("not identified: {}", codes(&decision.reasons)),
            (Err(_), None) => "unknown".to_owned(),
        }
    }

    /// The attributes of the caller's records that a decision can depend on.
    fn identity(&self) -> Vec<(&str, String)> {
        let found = &self.evaluation.records;
        let named = self.request.person.is_some();
        let none = || Value::Null;
        let client = found.client.as_ref().map_or_else(none, as_json);
        let organisation = found.organisation.as_ref().map_or_else(none, as_json);
        let person = found.person.as_ref().map_or_else(none, as_json);
        let mut rows = vec![
            ("client", attributes(&client, &["status", "users", "organisation", "attestation.until"])),
            (
                "organisation",
                attributes(
                    &organisation,
                    &[
                        "status",
                        "type",
                        "incorporated_in",
                        "headquartered_in",
                        "organised_in_us",
                        "end_uses",
                        "verification.status",
                        "verification.until",
                    ],
                ),
            ),
        ];
        if named {
            let names = [
                "organisation",
                "us_status",
                "deemed_country",
                "nationalities",
                "verification.status",
                "verification.until",
            ];
            rows.push(("person", attributes(&person, &names)));
        }
        rows
    }

    fn rules_text(&self) -> String {
        let Some(model) = self.model else { return String::new() };
        if self.evaluation.subject.is_none() {
            return indented("Embargoes", "not checked: the caller is not identified\n");
        }
        let title = format!("Embargoes on {}", model.meta.id);
        if self.rules.is_empty() {
            return indented(&title, "none for this model\n");
        }
        let row = |rule: &Rule<'_>| {
            vec![
                rule.embargo.meta.id.clone(),
                effect(rule).to_owned(),
                keys(rule, self.records.record(Embargo::KIND, &rule.embargo.meta.id)),
                result(rule, self.request),
            ]
        };
        let mut text =
            indented(&title, &table(&["embargo", "effect", "keys", "result"], self.rules.iter().map(row), &[]));
        let pairs =
            self.rules.iter().flat_map(|rule| rule.licences.iter().map(move |(licence, lacks)| (rule, licence, lacks)));
        let rows: Vec<Vec<String>> = pairs
            .map(|(rule, licence, lacks)| {
                let is_used = rule.lifted_by.is_some_and(|taken| taken.meta.id == licence.meta.id);
                vec![licence.meta.id.clone(), rule.embargo.meta.id.clone(), licence_result(*lacks, is_used)]
            })
            .collect();
        if !rows.is_empty() {
            let rows = table(&["licence", "for", "result"], rows, &[]);
            let unreadable = self.evaluation.exhausted.unreadable.iter();
            let unreadable =
                unreadable.map(|id| text_line!("the use of {id} can't be read, so its quota counts as exhausted"));
            text += &indented("Licences", &(rows + &unreadable.collect::<String>()));
        }
        text + &self.matches_text()
    }

    /// The potential matches, and their clearances.
    fn matches_text(&self) -> String {
        let row = |(potential, cleared): &(&PotentialMatch, Option<&Record<Clearance>>)| {
            let result = match cleared {
                _ if potential.exact => "exact match".to_owned(),
                Some(clearance) => format!("cleared by {}", clearance.meta.id),
                None => "awaits review".to_owned(),
            };
            let subject = potential.via.as_ref().map_or_else(String::new, |via| format!(", by its {via}"));
            let subject = format!("{}{subject}", potential.subject);
            vec![subject, potential.party.clone(), potential.score.0.to_string(), result]
        };
        let found = self.matches();
        if found.is_empty() {
            return String::new();
        }
        let heading = ["subject", "entry", "score of 1000", "result"];
        indented("Potential matches", &table(&heading, found.iter().map(row), &[2]))
    }

    fn matches(&self) -> Vec<(&'a PotentialMatch, Option<&'a Record<Clearance>>)> {
        let listed = self.evaluation.subject.iter().flat_map(|subject| &subject.facts.listed);
        listed.map(|potential| (potential, potential.cleared_by(&self.evaluation.register, self.request.at))).collect()
    }

    fn used(&self) -> Vec<UsedRecord> {
        let found = &self.evaluation.records;
        let callers = [&found.client, &found.organisation, &found.person].into_iter().flatten();
        let mut all: Vec<UsedRecord> = callers.map(|item| UsedRecord::new(text(item, "id").to_owned(), item)).collect();
        let mut take = |kind: &str, id: &str| {
            if let Some(item) = self.records.record(kind, id) {
                all.push(UsedRecord::new(format!("{kind}/{id}"), item));
            }
        };
        if let Err(undecidable) = &self.evaluation.decision {
            take(&undecidable.kind, &undecidable.id);
        }
        if let (Some(_), Some(model)) = (&self.evaluation.subject, self.model) {
            take(Model::KIND, &model.meta.id);
            take(Screening::KIND, "screening");
        }
        for rule in self.rules.iter().filter(|rule| rule.in_force) {
            take(Embargo::KIND, &rule.embargo.meta.id);
            groups(rule.embargo).for_each(|group| take(Group::KIND, group));
            rule.embargo.applies_to.lists_named().for_each(|list| take(List::KIND, list));
            rule.licences.iter().for_each(|(licence, _)| take(Licence::KIND, &licence.meta.id));
        }
        for (_, cleared) in self.matches() {
            cleared.into_iter().for_each(|clearance| take(Clearance::KIND, &clearance.meta.id));
        }
        let mut seen = std::collections::BTreeSet::new();
        all.retain(|one| seen.insert(one.record.clone()));
        all
    }

    fn used_text(&self) -> String {
        let row = |one: UsedRecord| vec![one.record, one.revision.unwrap_or_default(), one.by, one.at, one.why];
        table(&["record", "revision", "by", "at", "why"], self.used().into_iter().map(row), &[1])
    }

    /// The report as JSON.
    pub(super) fn json(&self) -> Value {
        let (request, evaluation) = (self.request, self.evaluation);
        let (decision, undecidable) = match &evaluation.decision {
            Ok(decision) => (Some(decision), None),
            Err(undecidable) => (None, Some(undecidable)),
        };
        let caller = |item: &Option<Item>| item.as_ref().map(|item| without_names(&as_json(item)));
        json!({
            "asked": {"client": request.client, "person": request.person, "model": request.model.as_str(),
                      "address": request.address.0, "end_use": request.end_use, "at": render_time(request.at)},
            "revision": self.records.snapshot.revision,
            "outcome": decision.map_or("undecidable", export_gate::answer::outcome),
            "status": decision.map_or(503, Decision::status),
            "codes": decision.map(|decision| decision.reasons.iter().map(|reason| reason.code.as_str()).collect::<Vec<_>>()),
            "reasons": decision.map(|decision| json!(decision.reasons.iter().map(export_gate::ledger::EntryReason::from).collect::<Vec<_>>())),
            "undecidable": undecidable.map(|why| json!({"record": format!("{}/{}", why.kind, why.id), "why": why.why})),
            "model": self.model.map(|model| json!({"id": model.meta.id, "endpoint": model.endpoint})),
            "identity": {"client": caller(&evaluation.records.client), "organisation": caller(&evaluation.records.organisation),
                         "person": caller(&evaluation.records.person)},
            "destination": Origin::new(evaluation, request.at).json(),
            "facts": evaluation.subject.as_ref().map(|subject| json!(subject.facts)),
            "foreign_person": evaluation.subject.as_ref().map(export_gate::decision::Subject::is_foreign),
            "exhausted": evaluation.exhausted.licences, "unreadable_usage": evaluation.exhausted.unreadable,
            "found_on_lists": self.matches().iter().map(|(potential, cleared)| {
                json!({"match": potential, "cleared_by": cleared.map(|clearance| clearance.meta.version())})
            }).collect::<Vec<_>>(),
            "rules": self.rules.iter().map(|rule| json_of(rule, request)).collect::<Vec<_>>(),
            "licences": decision.map(Decision::licences),
            "records": self.used().iter().map(UsedRecord::json).collect::<Vec<_>>(),
        })
    }
}

/// A record that a decision used.
struct UsedRecord {
    /// `kind/id`, or a caller's id.
    record: String,
    /// Absent for callers and records from files.
    revision: Option<String>,
    by: String,
    at: String,
    why: String,
}

impl UsedRecord {
    fn new(record: String, item: &Item) -> Self {
        let [by, at, why] = ["by", "at", "why"].map(|name| text(item, name).to_owned());
        Self { record, revision: revision_of(item).map(|revision| revision.to_string()), by, at, why }
    }

    fn json(&self) -> Value {
        json!({"record": self.record, "revision": self.revision, "by": self.by, "at": self.at, "why": self.why})
    }
}

fn headline(evaluation: &Evaluation) -> String {
    match &evaluation.decision {
        Err(undecidable) => format!("The gate can't decide (503): {undecidable}."),
        Ok(decision) => {
            let licences = decision.licences();
            match decision.outcome {
                Outcome::Permit(_) if licences.is_empty() => "Permit (200): no embargo refuses it.".to_owned(),
                Outcome::Permit(_) => format!("Permit (200): lifted by {}.", licences.join(", ")),
                Outcome::Refuse => format!("Refuse ({}): {}.", decision.status(), codes(&decision.reasons)),
            }
        }
    }
}

fn codes(reasons: &[Reason]) -> String {
    reasons.iter().map(|reason| reason.code.as_str()).collect::<Vec<_>>().join(", ")
}

fn reasons(decision: &Decision) -> String {
    if decision.reasons.is_empty() {
        return "none\n".to_owned();
    }
    let row = |reason: &Reason| {
        let source = reason.embargo.as_ref();
        vec![
            reason.code.to_string(),
            source.map(|source| source.id.clone()).unwrap_or_default(),
            source.map(|source| source.authority.to_string()).unwrap_or_default(),
            source.map(|source| source.citation.clone()).unwrap_or_default(),
        ]
    };
    table(&["code", "embargo", "authority", "citation"], decision.reasons.iter().map(row), &[])
}
