//! Two builds by turns, so that what else the machine does meets both alike.

use std::path::Path;

use crate::arguments::{Arguments, Kind};
use crate::measure;
use crate::served::On;

/// Prints each pair of rounds and, for each number, the median of the differences (the second minus the first).
pub async fn run(arguments: &Arguments, kind: Kind, on: On, against: &Path) -> anyhow::Result<()> {
    println!("\n{kind:?} on {on:?}, by turns: A is --binary (or this build), B is --against");
    let mut differences: Vec<(&'static str, Vec<f64>)> = Vec::new();
    for round in 1..=arguments.rounds {
        let a = measure(arguments, kind, on, &arguments.program()).await?.headline;
        let b = measure(arguments, kind, on, against).await?.headline;
        for ((name, a), (_, b)) in a.into_iter().zip(b) {
            println!("  round {round}  {name:<28} A {a:>9.2}  B {b:>9.2}  B-A {:>+9.2}", b - a);
            match differences.iter_mut().find(|(known, _)| *known == name) {
                Some((_, list)) => list.push(b - a),
                None => differences.push((name, vec![b - a])),
            }
        }
    }
    for (name, mut list) in differences {
        list.sort_by(f64::total_cmp);
        let (low, high) = (list[(list.len() - 1) / 2], list[list.len() / 2]);
        println!("  median   {name:<28} {:>34} {:>+9.2}", "B-A", f64::midpoint(low, high));
    }
    Ok(())
}
