// Loads the program and calls it: for the page and for its worker. See examples/web.rs for the interface.
'use strict';

/** What went wrong, in words for whoever sees the page. */
class Failure extends Error {}

async function fetchBytes(name) {
  let response;
  try {
    response = await fetch(name);
  } catch {
    const local = location.protocol === 'file:';
    throw new Failure(local
      ? 'A browser opens no further files for a page that is one itself: serve the folder, as .ci/web serve does.'
      : `${name} cannot be fetched: is the server still running?`);
  }
  if (!response.ok) throw new Failure(`${name} is missing: the server says ${response.status} ${response.statusText}.`);
  return new Uint8Array(await response.arrayBuffer());
}

async function compile(bytes) {
  if (typeof WebAssembly !== 'object') throw new Failure('This browser has no WebAssembly, or it is switched off.');
  try {
    return await WebAssembly.compile(bytes);
  } catch (error) {
    throw new Failure(`web.wasm cannot be compiled: it is broken, or this browser is older than WebAssembly's SIMD. (${error.message})`);
  }
}

/** The program, running. Each call returns a number, or throws a Failure with the error's text. */
class Program {
  static async start(module) {
    const { exports } = await WebAssembly.instantiate(module, {});
    return new Program(exports);
  }

  constructor(exports) {
    this.exports = exports;
  }

  call(name, ...values) {
    let result;
    try {
      result = this.exports[name](...values);
    } catch (error) {
      throw new Failure(`The program stopped: ${error.message}. Load the page again.`);
    }
    if (result < 0) throw new Failure(this.text());
    return result;
  }

  // Memory moves when it grows: each look at it is a new one.
  bytes() {
    return new Uint8Array(this.exports.memory.buffer, this.exports.bytes_start(), this.exports.bytes_len()).slice();
  }

  text() {
    return new TextDecoder().decode(this.bytes());
  }

  numbers() {
    return new Float64Array(this.exports.memory.buffer, this.exports.numbers_start(), this.exports.numbers_len()).slice();
  }

  putBytes(bytes) {
    const start = this.exports.bytes(bytes.length);
    if (start === 0) throw new Failure(`There is no memory for ${bytes.length} bytes.`);
    new Uint8Array(this.exports.memory.buffer, start, bytes.length).set(bytes);
  }

  putNumbers(numbers) {
    const start = this.exports.numbers(numbers.length);
    if (start === 0) throw new Failure(`There is no memory for ${numbers.length} numbers.`);
    new Float64Array(this.exports.memory.buffer, start, numbers.length).set(numbers);
  }

  /** Opens a file by the call of this name. */
  open(call, bytes) {
    this.putBytes(bytes);
    return this.call(call);
  }
}
