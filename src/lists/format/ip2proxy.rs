//! Pure. Format `ip2proxy-csv`: IP2Proxy's PX2 to PX12 as CSV, for IPv4 or IPv6. A row has a range of addresses as decimal
//! numbers, and its proxy type. Other columns are ignored.

use std::net::{Ipv4Addr, Ipv6Addr};

use export_gate::record::NetworkClass;
use ipnet::{IpNet, Ipv4Subnets, Ipv6Subnets};

use super::cells::{COMMAS, Cell, count, records};
use super::cidr::narrow;
use super::{Format, Read, Reading, Source};
use crate::entry::{Entry, Place, Reject};

pub(super) const FORMAT: Format = Format {
    name: "ip2proxy-csv",
    about: "IP2Proxy's PX2 to PX12; only rows of the class are imported",
    read: Read::Networks(read),
};

/// The minimum of columns: first and last address, type, country code and name. PX1 has no type.
const COLUMNS: usize = 5;

/// The start of IPv4-mapped IPv6 addresses (RFC 4291, 2.5.5.2).
const MAPPED: u128 = 0xffff_0000_0000;

fn read(sources: &[Source], class: NetworkClass, reading: &mut Reading) {
    for source in sources {
        let mut records = records(source, COMMAS).peekable();
        // The first row determines the layout.
        let columns = records.peek().and_then(|first| first.as_ref().ok()).map_or(COLUMNS, Vec::len);
        if columns < COLUMNS {
            let why = format!("the row has {}, expected at least {COLUMNS} (PX2 to PX12)", count(columns));
            reading.unreadable_files.push(Reject { place: source.at(1, 1), why });
            continue;
        }
        for record in records {
            match record.and_then(|cells| row(&cells, columns, class)) {
                Ok(Some((place, networks))) => {
                    networks.into_iter().for_each(|network| reading.take(place.clone(), Ok(Entry::Network(network))));
                }
                Ok(None) => reading.skipped = reading.skipped.saturating_add(1),
                Err(reject) => reading.rejects.push(reject),
            }
        }
    }
}

/// The networks of a row and its place; `None` for another class.
fn row(cells: &[Cell], columns: usize, class: NetworkClass) -> Result<Option<(Place, Vec<IpNet>)>, Reject> {
    if let Some(reject) = Cell::miscounted(cells, columns, "the first row") {
        return Err(reject);
    }
    let [first, last, kind, ..] = cells else { return Ok(None) };
    let (from, to) = (number(first)?, number(last)?);
    if to < from {
        return Err(last.fault(format!("`{to}` lies before `{from}`")));
    }
    if class_of(kind)? != Some(class) {
        return Ok(None);
    }
    let networks = networks(from, to).map_err(|why| first.fault(why))?;
    Ok(Some((first.place.clone(), networks)))
}

fn number(cell: &Cell) -> Result<u128, Reject> {
    let digits = Some(&cell.text).filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    let number = digits.and_then(|text| text.parse().ok());
    number.ok_or_else(|| cell.fault(format!("`{}` is not an address as a decimal number", cell.text)))
}

/// The class of a proxy type, if any: crawlers and unused addresses hide no one.
fn class_of(kind: &Cell) -> Result<Option<NetworkClass>, Reject> {
    Ok(match kind.text.as_str() {
        "VPN" | "EPN" => Some(NetworkClass::Vpn),
        "TOR" => Some(NetworkClass::Tor),
        "PUB" | "WEB" => Some(NetworkClass::PublicProxy),
        "RES" => Some(NetworkClass::ResidentialProxy),
        "DCH" => Some(NetworkClass::Hosting),
        "CPN" => Some(NetworkClass::Relay),
        "SES" | "AIC" | "-" => None,
        other => {
            let known = "VPN, EPN, TOR, PUB, WEB, RES, DCH, CPN, SES, AIC, -";
            return Err(kind.fault(format!("`{other}` is not one of {known}")));
        }
    })
}

/// The networks that make up a range.
fn networks(from: u128, to: u128) -> Result<Vec<IpNet>, String> {
    let v4 = |number: u128| u32::try_from(number.checked_sub(MAPPED).unwrap_or(number)).ok().map(Ipv4Addr::from);
    let networks: Vec<IpNet> = match (v4(from), v4(to)) {
        (Some(first), Some(last)) if (from < MAPPED) == (to < MAPPED) => {
            Ipv4Subnets::new(first, last, 0).map(IpNet::V4).collect()
        }
        (None, None) if (from < MAPPED) == (to < MAPPED) => {
            Ipv6Subnets::new(Ipv6Addr::from(from), Ipv6Addr::from(to), 0).map(IpNet::V6).collect()
        }
        _ => return Err(format!("`{from}` to `{to}` are neither all IPv4 addresses nor all IPv6 ones")),
    };
    networks.into_iter().map(narrow).collect()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::format::tests::networks_of;

    pub(in crate::format) const GOOD: &str = "\
        \"3221225985\",\"3221225990\",\"VPN\",\"US\",\"United States of America\",\"Texas\",\"-\"\r\n\
        \"3221226496\",\"3221226751\",\"EPN\",\"DE\",\"Germany\",\"Hessen\",\"Sample, City\"\r\n\
        \"3325256704\",\"3325256704\",\"PUB\",\"-\",\"-\",\"-\",\"-\"\r\n\
        \"3325256705\",\"3325256705\",\"-\",\"-\",\"-\",\"-\",\"-\"\r\n";
    const V6: &str = "\
        \"0\",\"281470681743359\",\"-\",\"-\",\"-\"\n\
        \"281473902969345\",\"281473902969345\",\"VPN\",\"US\",\"United States of America\"\n\
        \"42540766411282592856903984951653826560\",\"42540766490510755371168322545197776895\",\"VPN\",\"US\",\"-\"\n\
        \"42540766411282592856903984951653826561\",\"42540766411282592856903984951653826561\",\"DCH\",\"US\",\"-\"\n";

    #[test]
    fn a_row_of_the_class_becomes_the_networks_of_its_range() {
        let files = [("v4.csv", GOOD), ("v6.csv", V6)];
        for (class, expected) in [
            (
                NetworkClass::Vpn,
                "192.0.2.1/32 192.0.2.2/31 192.0.2.4/31 192.0.2.6/32 192.0.4.0/24 192.0.2.1/32 2001:db8::/32",
            ),
            (NetworkClass::PublicProxy, "198.51.100.0/32"),
            (NetworkClass::Hosting, "2001:db8::1/128"),
            (NetworkClass::Relay, ""),
        ] {
            let (networks, faults) = networks_of(FORMAT, class, &files);
            assert_eq!((networks.join(" ").as_str(), faults), (expected, Vec::new()), "{class:?}");
        }
    }

    #[test]
    fn every_type_has_its_class() {
        for (kind, class) in [
            ("VPN", Some(NetworkClass::Vpn)),
            ("EPN", Some(NetworkClass::Vpn)),
            ("TOR", Some(NetworkClass::Tor)),
            ("PUB", Some(NetworkClass::PublicProxy)),
            ("WEB", Some(NetworkClass::PublicProxy)),
            ("RES", Some(NetworkClass::ResidentialProxy)),
            ("DCH", Some(NetworkClass::Hosting)),
            ("CPN", Some(NetworkClass::Relay)),
            ("SES", None),
            ("AIC", None),
            ("-", None),
        ] {
            let text = format!("16777216,16777216,{kind},AU,Australia\n");
            for asked in NetworkClass::ALL {
                let (networks, faults) = networks_of(FORMAT, asked, &[("l.csv", &text)]);
                assert_eq!((networks.len(), faults.len()), (usize::from(class == Some(asked)), 0), "{kind} {asked:?}");
            }
        }
    }

    #[test]
    fn a_fault_names_its_place() {
        for (row, expected) in [
            ("1,2,vpn,US,x", "2:5: `vpn` is not one of VPN, EPN"),
            ("1,2,,US,x", "2:5: `` is not one of VPN"),
            ("1.0.0.0,2,VPN,US,x", "2:1: `1.0.0.0` is not an address as a decimal number"),
            ("+1,2,VPN,US,x", "2:1: `+1` is not an address as a decimal number"),
            (",2,VPN,US,x", "2:1: `` is not an address as a decimal number"),
            ("1,340282366920938463463374607431768211456,VPN,US,x", "2:3: `3402823"),
            ("2,1,VPN,US,x", "2:3: `1` lies before `2`"),
            ("0,4294967295,VPN,US,x", "2:1: `0.0.0.0/0` is every address"),
            ("1,281470681743360,VPN,US,x", "2:1: `1` to `281470681743360` are neither all IPv4 addresses nor all IPv6"),
            ("4294967295,4294967296,VPN,US,x", "2:1: `4294967295` to `4294967296` are neither"),
            ("4294967296,281474976710656,VPN,US,x", "2:1: `4294967296` to `281474976710656` are neither"),
            ("1,2,VPN,US", "2:9: the row has 4 cells, the first row 5"),
            ("1,2,VPN,US,\"x", "2:12: its quote is never closed"),
        ] {
            let text = format!("16777216,16777216,VPN,AU,Australia\n{row}\n");
            let (networks, faults) = networks_of(FORMAT, NetworkClass::Vpn, &[("l.csv", &text)]);
            assert_eq!((networks.len(), faults.len()), (1, 1), "{row}: {faults:?}");
            assert!(faults[0].starts_with(&format!("l.csv:{expected}")), "{row}: {faults:?}");
        }
        let px1 = "16777216,16777471,AU,Australia\n16777472,16778239,CN,China\n";
        let (networks, faults) = networks_of(FORMAT, NetworkClass::Vpn, &[("px1.csv", px1)]);
        assert_eq!((networks.len(), faults.len()), (0, 1), "one fault for the file: {faults:?}");
    }
}
