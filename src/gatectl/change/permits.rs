//! Pure. What a change of the settings permits that was refused, and what it refuses that an operator may not expect.

use export_gate::record::{ImpossibleTravel, Pair, Record, Screening, WhenUnknown, read};
use export_gate::terms::SignalSource;

use super::step::Step;

/// The notes on a step of the settings, a sentence each.
pub(super) fn notes(step: &Step) -> Vec<String> {
    let Some(after) = in_force(step.record::<Screening>()) else { return Vec::new() };
    let before = step.before.as_ref().and_then(|before| in_force(read::<Screening>(before).ok())).unwrap_or_default();
    let permits = loosened(&before, &after).into_iter().map(|what| format!("`{}` permits more: {what}", step.key));
    let new = after.must_agree.iter().filter(|pair| !has(&before, pair));
    let silent = new.flat_map(|Pair(one, other)| [silent(*one), silent(*other)]).flatten();
    let silent = silent
        .map(|needs| format!("`{}` refuses everybody where a signal that must agree tells nothing: {needs}", step.key));
    let mut notes: Vec<String> = permits.chain(silent).collect();
    notes.dedup();
    notes
}

/// The settings of a record that isn't withdrawn.
fn in_force(record: Option<Record<Screening>>) -> Option<Screening> {
    record.filter(|record| !record.meta.withdrawn).map(|record| record.body)
}

fn loosened(before: &Screening, after: &Screening) -> Vec<String> {
    let permitted = |was: WhenUnknown, is: WhenUnknown| was == WhenUnknown::Refuse && is == WhenUnknown::Permit;
    let refuses = |screening: &Screening| screening.impossible_travel == Some(ImpossibleTravel::Refuse);
    // Absent, a confidence or an age counts whatever it is.
    let confidence = |screening: &Screening| screening.anonymizer_confidence.unwrap_or(0);
    let days = |screening: &Screening| screening.anonymizer_days.unwrap_or(u32::MAX);
    let all = [
        (
            permitted(before.unknown_destination, after.unknown_destination),
            "where nobody knows the country, only embargoes on places refuse",
        ),
        (
            permitted(before.inconsistent_destination, after.inconsistent_destination),
            "signals that disagree, and impossible travel, refuse nobody",
        ),
        (
            permitted(before.tunnelled_destination, after.tunnelled_destination),
            "the country of a tunnel's exit is taken for its user's",
        ),
        (
            permitted(before.unknown_region, after.unknown_region),
            "where nobody knows the region, it is none that an embargo names",
        ),
        (refuses(before) && !refuses(after), "impossible travel refuses nobody"),
        (
            after.threshold() > before.threshold(),
            "a name that comes less near to a listed one than that is no possible match",
        ),
        (
            before.unknown_ownership.is_some_and(|was| after.unknown_ownership.is_some_and(|is| is > was)),
            "so much of an organisation may be owned by nobody knows whom",
        ),
        (
            before.parent_countries.is_some() && after.parent_countries.is_none(),
            "the countries of an organisation's ultimate parents are not its own",
        ),
        (confidence(after) > confidence(before), "what a database is less sure of than that is no anonymizer"),
        (days(after) < days(before), "what was last seen longer ago than that is no anonymizer"),
    ];
    let words = all.into_iter().filter(|(applies, _)| *applies).map(|(_, what)| what.to_owned());
    let gone = before.must_agree.iter().filter(|pair| !has(after, pair));
    words.chain(gone.map(|Pair(one, other)| format!("{} and {} need not agree", word(*one), word(*other)))).collect()
}

/// Whether the signals of a pair must agree, in whatever order they are written.
fn has(screening: &Screening, Pair(one, other): &Pair) -> bool {
    screening.must_agree.iter().any(|pair| *pair == Pair(*one, *other) || *pair == Pair(*other, *one))
}

/// What a signal takes to be there at all.
fn silent(source: SignalSource) -> Option<&'static str> {
    match source {
        SignalSource::Mmdb => Some("`mmdb` takes the gate's GEO_DATABASE"),
        SignalSource::Cloudfront => Some("`cloudfront` takes a distribution that adds the gate's DISTRIBUTION_SECRET"),
        SignalSource::Waf => Some(
            "`waf` takes a distribution that adds the gate's DISTRIBUTION_SECRET, and a rule that inserts the country",
        ),
        SignalSource::Delegations | SignalSource::Organisation => None,
    }
}

fn word(source: SignalSource) -> &'static str {
    match source {
        SignalSource::Mmdb => "`mmdb`",
        SignalSource::Delegations => "`delegations`",
        SignalSource::Cloudfront => "`cloudfront`",
        SignalSource::Waf => "`waf`",
        SignalSource::Organisation => "`organisation`",
    }
}
