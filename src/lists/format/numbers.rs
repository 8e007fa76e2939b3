//! Pure. Numbers that identify a party: passports, registers, ships, accounts; not telephones, dates or web addresses.

/// Words of labels of identifying numbers.
const LABELS: &str = "\
    passport identification identity id i.d no number code registration license licence swift/bic bic bik imo \
    mmsi lei ssn nit ruc rfc r.f.c curp c.u.r.p c.u.i c.u.i.t d.n.i n.i.e d-u-n-s cedula matricula folio currency \
    sign tin isin identidad";

/// Words of labels of other numbers.
///
/// A Chinese commercial code spells a name's characters.
const OTHERS: &str = "\
    phone telephone fax email website date risk zip area commercial";

/// Whether a label is that of an identifying number.
pub(super) fn is_label(label: &str) -> bool {
    let label = label.to_lowercase();
    let words: Vec<&str> = label
        .split(|letter: char| letter.is_whitespace() || matches!(letter, '(' | ')' | ':' | ',' | '#'))
        .map(|word| word.trim_end_matches(['.', '\'']))
        .collect();
    let has_any = |of: &str| of.split(' ').any(|label| words.contains(&label));
    has_any(LABELS) && !has_any(OTHERS)
}

/// The number without the prefix `IMO` and without a place after it.
pub(super) fn number(text: &str) -> String {
    let text = text.split(" (").next().unwrap_or_default().trim();
    let rest = text
        .strip_prefix("IMO")
        .or_else(|| text.strip_prefix("imo"))
        .map(|rest| rest.trim_start_matches([' ', ':', '#']));
    let is_ship = |rest: &&str| rest.len() == 7 && rest.bytes().all(|byte| byte.is_ascii_digit());
    rest.filter(is_ship).unwrap_or(text).to_owned()
}

/// The number of a text with a label, such as `Passport A1234567 (Iran) expires 01 Jan 2030`; `None` for other labels.
pub(super) fn labelled(text: &str) -> Option<String> {
    let has_digit = |word: &&str| word.contains(|letter: char| letter.is_ascii_digit());
    let first = text
        .split_whitespace()
        .find(has_digit)
        .or_else(|| text.strip_prefix("SWIFT/BIC ")?.split_whitespace().next())?;
    let at = text.find(first)?;
    let (label, rest) = text.split_at_checked(at)?;
    if !is_label(label) {
        return None;
    }
    let ends = [" (", " issued", " expires"];
    let end = ends.iter().filter_map(|end| rest.find(end)).min().unwrap_or(rest.len());
    rest.get(..end).map(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_extracted_from_its_label_and_notes() {
        let cases = [
            ("Passport A1234567 (Iran) expires 01 Jan 2030", Some("A1234567")),
            ("Passport 12 345 issued 01 Jan 2020", Some("12 345")),
            ("Diplomatic Passport D7 (Sudan)", Some("D7")),
            ("Vessel Registration Identification IMO 1234567", Some("1234567")),
            ("SWIFT/BIC SMPLBANK", Some("SMPLBANK")),
            ("Tax ID No. 0000000001 (Russia)", Some("0000000001")),
            ("Registration ID C0001", Some("C0001")),
            ("Unified Social Credit Code (USCC) 91000000 (China)", Some("91000000")),
            ("NIT # 800-1 (Colombia)", Some("800-1")),
            ("C.U.R.P. SAMP0001 (Mexico)", Some("SAMP0001")),
            ("D-U-N-S Number 10-000-0001", Some("10-000-0001")),
            ("Digital Currency Address - XBT 1Sample0", Some("1Sample0")),
            ("Aircraft Construction Number (also called L/N or S/N or F/N) 20233", Some("20233")),
            ("Citizen's Card Number 100000000000000001 (China)", Some("100000000000000001")),
            ("Other Vessel Call Sign 5IM316", Some("5IM316")),
            ("Phone Number 100 (China)", None),
            ("Chinese Commercial Code 0001", None),
            ("Organization Established Date 25 Sep 2018", None),
            ("Executive Order 13662 Directive Determination - Subject to Directive 2", None),
            ("Secondary sanctions risk: section 1(b) of Executive Order 13224", None),
            ("Gender Male", None),
            ("Website www.example.com", None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(labelled(text).as_deref(), expected, "{text}");
        }
        for (text, expected) in
            [("IMO9826902", "9826902"), (" imo: 1234567 ", "1234567"), ("IMO 12", "IMO 12"), ("A 1 (Sample)", "A 1")]
        {
            assert_eq!(number(text), expected);
        }
    }
}
