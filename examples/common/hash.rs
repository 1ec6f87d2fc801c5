//! The hash by which `train_digits`, `train_mnist` and `web` compare weights.

use rowmajor::nn::Network;

/// FNV-1a over the bytes of weights and biases, lowest first.
pub(crate) fn hash(network: &Network) -> u64 {
    let layers = network.layers().iter();
    let values = layers.flat_map(|layer| [layer.weights().as_slice(), layer.bias()]);
    let bytes = values.flatten().flat_map(|x| x.to_bits().to_le_bytes());
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
    })
}
