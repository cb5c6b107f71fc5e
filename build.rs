//! Builds the program again when a built-in scenario file is added or changed: a release build holds them all, and the
//! compiler alone would not notice a new one.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var("PROFILE").is_ok_and(|profile| profile == "release") {
        println!("cargo::rerun-if-changed=scenarios");
    }
}
