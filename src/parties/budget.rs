//! Pure. Limits the work of a search. Work is counted in steps rather than time, so a search ends the same way on every
//! machine.

/// Why a search was abandoned. Its partial results do not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Abandoned {
    /// A name is too long, or too many listed names are similar to it.
    #[error("the search exceeds the comparisons per request")]
    TooMuch,
    /// The deadline has passed.
    #[error("the deadline has passed")]
    Late,
}

/// The number of steps between two checks of the deadline: a few milliseconds.
const BETWEEN_CHECKS: u64 = 200_000;

/// The work that a search may still do. A step takes 4 to 15 ns of a full CPU.
pub struct Budget<'a> {
    left: u64,
    until_check: u64,
    is_late: &'a dyn Fn() -> bool,
}

impl<'a> Budget<'a> {
    /// A budget of so many steps, until `is_late` returns true.
    #[must_use]
    pub fn new(steps: u64, is_late: &'a dyn Fn() -> bool) -> Self {
        Self { left: steps, until_check: 0, is_late }
    }

    /// The remaining steps.
    #[must_use]
    pub fn left(&self) -> u64 {
        self.left
    }

    /// Takes steps from the budget.
    ///
    /// # Errors
    /// [`Abandoned`] if too few are left or the deadline has passed.
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

/// A length in steps.
pub(super) fn steps(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}
