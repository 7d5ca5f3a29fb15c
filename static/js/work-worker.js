// Looks for the number whose SHA-256 with the salt is the target (cases/work.py).
// Salt, dot and number are 39 letters at most, so each sum is one block of SHA-256: worked out
// here it costs a tenth of what asking the browser's own, one promise for each sum, costs.
const primes = [];
for (let number = 2; primes.length < 64; number += 1) {
  if (primes.every((prime) => number % prime)) primes.push(number);
}
const fraction = (root) => ((root - Math.floor(root)) * 2 ** 32) | 0;
const START = Int32Array.from(primes.slice(0, 8), (prime) => fraction(Math.sqrt(prime)));
const ROUND = Int32Array.from(primes, (prime) => fraction(Math.cbrt(prime)));
const words = new Int32Array(64);

// The eight words of the sum of one block; `bytes` holds `length` of them.
const sum = (bytes, length) => {
  words.fill(0, 0, 16);
  for (let place = 0; place < length; place += 1) {
    words[place >> 2] |= bytes[place] << (24 - 8 * (place & 3));
  }
  words[length >> 2] |= 0x80 << (24 - 8 * (length & 3));
  words[15] = 8 * length;
  for (let place = 16; place < 64; place += 1) {
    const x = words[place - 15], y = words[place - 2];
    const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
    const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
    words[place] = (words[place - 16] + s0 + words[place - 7] + s1) | 0;
  }
  let [a, b, c, d, e, f, g, h] = START;
  for (let place = 0; place < 64; place += 1) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + ROUND[place] + words[place]) | 0;
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g; g = f; f = e; e = (d + t1) | 0; d = c; c = b; b = a; a = (t1 + t2) | 0;
  }
  return [a, b, c, d, e, f, g, h].map((word, place) => (word + START[place]) | 0);
};

const solve = (salt, size, target) => {
  const wanted = target.match(/.{8}/g).map((eight) => parseInt(eight, 16) | 0);
  const bytes = new Uint8Array(64);
  const begin = `${salt}.`;
  [...begin].forEach((letter, place) => { bytes[place] = letter.charCodeAt(0); });
  for (let number = 0; number < size; number += 1) {
    const digits = String(number);
    for (let place = 0; place < digits.length; place += 1) {
      bytes[begin.length + place] = digits.charCodeAt(place);
    }
    const found = sum(bytes, begin.length + digits.length);
    if (found[0] === wanted[0] && found.every((word, place) => word === wanted[place])) {
      return number;
    }
  }
  return null;
};

self.onmessage = ({ data: { salt, size, target } }) => {
  self.postMessage(solve(salt, size, target));
};
