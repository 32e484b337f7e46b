/** The polynomial of CRC-32 (RFC 1952, 8), its bits reversed. */
const polynomial = 0xedb88320;
/** x^(2^n) modulo the polynomial. */
const powers: Uint32Array = powersOfTwo();

/** By what a checksum is multiplied when so many bytes follow: worth keeping for bytes that follow often. */
export function crcShift(bytes: number): number {
  let shift = 0x8000_0000;
  // Eight bits each: 2^3.
  for (let rest = bytes, n = 3; rest > 0; rest = Math.floor(rest / 2), n++) if (rest % 2 === 1) shift = product(powers[n & 31] ?? 0, shift);
  return shift;
}

/** The CRC-32 of two texts one after the other, from theirs; `shift` is that of the second one's length. */
export function joinedCrc(first: number, second: number, shift: number): number {
  return (product(shift, first) ^ second) >>> 0;
}

/** Of two polynomials modulo that one. */
function product(a: number, b: number): number {
  let factor = b;
  let sum = 0;
  for (let bit = 0x8000_0000; bit !== 0; bit >>>= 1) {
    if ((a & bit) !== 0) {
      sum ^= factor;
      if ((a & (bit - 1)) === 0) break;
    }
    factor = (factor & 1) !== 0 ? (factor >>> 1) ^ polynomial : factor >>> 1;
  }
  return sum >>> 0;
}

function powersOfTwo(): Uint32Array {
  const found = new Uint32Array(32);
  let power = 0x4000_0000;
  for (let n = 0; n < 32; n++) {
    found[n] = power;
    power = product(power, power);
  }
  return found;
}
