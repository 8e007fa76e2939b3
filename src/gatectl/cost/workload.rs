//! Pure. A monthly workload, in whole numbers.

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
