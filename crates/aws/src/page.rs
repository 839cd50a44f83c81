//! Lists that come in pages.

use std::collections::{BTreeSet, HashSet};
use std::future::Future;

use ports::{AwsError, AwsErrorKind};

use crate::api::Api;
use crate::error::own_error;

/// More pages than any list has; a service that never ends is an error, not an endless loop.
const MAX_PAGES: usize = 100_000;

/// Most empty pages of a list that still count as patience.
const MAX_STALLS: usize = 50;

/// One page.
pub(crate) struct Page<T> {
    /// What is on it; may be empty although more follows.
    pub(crate) items: Vec<T>,
    /// Where the next one starts.
    pub(crate) next: Option<String>,
}

impl<T> Page<T> {
    /// A page of items that were parsed one by one.
    pub(crate) fn of(
        items: impl IntoIterator<Item = Result<T, AwsError>>,
        next: Option<String>,
    ) -> Result<Self, AwsError> {
        Ok(Self { items: items.into_iter().collect::<Result<_, _>>()?, next })
    }
}

/// A list that could not be read to its end.
#[derive(Debug)]
pub(crate) struct Broken<T> {
    /// What was read until then.
    pub(crate) read: Vec<T>,
    /// Why it ended.
    pub(crate) error: AwsError,
}

/// Reads all pages. `key` names an item: one that is on two pages means that the list moved while it was read, and
/// that others may have been missed; it is read once more then.
pub(crate) async fn pages<T, K, F, Fut>(api: &'static Api, key: impl Fn(&T) -> K, fetch: F) -> Result<Vec<T>, Broken<T>>
where
    K: Ord,
    F: Fn(Option<String>) -> Fut,
    Fut: Future<Output = Result<Page<T>, AwsError>>,
{
    let mut read = Vec::new();
    for _ in 0..2 {
        match pages_once(api, &key, &fetch).await? {
            Listing::Steady(items) => return Ok(items),
            Listing::Moved(items) => read = items,
        }
    }
    Err(Broken { read, error: own_error(api, AwsErrorKind::Invalid, "the list changed while it was read, twice") })
}

enum Listing<T> {
    Steady(Vec<T>),
    Moved(Vec<T>),
}

async fn pages_once<T, K, F, Fut>(api: &'static Api, key: &impl Fn(&T) -> K, fetch: &F) -> Result<Listing<T>, Broken<T>>
where
    K: Ord,
    F: Fn(Option<String>) -> Fut,
    Fut: Future<Output = Result<Page<T>, AwsError>>,
{
    let mut read = Vec::new();
    let mut earlier: BTreeSet<K> = BTreeSet::new();
    let mut tokens: HashSet<String> = HashSet::new();
    let mut token: Option<String> = None;
    let mut moved = false;
    let mut stalls = 0;
    for _ in 0..MAX_PAGES {
        let page = match fetch(token.take()).await {
            Ok(page) => page,
            Err(error) => return Err(Broken { read, error }),
        };
        moved |= page.items.iter().any(|item| earlier.contains(&key(item)));
        let next = page.next.filter(|next| !next.is_empty());
        if next.is_some() || !tokens.is_empty() {
            earlier.extend(page.items.iter().map(key));
        }
        let empty = page.items.is_empty();
        read.extend(page.items);
        let Some(next) = next else {
            return Ok(if moved { Listing::Moved(read) } else { Listing::Steady(read) });
        };
        // An empty page may point to itself: AWS had nothing ready.
        stalls += usize::from(empty);
        if !tokens.insert(next.clone()) && (!empty || stalls > MAX_STALLS) {
            let error = own_error(api, AwsErrorKind::Invalid, "the list came back to a NextToken it had given before");
            return Err(Broken { read, error });
        }
        token = Some(next);
    }
    Err(Broken { read, error: own_error(api, AwsErrorKind::Invalid, "the list has no end") })
}

/// The list, or why it could not be read in full.
pub(crate) fn whole<T>(result: Result<Vec<T>, Broken<T>>) -> Result<Vec<T>, AwsError> {
    result.map_err(|broken| broken.error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::LIST_USERS;
    use std::sync::atomic::{AtomicUsize, Ordering};

    type Pages = Vec<(Vec<u32>, Option<&'static str>)>;

    /// Serves `runs`, one listing after the other; a listing starts without a token.
    async fn list(runs: Vec<Pages>) -> Result<Vec<u32>, (Vec<u32>, String)> {
        let (run, page) = (AtomicUsize::new(usize::MAX), AtomicUsize::new(0));
        pages(
            &LIST_USERS,
            |item| *item,
            |token| {
                if token.is_none() {
                    run.fetch_add(1, Ordering::Relaxed);
                    page.store(0, Ordering::Relaxed);
                }
                let at = page.fetch_add(1, Ordering::Relaxed);
                let (items, next) = runs[run.load(Ordering::Relaxed)][at].clone();
                async move { Ok(Page { items, next: next.map(str::to_owned) }) }
            },
        )
        .await
        .map_err(|broken| (broken.read, broken.error.to_string()))
    }

    #[tokio::test]
    async fn empty_pages_do_not_end_a_list() {
        let found =
            list(vec![vec![(vec![], Some("a")), (vec![1], Some("b")), (vec![], Some("c")), (vec![2], Some(""))]]);
        assert_eq!(found.await.unwrap(), [1, 2]);
    }

    #[tokio::test]
    async fn a_token_given_twice_is_an_error() {
        let (read, error) = list(vec![vec![(vec![1], Some("a")), (vec![2], Some("a"))]]).await.unwrap_err();
        assert_eq!(read, [1, 2]);
        assert!(error.contains("NextToken"), "{error}");
    }

    #[tokio::test]
    async fn an_empty_page_may_point_to_itself_for_a_while() {
        let stalled = |times: usize| {
            let mut pages: Pages = vec![(vec![1], Some("a"))];
            pages.extend(std::iter::repeat_n((vec![], Some("a")), times));
            pages.push((vec![2], None));
            list(vec![pages])
        };
        assert_eq!(stalled(10).await.unwrap(), [1, 2]);
        let (read, error) = stalled(1000).await.unwrap_err();
        assert_eq!(read, [1]);
        assert!(error.contains("NextToken"), "{error}");
    }

    #[tokio::test]
    async fn a_list_that_moved_is_read_again() {
        let moved: Pages = vec![(vec![1, 2], Some("a")), (vec![2, 3], None)];
        let steady: Pages = vec![(vec![1, 2], Some("a")), (vec![3, 4], None)];
        assert_eq!(list(vec![moved.clone(), steady]).await.unwrap(), [1, 2, 3, 4]);
        let (read, error) = list(vec![moved.clone(), moved]).await.unwrap_err();
        assert_eq!(read, [1, 2, 2, 3]);
        assert!(error.contains("changed while it was read"), "{error}");
    }

    #[tokio::test]
    async fn a_double_row_on_one_page_is_no_movement() {
        assert_eq!(list(vec![vec![(vec![1, 1], Some("a")), (vec![2], None)]]).await.unwrap(), [1, 1, 2]);
    }
}
