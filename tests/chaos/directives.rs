//! Directives by every kind of writer, while gates behind faulty networks answer requests and are killed.

use std::sync::Mutex;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::sync::watch;

use super::audit;
use super::dice::Dice;
use super::environment::{Answered, Environment, Odds};
use super::writers::Writers;
use crate::world::World;
use crate::world::events::invocation;

const ENVIRONMENTS: usize = 5;

/// The number of letters that are issued and lifted.
const LETTERS: usize = 6;

/// The minimum and maximum number of requests of an environment in a phase.
const REQUESTS: usize = 3;
const MOST_REQUESTS: usize = 4;

const ODDS: Odds = Odds { fault: 25, kill: 15 };

/// The time limit of the run.
const LONGEST: Duration = Duration::from_secs(300);

/// The letter's state. `Closing` and `Opening` last from the start of a write to its acknowledgement, and allow both
/// outcomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Open,
    Closing,
    Closed,
    Opening,
    /// The run is over.
    Over,
}

/// The letter's state, which changes by one step at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Phase {
    number: usize,
    state: State,
}

impl Phase {
    fn next(self) -> Self {
        let state = match self.state {
            State::Open => State::Closing,
            State::Closing => State::Closed,
            State::Closed => State::Opening,
            State::Opening => State::Open,
            State::Over => State::Over,
        };
        Self { number: self.number + 1, state }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Who {
    UsPerson,
    ForeignPerson,
}

/// A violation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// A foreign person got an answer to a request that began after the directive was acknowledged.
    LateAnswer,
    /// A request was refused that no directive concerns and no network fault explains.
    WrongRefusal,
}

/// The violation of an answer, if any.
fn fault(who: Who, began: Phase, ended: Phase, answered: &Answered) -> Option<Fault> {
    // A letter that was not in the same state throughout allows both outcomes.
    let settled = (began == ended).then_some(began.state);
    let refused = match (who, settled) {
        (Who::UsPerson, _) | (Who::ForeignPerson, Some(State::Open)) => Some(false),
        (Who::ForeignPerson, Some(State::Closed)) => Some(true),
        (Who::ForeignPerson, _) => None,
    };
    match (answered.status, refused) {
        (200, Some(true)) => Some(Fault::LateAnswer),
        (200, _) | (451, None | Some(true)) => None,
        _ if answered.is_excused() => None,
        _ => Some(Fault::WrongRefusal),
    }
}

/// The phase, and how many requests each environment has finished in it.
#[derive(Clone, Copy)]
struct Progress {
    phase: Phase,
    finished: [usize; ENVIRONMENTS],
}

struct Board {
    progress: watch::Sender<Progress>,
    all: Mutex<Vec<(Option<Fault>, Who, Phase, Answered)>>,
}

impl Board {
    fn new() -> Self {
        let phase = Phase { number: 0, state: State::Open };
        Self { progress: watch::Sender::new(Progress { phase, finished: [0; ENVIRONMENTS] }), all: Mutex::default() }
    }

    fn phase(&self) -> Phase {
        self.progress.borrow().phase
    }

    fn enter(&self, phase: Phase) {
        self.progress.send_replace(Progress { phase, finished: [0; ENVIRONMENTS] });
    }

    fn step(&self) {
        self.enter(self.phase().next());
    }

    async fn all_have_finished(&self) {
        let enough = |progress: &Progress| progress.finished.iter().all(|finished| *finished >= REQUESTS);
        self.progress.subscribe().wait_for(enough).await.unwrap();
    }

    /// Waits until an environment may send a request. Returns the phase, or none when the run is over.
    async fn may_ask(&self, number: usize) -> Option<Phase> {
        let may =
            |progress: &Progress| progress.finished[number] < MOST_REQUESTS || progress.phase.state == State::Over;
        let phase = self.progress.subscribe().wait_for(may).await.unwrap().phase;
        (phase.state != State::Over).then_some(phase)
    }

    /// Counts the end of a request, and returns the phase in which it ended.
    fn finish(&self, number: usize, began: Phase) -> Phase {
        self.progress.send_modify(|progress| progress.finished[number] += usize::from(progress.phase == began));
        self.phase()
    }
}

async fn work(board: &Board, number: usize, mut environment: Environment<'_>, mut dice: Dice) {
    while let Some(began) = board.may_ask(number).await {
        let (who, person) = match dice.chance(500) {
            true => (Who::UsPerson, "sample-us-citizen"),
            false => (Who::ForeignPerson, "sample-foreign-employee"),
        };
        let event = invocation("sample-us-app", "fable-5").person(person).0;
        let answered = environment.ask(&event).await;
        let ended = board.finish(number, began);
        if let Some(answered) = answered {
            board.all.lock().unwrap().push((fault(who, began, ended, &answered), who, began, answered));
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn directives_apply_at_once_and_every_answer_has_its_entry() {
    let mut dice = Dice::of_run();
    let world = World::with_samples().await;
    let board = Board::new();
    let environments = Environment::start_all(&world, &mut dice, ODDS, ENVIRONMENTS).await;
    let workers = environments.into_iter().enumerate().map(|(number, environment)| {
        let dice = dice.fork();
        work(&board, number, environment, dice)
    });
    let workers: Vec<_> = workers.collect();
    let directing = async {
        let mut writers = Writers::new(&world, dice.fork()).await;
        for letter in 0..LETTERS {
            board.all_have_finished().await;
            writers.write_much().await;
            board.step();
            writers.issue(letter).await;
            board.step();
            board.all_have_finished().await;
            board.step();
            writers.lift(letter).await;
            board.step();
        }
        board.all_have_finished().await;
        board.enter(Phase { state: State::Over, ..board.phase() });
        writers.false_reports
    };
    let run = async { tokio::join!(directing, join_all(workers)) };
    let (false_reports, _) = tokio::time::timeout(LONGEST, run).await.expect("the run ends in time");

    let all = board.all.into_inner().unwrap();
    let faults: Vec<_> = all.iter().filter(|(fault, ..)| fault.is_some()).collect();
    let late = faults.iter().filter(|(fault, ..)| *fault == Some(Fault::LateAnswer)).count();
    let wrong = faults.iter().filter(|(fault, ..)| *fault == Some(Fault::WrongRefusal)).count();
    let reports = false_reports.len();
    println!("{} answers, {late} late answers, {wrong} wrong refusals, {reports} false reports", all.len());
    assert_eq!((late, wrong, reports), (0, 0, 0), "{faults:#?} {false_reports:#?}");
    let answered: Vec<_> = all.into_iter().map(|(.., answered)| answered).collect();
    audit(&world, &answered).await;
}

#[test]
fn late_answers_and_wrong_refusals_are_recognised() {
    let phase = |number, state| Phase { number, state };
    let (open, closing, closed, reopened) =
        (phase(0, State::Open), phase(1, State::Closing), phase(2, State::Closed), phase(4, State::Open));
    let (us, foreign) = (Who::UsPerson, Who::ForeignPerson);
    let (late, wrong) = (Some(Fault::LateAnswer), Some(Fault::WrongRefusal));
    for (who, began, ended, status, faults, expected) in [
        (us, open, open, 200, 0, None),
        (us, closed, closed, 200, 0, None),
        (us, closed, closed, 451, 0, wrong),
        (us, closing, closed, 451, 1, wrong),
        (us, open, open, 503, 1, None),
        (us, open, open, 503, 0, wrong),
        (us, open, open, 500, 1, wrong),
        (us, open, open, 504, 1, None),
        (foreign, open, open, 200, 0, None),
        (foreign, open, open, 451, 0, wrong),
        (foreign, open, closing, 451, 0, None),
        (foreign, open, closing, 200, 0, None),
        (foreign, closing, closed, 200, 0, None),
        (foreign, closed, closed, 451, 0, None),
        (foreign, closed, closed, 200, 0, late),
        (foreign, closed, closed, 200, 1, late),
        (foreign, closed, closed, 503, 1, None),
        (foreign, closed, closed, 503, 0, wrong),
        (foreign, closed, reopened, 200, 0, None),
    ] {
        let answered = Answered { status, codes: Vec::new(), decision_id: None, faults };
        let found = fault(who, began, ended, &answered);
        assert_eq!(found, expected, "{who:?} {began:?} {ended:?} {status} {faults}");
    }
    assert_eq!(open.next().next(), closed);
    assert_eq!(closed.next().next(), reopened);
}
