//! Lists a bucket: folders side by side, and only those that can hold what is wanted.

use std::sync::Arc;

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use ports::{AwsError, ListObjects, ListedObject, ObjectPage, ObjectStorage};
use tokio::sync::mpsc;
use trail::{Filter, Skipped, Step, Wanted, step};

/// Listings in flight. S3 takes thousands a second; more than this are not needed to keep the readers busy.
const LISTINGS: usize = 16;
/// Pages that wait to be taken. Listing pauses until there is room.
const PAGES: usize = 8;

/// What is listed.
#[derive(Debug, Clone)]
pub struct Walk {
    /// The bucket.
    pub bucket: String,
    /// A folder, or one object; nothing for the whole bucket.
    pub root: String,
    /// What can be left out.
    pub filter: Filter,
    /// Kinds of files.
    pub wanted: Wanted,
}

/// What listing found.
#[derive(Debug)]
pub enum Found {
    /// Objects.
    Objects(Vec<ListedObject>),
    /// A folder that was left out.
    Skipped(String, Skipped),
    /// A folder, or the rest of one, that could not be listed.
    Failed(String, AwsError),
}

#[derive(Debug, Clone)]
struct Task {
    request: ListObjects,
    before: Option<String>,
    /// Only this object, or this folder: what was asked for without a `/` at the end.
    exact: Option<String>,
}

/// Lists in the background; what is found comes in no particular order. Ends when the receiver is dropped.
#[must_use]
pub fn walk(storage: Arc<dyn ObjectStorage>, wanted: Walk) -> mpsc::Receiver<Found> {
    let (sender, receiver) = mpsc::channel(PAGES);
    tokio::spawn(async move { run(storage.as_ref(), &wanted, &sender).await });
    receiver
}

async fn run(storage: &dyn ObjectStorage, wanted: &Walk, sender: &mpsc::Sender<Found>) -> Option<()> {
    let mut waiting = Vec::new();
    let is_folder = wanted.root.is_empty() || wanted.root.ends_with('/');
    let first = if is_folder { enter(wanted, &wanted.root, &mut waiting) } else { None };
    if !is_folder {
        let request = listing(wanted, &wanted.root, true);
        waiting.push(Task { request, before: None, exact: Some(wanted.root.clone()) });
    }
    if let Some(found) = first {
        sender.send(found).await.ok()?;
    }
    let list = |task: Task| async move {
        let page = storage.list(&task.request).await;
        (task, page)
    };
    let mut running = FuturesUnordered::new();
    loop {
        while running.len() < LISTINGS
            && let Some(task) = waiting.pop()
        {
            running.push(list(task));
        }
        let Some((task, page)) = running.next().await else { return Some(()) };
        match page {
            Err(error) => sender.send(Found::Failed(task.request.prefix, error)).await.ok()?,
            Ok(page) => {
                for found in take(wanted, task, page, &mut waiting) {
                    sender.send(found).await.ok()?;
                }
            }
        }
    }
}

fn listing(wanted: &Walk, prefix: &str, folder_only: bool) -> ListObjects {
    ListObjects { bucket: wanted.bucket.clone(), prefix: prefix.to_owned(), folder_only, ..ListObjects::default() }
}

/// Puts a folder on the list of what is to be done, or says why not.
fn enter(wanted: &Walk, folder: &str, waiting: &mut Vec<Task>) -> Option<Found> {
    match step(folder, &wanted.filter, wanted.wanted) {
        Step::Skip(why) => return Some(Found::Skipped(folder.to_owned(), why)),
        Step::Folders => waiting.push(Task { request: listing(wanted, folder, true), before: None, exact: None }),
        Step::All { after, before } => {
            let request = ListObjects { start_after: after, ..listing(wanted, folder, false) };
            waiting.push(Task { request, before, exact: None });
        }
    }
    None
}

fn take(wanted: &Walk, mut task: Task, page: ObjectPage, waiting: &mut Vec<Task>) -> Vec<Found> {
    let ObjectPage { mut objects, folders, next } = page;
    // What a console calls a folder is an empty object.
    objects.retain(|object| !(object.size_bytes == 0 && object.key.ends_with('/')));
    let mut is_past = false;
    if let Some(before) = &task.before {
        let within = objects.iter().take_while(|object| object.key < *before).count();
        is_past = within < objects.len();
        objects.truncate(within);
    }
    let mut found = Vec::new();
    for folder in folders {
        let is_wanted = task.exact.as_ref().is_none_or(|exact| folder.strip_suffix('/') == Some(exact));
        if is_wanted {
            found.extend(enter(wanted, &folder, waiting));
        }
    }
    if let Some(exact) = &task.exact {
        objects.retain(|object| object.key == *exact);
    }
    if !objects.is_empty() {
        found.push(Found::Objects(objects));
    }
    if let Some(next) = next.filter(|_| !is_past) {
        task.request.token = Some(next);
        waiting.push(task);
    }
    found
}
