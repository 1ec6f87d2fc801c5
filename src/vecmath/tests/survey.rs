//! 10^8 results of each function beside GNU MPFR's, outside of the tests: hashes of a million each.
//!
//! `tests/data/vecmath_mpfr.c` has the same inputs, with MPFR's results; the guide's page `accuracy` has the commands.

use super::*;

/// Prints a line for each block of inputs: function, block, hash.
#[test]
#[ignore = "to be compared with what tests/data/vecmath_mpfr.c prints"]
fn survey_for_mpfr() {
    type Function = (&'static str, fn(&mut [f64]));
    let functions: [Function; 4] = [
        ("exp", exp),
        ("ln", ln),
        ("tanh", tanh),
        ("sigmoid", sigmoid),
    ];
    for (name, function) in functions {
        for block in 0..100 {
            let mut random = Random(block << 32);
            let mut x: Vec<f64> = (0..1_000_000)
                .map(|_| input(&mut random, name == "ln"))
                .collect();
            function(&mut x);
            // FNV-1a, a number at a time.
            let hash = x.iter().fold(0xcbf2_9ce4_8422_2325, |hash: u64, y| {
                let bits = if y.is_nan() { f64::NAN } else { *y }.to_bits();
                (hash ^ bits).wrapping_mul(0x100_0000_01b3)
            });
            println!("{name} {block} {hash:016x}");
        }
    }
}

fn input(random: &mut Random, is_ln: bool) -> f64 {
    let x = match random.next() % 8 {
        // All exponents; all of exp's range; near 0; near 1.
        0 => f64::from_bits(random.next()),
        1 => random.within((-750.0, 750.0)),
        2 => {
            let down = random.next() % 64;
            of_size(random, down)
        }
        3 => {
            let down = random.next() % 53;
            1.0 + of_size(random, down)
        }
        // Subnormal numbers or results; the ends; few bits.
        4 if is_ln => f64::from_bits(random.next() >> 12),
        4 => random.within((-745.2, -708.3)),
        5 if random.next() & 1 == 1 => random.within((709.0, 709.8)),
        5 => random.within((18.0, 41.0)),
        6 => {
            let down = random.next() % 80;
            f64::from_bits(of_size(random, down).to_bits() >> 42 << 42)
        }
        _ => random.within((-8.0, 8.0)),
    };
    if is_ln { x.abs() } else { x }
}

/// From 2^-down to 2^(1 - down), of either sign.
fn of_size(random: &mut Random, down: u64) -> f64 {
    let size = f64::from_bits((1023 - down) << 52) * random.within((1.0, 2.0));
    if random.next() & 1 == 1 { -size } else { size }
}
