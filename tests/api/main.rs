//! The library from outside, all but files: one program, a module for each subject. Tests that need a process of their
//! own, for an allocator, environment variables or the number of threads, are programs of their own.

#[path = "../common/mod.rs"]
mod common;

mod classifiers;
mod display;
mod display_options;
mod eigh;
mod fingerprints;
mod gradients;
mod matrix;
mod metrics;
mod network;
mod nn;
mod order;
mod plot;
mod preprocess;
mod product;
mod random;
mod rule;
mod sizes;
mod split;
mod train;
mod training_references;
mod traits;
