/* What GNU MPFR makes of the inputs of `survey_for_mpfr` in src/vecmath/tests/survey.rs: the same lines, if the library
   rounds correctly.

       cc -O2 -ffp-contract=off tests/data/vecmath_mpfr.c -lmpfr -o vecmath_mpfr
       ./vecmath_mpfr exp 0 100         blocks 0 to 99, of a million inputs each; exp, ln, tanh or sigmoid
*/
#include <math.h>
#include <mpfr.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t state;

/* SplitMix64. */
static uint64_t next(void) {
    uint64_t z = (state += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

static double from_bits(uint64_t bits) {
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static uint64_t to_bits(double x) {
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static double within(double low, double high) { return low + (high - low) * ((next() >> 11) * 0x1p-53); }

/* Of the sign of a random bit, from 2^-down to 2^(1 - down). */
static double of_size(uint64_t down) {
    double size = from_bits((1023 - down) << 52) * within(1.0, 2.0);
    return next() & 1 ? -size : size;
}

static double input(int is_ln) {
    double x;
    switch (next() % 8) {
        case 0: x = from_bits(next()); break;                      /* all exponents */
        case 1: x = within(-750.0, 750.0); break;                  /* all of exp's range */
        case 2: x = of_size(next() % 64); break;                   /* near 0 */
        case 3: x = 1.0 + of_size(next() % 53); break;             /* near 1 */
        case 4: x = is_ln ? from_bits(next() >> 12) : within(-745.2, -708.3); break; /* subnormal */
        case 5: x = next() & 1 ? within(709.0, 709.8) : within(18.0, 41.0); break;   /* the ends */
        case 6: x = from_bits(to_bits(of_size(next() % 80)) >> 42 << 42); break;     /* few bits */
        default: x = within(-8.0, 8.0);
    }
    return is_ln ? fabs(x) : x;
}

static double mpfr_value(const char *name, double x) {
    static mpfr_t a, b;
    static int ready;
    if (!ready) {
        mpfr_init2(a, 53);
        mpfr_init2(b, 53);
        ready = 1;
    }
    int inexact;
    mpfr_set_prec(a, 53);
    mpfr_set_d(a, x, MPFR_RNDN);
    if (strcmp(name, "exp") == 0) inexact = mpfr_exp(a, a, MPFR_RNDN);
    else if (strcmp(name, "ln") == 0) inexact = mpfr_log(a, a, MPFR_RNDN);
    else if (strcmp(name, "tanh") == 0) inexact = mpfr_tanh(a, a, MPFR_RNDN);
    else {
        /* MPFR has no such function: its exp in ever more bits, until the quotient's rounding is decided. */
        if (isnan(x)) return x;
        if (isinf(x)) return x > 0 ? 1.0 : 0.0;
        if (fabs(x) < 0x1p-60) return 0.5; /* x/4 more, and half an ulp is 2^-55 at least */
        if (x < -746.0) return 0.0;
        if (x > 60.0) return 1.0;
        mpfr_exp_t low = mpfr_get_emin(), high = mpfr_get_emax();
        mpfr_set_emin(mpfr_get_emin_min());
        mpfr_set_emax(mpfr_get_emax_max());
        for (mpfr_prec_t bits = 128;; bits *= 2) {
            mpfr_set_prec(b, bits);
            mpfr_set_d(b, -x, MPFR_RNDN);
            mpfr_exp(b, b, MPFR_RNDN);
            mpfr_add_ui(b, b, 1, MPFR_RNDN);
            mpfr_ui_div(b, 1, b, MPFR_RNDN);
            /* The result's own bits: fewer where it is subnormal. */
            mpfr_exp_t exponent = mpfr_get_exp(b);
            mpfr_prec_t kept = exponent < -1021 ? exponent + 1074 : 53;
            if (kept < 1) kept = 1;
            if (mpfr_can_round(b, bits - 8, MPFR_RNDN, MPFR_RNDZ, kept + 1)) break;
        }
        mpfr_set_emin(low);
        mpfr_set_emax(high);
        inexact = mpfr_set(a, b, MPFR_RNDN);
        inexact = mpfr_check_range(a, inexact, MPFR_RNDN);
    }
    mpfr_subnormalize(a, inexact, MPFR_RNDN);
    return mpfr_get_d(a, MPFR_RNDN);
}

int main(int count, char **arguments) {
    if (count != 4) {
        fprintf(stderr, "usage: vecmath_mpfr FUNCTION FIRST END\n");
        return 2;
    }
    const char *name = arguments[1];
    int is_ln = strcmp(name, "ln") == 0;
    /* The f64: from 2^-1074, 0.5·2^-1073, to below 2^1024. */
    mpfr_set_emin(-1073);
    mpfr_set_emax(1024);
    for (uint64_t block = strtoul(arguments[2], 0, 10); block < strtoul(arguments[3], 0, 10); block++) {
        uint64_t hash = 0xcbf29ce484222325;
        state = block << 32;
        for (int i = 0; i < 1000000; i++) {
            double y = mpfr_value(name, input(is_ln));
            hash = (hash ^ (isnan(y) ? 0x7ff8000000000000 : to_bits(y))) * 0x100000001b3;
        }
        printf("%s %llu %016llx\n", name, (unsigned long long)block, (unsigned long long)hash);
        fflush(stdout);
    }
    return 0;
}
