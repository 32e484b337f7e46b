const simple: Readonly<Record<string, string>> = { a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v', '\\': '\\', '?': '?', '"': '"', "'": "'", '`': '`' };
const escape = /\\(?:([abfnrtv\\?"'`])|[xX]([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-3][0-7]{2})|([^]?))/g;

/** The value of a string or bytes literal with this prefix; undefined when an escape means nothing. */
export function unescape(raw: string, prefix: string): string | Uint8Array | undefined {
  const isRaw = /r/i.test(prefix);
  const isBytes = /b/i.test(prefix);
  if (!isBytes) {
    if (isRaw || !raw.includes('\\')) return raw;
    let valid = true;
    const text = raw.replace(escape, (_all, letter?: string, hex?: string, short?: string, long?: string, octal?: string) => {
      if (letter !== undefined) return simple[letter] ?? '';
      const code = octal === undefined ? Number.parseInt(hex ?? short ?? long ?? 'x', 16) : Number.parseInt(octal, 8);
      if (!isScalar(code)) valid = false;
      return isScalar(code) ? String.fromCodePoint(code) : '';
    });
    return valid ? text : undefined;
  }
  return bytesOf(raw, isRaw);
}

/** In bytes, `\x` and octal escapes stand for one byte each, all other text for its UTF-8. */
function bytesOf(raw: string, isRaw: boolean): Uint8Array | undefined {
  const encoder = new TextEncoder();
  if (isRaw || !raw.includes('\\')) return encoder.encode(raw);
  const bytes: number[] = [];
  let at = 0;
  for (const found of raw.matchAll(escape)) {
    bytes.push(...encoder.encode(raw.slice(at, found.index)));
    const [all, letter, hex, , , octal] = found;
    if (letter !== undefined) bytes.push((simple[letter] ?? '').charCodeAt(0));
    else if (hex !== undefined) bytes.push(Number.parseInt(hex, 16));
    else if (octal !== undefined) bytes.push(Number.parseInt(octal, 8));
    else return undefined;
    at = found.index + all.length;
  }
  bytes.push(...encoder.encode(raw.slice(at)));
  return Uint8Array.from(bytes);
}

/** A Unicode scalar value: no surrogate. False for NaN. */
const isScalar = (code: number): boolean => code >= 0 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff);
