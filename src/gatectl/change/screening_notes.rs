//! Pure. Notes on a settings change: what it loosens, and refusals that an operator may not expect.

use export_gate::record::{ImpossibleTravel, Pair, Record, Screening, WhenUnknown, read};
use export_gate::terms::SignalSource;

use super::step::Step;

/// The notes on a settings step.
pub(super) fn notes(step: &Step) -> Vec<String> {
    let Some(after) = in_force(step.record::<Screening>()) else { return Vec::new() };
    let before = step.before.as_ref().and_then(|before| in_force(read::<Screening>(before).ok())).unwrap_or_default();
    let permits = loosened(&before, &after).into_iter().map(|what| format!("`{}` permits more: {what}", step.key));
    let new = after.must_agree.iter().filter(|pair| !has(&before, pair));
    let needs = new.flat_map(|Pair(one, other)| [requirement(*one), requirement(*other)]).flatten();
    let needs = needs.map(|needs| {
        format!("`{}` refuses every request in which a signal that must agree is absent: {needs}", step.key)
    });
    let mut notes: Vec<String> = permits.chain(needs).collect();
    notes.dedup();
    notes
}

/// The settings of a record that is not withdrawn.
fn in_force(record: Option<Record<Screening>>) -> Option<Screening> {
    record.filter(|record| !record.meta.withdrawn).map(|record| record.body)
}

fn loosened(before: &Screening, after: &Screening) -> Vec<String> {
    let permitted = |was: WhenUnknown, is: WhenUnknown| was == WhenUnknown::Refuse && is == WhenUnknown::Permit;
    let refuses = |screening: &Screening| screening.impossible_travel == Some(ImpossibleTravel::Refuse);
    // Without a threshold, every confidence and every age counts.
    let confidence = |screening: &Screening| screening.anonymizer_confidence.unwrap_or(0);
    let days = |screening: &Screening| screening.anonymizer_days.unwrap_or(u32::MAX);
    let all = [
        (
            permitted(before.unknown_destination, after.unknown_destination),
            "an unknown country is refused only by embargoes on places",
        ),
        (
            permitted(before.inconsistent_destination, after.inconsistent_destination),
            "contradicting signals and impossible travel do not refuse",
        ),
        (
            permitted(before.tunnelled_destination, after.tunnelled_destination),
            "the country of a tunnel's exit counts as its user's",
        ),
        (
            permitted(before.unknown_region, after.unknown_region),
            "an unknown region counts as a region that no embargo names",
        ),
        (refuses(before) && !refuses(after), "impossible travel does not refuse"),
        (after.threshold() > before.threshold(), "a name that scores below the threshold is not a potential match"),
        (
            before.unknown_ownership.is_some_and(|was| after.unknown_ownership.is_some_and(|is| is > was)),
            "a larger share of an organisation may have unknown owners",
        ),
        (
            before.parent_countries.is_some() && after.parent_countries.is_none(),
            "the countries of an organisation's ultimate parents do not count as its own",
        ),
        (confidence(after) > confidence(before), "an address with less confidence does not count as an anonymizer"),
        (days(after) < days(before), "an address that was last seen longer ago does not count as an anonymizer"),
    ];
    let words = all.into_iter().filter(|(applies, _)| *applies).map(|(_, what)| what.to_owned());
    let gone = before.must_agree.iter().filter(|pair| !has(after, pair));
    words.chain(gone.map(|Pair(one, other)| format!("{} and {} need not agree", word(*one), word(*other)))).collect()
}

/// Whether the signals of a pair must agree, in either order.
fn has(screening: &Screening, Pair(one, other): &Pair) -> bool {
    screening.must_agree.iter().any(|pair| *pair == Pair(*one, *other) || *pair == Pair(*other, *one))
}

/// What a signal needs in order to be present.
fn requirement(source: SignalSource) -> Option<&'static str> {
    match source {
        SignalSource::Mmdb => Some("`mmdb` needs the gate's GEO_DATABASE"),
        SignalSource::Cloudfront => Some("`cloudfront` needs a distribution that adds the gate's DISTRIBUTION_SECRET"),
        SignalSource::Waf => Some(
            "`waf` needs a distribution that adds the gate's DISTRIBUTION_SECRET, and a rule that inserts the country",
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
