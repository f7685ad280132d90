//! A page as rows of cells, so that a value can be found beside or below its label.

/// A run of text between wide gaps. `start` and `end` are columns, in characters.
#[derive(Clone)]
pub(super) struct Cell {
    pub start: usize,
    pub end: usize,
    pub text: String,
}

/// Rows of cells; empty lines are left out.
pub(super) type Grid = Vec<Vec<Cell>>;

/// Splits each line at tabs and at gaps of two or more blanks.
pub(super) fn grid(text: &str) -> Grid {
    text.lines().map(row).filter(|r| !r.is_empty()).collect()
}

fn row(line: &str) -> Vec<Cell> {
    let mut cells = Vec::new();
    let mut current: Option<Cell> = None;
    let mut gap = 0;
    for (column, c) in line.chars().enumerate() {
        if c.is_whitespace() {
            gap += if c == '\t' { 2 } else { 1 };
            continue;
        }
        match current.as_mut() {
            Some(cell) if gap < 2 => {
                if gap == 1 {
                    cell.text.push(' ');
                }
                cell.text.push(c);
                cell.end = column + 1;
            }
            _ => {
                cells.extend(current.take());
                current = Some(Cell { start: column, end: column + 1, text: c.to_string() });
            }
        }
        gap = 0;
    }
    cells.extend(current);
    cells
}

/// The nearest cells above `(row, cell)` that share a column with it, nearest first, at most `rows` rows up.
pub(super) fn above(grid: &Grid, row: usize, cell: &Cell, rows: usize) -> Vec<String> {
    (row.saturating_sub(rows)..row)
        .rev()
        .filter_map(|r| overlapping(&grid[r], cell))
        .map(|c| c.text.clone())
        .collect()
}

/// The cell in the row below that shares a column with `cell`.
pub(super) fn below<'a>(grid: &'a Grid, row: usize, cell: &Cell) -> Option<&'a Cell> {
    overlapping(grid.get(row + 1)?, cell)
}

fn overlapping<'a>(row: &'a [Cell], cell: &Cell) -> Option<&'a Cell> {
    row.iter().find(|c| c.start < cell.end && cell.start < c.end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_found_below_its_label_by_column() {
        let g = grid("Patient          Date of service\nDoe, Jane        10/11/2026");
        let label = g[0][1].clone();
        assert_eq!(below(&g, 0, &label).unwrap().text, "10/11/2026");
        assert_eq!(above(&g, 1, &g[1][0], 3), vec!["Patient".to_owned()]);
    }
}
