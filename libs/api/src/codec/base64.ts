const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const values = new Uint8Array(128);
for (let index = 0; index < alphabet.length; index++) values[alphabet.charCodeAt(index)] = index;

/** Bytes of canonical base64 (padded, no line breaks). */
export function fromBase64(text: string): Uint8Array {
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  const out = new Uint8Array((text.length / 4) * 3 - padding);
  for (let from = 0, to = 0; from < text.length; from += 4, to += 3) {
    const word = (at(text, from) << 18) | (at(text, from + 1) << 12) | (at(text, from + 2) << 6) | at(text, from + 3);
    out[to] = word >> 16;
    if (to + 1 < out.length) out[to + 1] = (word >> 8) & 0xff;
    if (to + 2 < out.length) out[to + 2] = word & 0xff;
  }
  return out;
}

function at(text: string, index: number): number {
  return values[text.charCodeAt(index)] ?? 0;
}

export function toBase64(bytes: Uint8Array): string {
  const parts: string[] = [];
  let text = '';
  for (let from = 0; from < bytes.length; from += 3) {
    const left = bytes.length - from;
    const word = ((bytes[from] as number) << 16) | ((bytes[from + 1] ?? 0) << 8) | (bytes[from + 2] ?? 0);
    text += alphabet.charAt(word >> 18) + alphabet.charAt((word >> 12) & 63) + (left > 1 ? alphabet.charAt((word >> 6) & 63) : '=') + (left > 2 ? alphabet.charAt(word & 63) : '=');
    if (text.length > 8192) {
      parts.push(text);
      text = '';
    }
  }
  return parts.join('') + text;
}
