//! Pure. How much work a search may do. Work is counted in steps instead of time, so that the same search ends in the
//! same way on every machine.

/// Why a search was abandoned. Nothing is known then: what was found before does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Abandoned {
    /// A name is too long, or too many listed names are similar to it.
    #[error("it takes more comparisons than a request may make")]
    TooMuch,
    /// No time is left.
    #[error("no time is left")]
    Late,
}

/// After how many steps it is asked whether time is left: a few milliseconds.
const BETWEEN_CHECKS: u64 = 200_000;

/// The work that a search may still do. A step takes 4 to 15 ns of a whole processor.
pub struct Budget<'a> {
    left: u64,
    until_check: u64,
    is_late: &'a dyn Fn() -> bool,
}

impl<'a> Budget<'a> {
    /// A budget of so many steps, for as long as it is not late.
    #[must_use]
    pub fn new(steps: u64, is_late: &'a dyn Fn() -> bool) -> Self {
        Self { left: steps, until_check: 0, is_late }
    }

    /// The steps that are left.
    #[must_use]
    pub fn left(&self) -> u64 {
        self.left
    }

    /// Takes steps from the budget.
    ///
    /// # Errors
    /// [`Abandoned`] where it has fewer, or where it is late.
    pub(super) fn spend(&mut self, steps: u64) -> Result<(), Abandoned> {
        let Some(left) = self.left.checked_sub(steps) else {
            self.left = 0;
            return Err(Abandoned::TooMuch);
        };
        self.left = left;
        match self.until_check.checked_sub(steps) {
            Some(until) => self.until_check = until,
            None if (self.is_late)() => return Err(Abandoned::Late),
            None => self.until_check = BETWEEN_CHECKS,
        }
        Ok(())
    }
}

impl std::fmt::Debug for Budget<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Budget").field("left", &self.left).finish_non_exhaustive()
    }
}

/// A length as steps.
pub(super) fn steps(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}
