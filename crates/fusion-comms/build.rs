//! Migrations are compiled in: a changed one means a new binary.

fn main() {
    println!("cargo:rerun-if-changed=../../migrations");
}
