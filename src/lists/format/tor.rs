//! Pure. Format `tor`: Tor's exit lists. `exit-addresses` has the exit addresses of each relay; `torbulkexitlist` has an
//! address per line.

use export_gate::record::NetworkClass;

use super::cidr::network;
use super::{Format, Read, Reading, Source};
use crate::entry::{Entry, Reject};

pub(super) const FORMAT: Format =
    Format { name: "tor", about: "Tor's exits, as `exit-addresses` or `torbulkexitlist`", read: Read::Networks(read) };

/// Prefixes of other lines in the file.
const MORE: &[&str] = &["ExitNode", "Published", "LastStatus", "Downloaded", "@type"];

fn read(sources: &[Source], class: NetworkClass, reading: &mut Reading) {
    for source in sources {
        if class != NetworkClass::Tor {
            let why = format!("Tor's exits are of the class `tor`, not `{}`", class.as_str());
            reading.unreadable_files.push(Reject { place: source.at(1, 1), why });
            continue;
        }
        for (index, line) in source.text.lines().enumerate() {
            let mut words = line.split_whitespace();
            let text = match (words.next(), words.next()) {
                (None, _) => continue,
                (Some(word), _) if MORE.contains(&word) => continue,
                (Some("ExitAddress"), Some(address)) => address,
                (Some(_), _) => line.trim(),
            };
            let column = line.find(text).map_or(0, |at| line.chars().take(at).count());
            let at = source.at(index.saturating_add(1), column.saturating_add(1));
            reading.take(at, network(text).map(Entry::Network));
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::format::tests::networks_of;

    pub(in crate::format) const GOOD: &str = "@type tordnsel 1.0\nDownloaded 2026-11-24 10:02:00\n\
        ExitNode 0000000000000000000000000000000000000001\nPublished 2026-11-24 00:10:50\n\
        LastStatus 2026-11-24 10:00:00\nExitAddress 192.0.2.1 2026-11-24 10:21:54\n\
        ExitAddress 2001:db8::1 2026-11-24 10:21:55\n";
    pub(in crate::format) const PLAIN: &str = "192.0.2.2\r\n\r\n192.0.2.3\r\n";

    #[test]
    fn exits_are_read_and_other_lines_are_rejected_with_their_place() {
        let bad = "ExitAddress\nExitAddress soon 2026-11-24\n ExitRelay 192.0.2.4\n<html>\n";
        let files = [("exits", GOOD), ("bulk", PLAIN), ("bad", bad)];
        let (networks, faults) = networks_of(FORMAT, NetworkClass::Tor, &files);
        assert_eq!(networks, ["192.0.2.1/32", "2001:db8::1/128", "192.0.2.2/32", "192.0.2.3/32"]);
        let reject = |at: &str, text: &str| format!("bad:{at}: `{text}` is not a network such as 192.0.2.0/24");
        let expected = [
            reject("1:1", "ExitAddress"),
            reject("2:13", "soon"),
            reject("3:2", "ExitRelay 192.0.2.4"),
            reject("4:1", "<html>"),
        ];
        assert_eq!(faults, expected);
        let (networks, faults) = networks_of(FORMAT, NetworkClass::Vpn, &files[..1]);
        assert_eq!(networks, Vec::<String>::new());
        assert_eq!(faults, ["exits:1:1: Tor's exits are of the class `tor`, not `vpn`"]);
    }
}
