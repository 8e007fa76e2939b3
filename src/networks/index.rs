//! Pure. The index of a network list: bytes that are searched in place, without rebuilding them at load.
//!
//! A header (magic, number of imported entries, number of IPv4 and of IPv6 ranges), then the ranges of IPv4 addresses, then
//! the ranges of the upper halves of IPv6 addresses. All numbers are little-endian.

use std::net::{IpAddr, Ipv6Addr};

use ipnet::IpNet;

use super::delegated::delegated;
use super::ranges::{Number, Ranges, merged, write};

/// The first bytes of every index; the digit is the layout's version.
const MAGIC: &[u8; 8] = b"network1";

/// The length of the header.
const HEAD: usize = 24;

/// One edition of a list, ready to search.
pub struct Index {
    bytes: Vec<u8>,
    entries: u64,
    v4: usize,
    v6: usize,
}

/// The bytes are not an index of this version.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[error("not a network index of this version: {0}")]
pub struct NotAnIndex(&'static str);

/// Builds the bytes of an index. The result does not depend on the order of the networks.
#[must_use]
pub fn build(networks: &[IpNet]) -> Vec<u8> {
    let (mut v4, mut v6) = (Vec::<(u32, u32)>::new(), Vec::<(u64, u64)>::new());
    for network in networks {
        match delegated(*network) {
            IpNet::V4(network) => v4.push((network.network().into(), network.broadcast().into())),
            IpNet::V6(network) => v6.push((upper(network.network()), upper(network.broadcast()))),
        }
    }
    let (v4, v6) = (merged(v4), merged(v6));
    let mut bytes = MAGIC.to_vec();
    u64::try_from(networks.len()).unwrap_or(u64::MAX).write(&mut bytes);
    for count in [v4.len(), v6.len()] {
        u32::try_from(count).unwrap_or(u32::MAX).write(&mut bytes);
    }
    write(&v4, &mut bytes);
    write(&v6, &mut bytes);
    bytes
}

impl Index {
    /// Takes bytes that [`build`] returned.
    ///
    /// # Errors
    /// [`NotAnIndex`] with the defect.
    pub fn load(mut bytes: Vec<u8>) -> Result<Self, NotAnIndex> {
        if bytes.get(..MAGIC.len()) != Some(MAGIC) {
            return Err(NotAnIndex("wrong magic bytes"));
        }
        let count = |place| u32::read(&bytes, place).and_then(|count| usize::try_from(count).ok());
        let (Some(entries), Some(v4), Some(v6)) = (u64::read(&bytes, 1), count(4), count(5)) else {
            return Err(NotAnIndex("truncated header"));
        };
        // Decompression leaves spare capacity, which would stay allocated with the list.
        bytes.shrink_to_fit();
        let index = Self { bytes, entries, v4, v6 };
        let (v4, v6) = index.ranges().ok_or(NotAnIndex("the number of ranges differs from the header"))?;
        if !v4.are_in_order::<u32>() || !v6.are_in_order::<u64>() {
            return Err(NotAnIndex("the ranges are out of order"));
        }
        Ok(index)
    }

    /// Whether an address is on one of the networks. Check an embedded address separately.
    #[must_use]
    pub fn has(&self, address: IpAddr) -> bool {
        let ranges = self.ranges();
        match address {
            IpAddr::V4(address) => ranges.is_some_and(|(v4, _)| v4.have::<u32>(address.into())),
            IpAddr::V6(address) => ranges.is_some_and(|(_, v6)| v6.have::<u64>(upper(address))),
        }
    }

    /// The number of imported networks, including ones contained in others.
    #[must_use]
    pub fn entries(&self) -> u64 {
        self.entries
    }

    /// The number of ranges.
    #[must_use]
    pub fn range_count(&self) -> usize {
        self.v4.saturating_add(self.v6)
    }

    /// The memory used, in bytes.
    #[must_use]
    pub fn size(&self) -> usize {
        self.bytes.capacity()
    }

    /// The IPv4 and IPv6 ranges; `None` if the bytes have another length.
    #[inline]
    fn ranges(&self) -> Option<(Ranges<'_>, Ranges<'_>)> {
        let (v4, rest) = Ranges::split::<u32>(self.bytes.get(HEAD..)?, self.v4)?;
        let (v6, rest) = Ranges::split::<u64>(rest, self.v6)?;
        rest.is_empty().then_some((v4, v6))
    }
}

// The ranges do not belong in a log.
impl std::fmt::Debug for Index {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Index").field("entries", &self.entries).finish_non_exhaustive()
    }
}

/// The upper half of an IPv6 address.
fn upper(address: Ipv6Addr) -> u64 {
    u64::try_from(u128::from(address) >> 64).unwrap_or(u64::MAX)
}
