//! Pure. DynamoDB's limits on items: size, nesting and numbers.
//!
//! AWS documents them in the developer guide under "Quotas" and "DynamoDB item sizes and formats".

use aws_sdk_dynamodb::types::AttributeValue;

use super::Item;

/// The largest item, in bytes.
pub const LARGEST_ITEM: usize = 400 * 1024;
/// The largest sum of the items of one transaction, in bytes.
pub const LARGEST_TRANSACTION: usize = 4 * 1024 * 1024;
/// The longest partition key, in bytes.
pub const LONGEST_PARTITION_KEY: usize = 2048;
/// The longest sort key, in bytes.
pub const LONGEST_SORT_KEY: usize = 1024;

/// The most nested levels. The value of an attribute is the first.
const DEEPEST: usize = 32;
/// The most significant digits of a number.
const MOST_DIGITS: usize = 38;
/// The exponents of the largest and the smallest number.
const EXPONENTS: std::ops::RangeInclusive<i64> = -130..=125;
/// The bytes of a list or a map besides its elements.
const OVERHEAD: usize = 3;

/// The size of an item in bytes, as DynamoDB counts it: the names and the values of its attributes.
#[must_use]
pub fn size(item: &Item) -> usize {
    item.iter().map(|(name, value)| name.len().saturating_add(size_of(value))).fold(0, usize::saturating_add)
}

/// Why DynamoDB refuses the item regardless of its size. The text has the attribute's name but not its value.
#[must_use]
pub fn fault(item: &Item) -> Option<String> {
    item.iter().find_map(|(name, value)| Some(format!("{name}: {}", fault_of(value, 1)?)))
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the SDK marks the type as open: DynamoDB may add more")]
fn size_of(value: &AttributeValue) -> usize {
    let sum = |sizes: &mut dyn Iterator<Item = usize>| sizes.fold(0, usize::saturating_add);
    match value {
        AttributeValue::S(text) => text.len(),
        AttributeValue::N(number) => Number::of(number).map_or(number.len(), Number::size),
        AttributeValue::B(blob) => blob.as_ref().len(),
        AttributeValue::Ss(set) => sum(&mut set.iter().map(String::len)),
        AttributeValue::Ns(set) => sum(&mut set.iter().map(|n| Number::of(n).map_or(n.len(), Number::size))),
        AttributeValue::Bs(set) => sum(&mut set.iter().map(|blob| blob.as_ref().len())),
        AttributeValue::L(list) => {
            sum(&mut list.iter().map(|one| size_of(one).saturating_add(1))).saturating_add(OVERHEAD)
        }
        AttributeValue::M(map) => {
            let elements = map.iter().map(|(name, value)| name.len().saturating_add(size_of(value)).saturating_add(1));
            sum(&mut elements.into_iter()).saturating_add(OVERHEAD)
        }
        _ => 1,
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "no other type nests or holds numbers")]
fn fault_of(value: &AttributeValue, level: usize) -> Option<String> {
    if level > DEEPEST {
        return Some(format!("nested deeper than DynamoDB's {DEEPEST} levels"));
    }
    let below = level.saturating_add(1);
    match value {
        AttributeValue::N(number) => fault_of_number(number),
        AttributeValue::Ns(set) => set.iter().find_map(|number| fault_of_number(number)),
        AttributeValue::L(list) => list.iter().find_map(|one| fault_of(one, below)),
        AttributeValue::M(map) => map.values().find_map(|one| fault_of(one, below)),
        _ => None,
    }
}

fn fault_of_number(number: &str) -> Option<String> {
    let is_stored = Number::of(number).is_some_and(|number| {
        number.digits <= MOST_DIGITS && number.exponent().is_none_or(|at| EXPONENTS.contains(&at))
    });
    (!is_stored).then(|| format!("a number with more than {MOST_DIGITS} digits, or outside 1e-130 to 9.9e125"))
}

/// A number without its leading and trailing zeros.
#[derive(Clone, Copy)]
struct Number {
    is_negative: bool,
    digits: usize,
    /// The position of the decimal point, counted from the first significant digit.
    point: i64,
}

impl Number {
    fn of(text: &str) -> Option<Self> {
        let (is_negative, text) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = [whole, fraction].concat();
        if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
            return None;
        }
        let significant = digits.trim_start_matches('0');
        let leading = digits.len().saturating_sub(significant.len());
        let point = i64::try_from(whole.len()).ok()?.checked_add(exponent.parse().ok()?)?;
        let point = point.checked_sub(i64::try_from(leading).ok()?)?;
        Some(Self { is_negative, digits: significant.trim_end_matches('0').len(), point })
    }

    /// The exponent of the first digit; `None` for zero.
    fn exponent(self) -> Option<i64> {
        (self.digits > 0).then(|| self.point.saturating_sub(1))
    }

    /// A byte for each pair of digits, counted from the decimal point, one for the exponent, and one for a sign.
    fn size(self) -> usize {
        let is_split = self.digits > 0 && self.point.rem_euclid(2) == 1;
        let pairs = self.digits.saturating_add(is_split.into()).div_ceil(2);
        let sign = usize::from(self.is_negative && self.digits > 0);
        pairs.saturating_add(1).saturating_add(sign)
    }
}
