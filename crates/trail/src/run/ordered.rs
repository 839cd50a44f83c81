//! Results in the order of their tasks, although several threads make them.

use std::collections::BTreeMap;
use std::iter::Enumerate;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::vec::IntoIter;

/// Does the tasks with several threads and hands the results on in the order of the tasks, as soon as they are there. However long one task
/// takes, no more than twice as many as there are threads are begun and not handed on.
///
/// # Errors
/// Those of `take`, after which nothing more is begun.
pub(crate) fn in_order<A: Send, B: Send, E>(
    tasks: Vec<A>,
    threads: usize,
    work: impl Fn(A) -> B + Sync,
    mut take: impl FnMut(B) -> Result<(), E>,
) -> Result<(), E> {
    if threads <= 1 || tasks.len() <= 1 {
        return tasks.into_iter().try_for_each(|task| take(work(task)));
    }
    let count = tasks.len();
    let gate = &Gate::new(tasks, threads.saturating_mul(2));
    let (sender, receiver) = std::sync::mpsc::channel::<(usize, B)>();
    std::thread::scope(|scope| {
        // Threads that wait for their turn end when this one does, for whatever reason.
        let _closed = Closes(gate);
        for _ in 0..threads {
            let (sender, work) = (sender.clone(), &work);
            scope.spawn(move || {
                let _closed = Closes(gate);
                while let Some((number, task)) = gate.next() {
                    if sender.send((number, work(task))).is_err() {
                        break;
                    }
                }
            });
        }
        drop(sender);
        let mut early: BTreeMap<usize, B> = BTreeMap::new();
        for wanted in 0..count {
            let result = loop {
                if let Some(result) = early.remove(&wanted) {
                    break result;
                }
                let Ok((number, result)) = receiver.recv() else { return Ok(()) };
                early.insert(number, result);
            };
            take(result)?;
            gate.taken();
        }
        Ok(())
    })
}

/// Hands out tasks, a few ahead of what was taken.
struct Gate<A> {
    state: Mutex<State<A>>,
    moved: Condvar,
    ahead: usize,
}

struct State<A> {
    tasks: Enumerate<IntoIter<A>>,
    begun: usize,
    taken: usize,
    closed: bool,
}

impl<A> Gate<A> {
    fn new(tasks: Vec<A>, ahead: usize) -> Self {
        let tasks = tasks.into_iter().enumerate();
        let state = State { tasks, begun: 0, taken: 0, closed: false };
        Self { state: Mutex::new(state), moved: Condvar::new(), ahead }
    }

    fn state(&self) -> MutexGuard<'_, State<A>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next task, as soon as it may be begun.
    fn next(&self) -> Option<(usize, A)> {
        let must_wait = |state: &mut State<A>| {
            let is_far = state.begun >= state.taken.saturating_add(self.ahead);
            !state.closed && is_far && state.tasks.len() > 0
        };
        let mut state = self.moved.wait_while(self.state(), must_wait).unwrap_or_else(PoisonError::into_inner);
        if state.closed {
            return None;
        }
        let task = state.tasks.next();
        state.begun += usize::from(task.is_some());
        task
    }

    fn taken(&self) {
        self.state().taken += 1;
        self.moved.notify_one();
    }
}

/// Ends the handing out. A thread that ends because nothing is left does no harm by it; one that broke off must not leave others waiting.
struct Closes<'a, A>(&'a Gate<A>);

impl<A> Drop for Closes<'_, A> {
    fn drop(&mut self) {
        self.0.state().closed = true;
        self.0.moved.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::in_order;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn however_long_one_task_takes_few_are_begun_ahead_of_it() {
        for threads in [2, 3, 8] {
            let (done, taken, furthest) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
            let work = |number: usize| {
                furthest.fetch_max(number - taken.load(Ordering::SeqCst).min(number), Ordering::SeqCst);
                if number == 0 {
                    // The others go as far as they may while this one is not done.
                    while done.load(Ordering::SeqCst) < 2 * threads - 1 {
                        std::thread::yield_now();
                    }
                    (0..10_000).for_each(|_| std::thread::yield_now());
                }
                done.fetch_add(1, Ordering::SeqCst);
                number
            };
            let mut seen = Vec::new();
            let told: Result<(), ()> = in_order((0..200).collect(), threads, work, |number| {
                seen.push(number);
                taken.fetch_add(1, Ordering::SeqCst);
                Ok(())
            });
            assert_eq!((told, seen), (Ok(()), (0..200).collect()));
            assert!(furthest.load(Ordering::SeqCst) < 2 * threads, "{} with {threads}", furthest.into_inner());
        }
    }

    #[test]
    fn a_refused_result_ends_it() {
        let begun = AtomicUsize::new(0);
        let work = |number: usize| {
            begun.fetch_add(1, Ordering::SeqCst);
            number
        };
        let told = in_order((0..1000).collect(), 4, work, |number| if number == 5 { Err(number) } else { Ok(()) });
        assert_eq!(told, Err(5));
        assert!(begun.into_inner() <= 5 + 8);
    }

    #[test]
    fn a_task_that_panics_leaves_nobody_waiting() {
        let told = std::panic::catch_unwind(|| {
            let work = |number: usize| {
                assert!(number != 3, "as meant");
                number
            };
            in_order((0..1000).collect(), 4, work, |_| Ok::<(), ()>(()))
        });
        assert!(told.is_err());
    }
}
