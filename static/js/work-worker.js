// Looks for the number whose SHA-256 with the salt is the target (cases/work.py).
self.onmessage = async ({ data: { salt, size, target } }) => {
  const encoder = new TextEncoder();
  const wanted = target.match(/../g).map((pair) => parseInt(pair, 16));
  for (let number = 0; number < size; number += 1) {
    const sum = new Uint8Array(
      await crypto.subtle.digest("SHA-256", encoder.encode(`${salt}.${number}`)),
    );
    if (sum[0] === wanted[0] && sum.every((byte, place) => byte === wanted[place])) {
      self.postMessage(number);
      return;
    }
  }
  self.postMessage(null);
};
