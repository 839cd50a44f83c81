//! Keys of permission sets, assignments and switch roles in the order of their documentation.

use crate::diagnostic::{line_of, line_starts};
use crate::files::FileKind;
use crate::shape::{ASSIGNMENT, PERMISSION_SET, SWITCH_ROLES, Shape};
use crate::yaml::{Document, Entry, Node, Value};

/// Sorts the keys; a key takes the comments right above it along.
pub(super) fn tidy(text: &str, document: &Document, kind: FileKind) -> Option<String> {
    if document.fancy {
        return None;
    }
    let root = document.root.as_ref()?;
    let starts = line_starts(text);
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let mut out: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
    match (kind, &root.value) {
        (FileKind::PermissionSet, Value::Mapping { .. }) => sort(&starts, root, &PERMISSION_SET, &mut out)?,
        (FileKind::SwitchRoles, Value::Mapping { .. }) => sort(&starts, root, &SWITCH_ROLES, &mut out)?,
        (FileKind::Assignments, Value::Sequence { items, flow: false }) => {
            // Entry by entry: one that cannot be sorted does not stand in the way of the others.
            for item in items {
                let _ = sort(&starts, item, &ASSIGNMENT, &mut out);
            }
        }
        _ => return None,
    }
    Some(out.concat())
}

/// Sorts the lines of one mapping. None when its keys do not stand on lines of their own.
fn sort(starts: &[usize], node: &Node, shape: &Shape, out: &mut [String]) -> Option<()> {
    let Value::Mapping { entries, flow: false } = &node.value else { return None };
    let place = |entry: &Entry| shape.keys.iter().position(|key| key.name == entry.key.text).unwrap_or(usize::MAX);
    if entries.is_sorted_by_key(place) {
        return Some(());
    }
    let mut first_lines = Vec::new();
    for entry in entries {
        let line = line_of(starts, entry.key.span.start);
        // Comments directly above a key belong to it, but not those above the whole mapping.
        let mut start = line;
        while !first_lines.is_empty()
            && start > 0
            && out.get(start - 1).is_some_and(|above| above.trim_start().starts_with('#'))
        {
            start -= 1;
        }
        if first_lines.last().is_some_and(|last| *last >= start) {
            return None;
        }
        first_lines.push(start);
    }
    let first = *first_lines.first()?;
    let end = line_of(starts, entries.last()?.value.span.end.max(entries.last()?.key.span.end).saturating_sub(1)) + 1;
    let bounds: Vec<usize> = first_lines.iter().skip(1).copied().chain([end]).collect();
    let original: Vec<String> = out.get(first..end)?.to_vec();
    let dash = original.first()?.trim_start().starts_with("- ");
    let mut chunks: Vec<(usize, Vec<String>)> = Vec::new();
    for (entry, (start, end)) in entries.iter().zip(first_lines.iter().zip(&bounds)) {
        let mut lines: Vec<String> = original.get(start - first..end - first)?.to_vec();
        if let Some(last) = lines.last_mut()
            && !last.ends_with('\n')
        {
            last.push('\n');
        }
        if dash
            && *start == first
            && let Some(line) = lines.first_mut()
        {
            *line = line.replacen("- ", "  ", 1);
        }
        chunks.push((place(entry), lines));
    }
    chunks.sort_by_key(|(place, _)| *place);
    let mut sorted: Vec<String> = chunks.into_iter().flat_map(|(_, lines)| lines).collect();
    if dash {
        let line = sorted.first_mut()?;
        let indent = line.len() - line.trim_start().len();
        if line.trim_start().starts_with('#') || indent < 2 {
            return None;
        }
        *line = format!("{}- {}", " ".repeat(indent - 2), line.trim_start());
    }
    for (slot, line) in out.get_mut(first..end)?.iter_mut().zip(sorted) {
        *slot = line;
    }
    Some(())
}
