//! What the environment asks for, in processes of their own.
#![allow(clippy::unwrap_used, reason = "tests may fail loudly")]

use rowmajor::{Matrix, num_threads, set_num_threads};
use std::process::{Command, Output};

/// Runs only where one of the tests below calls this program again.
#[test]
#[ignore = "a part of the others"]
fn child() {
    let a = Matrix::from_fn(3, 3, |row, col| (3 * row + col) as f64);
    let product = a.matmul(&a).unwrap();
    let from_environment = num_threads();
    set_num_threads(2);
    println!("<{from_environment} {} {}>", num_threads(), product[(2, 2)]);
}

fn with(name: &str, value: &str) -> Output {
    let mut program = Command::new(std::env::current_exe().unwrap());
    program
        .args(["--ignored", "--exact", "child", "--nocapture"])
        .env_remove("ROWMAJOR_ISA")
        .env_remove("ROWMAJOR_NUM_THREADS")
        .env(name, value);
    program.output().unwrap()
}

#[test]
fn the_number_of_threads() {
    for value in ["1", "3", "250"] {
        let output = with("ROWMAJOR_NUM_THREADS", value);
        let printed = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{value}: {printed}");
        assert!(printed.contains(&format!("<{value} 2 111>")), "{printed}");
    }
    for value in ["0", "-1", "two", "", "1.0", "18446744073709551616"] {
        let output = with("ROWMAJOR_NUM_THREADS", value);
        assert!(!output.status.success(), "{value}");
        let said = String::from_utf8_lossy(&output.stderr);
        let expected = format!("ROWMAJOR_NUM_THREADS={value}: not a number of threads, 1 or more");
        assert!(said.contains(&expected), "{said}");
    }
}

#[test]
fn the_isa() {
    let output = with("ROWMAJOR_ISA", "portable");
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && printed.contains(" 2 111>"),
        "{printed}"
    );
    for value in ["sse9", "", "AVX2"] {
        let output = with("ROWMAJOR_ISA", value);
        assert!(!output.status.success(), "{value}");
        let said = String::from_utf8_lossy(&output.stderr);
        let expected = format!("ROWMAJOR_ISA={value}: no such ISA here");
        assert!(
            said.contains(&expected) && said.contains("portable"),
            "{said}"
        );
    }
}
