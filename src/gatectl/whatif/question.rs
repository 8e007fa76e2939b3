//! Pure. A question that a caller might ask, and what the gate would decide: by the gate's own functions.

use std::collections::BTreeSet;
use std::net::IpAddr;

use export_gate::decision::{
    Callers, Claimed, Decision, Subject, Undecidable, Where, decide, identify, screen_parties,
};
use export_gate::register::Register;
use export_gate::terms::{Code, ModelRef};
use jiff::Timestamp;

/// Who asks for what, from where, and when.
#[derive(Clone, Debug)]
pub(crate) struct Question {
    pub(crate) client: String,
    pub(crate) person: Option<String>,
    pub(crate) model: ModelRef,
    /// The address; none is one that can't be read.
    pub(crate) address: Option<IpAddr>,
    pub(crate) end_use: Option<String>,
    pub(crate) at: Timestamp,
}

/// What came of it.
pub(crate) struct Answer {
    /// Whose transfer it would be; none where the records don't bear the caller out.
    pub(crate) subject: Option<Subject>,
    /// What is decided, where it can be.
    pub(crate) decision: Result<Decision, Undecidable>,
}

/// What the gate would decide.
pub(crate) fn answer(
    question: &Question,
    callers: &Callers,
    from: Where,
    register: &Register,
    exhausted: &BTreeSet<String>,
) -> Answer {
    let claimed =
        Claimed { by_token: None, by_header: question.person.as_deref(), end_use: question.end_use.as_deref() };
    match identify(claimed, callers, from, question.at) {
        Err(codes) => Answer { subject: None, decision: Ok(Decision::unidentified(codes)) },
        Ok(mut subject) => {
            screen_parties(&mut subject, callers, register);
            let decision = decide(&question.model, &subject, register, exhausted, question.at);
            Answer { subject: Some(subject), decision }
        }
    }
}

/// An address as somebody said it; none is one that nobody knows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Address(pub(crate) Option<IpAddr>);

/// For options that name an address; `unknown` is one that nobody knows.
pub(crate) fn address(text: &str) -> Result<Address, String> {
    if text == "unknown" {
        return Ok(Address(None));
    }
    let address = text.parse().map(|address| Address(Some(address)));
    address.map_err(|_| "it is no address such as 192.0.2.1; say `unknown` for one that nobody knows".into())
}

/// The codes of a decision, in their order.
pub(crate) fn codes(decision: &Decision) -> Vec<Code> {
    decision.reasons.iter().map(|reason| reason.code).collect()
}
