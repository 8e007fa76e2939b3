//! Pure. The layouts of anonymity databases, detected by their fields rather than their names.

mod ip2proxy;
mod ipinfo;
mod layout;
mod maxmind;
mod residential;

pub(super) use layout::{Finding, Layout, Row};

/// Every layout. A database has the first one that its rows fit.
pub(super) const LAYOUTS: [Layout; 4] = [maxmind::LAYOUT, residential::LAYOUT, ipinfo::LAYOUT, ip2proxy::LAYOUT];
