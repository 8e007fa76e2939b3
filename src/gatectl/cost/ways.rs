//! Pure. The ways to run a model, and their monthly cost.

use super::prices::{ECR_STORAGE, LAMBDA_ARM, LAMBDA_REQUEST, LAMBDA_X86, Price, SAGEMAKER, Usd};

/// A monthly workload.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Workload {
    /// Requests.
    pub(crate) requests: u64,
    /// Milliseconds that the model needs for a request.
    pub(crate) milliseconds: u64,
    /// Memory of the model, in MB.
    pub(crate) memory: u64,
    /// Bytes of a request.
    pub(crate) request_bytes: u64,
    /// Bytes of a response.
    pub(crate) response_bytes: u64,
    /// Requests with a cold start, per million.
    pub(crate) cold_per_million: u64,
    /// Milliseconds of a cold start.
    pub(crate) cold_milliseconds: u64,
    /// Size of the container image, in GB.
    pub(crate) image_gb: u64,
    /// Memory of the gate, in MB.
    pub(crate) gate_memory: u64,
    /// Bytes of a ledger entry.
    pub(crate) entry_bytes: u64,
    /// Months for which the ledger is kept.
    pub(crate) months: u64,
}

/// Parses a decimal number as a whole number of parts: `decimal("1.5", 3)` is 1,500.
pub(crate) fn decimal(text: &str, places: usize) -> Result<u64, String> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let is_number = !whole.is_empty() && [whole, part].iter().all(|text| text.bytes().all(|b| b.is_ascii_digit()));
    let error = || format!("`{text}` is not a number with at most {places} decimal places, such as 1.5");
    if !is_number || part.len() > places || text.ends_with('.') {
        return Err(error());
    }
    format!("{whole}{part:0<places$}").parse().map_err(|_| error())
}

/// Seconds, as milliseconds.
pub(crate) fn milliseconds(text: &str) -> Result<u64, String> {
    let seconds = decimal(text, 3)?;
    if seconds <= 900_000 { Ok(seconds) } else { Err("Lambda ends an invocation after 900 s".into()) }
}

/// A share from 0 to 1, in millionths.
pub(crate) fn millionths(text: &str) -> Result<u64, String> {
    let share = decimal(text, 6)?;
    if share <= 1_000_000 { Ok(share) } else { Err("a share is 0 to 1, such as 0.01 for one in a hundred".into()) }
}

/// A way to run a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// Lambda on x86_64, code and model in a zip.
    ZipX86,
    /// Lambda on arm64, code and model in a zip.
    ZipArm,
    /// Lambda on x86_64 with a container image.
    Image,
    /// A SageMaker serverless endpoint.
    Serverless,
}

/// The monthly cost of a way.
#[derive(Clone, Debug, Default)]
pub(crate) struct Bill {
    /// Compute time and memory.
    pub(crate) compute: Usd,
    /// Fees per request.
    pub(crate) requests: Usd,
    /// Storage.
    pub(crate) storage: Usd,
}

impl Bill {
    /// The total.
    pub(crate) fn total(&self) -> Usd {
        [self.compute, self.requests, self.storage].into_iter().sum()
    }
}

/// The ways, in display order.
pub(crate) const WAYS: [Way; 4] = [Way::ZipX86, Way::ZipArm, Way::Image, Way::Serverless];

/// Ways for models over 250 MB, the limit of an unpacked zip in Lambda.
pub(crate) const FOR_LARGE_MODELS: [Way; 2] = [Way::Image, Way::Serverless];

/// MB-milliseconds in a GB-second, times a million, since shares are in millionths.
const GB_SECOND: u128 = 1_024 * 1_000 * 1_000_000;

/// Bytes in a GB.
pub(crate) const GB: u128 = 1 << 30;

/// The memory of a serverless endpoint in MB: whole GB up to 6.
const SERVERLESS_STEP: u64 = 1_024;
const SERVERLESS_MOST: u64 = 6_144;

impl Way {
    /// The name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::ZipX86 => "Lambda x86_64, zip",
            Self::ZipArm => "Lambda arm64, zip",
            Self::Image => "Lambda x86_64, image",
            Self::Serverless => "SageMaker serverless",
        }
    }

    /// The monthly bill, or why this way can't run the workload.
    pub(crate) fn bill(self, work: &Workload) -> Result<Bill, String> {
        match self {
            Self::ZipX86 => lambda(work, &LAMBDA_X86),
            Self::ZipArm => lambda(work, &LAMBDA_ARM),
            Self::Image => {
                let storage = ECR_STORAGE.of(work.image_gb.into(), 1);
                lambda(work, &LAMBDA_X86).map(|bill| Bill { storage, ..bill })
            }
            Self::Serverless => serverless(work),
        }
    }
}

/// Lambda bills the initialisation of a cold start for every package type.
fn lambda(work: &Workload, price: &Price) -> Result<Bill, String> {
    if !(128..=10_240).contains(&work.memory) {
        return Err(format!("Lambda has 128 to 10,240 MB, not {}", work.memory));
    }
    let cold = u128::from(work.cold_per_million).saturating_mul(work.cold_milliseconds.into());
    let each = u128::from(work.milliseconds).saturating_mul(1_000_000).saturating_add(cold);
    let requests = u128::from(work.requests);
    let compute = requests.saturating_mul(each).saturating_mul(work.memory.into());
    Ok(Bill { compute: price.of(compute, GB_SECOND), requests: LAMBDA_REQUEST.of(requests, 1), ..Bill::default() })
}

/// Only request processing is billed, not a cold start.
fn serverless(work: &Workload) -> Result<Bill, String> {
    let memory = work.memory.div_ceil(SERVERLESS_STEP).saturating_mul(SERVERLESS_STEP);
    if memory > SERVERLESS_MOST {
        return Err(format!("a serverless endpoint has at most 6,144 MB, not {}", work.memory));
    }
    if work.milliseconds > 60_000 {
        return Err("a serverless endpoint has at most 60 s per request".into());
    }
    if work.request_bytes.max(work.response_bytes) > 4_000_000 {
        return Err("a serverless endpoint has at most 4 MB per request and response".into());
    }
    let requests = u128::from(work.requests);
    let each = u128::from(work.milliseconds).saturating_mul(1_000_000).saturating_mul(memory.into());
    Ok(Bill { compute: SAGEMAKER.of(requests.saturating_mul(each), GB_SECOND), ..Bill::default() })
}

/// The cheapest way that can run the workload.
pub(crate) fn cheapest(ways: &[Way], work: &Workload) -> Option<(Way, Usd)> {
    let bills = ways.iter().filter_map(|way| Some((*way, way.bill(work).ok()?.total())));
    bills.min_by_key(|(_, total)| *total)
}

/// The loads, in requests a month, at which the cheapest way changes.
pub(crate) fn turns(ways: &[Way], work: &Workload) -> Vec<(u64, Way)> {
    let at = |requests: u64| cheapest(ways, &Workload { requests, ..*work }).map(|(way, _)| way);
    let mut turns: Vec<(u64, Way)> = at(1).map(|way| (1, way)).into_iter().collect();
    let mut low = 1_u64;
    while low < MOST_REQUESTS {
        let mut high = low.saturating_mul(2).min(MOST_REQUESTS);
        let next = high;
        if at(high) != at(low) {
            while high.saturating_sub(low) > 1 {
                let middle = low.midpoint(high);
                if at(middle) == at(low) { low = middle } else { high = middle }
            }
            turns.extend(at(high).map(|way| (high, way)));
        }
        low = next;
    }
    turns
}

/// The most requests a month.
pub(crate) const MOST_REQUESTS: u64 = 1_000_000_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_read_exactly() {
        for (text, read) in [("1", 1_000), ("0.05", 50), ("1.234", 1_234), ("900", 900_000), ("0", 0)] {
            assert_eq!(milliseconds(text), Ok(read), "{text}");
        }
        for bad in ["", ".5", "1.", "1.2345", "-1", "1e3", "1,5", "901", "99999999999999999999"] {
            assert!(milliseconds(bad).is_err(), "{bad}");
        }
        assert_eq!((millionths("0.01"), millionths("1")), (Ok(10_000), Ok(1_000_000)));
        assert!(millionths("1.1").is_err());
    }
}
