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

/* A run of training: one thread at a time. */
typedef struct rowmajor_training rowmajor_training;

/* Starts a run from a network that ends in softmax, by gradient descent at
 * `rate` with `momentum`; or loads a checkpoint. NULL where that fails. */
rowmajor_training *rowmajor_train_new(const char *path,
                                      double rate, double momentum);
rowmajor_training *rowmajor_train_open(const char *path);

/* Frees a run, which no thread may be using; NULL is none. */
void rowmajor_train_free(rowmajor_training *training);

/* How many weights and biases there are; 0 where `training` is NULL. */
size_t rowmajor_train_parameters(rowmajor_training *training);

/* The gradients of `rows` samples of `cols` values with a label each, as their
 * part of a batch of `batch` rows: the parts' gradients, added in order, are
 * the batch's. `gradients` has room for `len` values, at least
 * rowmajor_train_parameters; `loss`, unless it is NULL, for one.
 * 0, or -1 where that fails. */
int rowmajor_train_gradients(rowmajor_training *training,
                             const double *x, size_t rows, size_t cols,
                             const size_t *labels, size_t batch,
                             double *gradients, size_t len, double *loss);

/* One step of the optimiser by `len` gradients of a whole batch. */
int rowmajor_train_step(rowmajor_training *training,
                        const double *gradients, size_t len);

/* Writes a checkpoint, which rowmajor_open opens as a network, too. */
int rowmajor_train_save(rowmajor_training *training, const char *path);

/* What the last call of this thread that failed had to say, in UTF-8; empty
 * where none has. The text is good until the next call that fails. */
const char *rowmajor_last_error(void);

#ifdef __cplusplus
}
#endif
#endif
