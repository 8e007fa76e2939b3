//! Pure. Properties of every reader on any file: no panic, termination, places within the file, and detection of cut files.

use fastrand::Rng;
use proptest::prelude::*;

use super::*;

/// A valid list in each format.
const SAMPLES: &[(&str, &[(&str, &str)])] = &[
    ("cidr", &[("nets.txt", cidr::tests::GOOD)]),
    ("tor", &[("exits", tor::tests::GOOD), ("bulk", tor::tests::PLAIN)]),
    ("ip2proxy-csv", &[("px.csv", ip2proxy::tests::GOOD)]),
    ("csv", &[("own.csv", csv::tests::GOOD)]),
    ("ofac-csv", OFAC),
    ("ofac-xml", &[("sdn_advanced.xml", ofac_xml::tests::GOOD)]),
    ("csl-csv", &[("today.csv", csl_csv::tests::CURRENT_GOOD), ("before.csv", csl_csv::tests::OLDER_GOOD)]),
    ("csl-json", &[("consolidated.json", csl_json::tests::GOOD)]),
    ("eu-csv", &[("eu.csv", eu::tests::GOOD)]),
    ("eu-xml", &[("eu.xml", eu_xml::tests::GOOD)]),
    ("uk-csv", &[("uk.csv", uk::tests::GOOD)]),
    ("uk-xml", &[("uk.xml", uk_xml::tests::GOOD)]),
    ("un-xml", &[("un.xml", un_xml::tests::GOOD)]),
];

const OFAC: &[(&str, &str)] = &[
    ("sdn.csv", ofac::tests::SDN),
    ("alt.csv", ofac::tests::ALT),
    ("add.csv", ofac::tests::ADD),
    ("sdn_comments.csv", ofac::tests::MORE),
];

/// Formats with a network per line, where a cut file is a valid shorter one.
const LINES: &[&str] = &["cidr", "tor"];

/// The number of bytes to read per format.
const BYTES: usize = 4_000_000;

/// Texts that readers may mishandle.
const PITFALLS: [&[&str]; 2] = [
    &[
        "\"", "\"\"", ",", ";", "|", "\n", "\r", "\r\n", "\u{feff}", "\u{1a}", "\0", "\u{200b}", "\u{202e}",
        "\u{fffd}", "é", "-0-", "(1)", "(2)", "IMO", " or ", " to ", "circa ", "a.k.a. '", "] [", "{", "}", "[", "]",
        "null", "\\ud800", "<", ">", "</", "/>", "<a>", "&b;", "&amp;", "&#0;", "]]>", "<!--", "::/1", "#",
    ],
    &[
        "{\"results\":[",
        "<!DOCTYPE a [<!ENTITY b \"c\">]>",
        "<![CDATA[",
        "xmlns:a='b'",
        "9999999999999999999999",
        "0.0.0.0/0",
    ],
];

/// A random range of bytes.
fn piece(random: &mut Rng, bytes: &[u8]) -> std::ops::Range<usize> {
    let start = random.usize(..=bytes.len());
    let most = [4, 40, bytes.len()][random.usize(..3)];
    start..(start + random.usize(..=most)).min(bytes.len())
}

fn change(random: &mut Rng, bytes: &mut Vec<u8>) {
    let piece = piece(random, bytes);
    let pitfall = random.choice(PITFALLS.concat()).unwrap();
    match random.u8(..6) {
        0 => bytes.iter_mut().skip(piece.start).take(1).for_each(|byte| *byte ^= 1 << (piece.end % 8)),
        1 => bytes.truncate(piece.start),
        2 => drop(bytes.drain(piece)),
        3 => {
            let (copy, at) = (bytes[piece].to_vec(), random.usize(..=bytes.len()));
            drop(bytes.splice(at..at, copy));
        }
        4 => drop(bytes.splice(piece.start..piece.start, pitfall.bytes())),
        _ => drop(bytes.splice(piece, pitfall.bytes())),
    }
}

fn samples() -> impl Iterator<Item = (Format, &'static [(&'static str, &'static str)])> {
    SAMPLES.iter().map(|(name, files)| (Format::parse(name).unwrap(), *files))
}

fn bytes(files: &[(&'static str, &str)]) -> Vec<(&'static str, Vec<u8>)> {
    files.iter().map(|(name, text)| (*name, text.as_bytes().to_vec())).collect()
}

/// Reads files, and checks the result.
fn read(format: Format, files: &[(&str, Vec<u8>)]) -> Reading {
    let sources: Vec<Source> = files.iter().map(|(name, bytes)| Source::new(name, bytes)).collect();
    let class = if format.name == "tor" { NetworkClass::Tor } else { NetworkClass::Vpn };
    let reading = tests::reading_of(format, class, &sources);
    let lengths = |source: &Source| source.text.split('\n').map(|line| line.chars().count()).collect();
    let lengths: Vec<Vec<usize>> = sources.iter().map(lengths).collect();
    let places = reading.rows.iter().map(|row| &row.place);
    for place in places.chain(reading.rejects.iter().chain(&reading.unreadable_files).map(|reject| &reject.place)) {
        let at = sources.iter().position(|source| source.file == place.file).unwrap();
        // The place after the last letter is valid: a cut file ends there.
        let is_there = lengths[at].get(place.line - 1).is_some_and(|length| (1..=length + 1).contains(&place.column));
        assert!(is_there, "{}: {place} of {:?}", format.name, sources[at].text);
    }
    for row in &reading.rows {
        let Entry::Party(party) = &row.entry else { continue };
        assert!(!party.id.is_empty() && !party.name.trim().is_empty(), "{}: {party:?}", format.name);
        assert!(!serde_json::to_string(party).unwrap().contains('\u{fffd}'), "{}: {party:?}", format.name);
        let is_country = |code: &String| export_gate::terms::Country::parse(code).is_ok();
        assert!(party.country.iter().all(is_country), "{}: {party:?}", format.name);
    }
    reading
}

#[test]
fn every_format_has_a_valid_sample() {
    let names = |format: &Format| format.name;
    assert_eq!(
        FORMATS.iter().map(names).collect::<Vec<_>>(),
        samples().map(|(format, _)| format.name).collect::<Vec<_>>()
    );
    for (format, files) in samples() {
        let reading = read(format, &bytes(files));
        assert!(
            reading.rejects.is_empty() && reading.unreadable_files.is_empty() && reading.rows.len() > 1,
            "{}",
            format.name
        );
    }
}

#[test]
fn changed_bytes_are_read_without_a_panic() {
    for (format, files) in samples() {
        let mut random = Rng::with_seed(7);
        let size: usize = files.iter().map(|(_, text)| text.len()).sum();
        for _ in 0..BYTES / size {
            let mut changed = bytes(files);
            for _ in 0..=random.usize(..4) {
                let at = random.usize(..changed.len());
                change(&mut random, &mut changed[at].1);
            }
            read(format, &changed);
        }
    }
}

/// A reader with quadratic time does not finish these.
#[test]
fn reading_takes_linear_time() {
    for (format, files) in samples() {
        let middles = |text: &str| [text.len() / 3, text.len() / 2, text.len()].map(|at| text.floor_char_boundary(at));
        for pitfall in PITFALLS.concat() {
            for at in 0..3 {
                let filled = |(name, text): &(&'static str, &str)| {
                    let (before, behind) = text.split_at(middles(text)[at]);
                    (*name, [before, &pitfall.repeat(40_000 / pitfall.len()), behind].concat().into_bytes())
                };
                read(format, &files.iter().map(filled).collect::<Vec<_>>());
            }
        }
        let again = |(name, text): &(&'static str, &str)| (*name, text.repeat(100_000 / text.len()).into_bytes());
        read(format, &files.iter().map(again).collect::<Vec<_>>());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// A file that is cut in a row of quoted cells, or anywhere in a document, has a fault.
    #[test]
    fn cut_files_are_detected(at in any::<prop::sample::Index>(), of in any::<prop::sample::Index>()) {
        let parties: Vec<_> = samples().filter(|(format, _)| !LINES.contains(&format.name)).collect();
        let (format, files) = of.get(&parties);
        let (name, text) = files[0];
        let is_csv = format.name.ends_with("csv");
        let (text, undetectable) = if is_csv { quoted(text, format.name) } else { (text.trim_end().to_owned(), vec![]) };
        let cut = at.index(text.len());
        let mut files = bytes(files);
        files[0] = (name, text.as_bytes()[..cut].to_vec());
        let reading = read(*format, &files);
        // A list without entries is refused too.
        let is_detected = !reading.rejects.is_empty() || !reading.unreadable_files.is_empty() || reading.rows.is_empty();
        prop_assert!(is_detected || undetectable.contains(&cut), "{} at {cut}", format.name);
    }
}

/// A file's rows with all cells quoted, and the undetectable cuts: at a row's end, and before its last cell.
fn quoted(text: &str, format: &str) -> (String, Vec<usize>) {
    let dialect = if format == "eu-csv" { eu::DIALECT } else { cells::COMMAS };
    let source = Source::new("f", text.as_bytes());
    let (mut rows, mut undetectable) = (String::new(), Vec::new());
    for row in cells::records(&source, dialect) {
        let cells = row.unwrap().into_iter().map(|cell| format!("\"{}\"", cell.text.replace('"', "\"\"")));
        let cells: Vec<String> = cells.collect();
        if format == "ip2proxy-csv" && rows.is_empty() {
            // The first row determines the layout, so a cut after one of its cells looks like a smaller layout.
            let mut end = 0;
            for cell in &cells {
                end += cell.len();
                undetectable.extend([end, end + 1]);
                end += 1;
            }
        }
        rows += &cells.join(&dialect.separator.to_string());
        let end = rows.len();
        undetectable.extend([end - cells.last().unwrap().len(), end, end + 1, end + 2]);
        rows += "\r\n";
    }
    (rows, undetectable)
}
