//! I/O. `gatectl explain`: what the gate would decide, with every rule that it looked at and the records used.

use export_gate::decision::{Decision, Outcome as Decided, Rule, Subject, explain};
use export_gate::record::{Effect, Item};
use export_gate::register::Resolved;
use export_gate::terms::{Match, ModelRef, parse_time, render_time};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::question::{Address, Answer, Question, address, answer};
use super::records::{Records, Source};
use crate::item::{as_json, text};
use crate::outcome::{Outcome, Trouble};

/// Who asks for what, from where, and when.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The client, as the authorizer names it
    #[arg(long, value_name = "PRINCIPAL")]
    client: String,
    /// The person whom the request names
    #[arg(long, value_name = "ID")]
    person: Option<String>,
    /// The model: name, or name@version
    #[arg(long, value_name = "MODEL", value_parser = ModelRef::parse)]
    model: ModelRef,
    /// The address that the request comes from, or `unknown`
    #[arg(long, value_name = "ADDRESS", value_parser = address)]
    address: Address,
    /// What the `End-Use` header says
    #[arg(long, value_name = "CODE")]
    end_use: Option<String>,
    /// The moment; now without it
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    at: Option<Timestamp>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    source: Source,
}

/// Explains it. Exit code 0 whatever is decided, 1 where the gate could not decide.
pub(crate) async fn run(arguments: &Arguments) -> Result<Outcome, Trouble> {
    let question = Question {
        client: arguments.client.clone(),
        person: arguments.person.clone(),
        model: arguments.model.clone(),
        address: arguments.address.0,
        end_use: arguments.end_use.clone(),
        at: arguments.at.unwrap_or_else(Timestamp::now),
    };
    let records = arguments.source.open().await?;
    let callers = records.callers(&question.client, question.person.as_deref()).await?;
    let from = records.location.of(question.address);
    let register = records.present.register(question.at);
    let answered = answer(&question, &callers, from.clone(), &register, &records.exhausted);
    let model = match register.resolve(&question.model, question.at) {
        Resolved::Model(model) => Some(model),
        Resolved::Unknown | Resolved::Unclear => None,
    };
    let rules = match (&answered.subject, model) {
        (Some(subject), Some(model)) => explain(model, subject, &register, &records.exhausted, question.at),
        _ => Vec::new(),
    };
    let is_decided = answered.decision.is_ok();
    let json = || {
        json!({
            "at": render_time(question.at), "client": question.client, "model": question.model.as_str(),
            "revision": records.present.revision,
            "destination": from.to, "location": {"source": from.by.source, "edition": from.by.edition},
            "decision": told_decision(&answered), "facts": answered.subject.as_ref().map(|subject| json!(subject.facts)),
            "rules": rules.iter().map(|rule| told_rule(rule, &records)).collect::<Vec<Value>>(),
        })
    };
    let mut shown = shown_decision(&answered);
    shown += &shown_facts(&question, &answered, &from);
    for rule in &rules {
        shown += &shown_rule(rule, &records);
    }
    if rules.is_empty() && answered.subject.is_some() {
        shown += "\nNo embargo names the model.\n";
    }
    Ok(Outcome::new(arguments.json, json, shown, is_decided))
}

fn shown_decision(answered: &Answer) -> String {
    match &answered.decision {
        Err(undecidable) => format!("503 register.unavailable: nobody can decide. {undecidable}\n"),
        Ok(decision) => {
            let mut shown = match decision.outcome {
                Decided::Permit(_) => "permit\n".to_owned(),
                Decided::Refuse => format!("refuse, {}\n", decision.status()),
            };
            for reason in &decision.reasons {
                let source = reason.embargo.as_ref();
                let source = source.map(|source| format!("  {} {}, {}", source.authority, source.citation, source.id));
                shown += &format!("  {}{}\n", reason.code, source.unwrap_or_default());
            }
            for licence in decision.licences() {
                shown += &format!("  by the licence {licence}\n");
            }
            shown
        }
    }
}

fn shown_facts(question: &Question, answered: &Answer, from: &export_gate::decision::Where) -> String {
    let to = from.to.region.as_ref().map(|region| region.as_str().to_owned());
    let to = to.or_else(|| from.to.country.map(|country| country.to_string()));
    let mut shown = format!(
        "\nAt {}, for {}, by {}: to {} ({} {}).\n",
        render_time(question.at),
        question.model.as_str(),
        question.client,
        to.unwrap_or_else(|| "a destination that nobody knows".into()),
        from.by.source,
        from.by.edition
    );
    shown += &match &answered.subject {
        None => "The records do not bear the caller out, so nothing else was looked at.\n".to_owned(),
        Some(subject) => format!(
            "Organisation `{}`, {}; end uses: {}.\n",
            subject.organisation,
            foreign(subject),
            if subject.facts.end_uses.is_empty() { "unknown".into() } else { subject.facts.end_uses.join(" ") }
        ),
    };
    shown
}

fn foreign(subject: &Subject) -> &'static str {
    if subject.is_foreign() {
        "a foreign person's access (15 CFR 772.1)"
    } else {
        "no foreign person's access (15 CFR 772.1)"
    }
}

/// A rule in words, with who wrote the record, when and why.
fn shown_rule(rule: &Rule<'_>, records: &Records) -> String {
    let meta = &rule.embargo.meta;
    let verdict = match (rule.in_force, rule.applies, rule.embargo.effect, rule.lifted_by) {
        (false, ..) => "not in force".to_owned(),
        (true, false, ..) => "does not apply".to_owned(),
        (true, true, Effect::Observed, _) => "applies, and is observed: it refuses nobody".to_owned(),
        (true, true, Effect::Prohibited, _) => "applies, and can't be licensed".to_owned(),
        (true, true, Effect::LicenceRequired, Some(licence)) => {
            format!("applies, lifted by {}", licence.meta.version())
        }
        (true, true, Effect::LicenceRequired, None) => "applies, and no licence lifts it".to_owned(),
    };
    let mut shown = format!("\nembargo {}: {verdict}\n", meta.version());
    for (code, matched) in &rule.keys {
        shown += &format!("    {:<24}  {}\n", code.as_str(), word(*matched));
    }
    for (licence, lacks) in &rule.licences {
        let why = lacks.map_or("covers this".to_owned(), |code| code.to_string());
        shown += &format!("    licence {}  {why}\n", licence.meta.version());
    }
    shown + &said(records.present.record("embargo", &meta.id))
}

fn said(item: Option<&Item>) -> String {
    let Some(item) = item else { return String::new() };
    let says = |name| Some(text(item, name)).filter(|text| !text.is_empty()).unwrap_or("nobody says");
    format!("    by {}, {}: {}\n", says("by"), says("at"), says("why"))
}

fn word(matched: Match) -> &'static str {
    match matched {
        Match::Yes => "yes",
        Match::No => "no",
        Match::Unknown => "unknown, which counts as yes",
    }
}

fn told_decision(answered: &Answer) -> Value {
    match &answered.decision {
        Err(undecidable) => json!({"outcome": "undecidable", "status": 503, "why": undecidable.to_string()}),
        Ok(decision) => json!({
            "outcome": if is_permit(decision) { "permit" } else { "refuse" }, "status": decision.status(),
            "codes": decision.reasons.iter().map(|reason| reason.code.as_str()).collect::<Vec<_>>(),
            "licences": decision.licences(),
        }),
    }
}

fn told_rule(rule: &Rule<'_>, records: &Records) -> Value {
    let key = |(code, matched): &(export_gate::terms::Code, Match)| {
        json!({"code": code.as_str(), "matches": match matched {
            Match::Yes => "yes", Match::No => "no", Match::Unknown => "unknown",
        }})
    };
    let licence = |(licence, lacks): &(
        &export_gate::record::Record<export_gate::record::Licence>,
        Option<export_gate::terms::Code>,
    )| {
        json!({"licence": licence.meta.version(), "lacks": lacks.map(export_gate::terms::Code::as_str),
               "record": records.present.record("licence", &licence.meta.id).map(as_json)})
    };
    json!({
        "embargo": rule.embargo.meta.version(), "in_force": rule.in_force, "applies": rule.applies,
        "effect": rule.embargo.effect, "keys": rule.keys.iter().map(key).collect::<Vec<Value>>(),
        "licences": rule.licences.iter().map(licence).collect::<Vec<Value>>(),
        "lifted_by": rule.lifted_by.map(|licence| licence.meta.version()),
        "record": records.present.record("embargo", &rule.embargo.meta.id).map(as_json),
    })
}

/// Whether it permits.
pub(crate) fn is_permit(decision: &Decision) -> bool {
    matches!(decision.outcome, Decided::Permit(_))
}
