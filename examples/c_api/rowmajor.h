/* Networks in .npz files, run by rowmajor. */
#ifndef ROWMAJOR_H
#define ROWMAJOR_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A loaded network. Any number of threads may use it at once. */
typedef struct rowmajor_network rowmajor_network;

/* Loads a network; `path` is UTF-8. NULL where that fails. */
rowmajor_network *rowmajor_open(const char *path);

/* Frees a network, which no thread may be using; NULL is none. */
void rowmajor_free(rowmajor_network *network);

/* How many values a sample, and a result, have; 0 where `network` is NULL. */
size_t rowmajor_inputs(const rowmajor_network *network);
size_t rowmajor_outputs(const rowmajor_network *network);

/* How many classes rowmajor_predict tells apart: 2 where the network ends in a
 * single sigmoid or step, whose result is that of class 1; otherwise the
 * number of outputs. 0 where `network` is NULL. */
size_t rowmajor_classes(const rowmajor_network *network);

/* The results (of a classifier that ends in softmax: the probabilities; in a
 * single sigmoid: the probability of class 1) for
 * `rows` samples of `cols` values each, row by row, `cols` equal to
 * rowmajor_inputs. `results` has room for `results_len` values, at least
 * `rows` times rowmajor_outputs; what lies beyond these is left alone.
 * 0, or -1 where that fails; `results` is then left alone. */
int rowmajor_forward(const rowmajor_network *network,
                     const double *x, size_t rows, size_t cols,
                     double *results, size_t results_len);

/* The class of each sample: the place of its largest result, from 0; where the
 * network ends in a single sigmoid or step, 1 where the result is more than
 * 0.5, otherwise 0. A single other result tells no class: -1.
 * `classes` has room for `classes_len` values, at least `rows`. */
int rowmajor_predict(const rowmajor_network *network,
                     const double *x, size_t rows, size_t cols,
                     size_t *classes, size_t classes_len);

/* What the last call of this thread that failed had to say, in UTF-8; empty
 * where none has. The text is good until the next call that fails. */
const char *rowmajor_last_error(void);

#ifdef __cplusplus
}
#endif
#endif
