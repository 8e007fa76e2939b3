//! How names are compared: a rule a table, each with names of real parties, and the laws that hold for all names.

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

/// Pairs that are told for the same, and pairs that are not, of one rule.
fn rule(kind: Option<PartyKind>, what: &str, same: &[(&str, &str)], others: &[(&str, &str)]) {
    let told = |(one, other): &(&str, &str)| {
        let there = similarity(one, other, kind);
        assert_eq!(there, similarity(other, one, kind), "{what}: `{one}` and `{other}`, either way round");
        there
    };
    for pair in same {
        assert!(told(pair) >= threshold(), "{what}: {pair:?} come to {:?} alone", told(pair));
    }
    for pair in others {
        assert!(told(pair) < threshold(), "{what}: {pair:?} come to {:?}", told(pair));
    }
}

#[test]
fn a_name_is_the_same_in_other_scripts_and_letters() {
    rule(
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
fn legal_forms_and_honorifics_say_little() {
    rule(
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
    rule(
        PERSON,
        "honorifics",
        &[("Mullah Akhtar Mansour", "AKHTAR MANSOUR"), ("Dr. Ayman al-Zawahiri", "AL-ZAWAHIRI, Ayman")],
        &[("Sheikh Mansour", "Sheikh Hamad")],
    );
}

#[test]
fn order_initials_and_joints_make_no_difference() {
    rule(
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
    rule(ORGANISATION, "joints", &[("Good Will Company", "Goodwill Company"), ("A.B.C. Company", "ABC Company")], &[]);
}

#[test]
fn nicknames_and_other_languages_stand_for_a_name() {
    rule(
        PERSON,
        "nicknames",
        &[("Bibi Netanyahu", "Benjamin Netanyahu"), ("Bill Clinton", "William Clinton"), ("Juan Doe", "John Doe")],
        &[("Andrei Navalny", "Alexei Navalny"), ("Frank Richter", "Frederik Richter")],
    );
}

#[test]
fn rare_words_count_for_more_than_common_ones() {
    rule(
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
    rule(
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
    rule(
        ORGANISATION,
        "numbers",
        &[("Brigade Forty-Four", "Brigade 44"), ("1st International Bank", "First International Bank")],
        &[("Brigade 44", "Brigade 45"), ("Management Company 23", "Management Company")],
    );
    rule(VESSEL, "a ship's number", &[("M/V Yu Phyong 5", "YU PHYONG 5")], &[("YU PHYONG 5", "YU PHYONG 6")]);
}

#[test]
fn one_error_of_typing_is_forgiven() {
    rule(
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
    rule(ORGANISATION, "typing", &[("Rosneft Oil Compnay", "ROSNEFT OIL COMPANY"), ("Melli Bnak", "Bank Melli")], &[]);
}

fn listed(id: &str, kind: &str, name: &str) -> ListedParty {
    ListedParty { id: id.into(), name: name.into(), kind: Some(kind.into()), ..ListedParty::default() }
}

fn index(parties: &[ListedParty]) -> Index {
    Index::load(build(parties)).unwrap()
}

fn somebody(kind: Option<PartyKind>, name: &str) -> ScreenedParty {
    ScreenedParty { kind, names: vec![name.into()], ..ScreenedParty::default() }
}

fn only(index: &Index, who: &ScreenedParty) -> Hit {
    let hits = index.search(who, threshold());
    assert_eq!(hits.len(), 1, "{hits:?}");
    hits.into_iter().next().unwrap()
}

#[test]
fn a_search_is_abandoned_with_its_budget_or_its_time_and_leaves_nothing_behind() {
    let many: Vec<ListedParty> =
        (0..300).map(|n| listed(&n.to_string(), "organisation", &format!("Northwind Shipyard Works {n}"))).collect();
    let index = index(&many);
    let who = somebody(None, "Northwind Shipyard Works Harbour");
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
fn a_name_is_compared_whole_or_not_at_all() {
    let who = |name: &str| somebody(None, name).is_compared_whole();
    let letters = |words: usize, letters: usize| vec!["a".repeat(letters); words].join(" ");
    // words, letters of each
    for (words, each, expected) in [(1, 40, true), (24, 1, true), (25, 1, false), (24, 21, true), (24, 22, false)] {
        assert_eq!(who(&letters(words, each)), expected, "{words} words of {each} letters");
    }
    assert!(who("中华人民共和国北京航空航天大学软件学院"));
}

#[test]
fn each_is_compared_as_what_it_is() {
    let index = index(&[
        listed("1", "person", "Victoria Sample"),
        listed("2", "vessel", "VICTORIA SAMPLE"),
        listed("3", "organisation", "Victoria Sample"),
        ListedParty { kind: None, ..listed("4", "", "Victoria Sample") },
    ]);
    let found = |kind| {
        let hits = index.search(&somebody(kind, "Victoria Sample"), threshold());
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
fn what_else_is_known_strengthens_and_weakens() {
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
        ..somebody(PERSON, name)
    };
    const SAME: &str = "Ayman Sample Zawahiri";
    const NEAR: &str = "Aymann Sample Zawahiri";
    // (who, whether nothing is left to review, what is said of it beside the words)
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
            with("ScreenedParty Else", &["DE"], None, Some("passport-1084010")),
            true,
            "the identifier `Passport 1084010` is the same",
        ),
        (with("Ayman Sample Zawahri", &["EG"], None, None), true, "both have the country EG"),
        (with("The Teacher", &["EG"], None, None), false, "the listed name is a weak alias"),
        (with(SAME, &["DE"], Some("1952-06-19"), None), false, "the birth dates are close"),
    ];
    for (who, exact, says) in cases {
        let hit = only(&index, &who);
        assert_eq!(hit.exact, exact, "{says}: {:?}", hit.why);
        assert!(says.is_empty() || hit.why.iter().any(|why| why == says), "{says}: {:?}", hit.why);
    }
    let score = |who: &ScreenedParty| only(&index, who).score;
    let plain = score(&with(NEAR, &[], None, None));
    assert!(score(&with(NEAR, &["EG"], None, None)) > plain, "a country that agrees");
    assert!(score(&with(NEAR, &[], Some("1951-06-19"), None)) > plain, "a birth date that agrees");
    assert!(score(&with(NEAR, &["DE"], None, None)) < plain, "a country that doesn't");
    assert!(score(&with(NEAR, &[], Some("1970-01-01"), None)) < plain, "a birth date that doesn't");
    // The same name is never let by for what else is said of it: that may be a lie, or a slip.
    assert!(score(&with(SAME, &["DE"], Some("1999-01-01"), None)) >= threshold());
}

#[test]
fn a_match_says_why() {
    let hit = only(
        &index(&[listed("7", "person", "AL-SAMPLE-ZAWAHIRI, Ayman Muhammad")]),
        &somebody(PERSON, "Aiman Sample-Zawahri"),
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
fn bytes_that_are_no_index_are_refused_with_what_is_wrong() {
    let bytes = build(&[listed("1", "person", "Sample Person"), listed("2", "vessel", "Sample Ship 7")]);
    assert!(Index::load(bytes.clone()).is_ok());
    for cut in 0..bytes.len() {
        assert!(Index::load(bytes[..cut].to_vec()).is_err(), "cut at {cut}");
    }
    assert!(Index::load([bytes.as_slice(), b"x"].concat()).is_err(), "something behind it");
    let search = |index: &Index| index.search(&somebody(None, "Sample Person"), threshold()).len();
    // Another version's rules: it is built anew from what it holds.
    let mut older = bytes.clone();
    older[8] ^= 1;
    assert_eq!(search(&Index::load(older).unwrap()), 1);
    // Whatever is wrong within, nothing panics.
    for place in 0..bytes.len() {
        let mut broken = bytes.clone();
        broken[place] ^= 0x55;
        if let Ok(index) = Index::load(broken) {
            let _ = (search(&index), index.parties(), index.names());
        }
    }
    assert_eq!(search(&index(&[])), 0, "an empty list");
}

/// Names as lists have them: words of several scripts and lengths, numbers, forms, what can't be seen.
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

fn says_something(name: &str) -> bool {
    similarity(name, name, None) > Score(0)
}

#[test]
fn it_makes_no_difference_which_of_a_short_word_and_a_long_one_of_the_same_consonants_comes_first() {
    for (one, other) in [("mr", "Jean-Marie"), ("Mr", "Marie"), ("bn", "Ibanao")] {
        for kind in [PERSON, ORGANISATION, None] {
            assert_eq!(similarity(one, other, kind), similarity(other, one, kind), "{one} {other}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn it_makes_no_difference_which_name_is_which(one in name(), other in name(), kind in kind()) {
        prop_assert_eq!(similarity(&one, &other, kind), similarity(&other, &one, kind));
        prop_assert!(similarity(&one, &other, kind) <= Score(1000));
    }

    #[test]
    fn a_name_is_its_own(name in name(), kind in kind()) {
        prop_assume!(says_something(&name));
        prop_assert_eq!(similarity(&name, &name, kind), Score(1000));
        let index = index(&[ListedParty { kind: None, ..listed("1", "", &name) }]);
        prop_assert_eq!(index.search(&somebody(kind, &name), threshold()).len(), 1, "{}", name);
    }

    #[test]
    fn the_order_of_words_makes_no_difference(
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
    fn adding_parties_never_clears_anybody(
        names in prop::collection::vec(name(), 1..8),
        more in prop::collection::vec(name(), 1..30),
        who in name(),
        kind in kind(),
    ) {
        let party = |(number, name): (usize, &String)| ListedParty { kind: None, ..listed(&number.to_string(), "", name) };
        let before: Vec<ListedParty> = names.iter().enumerate().map(party).collect();
        let after: Vec<ListedParty> = names.iter().chain(&more).enumerate().map(party).collect();
        let somebody = ScreenedParty { names: vec![who, names[0].clone()], kind, ..ScreenedParty::default() };
        let after = index(&after).search(&somebody, threshold());
        for hit in index(&before).search(&somebody, threshold()) {
            prop_assert!(after.contains(&hit), "{:?}", hit);
        }
    }

    #[test]
    fn what_an_index_finds_is_as_near_as_the_two_names_are(names in prop::collection::vec(name(), 1..12), who in name(), kind in kind()) {
        let parties: Vec<ListedParty> = names.iter().enumerate().map(|(number, name)| ListedParty { kind: None, ..listed(&number.to_string(), "", name) }).collect();
        for hit in index(&parties).search(&somebody(kind, &who), threshold()) {
            prop_assert_eq!(hit.score, similarity(&who, &hit.name, kind), "{} {}", who, hit.name);
        }
    }
}
