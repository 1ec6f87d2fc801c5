// Trains beside the page, which stays awake.
'use strict';
importScripts('wasm.js');

let stopped = false;

onmessage = ({ data }) => {
  if (data === 'stop') {
    stopped = true;
    return;
  }
  train(data).catch((error) => postMessage({ error: error.message }));
};

async function train({ module, digits }) {
  const program = await Program.start(module);
  program.open('open_digits', digits);
  const epochs = program.call('start_training');
  let epoch = 0;
  while (epoch < epochs && !stopped) {
    const start = performance.now();
    epoch = program.call('train_epoch');
    const seconds = (performance.now() - start) / 1000;
    const [loss, accuracy, validationLoss, validationAccuracy] = program.numbers();
    const hash = program.text();
    program.call('save_trained');
    const network = program.bytes();
    postMessage({ epoch, epochs, seconds, loss, accuracy, validationLoss, validationAccuracy, hash, network });
    // A message to stop is only seen between two turns.
    await new Promise((next) => setTimeout(next));
  }
  postMessage({ done: true });
}
