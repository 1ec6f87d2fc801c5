use super::*;

#[test]
fn scratch_is_for_what_nothing_idle_holds() {
    // Outputs that are packed are whole panels of every ISA, or far less than what is idle.
    for (rows, sizes, expected) in [
        // The packed δ of the only layer, and no more of it than a block.
        (100, &[(10, 48)][..], 4800),
        (2000, &[(10, 48)], SCRATCH),
        // The δ of the layer behind is too small for it, or as large; the gradients of the one before are.
        (100, &[(9999, 96), (96, 48)], 9600),
        (10, &[(100, 48), (48, 48)], 0),
        (100, &[(9999, 48), (48, 96)], 0),
        // Up to a cache line of it is lost: 231 or 232 values are idle, and 240 are packed.
        (5, &[(32, 7), (7, 48)], 240),
        (5, &[(28, 8), (8, 48)], 0),
        // The gradients of two layers before: 1120 values.
        (23, &[(100, 10), (10, 10), (10, 48)], 0),
        (24, &[(100, 10), (10, 10), (10, 48)], 1152),
        // Derivatives by 96 inputs, twice as many, and 256 rows of them at most.
        (100, &[(10, 96), (96, 48)], 19_200),
        (1000, &[(10, 96), (96, 48)], 49_152),
        (10, &[(19, 48), (48, 48)], 0),
        (10, &[(18, 48), (48, 48)], 960),
    ] {
        assert_eq!(scratch_len(sizes, rows), expected, "{sizes:?}, {rows} rows");
    }
    assert_eq!(scratch_len(&[], 1), 0);
}
