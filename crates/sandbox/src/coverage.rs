//! Which operations of AWS are served, as the table of `docs/sandbox.md`.

use crate::authorize::table;
use crate::shape;
use crate::wire::route::Service;

/// The table, and below it every operation by name, as Markdown.
#[must_use]
pub fn coverage() -> String {
    let mut out = String::from("| service | served | of AWS's |\n|---|---:|---:|\n");
    let mut details = String::new();
    for service in Service::ALL {
        let model = shape::of(service);
        let (served, absent) = (model.operations.len(), model.absent.len());
        out.push_str(&format!("| {} | {served} | {} |\n", service.name(), served + absent));
        let rows = model.operations.keys().map(|operation| {
            let row = table::of(service, operation);
            let kinds = row.map_or_else(String::new, |row| row.kinds.join(", "));
            format!("| {operation} | {} | {kinds} |\n", row.map_or("", |row| row.action))
        });
        let rows: String = rows.collect();
        details.push_str(&format!(
            "\n### {}\n\n| operation | action | on |\n|---|---|---|\n{rows}\nNot served: {}.\n",
            service.name(),
            if absent == 0 { "nothing".to_owned() } else { model.absent.join(", ") }
        ));
    }
    out.push_str(&details);
    out
}
