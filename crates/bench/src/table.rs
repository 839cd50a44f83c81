//! Tables of plain text: the first column to the left, the others to the right.

use std::fmt;

/// Rows of cells under a heading.
pub struct Table {
    heading: Vec<String>,
    rows: Vec<Vec<String>>,
    /// The last column is words and stands to the left.
    pub words_last: bool,
}

impl Table {
    /// A table without rows.
    pub fn new(heading: &[&str]) -> Self {
        Self { heading: heading.iter().map(|cell| (*cell).to_owned()).collect(), rows: Vec::new(), words_last: false }
    }

    /// Adds a row.
    pub fn row(&mut self, cells: impl IntoIterator<Item = impl Into<String>>) {
        self.rows.push(cells.into_iter().map(Into::into).collect());
    }

    fn widths(&self) -> Vec<usize> {
        let width = |column: usize| {
            let cells = std::iter::once(&self.heading).chain(&self.rows).filter_map(|row| row.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        (0..self.heading.len()).map(width).collect()
    }
}

impl fmt::Display for Table {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let widths = self.widths();
        let last = widths.len().saturating_sub(1);
        let rule: Vec<String> = widths.iter().map(|width| "─".repeat(*width)).collect();
        for row in [&self.heading, &rule].into_iter().chain(&self.rows) {
            let mut line = String::from("  ");
            for ((cell, width), column) in row.iter().zip(&widths).zip(0..) {
                let left = column == 0 || (column == last && self.words_last);
                let space = " ".repeat(width - cell.chars().count().min(*width));
                line.push_str(if column == 0 { "" } else { "  " });
                line.push_str(if left { "" } else { &space });
                line.push_str(cell);
                line.push_str(if left { &space } else { "" });
            }
            writeln!(formatter, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Table;

    #[test]
    fn columns_stand_under_each_other() {
        let mut table = Table::new(&["way", "calls"]);
        table.row(["a × b", "1,000"]);
        table.row(["longer one", "7"]);
        assert_eq!(
            table.to_string(),
            "  way         calls\n  ──────────  ─────\n  a × b       1,000\n  longer one      7\n"
        );
    }
}
