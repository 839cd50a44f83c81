//! How far a stock-taking is, in users: those of accounts that were not opened yet are guessed from the others.

use std::sync::{Mutex, PoisonError};

use ports::{CloudProgress, IamProgress};

/// Progress over all accounts.
pub(super) struct Tally<'a> {
    progress: &'a dyn CloudProgress,
    accounts: u64,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Accounts of which the number of users is known, or that cannot be read.
    counted: u64,
    found: u64,
    read: u64,
}

/// Progress of one account.
pub(super) struct Hand<'a, 'b> {
    tally: &'b Tally<'a>,
    state: Mutex<(u64, u64, bool)>,
}

impl<'a> Tally<'a> {
    pub(super) fn new(progress: &'a dyn CloudProgress, accounts: usize) -> Self {
        let accounts = u64::try_from(accounts).unwrap_or(u64::MAX);
        Self { progress, accounts, state: Mutex::default() }
    }

    pub(super) fn account(&self) -> Hand<'a, '_> {
        Hand { tally: self, state: Mutex::default() }
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut state);
        // Each account is a piece of its own besides its users, so that empty ones move the bar as well.
        let guessed = state.found.saturating_mul(self.accounts).checked_div(state.counted).unwrap_or(0);
        let total = guessed.max(state.found) + self.accounts;
        let done = (state.read + state.counted).min(total);
        drop(state);
        self.progress.reading("users", done, total);
    }
}

impl Hand<'_, '_> {
    /// Nothing more comes of this account.
    pub(super) fn finish(&self) {
        let (found, read, counted) = *self.state.lock().unwrap_or_else(PoisonError::into_inner);
        self.tally.change(|state| {
            state.counted += u64::from(!counted);
            state.read += found.saturating_sub(read);
        });
    }
}

impl IamProgress for Hand<'_, '_> {
    fn users_found(&self, users: u64) {
        {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            state.0 += users;
            state.2 = true;
        }
        self.tally.change(|state| {
            state.counted += 1;
            state.found += users;
        });
    }

    fn user_read(&self) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).1 += 1;
        self.tally.change(|state| state.read += 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Seen(Mutex<Vec<(u64, u64)>>);

    impl CloudProgress for Seen {
        fn reading(&self, _: &str, done: u64, total: u64) {
            self.0.lock().unwrap().push((done, total));
        }
    }

    #[test]
    fn unopened_accounts_count_as_much_as_the_opened_ones() {
        let seen = Seen::default();
        let tally = Tally::new(&seen, 4);
        let (one, two) = (tally.account(), tally.account());
        one.users_found(3);
        one.user_read();
        two.finish();
        for _ in 0..2 {
            one.user_read();
        }
        one.finish();
        for rest in [tally.account(), tally.account()] {
            rest.users_found(0);
            rest.finish();
        }
        let seen = seen.0.into_inner().unwrap();
        assert_eq!(seen[..3], [(1, 16), (2, 16), (3, 10)]);
        assert_eq!(seen.last(), Some(&(7, 7)));
    }
}
