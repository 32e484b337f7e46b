/**
 * Packing of bytes against others that they resemble: the objects of a kind say most of what they say in the same words, and a dictionary has these once. What is packed
 * is, again and again, a number of bytes of its own, these bytes, and a run of the dictionary: how long it is and where it begins. Packing looks at each byte a few times
 * at most, whatever it says; unpacking is copying, some microseconds for 6 KB, where inflating takes ten times as long.
 */

/** Places in it are said in 16 bits. */
export const dictionaryBytes = 64 * 1024;
/** Shorter runs cost more to say than they save. */
const runBytesMin = 8;
const hashBits = 15;
/** After so many bytes without a run only every second one is looked at, after twice as many every third: what is random costs little. */
const missesPerStep = 64;
/** Fewer bytes are copied one by one: a call costs more. */
const callBytesMin = 32;

/** Of this many bytes at most: their numbers have three bytes. */
export const packedFromBytesMax = (1 << 21) - 1;
/** The packed form of bytes is at most so much longer than they are: a run says less than it stands for. */
export const packedOverheadBytes = 3;

/** Bytes that packed ones refer to. They never change; more may follow. */
export class Dictionary {
  readonly #known: Buffer = Buffer.allocUnsafeSlow(dictionaryBytes);
  #length = 0;
  /** Where bytes with such a hash stood last, plus one. Gone when nothing more is packed. */
  #places: Uint16Array | undefined = new Uint16Array(1 << hashBits);

  /** Nothing more is packed with it. */
  close(): void {
    this.#places = undefined;
  }

  /**
   * Writes `source` in packed form to the beginning of `target`, which has room for `packedOverheadBytes` more, and answers how long that is. What it did not know it
   * learns, while there is room.
   */
  pack(source: Uint8Array, target: Uint8Array): number {
    const places = this.#places;
    if (places === undefined) throw new Error('nothing more is packed with this dictionary');
    const [known, last, lastKnown] = [this.#known, source.length - runBytesMin, this.#length - runBytesMin];
    let written = 0;
    let from = 0;
    let shift = 0;
    let misses = 0;
    for (let at = 0; at <= last; ) {
      // What differs is often as long as what stands in its place: then it goes on where the last run would have gone on.
      let place = at + shift;
      if (place < 0 || place > lastKnown || !startsRun(source, at, known, place)) {
        place = (places[hashOf(source, at)] as number) - 1;
        if (place < 0 || place > lastKnown || !startsRun(source, at, known, place)) {
          at += 1 + Math.floor(++misses / missesPerStep);
          continue;
        }
      }
      misses = 0;
      for (; at > from && place > 0 && source[at - 1] === known[place - 1]; at--) place--;
      const length = runLength(source, at, known, place, Math.min(source.length - at, lastKnown + runBytesMin - place));
      written = putOwn(source, from, at, target, written);
      written = putNumber(length, target, written);
      target[written++] = place & 0xff;
      target[written++] = place >>> 8;
      this.#learn(source, from, at, places);
      shift = place - at;
      at += length;
      from = at;
    }
    this.#learn(source, from, source.length, places);
    return from === source.length ? written : putOwn(source, from, source.length, target, written);
  }

  /** Writes the first `length` bytes of what is packed in `packed` from `read` on to `target`, from `at` on. */
  unpack(packed: Uint8Array, read: number, length: number, target: Uint8Array, at: number): void {
    const known = this.#known;
    const end = at + length;
    while (at < end) {
      let count = packed[read++] as number;
      if (count > 127) count = (count & 127) | ((packed[read++] as number) << 7);
      if (count > 16_383) count = (count & 16_383) | ((packed[read++] as number) << 14);
      count = Math.min(count, end - at);
      if (count < callBytesMin) for (const until = at + count; at < until; ) target[at++] = packed[read++] as number;
      else {
        target.set(packed.subarray(read, read + count), at);
        at += count;
        read += count;
      }
      if (at >= end) return;
      count = packed[read++] as number;
      if (count > 127) count = (count & 127) | ((packed[read++] as number) << 7);
      if (count > 16_383) count = (count & 16_383) | ((packed[read++] as number) << 14);
      count = Math.min(count, end - at);
      let place = (packed[read] as number) | ((packed[read + 1] as number) << 8);
      read += 2;
      if (count < callBytesMin) for (const until = at + count; at < until; ) target[at++] = known[place++] as number;
      else {
        known.copy(target, at, place, place + count);
        at += count;
      }
    }
  }

  #learn(source: Uint8Array, from: number, to: number, places: Uint16Array): void {
    const start = this.#length;
    const length = Math.min(to - from, dictionaryBytes - start);
    if (length < runBytesMin) return;
    this.#known.set(source.subarray(from, from + length), start);
    this.#length += length;
    for (let place = start; place + runBytesMin <= this.#length; place++) places[hashOf(this.#known, place)] = place + 1;
  }
}

/** Bytes that say how many there are, first. */
function putOwn(source: Uint8Array, from: number, to: number, target: Uint8Array, at: number): number {
  const start = putNumber(to - from, target, at);
  target.set(source.subarray(from, to), start);
  return start + to - from;
}

/** Seven bits a byte, the lowest first; all but the last have the highest bit set. */
function putNumber(value: number, target: Uint8Array, at: number): number {
  for (; value > 127; value >>>= 7) target[at++] = (value & 127) | 128;
  target[at++] = value;
  return at;
}

function startsRun(source: Uint8Array, at: number, known: Uint8Array, place: number): boolean {
  for (let offset = 0; offset < runBytesMin; offset++) if (source[at + offset] !== known[place + offset]) return false;
  return true;
}

function runLength(source: Uint8Array, at: number, known: Uint8Array, place: number, max: number): number {
  let length = runBytesMin;
  while (length < max && source[at + length] === known[place + length]) length++;
  return length;
}

/** Of `runBytesMin` bytes. */
function hashOf(bytes: Uint8Array, at: number): number {
  const first = (bytes[at] as number) | ((bytes[at + 1] as number) << 8) | ((bytes[at + 2] as number) << 16) | ((bytes[at + 3] as number) << 24);
  const second = (bytes[at + 4] as number) | ((bytes[at + 5] as number) << 8) | ((bytes[at + 6] as number) << 16) | ((bytes[at + 7] as number) << 24);
  return (Math.imul(first, 0x9e3779b1) ^ Math.imul(second, 0x85ebca6b)) >>> (32 - hashBits);
}
