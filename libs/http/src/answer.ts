import type { Readable } from 'node:stream';

/**
 * All of what another server answers, at most `bytesMax` long. Longer answers are broken off, and with them the connection.
 * Rejects with what `refusal` makes of the reason, or with the error of the connection.
 */
export async function readAnswer(answer: Readable, bytesMax: number, refusal: (why: string) => Error = (why) => new Error(why)): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of answer as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes > bytesMax) {
      answer.destroy();
      throw refusal(`the answer has more than ${bytesMax} bytes`);
    }
    pieces.push(piece);
  }
  return Buffer.concat(pieces, bytes);
}
