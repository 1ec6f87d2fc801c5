"""Batch inference on several processes: the rows of a batch split over Dask's workers.

    python shard.py LIBRARY NETWORK.npz
"""

import os
import sys

import dask.array as da
import numpy as np
from dask.distributed import Client, LocalCluster
from rowmajor_network import opened


def forward(rows, library, path):
    return opened(library, path).forward(rows)


def main(library, path):
    whole = opened(library, path)
    x = np.random.default_rng(0).random((10_000, whole.inputs))
    with LocalCluster(n_workers=2, threads_per_worker=1) as cluster, Client(cluster) as client:
        print(f"{len(client.run(os.getpid))} processes, {len(x)} rows")
        # Each block has some of the rows and all of the columns.
        blocks = da.from_array(x, chunks=(1_000, -1))
        results = blocks.map_blocks(
            forward,
            library,
            path,
            chunks=(blocks.chunks[0], (whole.outputs,)),
            meta=np.empty((0, 0)),
        ).compute()
    print("same bits as one call:", results.tobytes() == whole.forward(x).tobytes())


if __name__ == "__main__":
    main(*sys.argv[1:])
