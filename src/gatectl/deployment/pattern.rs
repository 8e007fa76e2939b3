//! Pure. Policy texts of a template, and whether two of them can match the same thing.

/// Stands for an unknown text, which may be a wildcard.
pub(super) const ANYTHING: char = '\u{0}';

/// In place of a word that AWS fills in when it deploys, such as the account's number: fixed, without `:` and `/`.
pub(super) const FILLED_IN: char = '\u{1}';

/// In place of more than a word that AWS fills in: fixed, and no wildcard either.
pub(super) const FIXED: char = '\u{3}';

/// In place of the letters that CloudFormation ends its own names with.
pub(super) const SUFFIX: char = '\u{2}';

/// Whether some text fits both patterns. A [`SUFFIX`] may be any run of letters and digits that the other writes out.
pub(super) fn overlap(a: &str, b: &str) -> bool {
    let [a, b] = [a, b].map(str::to_lowercase);
    fit(&a, &b) || written_out(&a, &b).iter().any(|a| fit(a, &b)) || written_out(&b, &a).iter().any(|b| fit(&a, b))
}

/// `text` with each run of letters and digits of `other` in place of its suffix.
fn written_out(text: &str, other: &str) -> Vec<String> {
    if !text.contains(SUFFIX) {
        return Vec::new();
    }
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '?';
    let is_wild = |c: Option<char>| matches!(c, Some('*' | ANYTHING | FIXED | FILLED_IN));
    let mut written = Vec::new();
    let mut rest = other;
    let mut before = None;
    while let Some(start) = rest.find(is_part) {
        let (head, tail) = rest.split_at(start);
        before = head.chars().next_back().or(before);
        let (run, after) = tail.split_at(tail.find(|c| !is_part(c)).unwrap_or(tail.len()));
        // What stands beside the run may be the suffix's too. A word between two wildcards, such as `*SageMaker*`, isn't
        // taken for a part of one, for no chance makes words; a digit makes it one.
        let (is_open, is_left_open) = (is_wild(before), is_wild(after.chars().next()));
        if !(is_open && is_left_open) || run.contains(|c: char| c.is_ascii_digit()) {
            let edge = |is_wild: bool| if is_wild { SUFFIX.to_string() } else { String::new() };
            written.push(text.replace(SUFFIX, &format!("{}{run}{}", edge(is_open), edge(is_left_open))));
        }
        rest = after;
    }
    written
}

fn fit(a: &str, b: &str) -> bool {
    let [a, b] = [a, b].map(|text| text.chars().collect::<Vec<char>>());
    // Whether `run` can stand for `other` and go on.
    let goes_on = |run: &char, other: &char| match *run {
        '*' | ANYTHING | FIXED => true,
        FILLED_IN => !matches!(*other, ':' | '/'),
        _ => false,
    };
    let is_run = |c: &char| matches!(*c, '*' | ANYTHING | FIXED | FILLED_IN);
    // Whether `a` up to here and `b` up to there fit, row by row.
    let mut row: Vec<bool> = Vec::new();
    for i in 0..=a.len() {
        let mut next: Vec<bool> = Vec::new();
        for j in 0..=b.len() {
            let of_a = i.checked_sub(1).and_then(|i| a.get(i));
            let of_b = j.checked_sub(1).and_then(|j| b.get(j));
            let above = row.get(j).copied().unwrap_or(false);
            let before = j.checked_sub(1).and_then(|j| next.get(j)).copied().unwrap_or(false);
            let diagonal = j.checked_sub(1).and_then(|j| row.get(j)).copied().unwrap_or(false);
            let fits = match (of_a, of_b) {
                (None, None) => true,
                (Some(a), None) => is_run(a) && above,
                (None, Some(b)) => is_run(b) && before,
                (Some(a), Some(b)) => {
                    (is_run(a) || goes_on(b, a)) && above
                        || (is_run(b) || goes_on(a, b)) && before
                        || (a == b || *a == '?' || *b == '?') && diagonal
                }
            };
            next.push(fits);
        }
        row = next;
    }
    row.last().copied().unwrap_or(false)
}

/// Whether `pattern` surely fits whatever `text` comes to be.
pub(super) fn covers(pattern: &str, text: &str) -> bool {
    let pattern = pattern.to_lowercase();
    let Some((start, end)) = pattern.split_once('*') else {
        return pattern == text.to_lowercase() && !text.contains(ANYTHING);
    };
    let text = text.to_lowercase();
    let is_sure = !pattern.contains([ANYTHING, '?']) && !end.contains('*') && !text.contains(ANYTHING);
    is_sure && text.strip_prefix(start).is_some_and(|rest| rest.ends_with(end))
}

/// Whether it may stand for more than one thing.
pub(super) fn is_wide(text: &str) -> bool {
    text.contains(['*', '?', ANYTHING])
}

/// As a person reads it.
pub(super) fn shown(text: &str) -> String {
    text.replace(ANYTHING, "(unknown)").replace([FILLED_IN, FIXED, SUFFIX], "…")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_overlap_where_one_text_fits_both() {
        let cases = [
            ("sagemaker:*", "sagemaker:InvokeEndpoint*", true),
            ("*", "sagemaker:InvokeEndpoint", true),
            ("sagemaker:Invoke*", "sagemaker:InvokeEndpoint", true),
            ("SAGEMAKER:invokeendpoint", "sagemaker:InvokeEndpoint", true),
            ("sagemaker:InvokeEndpointAsyn?", "sagemaker:InvokeEndpoint*", true),
            ("sagemaker:Describe*", "sagemaker:InvokeEndpoint*", false),
            ("*Async", "sagemaker:InvokeEndpoint*", true),
            ("\u{0}", "anything", true),
            ("arn:\u{1}:table/\u{1}-Ledger-\u{2}", "arn:aws:table/stack-ledger-\u{2}", true),
            ("arn:\u{1}:table/\u{1}-Ledger-\u{2}", "arn:aws:table/other", false),
            ("arn:aws:lambda:*:*:function:*SageMaker*", "arn:\u{1}:lambda:\u{1}:\u{1}:function:gate-Gate-\u{2}", false),
            ("arn:aws:iam::*:role/*SageMaker*", "arn:\u{1}:iam::\u{1}:role/gate-Role-\u{2}", false),
            ("arn:aws:iam::*:role/*SageMaker*", "arn:\u{1}:iam::\u{1}:role/\u{1}-Role-\u{2}", true),
            (
                "arn:aws:dynamodb:us-east-1:1:table/s-Ledger-1ABCDEFGHIJKL",
                "arn:\u{1}:dynamodb:\u{1}:\u{1}:table/s-Ledger-\u{2}",
                true,
            ),
            ("table/s-Ledger-1ABC*", "table/s-Ledger-\u{2}", true),
            ("table/*-1ABCDEFGHIJKL", "table/s-Ledger-\u{2}", true),
            ("table/*ABCDEFGHIJKL", "table/s-Ledger-\u{2}", true),
            ("table/*1ABCDEF*", "table/s-Ledger-\u{2}", true),
            ("table/s-Ledger-?????????????", "table/s-Ledger-\u{2}", true),
            ("table/s-Ledger-1ABCDEFGHIJK?", "table/\u{1}-Ledger-\u{2}", true),
            ("function:s-Gate-AbCdEf123456:*", "function:s-Gate-\u{2}:live", true),
            ("table/s-Usage-1ABCDEFGHIJKL", "table/s-Ledger-\u{2}", false),
            ("table/s-Ledger-1ABC/index/x", "table/s-Ledger-\u{2}", false),
            ("table/s-Ledger-1ABC-DEF", "table/s-Ledger-\u{2}", false),
            ("arn:aws:dynamodb:us-east-1:1:table/x", "arn:\u{1}:dynamodb:\u{3}", true),
            ("arn:aws:dynamodb:us-east-1:1:table/x", "arn:\u{1}:dynamodb:\u{1}", false),
            ("", "", true),
            ("", "a", false),
            ("", "*", true),
        ];
        for (a, b, expected) in cases {
            assert_eq!((overlap(a, b), overlap(b, a)), (expected, expected), "{a:?} and {b:?}");
        }
    }

    #[test]
    fn only_what_is_sure_covers() {
        assert!(covers("sagemaker:InvokeEndpoint*", "sagemaker:InvokeEndpoint*"));
        assert!(covers("*", "arn:\u{1}:x"));
        assert!(covers("arn:\u{1}:endpoint/a", "arn:\u{1}:endpoint/a"));
        for (pattern, text) in
            [("arn:*:endpoint/a", "arn:\u{0}"), ("\u{0}", "a"), ("a", "b"), ("a*b*c", "abc"), ("a?", "ab")]
        {
            assert!(!covers(pattern, text), "{pattern:?} {text:?}");
        }
    }
}
