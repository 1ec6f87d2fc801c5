/* Classifies two samples by a network with 64 inputs: one of zeros, one of halves. */
#include "rowmajor.h"
#include <stdio.h>
#include <stdlib.h>

static int fail(const char *what) {
    fprintf(stderr, "%s: %s\n", what, rowmajor_last_error());
    return EXIT_FAILURE;
}

int main(int argc, char **argv) {
    enum { ROWS = 2, INPUTS = 64 };
    double x[ROWS * INPUTS] = {0};
    size_t classes[ROWS];

    rowmajor_network *network = rowmajor_open(argc > 1 ? argv[1] : "network.npz");
    if (!network)
        return fail("open");
    size_t outputs = rowmajor_outputs(network);
    double *results = malloc(ROWS * outputs * sizeof *results);
    for (int i = INPUTS; i < ROWS * INPUTS; i++)
        x[i] = 0.5;

    if (rowmajor_forward(network, x, ROWS, INPUTS, results, ROWS * outputs) ||
        rowmajor_predict(network, x, ROWS, INPUTS, classes, ROWS))
        return fail("classify");
    for (size_t i = 0; i < ROWS; i++) {
        /* A single result is the probability of class 1. */
        double p = outputs > 1 ? results[i * outputs + classes[i]]
                   : classes[i] ? results[i] : 1.0 - results[i];
        printf("sample %zu: class %zu, %.1f %%\n", i, classes[i], 100.0 * p);
    }

    free(results);
    rowmajor_free(network);
    return EXIT_SUCCESS;
}
