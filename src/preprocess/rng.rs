//! Random numbers from a seed.

use crate::ShapeError;
use crate::matrix::{or_fail, try_collect};

/// A small random-number generator, the same numbers from a seed on every machine and in every version of the crate.
///
/// xoshiro256++ (Blackman and Vigna, "Scrambled linear pseudorandom number generators", 2021), its state the first four
/// numbers of SplitMix64 from the seed, as its authors recommend. Not for secrets.
///
/// ```
/// use rowmajor::preprocess::Rng;
///
/// let mut rng = Rng::new(42);
/// assert_eq!(rng.permutation(5), Rng::new(42).permutation(5));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rng {
    state: [u64; 4],
}

impl Rng {
    /// The generator that starts from `seed`.
    ///
    /// ```
    /// use rowmajor::preprocess::Rng;
    ///
    /// assert_ne!(Rng::new(1).next_u64(), Rng::new(2).next_u64());
    /// ```
    pub fn new(mut seed: u64) -> Rng {
        let state = [(); 4].map(|()| splitmix64(&mut seed));
        Rng { state }
    }

    /// The next 64 bits.
    ///
    /// ```
    /// assert_eq!(rowmajor::preprocess::Rng::new(0).next_u64(), 0x53175d61490b23df);
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
    /// use rowmajor::preprocess::Rng;
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

    /// A number from 0 up to, never, 1: one of the multiples of 2^-53, each as likely as the others.
    ///
    /// ```
    /// let x = rowmajor::preprocess::Rng::new(7).unit();
    /// assert!((0.0..1.0).contains(&x));
    /// ```
    pub fn unit(&mut self) -> f64 {
        const STEP: f64 = 1.0 / (1u64 << 53) as f64;
        (self.next_u64() >> 11) as f64 * STEP
    }

    /// Puts the items in random order, each order as likely as the others (Fisher and Yates): for i from the last place
    /// to the second, it changes places with the item at [`below`](Rng::below)`(i + 1)`.
    ///
    /// ```
    /// use rowmajor::preprocess::Rng;
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
    /// Where the memory cannot be had.
    ///
    /// ```
    /// use rowmajor::{matrix, preprocess::Rng};
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

    pub(super) fn try_permutation(&mut self, len: usize) -> Result<Vec<usize>, ShapeError> {
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

    /// The first numbers from the state 1, 2, 3, 4, by the authors' C program (prng.di.unimi.it, xoshiro256plusplus.c).
    #[test]
    fn xoshiro256_plus_plus_as_published() {
        let mut rng = Rng {
            state: [1, 2, 3, 4],
        };
        let expected = [
            41943041,
            58720359,
            3588806011781223,
            3591011842654386,
            9228616714210784205,
            9973669472204895162,
            14011001112246962877,
            12406186145184390807,
            15849039046786891736,
            10450023813501588000,
        ];
        assert_eq!([(); 10].map(|()| rng.next_u64()), expected);
    }

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
