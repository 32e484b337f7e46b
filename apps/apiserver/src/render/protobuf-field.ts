/** A length-delimited protobuf field (wire type 2); with `headOnly`, what stands before its content. */
export function protobufField(number: number, content: Uint8Array | { readonly length: number }, headOnly = false): Buffer {
  const head = [(number << 3) | 2];
  for (let rest = content.length; ; rest = Math.floor(rest / 128)) {
    head.push(rest > 0x7f ? (rest % 128) | 0x80 : rest);
    if (rest <= 0x7f) break;
  }
  return headOnly || !(content instanceof Uint8Array) ? Buffer.from(head) : Buffer.concat([Buffer.from(head), content]);
}
