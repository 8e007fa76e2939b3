//! Records what a stand-in received, for assertions and bounded waits.

use std::fmt;
use std::time::Duration;

use tokio::sync::watch;

/// An append-only list that readers share with a server.
pub struct Recording<T> {
    items: watch::Sender<Vec<T>>,
}

impl<T: Clone> Recording<T> {
    pub(crate) fn new() -> Self {
        Recording { items: watch::Sender::new(Vec::new()) }
    }

    /// All items since the start or the last [`clear`](Self::clear), oldest first.
    pub fn all(&self) -> Vec<T> {
        self.items.borrow().clone()
    }

    /// The number of items.
    pub fn count(&self) -> usize {
        self.items.borrow().len()
    }

    /// The number of items that match.
    pub fn count_of(&self, matches: impl Fn(&T) -> bool) -> usize {
        self.items.borrow().iter().filter(|item| matches(item)).count()
    }

    /// Removes all items.
    pub fn clear(&self) {
        self.items.send_modify(Vec::clear);
    }

    /// Waits until `enough` holds for the items, at most for `within`.
    ///
    /// # Panics
    ///
    /// When the time is up.
    pub async fn wait(&self, within: Duration, enough: impl Fn(&[T]) -> bool) -> Vec<T> {
        let mut reader = self.items.subscribe();
        let waited = tokio::time::timeout(within, reader.wait_for(|items| enough(items))).await;
        match waited {
            Ok(items) => items.expect("the sender outlives its receiver").clone(),
            Err(_) => panic!("timed out after {within:?} with {} items", self.items.borrow().len()),
        }
    }

    pub(crate) fn push(&self, item: T) {
        self.items.send_modify(|items| items.push(item));
    }

    /// Appends an item computed from the earlier ones, atomically.
    pub(crate) fn push_with(&self, make: impl FnOnce(&[T]) -> T) -> T {
        let mut made = None;
        self.items.send_modify(|items| {
            let item = make(items);
            made = Some(item.clone());
            items.push(item);
        });
        made.expect("the closure has run")
    }
}

impl<T: Clone + fmt::Debug> fmt::Debug for Recording<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.items.borrow().iter()).finish()
    }
}
