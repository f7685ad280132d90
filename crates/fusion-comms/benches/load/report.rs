//! What one run comes to: lines to be read, and the few numbers by which two builds are compared.

use crate::arguments::Kind;
use crate::served::On;

pub struct Report {
    pub lines: Vec<String>,
    /// Name with unit, and value.
    pub headline: Vec<(&'static str, f64)>,
}

impl Report {
    pub fn print(&self, kind: Kind, on: On) {
        println!("\n{kind:?} on {on:?}");
        self.lines.iter().for_each(|line| println!("{line}"));
    }
}
