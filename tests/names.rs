//! Comparison of names: one table per rule, with names of real parties, and properties of all names.

use export_gate::parties::{
    Abandoned, Budget, Hit, Index, ListedParty, PartyKind, Score, ScreenedParty, build, similarity,
};
use export_gate::record::Screening;
use export_gate::terms::Country;
use proptest::prelude::*;

const PERSON: Option<PartyKind> = Some(PartyKind::Person);
const ORGANISATION: Option<PartyKind> = Some(PartyKind::Organisation);
const VESSEL: Option<PartyKind> = Some(PartyKind::Vessel);

fn threshold() -> Score {
    Screening::default().threshold()
}

/// Asserts that the pairs `same` reach the threshold and the pairs `others` do not, in either order.
fn check(kind: Option<PartyKind>, rule: &str, same: &[(&str, &str)], others: &[(&str, &str)]) {
    let score = |(one, other): &(&str, &str)| {
        let score = similarity(one, other, kind);
        assert_eq!(score, similarity(other, one, kind), "{rule}: `{one}` and `{other}`, reversed");
        score
    };
    for pair in same {
        assert!(score(pair) >= threshold(), "{rule}: {pair:?} score only {:?}", score(pair));
    }
    for pair in others {
        assert!(score(pair) < threshold(), "{rule}: {pair:?} score {:?}", score(pair));
    }
}

#[test]
fn transliterations_of_a_name_match() {
    check(
        PERSON,
        "transliteration",
        &[
            ("Владимир Путин", "Vladimir Putin"),
            ("Володимир Зеленський", "Volodymyr Zelenskyy"),
            ("Wolodymyr Selenskyj", "Volodymyr Zelenskyy"),
            ("Κυριάκος Μητσοτάκης", "Kyriakos Mitsotakis"),
            ("Moammar Qaddafi", "Muammar Gaddafi"),
            ("Bachar el-Assad", "Bashar al-Assad"),
            ("Sergejs Lavrovs", "Sergey Lavrov"),
            ("Osama bin Laden", "Usama ibn Laden"),
            ("'Abd al-Rahman", "ABDURRAHMAN"),
            ("Nicolás Maduro", "NICOLAS MADURO"),
            ("Rec\u{200b}ep Tayyip Erdo\u{ad}ğan", "Recep Tayyip Erdogan"),
            ("Vlаdimir Рutin", "Vladimir Putin"), // Cyrillic letters that look like Latin ones
        ],
        &[
            ("Фуад Гулієв", "Vladimir Putin"),
            ("김종은", "김정은"),
            ("高石早苗", "高市早苗"),
            ("مسعود پزشک‌فر", "مسعود پزشکیان"),
        ],
    );
}

#[test]
fn legal_forms_and_honorifics_weigh_little() {
    check(
        ORGANISATION,
        "legal forms",
        &[
            ("Siemens AG", "Siemens Aktiengesellschaft"),
            ("SiemensAG", "Siemens AG"),
            ("OAO Gazprom", "Open Joint Stock Company Gazprom"),
            ("ООО «Искусство Красоты»", "LIMITED LIABILITY COMPANY ISKUSSTVO KRASOTY"),
            ("Samsung Electronics Co., Ltd.", "SAMSUNG ELECTRONICS"),
            ("Volkswagen Gesellschaft mit beschränkter Haftung", "Volkswagen GmbH"),
            ("Goldman Sachs & Co. L.L.C.", "Goldman Sachs and Co LLC"),
            ("P.T. Astra International", "PT Astra International"),
        ],
        &[("Deutsche Bank AG", "Deutsche Bank GmbH"), ("Meridian LLC", "Zenith LLC")],
    );
    check(
        PERSON,
        "honorifics",
        &[("Mullah Akhtar Mansour", "AKHTAR MANSOUR"), ("Dr. Ayman al-Zawahiri", "AL-ZAWAHIRI, Ayman")],
        &[("Sheikh Mansour", "Sheikh Hamad")],
    );
}

#[test]
fn word_order_initials_and_word_boundaries_are_ignored() {
    check(
        PERSON,
        "order and initials",
        &[
            ("Putin, Vladimir Vladimirovich", "Vladimir Vladimirovich Putin"),
            ("V. Putin", "Vladimir Putin"),
            ("Frost, William W.", "William W Frost"),
            ("VladimirPutin", "Vladimir Putin"),
            ("Nikolai Patr ushev", "Nikolai Patrushev"),
            ("Jean Marie Le Pen", "Jean-Marie Le Pen"),
        ],
        &[
            ("Frost, William G.", "William W Frost"),
            ("A. Putin", "Vladimir Putin"),
            ("Aaron A. Wendt", "Josh A. Wendt"),
        ],
    );
    check(
        ORGANISATION,
        "word boundaries",
        &[("Good Will Company", "Goodwill Company"), ("A.B.C. Company", "ABC Company")],
        &[],
    );
}

#[test]
fn nicknames_and_forms_in_other_languages_match() {
    check(
        PERSON,
        "nicknames",
        &[("Bibi Netanyahu", "Benjamin Netanyahu"), ("Bill Clinton", "William Clinton"), ("Juan Doe", "John Doe")],
        &[("Andrei Navalny", "Alexei Navalny"), ("Frank Richter", "Frederik Richter")],
    );
}

#[test]
fn rare_words_weigh_more_than_common_ones() {
    check(
        PERSON,
        "common names",
        &[("Sergey Lavrov", "Sergey Viktorovich Lavrov"), ("Gul Ahmad Hakimi", "Gul Ahmad Waziri Hakimi")],
        &[
            ("David Ortiz", "ORTIZ GOMEZ, David"),
            ("Joseph Lopez", "LOPEZ, Jose Francisco"),
            ("Mohammed Ali", "Mohammed Hassan"),
            ("Saddam Hussein al-Dulaimi", "Saddam Hussein al-Tikriti"),
            ("Sergey Ivanovich Lavrov", "Sergey Viktorovich Lavrov"),
        ],
    );
    check(
        ORGANISATION,
        "common words",
        &[("Glenmore plc", "Glencore plc"), ("The World Bank", "World Bank")],
        &[
            ("Saudi Arabian Gas Company", "Saudi Arabian Oil Company"),
            ("BAE Systems, Inc.", "BAE Industries, Inc."),
            ("Bank of China (Hong Kong) Limited", "Bank of China (Singapore) Limited"),
            ("Government of Estonia", "Government of Ethiopia"),
        ],
    );
}

#[test]
fn numbers_must_agree() {
    check(
        ORGANISATION,
        "numbers",
        &[("Brigade Forty-Four", "Brigade 44"), ("1st International Bank", "First International Bank")],
        &[("Brigade 44", "Brigade 45"), ("Management Company 23", "Management Company")],
    );
    check(VESSEL, "a ship's number", &[("M/V Yu Phyong 5", "YU PHYONG 5")], &[("YU PHYONG 5", "YU PHYONG 6")]);
}

#[test]
fn one_typing_error_is_tolerated() {
    check(
        PERSON,
        "typing",
        &[
            ("Alexander Luakshenko", "Alexander Lukashenko"),
            ("Angela Merkle", "Angela Merkel"),
            ("I9or Sechin", "Igor Sechin"),
            ("Bashar xal-Assad", "Bashar al-Assad"),
        ],
        &[("Roger Federman", "Roger Federer"), ("Recep Tayyip Erdem", "Recep Tayyip Erdoğan")],
    );
    check(ORGANISATION, "typing", &[("Rosneft Oil Compnay", "ROSNEFT OIL COMPANY"), ("Melli Bnak", "Bank Melli")], &[]);
}

fn listed(id: &str, kind: &str, name: &str) -> ListedParty {
    ListedParty { id: id.into(), name: name.into(), kind: Some(kind.into()), ..ListedParty::default() }
}

fn index(parties: &[ListedParty]) -> Index {
    Index::load(build(parties)).unwrap()
}

fn screened(kind: Option<PartyKind>, name: &str) -> ScreenedParty {
    ScreenedParty { kind, names: vec![name.into()], ..ScreenedParty::default() }
}

fn only_hit(index: &Index, who: &ScreenedParty) -> Hit {
    let hits = index.search(who, threshold());
    assert_eq!(hits.len(), 1, "{hits:?}");
    hits.into_iter().next().unwrap()
}

#[test]
fn a_search_is_abandoned_at_the_end_of_its_budget_or_time_and_leaves_no_state() {
    let many: Vec<ListedParty> =
        (0..300).map(|n| listed(&n.to_string(), "organisation", &format!("Northwind Shipyard Works {n}"))).collect();
    let index = index(&many);
    let who = screened(None, "Northwind Shipyard Works Harbour");
    let within = |steps: u64, is_late: &dyn Fn() -> bool| {
        let mut budget = Budget::new(steps, is_late);
        (index.search_within(&who, Score(0), &mut budget), steps - budget.left())
    };
    let all = index.search(&who, Score(0));
    let (found, steps) = within(u64::MAX, &|| false);
    assert_eq!((found.as_ref(), all.len()), (Ok(&all), 300));
    assert!(steps > 100_000, "{steps}");
    for part in 1..20 {
        assert_eq!(within(steps * part / 20, &|| false).0, Err(Abandoned::TooMuch), "{part}");
        assert_eq!(within(steps, &|| false), (Ok(all.clone()), steps), "the same steps each time");
    }
    for looks in 0..3 {
        let left = std::cell::Cell::new(looks);
        let is_late = || left.replace(left.get() - 1) <= 0;
        assert_eq!(within(u64::MAX, &is_late).0, Err(Abandoned::Late), "{looks}");
    }
    assert_eq!(within(steps, &|| false).0, Ok(all));
}

#[test]
fn names_above_the_word_and_letter_limits_are_not_compared() {
    let is_whole = |name: &str| screened(None, name).is_compared_whole();
    let letters = |words: usize, letters: usize| vec!["a".repeat(letters); words].join(" ");
    // (words, letters per word, whether the name is compared)
    for (words, each, expected) in [(1, 40, true), (24, 1, true), (25, 1, false), (24, 21, true), (24, 22, false)] {
        assert_eq!(is_whole(&letters(words, each)), expected, "{words} words of {each} letters");
    }
    assert!(is_whole("中华人民共和国北京航空航天大学软件学院"));
}

#[test]
fn parties_of_different_kinds_do_not_match() {
    let index = index(&[
        listed("1", "person", "Victoria Sample"),
        listed("2", "vessel", "VICTORIA SAMPLE"),
        listed("3", "organisation", "Victoria Sample"),
        ListedParty { kind: None, ..listed("4", "", "Victoria Sample") },
    ]);
    let found = |kind| {
        let hits = index.search(&screened(kind, "Victoria Sample"), threshold());
        let mut ids: Vec<String> = hits.into_iter().map(|hit| hit.entry).collect();
        ids.sort();
        ids.join(" ")
    };
    assert_eq!(found(PERSON), "1 4");
    assert_eq!(found(VESSEL), "2 4");
    assert_eq!(found(ORGANISATION), "3 4");
    assert_eq!(found(Some(PartyKind::Aircraft)), "4");
    assert_eq!(found(None), "1 2 3 4");
}

#[test]
fn country_birth_date_and_identifier_raise_or_lower_the_score() {
    let index = index(&[ListedParty {
        aliases: vec!["Ayman Sample-Zawahri".into()],
        weak_aliases: vec!["The Teacher".into()],
        country: vec!["EG".into()],
        identifiers: vec!["Passport 1084010".into()],
        born: vec!["1951-06-19".into()],
        ..listed("7", "person", "SAMPLE-ZAWAHIRI, Ayman")
    }]);
    let country = |code: &str| Country::parse(code).unwrap();
    let with = |name: &str, countries: &[&str], born: Option<&str>, identifier: Option<&str>| ScreenedParty {
        countries: countries.iter().map(|code| country(code)).collect(),
        born: born.map(str::to_owned),
        identifiers: identifier.into_iter().map(str::to_owned).collect(),
        ..screened(PERSON, name)
    };
    const SAME: &str = "Ayman Sample Zawahiri";
    const NEAR: &str = "Aymann Sample Zawahiri";
    // (screened party, whether the match is exact, the reason)
    let cases: [(ScreenedParty, bool, &str); 12] = [
        (with(SAME, &[], None, None), false, ""),
        (with(SAME, &["EG"], None, None), true, "both have the country EG"),
        (with(SAME, &["DE", "EG"], None, None), true, "both have the country EG"),
        (with(SAME, &["DE"], None, None), false, "the countries differ"),
        (with(SAME, &[], Some("1951-06-19"), None), true, "the birth date is the same"),
        (with(SAME, &[], Some("1951"), None), true, "the year of birth agrees"),
        (with(SAME, &["EG"], Some("1988-01-01"), None), false, "the birth dates differ"),
        (with(NEAR, &["EG"], Some("1951-06-19"), None), false, "the birth date is the same"),
        (
            with("Unrelated Person", &["DE"], None, Some("passport-1084010")),
            true,
            "the identifier `Passport 1084010` is the same",
        ),
        (with("Ayman Sample Zawahri", &["EG"], None, None), true, "both have the country EG"),
        (with("The Teacher", &["EG"], None, None), false, "the listed name is a weak alias"),
        (with(SAME, &["DE"], Some("1952-06-19"), None), false, "the birth dates are close"),
    ];
    for (who, exact, reason) in cases {
        let hit = only_hit(&index, &who);
        assert_eq!(hit.exact, exact, "{reason}: {:?}", hit.why);
        assert!(reason.is_empty() || hit.why.iter().any(|why| why == reason), "{reason}: {:?}", hit.why);
    }
    let score = |who: &ScreenedParty| only_hit(&index, who).score;
    let plain = score(&with(NEAR, &[], None, None));
    assert!(score(&with(NEAR, &["EG"], None, None)) > plain, "the same country");
    assert!(score(&with(NEAR, &[], Some("1951-06-19"), None)) > plain, "the same birth date");
    assert!(score(&with(NEAR, &["DE"], None, None)) < plain, "another country");
    assert!(score(&with(NEAR, &[], Some("1970-01-01"), None)) < plain, "another birth date");
    // The same name always matches, since the other data may be wrong.
    assert!(score(&with(SAME, &["DE"], Some("1999-01-01"), None)) >= threshold());
}

#[test]
fn a_match_states_its_reasons() {
    let hit = only_hit(
        &index(&[listed("7", "person", "AL-SAMPLE-ZAWAHIRI, Ayman Muhammad")]),
        &screened(PERSON, "Aiman Sample-Zawahri"),
    );
    assert_eq!((hit.entry.as_str(), hit.name.as_str()), ("7", "AL-SAMPLE-ZAWAHIRI, Ayman Muhammad"));
    assert_eq!(
        hit.why,
        [
            "`sample` is the same",
            "`aiman` resembles `ayman`: 96.0 %",
            "`zawahri` resembles `zawahiri`: 93.4 %",
            "only the listed name has `al muhammad`",
        ]
    );
}

#[test]
fn damaged_indexes_are_refused_or_searched_without_a_panic() {
    let bytes = build(&[listed("1", "person", "Sample Person"), listed("2", "vessel", "Sample Ship 7")]);
    assert!(Index::load(bytes.clone()).is_ok());
    for cut in 0..bytes.len() {
        assert!(Index::load(bytes[..cut].to_vec()).is_err(), "cut at {cut}");
    }
    assert!(Index::load([bytes.as_slice(), b"x"].concat()).is_err(), "trailing bytes");
    let search = |index: &Index| index.search(&screened(None, "Sample Person"), threshold()).len();
    // An index of another version's rules is rebuilt from its names.
    let mut older = bytes.clone();
    older[8] ^= 1;
    assert_eq!(search(&Index::load(older).unwrap()), 1);
    for place in 0..bytes.len() {
        let mut broken = bytes.clone();
        broken[place] ^= 0x55;
        if let Ok(index) = Index::load(broken) {
            let _ = (search(&index), index.parties(), index.names());
        }
    }
    assert_eq!(search(&index(&[])), 0, "an empty list");
}

/// Names as on lists: words of several scripts and lengths, numbers, legal forms, invisible characters.
fn name() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        4 => "[a-z]{1,12}",
        2 => prop::sample::select(vec![
            "Mohammed", "Sergey", "al", "bin", "Ltd", "OOO", "GmbH", "Co.", "Company", "Bank", "of", "China", "7", "44",
            "Forty-Four", "V.", "A.B.C.", "O'Sample", "Jean-Marie", "Владимир", "Общество", "حسن", "김정은", "高市", "Garcia",
            "Tech", "&", "Int’l", "Sam\u{200b}ple", "Rоss",
        ]).prop_map(str::to_owned),
        1 => "\\PC{0,8}",
    ];
    prop::collection::vec(word, 1..7).prop_map(|words| words.join(" "))
}

fn kind() -> impl Strategy<Value = Option<PartyKind>> {
    prop::sample::select(vec![PERSON, ORGANISATION, VESSEL, None])
}

fn is_comparable(name: &str) -> bool {
    similarity(name, name, None) > Score(0)
}

#[test]
fn similarity_is_symmetric_for_words_of_the_same_consonants() {
    for (one, other) in [("mr", "Jean-Marie"), ("Mr", "Marie"), ("bn", "Ibanao")] {
        for kind in [PERSON, ORGANISATION, None] {
            assert_eq!(similarity(one, other, kind), similarity(other, one, kind), "{one} {other}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn similarity_is_symmetric(one in name(), other in name(), kind in kind()) {
        prop_assert_eq!(similarity(&one, &other, kind), similarity(&other, &one, kind));
        prop_assert!(similarity(&one, &other, kind) <= Score(1000));
    }

    #[test]
    fn a_name_matches_itself(name in name(), kind in kind()) {
        prop_assume!(is_comparable(&name));
        prop_assert_eq!(similarity(&name, &name, kind), Score(1000));
        let index = index(&[ListedParty { kind: None, ..listed("1", "", &name) }]);
        prop_assert_eq!(index.search(&screened(kind, &name), threshold()).len(), 1, "{}", name);
    }

    #[test]
    fn similarity_ignores_word_order(
        words in prop::collection::vec("[a-z]{1,9}|al|bin|ltd|limited|liability|company|[0-9]{1,2}|forty|four|V\\.", 1..7),
        other in name(),
        kind in kind(),
        seed in any::<u64>(),
    ) {
        let mut shuffled = words.clone();
        for place in (1..shuffled.len()).rev() {
            shuffled.swap(place, usize::try_from(seed >> (place * 3) & 7).unwrap() % (place + 1));
        }
        let (one, shuffled) = (words.join(" "), shuffled.join(" "));
        prop_assert_eq!(similarity(&one, &other, kind), similarity(&shuffled, &other, kind));
        prop_assert_eq!(similarity(&one, &shuffled, kind), similarity(&one, &one, kind));
    }

    #[test]
    fn adding_parties_removes_no_hit(
        names in prop::collection::vec(name(), 1..8),
        more in prop::collection::vec(name(), 1..30),
        who in name(),
        kind in kind(),
    ) {
        let party = |(number, name): (usize, &String)| ListedParty { kind: None, ..listed(&number.to_string(), "", name) };
        let before: Vec<ListedParty> = names.iter().enumerate().map(party).collect();
        let after: Vec<ListedParty> = names.iter().chain(&more).enumerate().map(party).collect();
        let screened = ScreenedParty { names: vec![who, names[0].clone()], kind, ..ScreenedParty::default() };
        let after = index(&after).search(&screened, threshold());
        for hit in index(&before).search(&screened, threshold()) {
            prop_assert!(after.contains(&hit), "{:?}", hit);
        }
    }

    #[test]
    fn a_hits_score_is_the_similarity_of_the_two_names(names in prop::collection::vec(name(), 1..12), who in name(), kind in kind()) {
        let parties: Vec<ListedParty> = names.iter().enumerate().map(|(number, name)| ListedParty { kind: None, ..listed(&number.to_string(), "", name) }).collect();
        for hit in index(&parties).search(&screened(kind, &who), threshold()) {
            prop_assert_eq!(hit.score, similarity(&who, &hit.name, kind), "{} {}", who, hit.name);
        }
    }
}
