//! Random numbers from a seed: initial weights, shuffled samples, data split at random.
//!
//! [`Rng`] is the one generator of the crate. What uses it takes it as an argument, so that a run is repeated by
//! starting from the same seed, or from a saved [`state`](Rng::state).
//!
//! ```
//! use rowmajor::{Matrix, random::Rng};
//!
//! let mut rng = Rng::new(42);
//! let weights = Matrix::from_fn(784, 50, |_, _| rng.normal(0.0, 0.01));
//! let order = rng.permutation(60000);
//! assert_eq!((weights.shape(), order.len()), ((784, 50), 60000));
//! ```
#![forbid(unsafe_code)]

use crate::ShapeError;
use crate::matrix::{or_fail, try_collect};
use crate::vecmath::scalar;

/// A small random-number generator: the same numbers from a seed on every CPU and in every version of the crate.
///
/// xoshiro256++ (Blackman and Vigna, "Scrambled linear pseudorandom number generators", 2021), its state the first four
/// numbers of SplitMix64 from the seed, as its authors recommend. Not for secrets.
///
/// ```
/// use rowmajor::random::Rng;
///
/// let mut rng = Rng::new(42);
/// assert_eq!(rng.permutation(5), Rng::new(42).permutation(5));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[doc(alias = "default_rng")]
pub struct Rng {
    state: [u64; 4],
}

impl Rng {
    /// The generator that starts from `seed`.
    ///
    /// ```
    /// use rowmajor::random::Rng;
    ///
    /// assert_ne!(Rng::new(1).next_u64(), Rng::new(2).next_u64());
    /// ```
    pub fn new(mut seed: u64) -> Rng {
        let state = [(); 4].map(|()| splitmix64(&mut seed));
        Rng { state }
    }

    /// All that the generator knows: what it gives next depends on these numbers alone.
    ///
    /// ```
    /// use rowmajor::random::Rng;
    ///
    /// let mut rng = Rng::new(42);
    /// rng.next_u64();
    /// let saved = rng.state();
    /// assert_eq!(Rng::from_state(saved), Some(rng));
    /// ```
    pub fn state(&self) -> [u64; 4] {
        self.state
    }

    /// The generator with a state that [`state`](Rng::state) gave; `None` for four zeros, which no generator has and
    /// from which only zeros would follow.
    ///
    /// ```
    /// use rowmajor::random::Rng;
    ///
    /// let mut rng = Rng::from_state([1, 2, 3, 4]).unwrap();
    /// assert_eq!(rng.next_u64(), 41943041);
    /// assert_eq!(Rng::from_state([0; 4]), None);
    /// ```
    pub fn from_state(state: [u64; 4]) -> Option<Rng> {
        (state != [0; 4]).then_some(Rng { state })
    }

    /// The next 64 bits.
    ///
    /// ```
    /// assert_eq!(rowmajor::random::Rng::new(0).next_u64(), 0x53175d61490b23df);
    /// ```
    pub fn next_u64(&mut self) -> u64 {
        let s = &mut self.state;
        let result = s[0].wrapping_add(s[3]).rotate_left(23).wrapping_add(s[0]);
        let t = s[1] << 17;
        s[2] ^= s[0];
        s[3] ^= s[1];
        s[1] ^= s[2];
        s[0] ^= s[3];
        s[2] ^= t;
        s[3] = s[3].rotate_left(45);
        result
    }

    /// A number below `bound`, each as likely as the others; a bound of 0 is read as 1.
    ///
    /// The upper half of the product of 64 bits with the bound; bits that would favour some numbers are drawn again
    /// (Lemire, "Fast random integer generation in an interval", 2019).
    ///
    /// ```
    /// use rowmajor::random::Rng;
    ///
    /// let mut rng = Rng::new(7);
    /// assert!((0..100).all(|_| rng.below(6) < 6));
    /// ```
    pub fn below(&mut self, bound: usize) -> usize {
        let bound = bound.max(1) as u64;
        let favoured = bound.wrapping_neg() % bound;
        loop {
            let product = u128::from(self.next_u64()) * u128::from(bound);
            if product as u64 >= favoured {
                return (product >> 64) as usize;
            }
        }
    }

    /// A number between `low` and `high`, uniformly distributed: `low + (high - low) * u`, where u is one of the
    /// multiples of 2^-53 from 0 to 1 - 2^-53, each as likely as the others. `high` itself comes by rounding only, and
    /// never from 0 to 1.
    ///
    /// # Panics
    /// Where `high - low` is not finite.
    ///
    /// ```
    /// use rowmajor::random::Rng;
    ///
    /// let mut rng = Rng::new(7);
    /// assert!((0..100).all(|_| (-0.5..0.5).contains(&rng.uniform(-0.5, 0.5))));
    /// ```
    #[track_caller]
    pub fn uniform(&mut self, low: f64, high: f64) -> f64 {
        let width = high - low;
        assert!(
            width.is_finite(),
            "uniform: the width of {low} to {high} is not finite"
        );
        low + width * self.unit()
    }

    /// A number of the normal distribution with this mean and standard deviation.
    ///
    /// Marsaglia's polar method (1964): u and v are numbers as [`uniform`](Rng::uniform)`(-1.0, 1.0)` gives them, drawn
    /// again until `s = u * u + v * v` is below 1 and not 0; then `z = u * sqrt(-2.0 * ln(s) / s)`, by
    /// [`vecmath`](crate::vecmath::scalar::ln)'s ln, and the result is `mean + standard_deviation * z`. The second number
    /// that u and v could give is not used, so that the [`state`](Rng::state) is all there is to know.
    ///
    /// ```
    /// use rowmajor::random::Rng;
    ///
    /// let mut rng = Rng::new(7);
    /// let near = (0..1000).filter(|_| (rng.normal(5.0, 2.0) - 5.0).abs() < 2.0).count();
    /// assert!((650..720).contains(&near)); // 68 % are less than one standard deviation away
    /// ```
    pub fn normal(&mut self, mean: f64, standard_deviation: f64) -> f64 {
        loop {
            let (u, v) = (2.0 * self.unit() - 1.0, 2.0 * self.unit() - 1.0);
            let s = u * u + v * v;
            if s < 1.0 && s > 0.0 {
                let z = u * (-2.0 * scalar::ln(s) / s).sqrt();
                return mean + standard_deviation * z;
            }
        }
    }

    /// A multiple of 2^-53 from 0 to 1 - 2^-53.
    fn unit(&mut self) -> f64 {
        const STEP: f64 = 1.0 / (1u64 << 53) as f64;
        (self.next_u64() >> 11) as f64 * STEP
    }

    /// Puts the items in random order, each order as likely as the others (Fisher and Yates): for i from the last place
    /// to the second, it changes places with the item at [`below`](Rng::below)`(i + 1)`.
    ///
    /// ```
    /// use rowmajor::random::Rng;
    ///
    /// let mut items = ['a', 'b', 'c', 'd'];
    /// Rng::new(3).shuffle(&mut items);
    /// items.sort();
    /// assert_eq!(items, ['a', 'b', 'c', 'd']);
    /// ```
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            items.swap(i, self.below(i + 1));
        }
    }

    /// The numbers below `len` in random order: an epoch's order of the samples, for
    /// [`Matrix::select_rows`](crate::Matrix::select_rows).
    ///
    /// # Panics
    /// Where allocation fails.
    ///
    /// ```
    /// use rowmajor::{matrix, random::Rng};
    ///
    /// let x = matrix![[0.0], [1.0], [2.0]];
    /// let order = Rng::new(1).permutation(3);
    /// let shuffled = x.select_rows(&order)?;
    /// assert_eq!(shuffled[(0, 0)], order[0] as f64);
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    #[track_caller]
    pub fn permutation(&mut self, len: usize) -> Vec<usize> {
        or_fail(self.try_permutation(len))
    }

    pub(crate) fn try_permutation(&mut self, len: usize) -> Result<Vec<usize>, ShapeError> {
        let mut order = try_collect(len, 0..len)?;
        self.shuffle(&mut order);
        Ok(order)
    }
}

/// The next number of SplitMix64 (Steele, Lea and Flood, 2014).
pub(crate) fn splitmix64(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first numbers from 1234567, by the authors' C program (prng.di.unimi.it, splitmix64.c).
    #[test]
    fn splitmix64_as_published() {
        let mut state = 1234567;
        let expected = [
            6457827717110365317,
            3203168211198807973,
            9817491932198370423,
            4593380528125082431,
            16408922859458223821,
        ];
        assert_eq!([(); 5].map(|()| splitmix64(&mut state)), expected);
    }
}
