//! Pure. The comparison as text and as JSON.

use serde_json::{Value, json};

use super::gate::{Share, assumptions, share};
use super::prices::{ALL, AS_OF, REGION, Usd, percent};
use super::ways::{Bill, FOR_LARGE_MODELS, WAYS, Way, Workload, cheapest, turns};
use crate::display::{grouped, table, text_line};

/// Costs that the comparison leaves out.
const NOT_COUNTED: &str = "data transfer out, SageMaker's fee for data in and out, Cognito's clients and tokens, KMS requests, S3 requests to load \
                           a model, the functions behind the streams, tax, free tiers, discounts";

/// The comparison as text.
pub(crate) fn text(work: &Workload) -> String {
    let mut text = format!(
        "{} requests a month, {} s each at {} MB, {} bytes in and {} out; {} of them cold, for {} s\n\n",
        grouped(work.requests.into()),
        thousandths(work.milliseconds),
        grouped(work.memory.into()),
        grouped(work.request_bytes.into()),
        grouped(work.response_bytes.into()),
        percent(u128::from(work.cold_per_million).div_ceil(1_000)),
        thousandths(work.cold_milliseconds),
    );
    let least = cheapest(&WAYS, work);
    let rows = WAYS.map(|way| row(way, way.bill(work), least.map(|(_, usd)| usd)));
    let heading = ["the model on", "compute", "requests", "storage", "a month", "more"];
    text += &table(&heading, rows, &[1, 2, 3, 4, 5]);
    for way in WAYS {
        if let Err(why) = way.bill(work) {
            text += &text_line!("{}: {why}.", way.name());
        }
    }
    let share = share(work);
    let total: Usd = share.iter().map(|line| line.usd).sum();
    let rows = share.iter().map(|line| vec![line.what.to_owned(), line.how_much.clone(), line.usd.to_string()]);
    let all = ["total".to_owned(), format!("{} without requests", fixed(&share)), total.to_string()];
    text += "\n";
    text += &table(&["the gate itself", "", "a month"], rows.chain([all.to_vec()]), &[2]);
    text += &format!("\n{}\n", conclusion(work));
    text += &format!(
        "\nPrices of {REGION} as of {AS_OF} (`--json` lists them with their pages). SageMaker's could not be confirmed. \
         Assumptions:\n"
    );
    for assumption in assumptions(work) {
        text += &text_line!("- {assumption}");
    }
    text += &text_line!("Not counted: {NOT_COUNTED}.");
    text
}

/// The comparison as JSON. Amounts are strings, to keep all digits.
pub(crate) fn json(work: &Workload) -> Value {
    let least = cheapest(&WAYS, work);
    let ways = WAYS.map(|way| match way.bill(work) {
        Ok(bill) => json!({
            "way": way.name(), "compute_usd": bill.compute.exact(), "requests_usd": bill.requests.exact(),
            "storage_usd": bill.storage.exact(), "total_usd": bill.total().exact(),
            "more_percent": more(&bill, least.map(|(_, usd)| usd)).map(|tenths| percent(tenths).replace(" %", "")),
        }),
        Err(why) => json!({"way": way.name(), "cannot": why}),
    });
    let share = share(work);
    let lines: Vec<Value> = share
        .iter()
        .map(|line| json!({"what": line.what, "how_much": line.how_much, "usd": line.usd.exact(), "fixed": line.is_fixed}))
        .collect();
    let changes = |ways: &[Way]| {
        let turns = turns(ways, work).into_iter();
        turns.map(|(requests, way)| json!({"from_requests": requests, "cheapest": way.name()})).collect::<Vec<_>>()
    };
    let prices: Vec<Value> = ALL
        .iter()
        .map(|price| {
            let tiers = price.tiers.iter().map(
                |(to, each)| json!({"up_to": (*to != u128::MAX).then(|| to.to_string()), "usd": Usd(*each).exact()}),
            );
            json!({"what": price.what, "unit": price.unit, "tiers": tiers.collect::<Vec<_>>(), "page": price.page})
        })
        .collect();
    json!({
        "region": REGION, "as_of": AS_OF,
        "workload": {
            "requests": work.requests, "milliseconds": work.milliseconds, "memory_mb": work.memory,
            "request_bytes": work.request_bytes, "response_bytes": work.response_bytes,
            "cold_per_million": work.cold_per_million, "cold_milliseconds": work.cold_milliseconds,
            "image_gb": work.image_gb, "gate_memory_mb": work.gate_memory, "entry_bytes": work.entry_bytes,
            "months": work.months,
        },
        "ways": ways, "cheapest": least.map(|(way, _)| way.name()),
        "cheapest_by_load": changes(&WAYS), "cheapest_by_load_for_large_models": changes(&FOR_LARGE_MODELS),
        "gate": {"lines": lines, "total_usd": share.iter().map(|line| line.usd).sum::<Usd>().exact(), "fixed_usd": fixed(&share).exact()},
        "assumptions": assumptions(work), "not_counted": NOT_COUNTED, "prices": prices,
    })
}

fn row(way: Way, bill: Result<Bill, String>, least: Option<Usd>) -> Vec<String> {
    let Ok(bill) = bill else {
        return [way.name(), "", "", "", "no", ""].map(str::to_owned).to_vec();
    };
    let more = more(&bill, least).map_or_else(String::new, |tenths| format!("+ {}", percent(tenths)));
    let amounts = [bill.compute, bill.requests, bill.storage, bill.total()].map(amount);
    [way.name().to_owned()].into_iter().chain(amounts).chain([more]).collect()
}

/// An amount, or `–` for zero.
fn amount(usd: Usd) -> String {
    if usd == Usd::default() { "–".to_owned() } else { usd.to_string() }
}

/// The excess over the cheapest, in tenths of a percent.
fn more(bill: &Bill, least: Option<Usd>) -> Option<u128> {
    least.filter(|least| bill.total() > *least).and_then(|least| bill.total().tenths_of_percent_above(least))
}

fn fixed(share: &[Share]) -> Usd {
    share.iter().filter(|line| line.is_fixed).map(|line| line.usd).sum()
}

/// The cheapest way, by how much, and the loads at which it changes.
fn conclusion(work: &Workload) -> String {
    let Some((best, usd)) = cheapest(&WAYS, work) else {
        return "No way can run this workload.".into();
    };
    let others = WAYS.into_iter().filter(|way| *way != best);
    let second = others.filter_map(|way| Some((way, way.bill(work).ok()?.total()))).min_by_key(|(_, usd)| *usd);
    let by = second.map_or_else(String::new, |(way, other)| {
        let more = other.tenths_of_percent_above(usd).map_or_else(|| "something".into(), percent);
        format!("; {} costs {more} more", way.name())
    });
    let mut text = format!("Cheapest is {} at {usd} a month{by}. By load: {}", best.name(), by_load(&WAYS, work));
    if [Way::ZipX86, Way::ZipArm].contains(&best) {
        text += &format!(" A model too large for a zip (250 MB unpacked): {}", by_load(&FOR_LARGE_MODELS, work));
    }
    text
}

fn by_load(ways: &[Way], work: &Workload) -> String {
    match turns(ways, work).as_slice() {
        [] => "no way can run it.".into(),
        [(_, way)] => format!("{} is the cheapest at any load.", way.name()),
        [(_, first), rest @ ..] => {
            let rest: Vec<String> = rest
                .iter()
                .map(|(from, way)| format!("{} from {} requests a month on", way.name(), grouped((*from).into())))
                .collect();
            format!("{} at first; {}.", first.name(), rest.join("; "))
        }
    }
}

/// Milliseconds as seconds: `1`, `0.05`.
fn thousandths(milliseconds: u64) -> String {
    let text = format!("{}.{:03}", milliseconds.wrapping_div(1_000), milliseconds.wrapping_rem(1_000));
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
