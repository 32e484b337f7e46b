/**
 * The Huffman code of HPACK (RFC 7541, appendix B). The code is canonical, so the lengths of its 257 codes say everything: codes of one length
 * ascend with their symbols. Symbol 256 ends the text and must not appear.
 */
const lengths = [
  13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
  6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
  13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
  15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
  20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
  22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
  26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
  20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
  30,
];
const endOfText = 256;
const longest = 30;
const shortest = 5;

/** For each length: the first code, where its symbols begin, and how many there are. */
const firstCode = new Int32Array(longest + 2);
const firstSymbol = new Int32Array(longest + 2);
const counts = new Int32Array(longest + 2);
const symbols = Int32Array.from(lengths.map((_, symbol) => symbol).sort((a, b) => (lengths[a] ?? 0) - (lengths[b] ?? 0) || a - b));
for (const length of lengths) counts[length] = (counts[length] ?? 0) + 1;
for (let length = 1; length <= longest; length++) {
  firstCode[length + 1] = ((firstCode[length] ?? 0) + (counts[length] ?? 0)) << 1;
  firstSymbol[length + 1] = (firstSymbol[length] ?? 0) + (counts[length] ?? 0);
}

/** The text, one character for each byte; undefined when it is not one of this code. */
export function decodeHuffman(bytes: Uint8Array): string | undefined {
  let text = '';
  let code = 0;
  let length = 0;
  for (const byte of bytes) {
    for (let bit = 7; bit >= 0; bit--) {
      code = (code << 1) | ((byte >>> bit) & 1);
      length++;
      if (length < shortest) continue;
      const offset = code - (firstCode[length] ?? 0);
      if (offset >= (counts[length] ?? 0)) {
        if (length === longest) return undefined;
        continue;
      }
      const symbol = symbols[(firstSymbol[length] ?? 0) + offset] ?? endOfText;
      if (symbol === endOfText) return undefined;
      text += String.fromCharCode(symbol);
      code = 0;
      length = 0;
    }
  }
  // What is left are the first bits of the end's code, all ones, and less than a byte of them.
  return length < 8 && code === (1 << length) - 1 ? text : undefined;
}
