//! Rebuilds the crate when the pages that it embeds change, files that are new included.

fn main() {
    println!("cargo::rerun-if-changed=../../web/dist");
}
