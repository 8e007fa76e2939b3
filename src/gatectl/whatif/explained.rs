//! Pure. A decision with every rule that was looked at, as a person and as a script reads it.

use export_gate::decision::{Decision, Outcome, Possible, Reason, explain};
use export_gate::record::{Clearance, Embargo, Group, Item, Kind, Licence, List, Model, Record, Screening};
use export_gate::register::Resolved;
use export_gate::terms::render_time;
use serde_json::{Value, json};

use super::layout::{indented, public, rows, said};
use super::places::PlacesTold;
use super::question::{Answer, Question};
use super::records::Records;
use super::rule::{Rule, comes_to, covers, effect, groups, keys, rules, told};
use super::used::{Used, used};
use crate::display::{table, text_line};
use crate::item::{as_json, text};

/// What is to be told.
pub(super) struct Explained<'a> {
    question: &'a Question,
    records: &'a Records,
    answer: &'a Answer,
    model: Option<&'a Record<Model>>,
    rules: Vec<Rule<'a>>,
}

impl<'a> Explained<'a> {
    /// Asks the law which rules it looked at.
    pub(super) fn new(question: &'a Question, records: &'a Records, answer: &'a Answer) -> Self {
        let model = match answer.register.resolve(&question.model, question.at) {
            Resolved::Model(model) => Some(model),
            Resolved::Unknown | Resolved::Unclear => None,
        };
        let rules = match (model, &answer.subject, &answer.came) {
            (Some(model), Some(subject), Ok(_)) => {
                let explained = explain(model, subject, &answer.register, &answer.exhausted.licences, question.at);
                rules(&explained, &answer.register)
            }
            _ => Vec::new(),
        };
        Self { question, records, answer, model, rules }
    }

    /// What a person reads.
    pub(super) fn text(&self) -> String {
        let mut text = format!("{}\n", text_line!("{}", headline(self.answer)));
        text += &indented("Asked", &rows(&self.asked()));
        text += &indented(&format!("Identity: {}", self.identity_comes_to()), &rows(&self.identity()));
        text += &PlacesTold::new(self.answer, self.question.at).text();
        if let Ok(decision) = &self.answer.came {
            text += &self.rules_text();
            text += &indented("Reasons, the first gives the status", &reasons(decision));
        }
        text += &indented("Records", &self.used_text());
        format!("{}\n", text.trim_end())
    }

    fn asked(&self) -> Vec<(&str, String)> {
        let question = self.question;
        let model = match self.model {
            Some(model) => format!("{} at endpoint {}", model.meta.id, model.endpoint),
            None => format!("{}, which is no model in force", question.model.as_str()),
        };
        let revision = self.records.snapshot.revision;
        let register = if revision == 0 { "of files".to_owned() } else { format!("revision {revision}") };
        vec![
            ("client", question.client.clone()),
            ("person", question.person.clone().unwrap_or_else(|| "none named".to_owned())),
            ("model", model),
            ("address", question.address.to_string()),
            ("end use", question.end_use.clone().unwrap_or_else(|| "none named".to_owned())),
            ("at", render_time(question.at)),
            ("register", register),
        ]
    }

    fn identity_comes_to(&self) -> String {
        match (&self.answer.came, &self.answer.subject) {
            (_, Some(subject)) if subject.is_foreign() => "borne out, a foreign person".to_owned(),
            (_, Some(_)) => "borne out, no foreign person".to_owned(),
            (Ok(decision), None) => format!("not borne out: {}", codes(&decision.reasons)),
            (Err(_), None) => "nobody can say".to_owned(),
        }
    }

    /// What the callers' records say that the law looks at.
    fn identity(&self) -> Vec<(&str, String)> {
        let found = &self.answer.found;
        let named = self.question.person.is_some();
        let none = || Value::Null;
        let client = found.client.as_ref().map_or_else(none, as_json);
        let organisation = found.organisation.as_ref().map_or_else(none, as_json);
        let person = found.person.as_ref().map_or_else(none, as_json);
        let mut rows = vec![
            ("client", said(&client, &["status", "users", "organisation", "attestation.until"])),
            (
                "organisation",
                said(
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
            let looked_at = [
                "organisation",
                "us_status",
                "deemed_country",
                "nationalities",
                "verification.status",
                "verification.until",
            ];
            rows.push(("person", said(&person, &looked_at)));
        }
        rows
    }

    fn rules_text(&self) -> String {
        let Some(model) = self.model else { return String::new() };
        if self.answer.subject.is_none() {
            return indented("Embargoes", "not looked at: the caller is not borne out\n");
        }
        let title = format!("Embargoes on {}", model.meta.id);
        if self.rules.is_empty() {
            return indented(&title, "none names it\n");
        }
        let row = |rule: &Rule<'_>| {
            vec![
                rule.embargo.meta.id.clone(),
                effect(rule).to_owned(),
                keys(rule, self.records.record(Embargo::KIND, &rule.embargo.meta.id)),
                comes_to(rule, self.question),
            ]
        };
        let mut text =
            indented(&title, &table(&["embargo", "effect", "keys", "comes to"], self.rules.iter().map(row), &[]));
        let asked =
            self.rules.iter().flat_map(|rule| rule.licences.iter().map(move |(licence, lacks)| (rule, licence, lacks)));
        let rows: Vec<Vec<String>> = asked
            .map(|(rule, licence, lacks)| {
                let takes = rule.lifted_by.is_some_and(|taken| taken.meta.id == licence.meta.id);
                vec![licence.meta.id.clone(), rule.embargo.meta.id.clone(), covers(*lacks, takes)]
            })
            .collect();
        if !rows.is_empty() {
            let rows = table(&["licence", "for", "comes to"], rows, &[]);
            let unreadable = self.answer.exhausted.unreadable.iter();
            let unreadable =
                unreadable.map(|id| format!("the use of {id} can't be read, so its quota counts as used up\n"));
            text += &indented("Licences asked", &(rows + &unreadable.collect::<String>()));
        }
        text + &self.possible_text()
    }

    /// Whom lists and embargoes name that may stand behind the request, and what was decided about it.
    fn possible_text(&self) -> String {
        let row = |(possible, cleared): &(&Possible, Option<&Record<Clearance>>)| {
            let says = match cleared {
                _ if possible.exact => "the very one".to_owned(),
                Some(clearance) => format!("cleared by {}", clearance.meta.id),
                None => "to be looked into".to_owned(),
            };
            let subject = possible.via.as_ref().map_or_else(String::new, |via| format!(", by its {via}"));
            let subject = format!("{}{subject}", possible.subject);
            vec![subject, possible.party.clone(), possible.score.0.to_string(), says]
        };
        let found = self.possible();
        if found.is_empty() {
            return String::new();
        }
        let heading = ["subject", "entry", "score of 1000", "comes to"];
        indented("Found by name", &table(&heading, found.iter().map(row), &[2]))
    }

    fn possible(&self) -> Vec<(&'a Possible, Option<&'a Record<Clearance>>)> {
        let listed = self.answer.subject.iter().flat_map(|subject| &subject.facts.listed);
        listed.map(|possible| (possible, possible.cleared_by(&self.answer.register, self.question.at))).collect()
    }

    fn used(&self) -> Vec<Used> {
        let found = &self.answer.found;
        let callers = [&found.client, &found.organisation, &found.person].into_iter().flatten();
        let mut all: Vec<Used> = callers.map(|item| used(text(item, "id").to_owned(), item)).collect();
        let mut take = |kind: &str, id: &str| {
            if let Some(item) = self.records.record(kind, id) {
                all.push(used(format!("{kind}/{id}"), item));
            }
        };
        if let Err(undecidable) = &self.answer.came {
            take(&undecidable.kind, &undecidable.id);
        }
        if let (Some(_), Some(model)) = (&self.answer.subject, self.model) {
            take(Model::KIND, &model.meta.id);
            take(Screening::KIND, "screening");
        }
        for rule in self.rules.iter().filter(|rule| rule.in_force) {
            take(Embargo::KIND, &rule.embargo.meta.id);
            groups(rule.embargo).for_each(|group| take(Group::KIND, group));
            rule.embargo.applies_to.lists_named().for_each(|list| take(List::KIND, list));
            rule.licences.iter().for_each(|(licence, _)| take(Licence::KIND, &licence.meta.id));
        }
        for (_, cleared) in self.possible() {
            cleared.into_iter().for_each(|clearance| take(Clearance::KIND, &clearance.meta.id));
        }
        let mut seen = std::collections::BTreeSet::new();
        all.retain(|one| seen.insert(one.record.clone()));
        all
    }

    fn used_text(&self) -> String {
        let row = |one: Used| vec![one.record, one.revision.unwrap_or_default(), one.by, one.at, one.why];
        table(&["record", "revision", "by", "at", "why"], self.used().into_iter().map(row), &[1])
    }

    /// What a script reads.
    pub(super) fn told(&self) -> Value {
        let (question, answer) = (self.question, self.answer);
        let (decision, undecidable) = match &answer.came {
            Ok(decision) => (Some(decision), None),
            Err(undecidable) => (None, Some(undecidable)),
        };
        let caller = |item: &Option<Item>| item.as_ref().map(|item| public(&as_json(item)));
        json!({
            "asked": {"client": question.client, "person": question.person, "model": question.model.as_str(),
                      "address": question.address.0, "end_use": question.end_use, "at": render_time(question.at)},
            "revision": self.records.snapshot.revision,
            "outcome": decision.map_or("undecidable", outcome),
            "status": decision.map_or(503, Decision::status),
            "codes": decision.map(|decision| decision.reasons.iter().map(|reason| reason.code.as_str()).collect::<Vec<_>>()),
            "reasons": decision.map(|decision| json!(decision.reasons.iter().map(export_gate::ledger::EntryReason::from).collect::<Vec<_>>())),
            "undecidable": undecidable.map(|why| json!({"record": format!("{}/{}", why.kind, why.id), "why": why.why})),
            "model": self.model.map(|model| json!({"id": model.meta.id, "endpoint": model.endpoint})),
            "identity": {"client": caller(&answer.found.client), "organisation": caller(&answer.found.organisation),
                         "person": caller(&answer.found.person)},
            "destination": PlacesTold::new(answer, question.at).told(),
            "facts": answer.subject.as_ref().map(|subject| json!(subject.facts)),
            "foreign_person": answer.subject.as_ref().map(export_gate::decision::Subject::is_foreign),
            "exhausted": answer.exhausted.licences, "unreadable_usage": answer.exhausted.unreadable,
            "found_on_lists": self.possible().iter().map(|(possible, cleared)| {
                json!({"match": possible, "cleared_by": cleared.map(|clearance| clearance.meta.version())})
            }).collect::<Vec<_>>(),
            "rules": self.rules.iter().map(|rule| told(rule, question)).collect::<Vec<_>>(),
            "licences": decision.map(Decision::licences),
            "records": self.used().iter().map(Used::told).collect::<Vec<_>>(),
        })
    }
}

fn headline(answer: &Answer) -> String {
    match &answer.came {
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

/// `permit` or `refuse`.
pub(crate) fn outcome(decision: &Decision) -> &'static str {
    export_gate::answer::outcome(decision)
}

fn codes(reasons: &[Reason]) -> String {
    reasons.iter().map(|reason| reason.code.as_str()).collect::<Vec<_>>().join(", ")
}

fn reasons(decision: &Decision) -> String {
    if decision.reasons.is_empty() {
        return "none against it\n".to_owned();
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
