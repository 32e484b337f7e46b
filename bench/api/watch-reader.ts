/** A process that holds many watches open and writes down when each event arrives: deliveries.ts starts it and tells it what to do. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { HttpsClient } from '../lib/https-client.ts';
import { now, stampMark, type FromReader, type ToReader } from './deliveries.ts';

const mark = Buffer.from(stampMark);
const newline = 10;
const say = (message: FromReader): void => void process.send?.(message);
const fail = (error: unknown): void => say({ type: 'failed', message: String(error) });

let awaited = 0;
let bytes = 0;
let latencies: number[] = [];

/** One event, from its beginning to its end of line. */
function take(data: Buffer, from: number, to: number): void {
  const at = data.indexOf(mark, from);
  if (at < 0 || at >= to) return;
  const start = at + mark.length;
  latencies.push(now() - Number(data.toString('latin1', start, data.indexOf('"', start))));
  bytes += to - from;
  tell();
}

/** Events may be here before it is said how many there will be. */
function tell(): void {
  if (awaited === 0 || latencies.length < awaited) return;
  say({ type: 'counted', latencies, bytes });
  latencies = [];
  bytes = 0;
  awaited = 0;
}

/** Splits what arrives into lines; pieces are copied only where an event goes on in the next one. */
function lines(): (piece: Buffer) => void {
  let rest: Buffer[] = [];
  return (piece) => {
    let from = 0;
    for (let end = piece.indexOf(newline); end >= 0; end = piece.indexOf(newline, from)) {
      if (rest.length > 0) {
        rest.push(piece.subarray(0, end + 1));
        const whole = Buffer.concat(rest);
        rest = [];
        take(whole, 0, whole.length);
      } else take(piece, from, end + 1);
      from = end + 1;
    }
    if (from < piece.length) rest.push(piece.subarray(from));
  };
}

async function open({ port, keys, path, watchers }: Extract<ToReader, { type: 'open' }>): Promise<void> {
  const read = (file: string): Buffer => readFileSync(join(keys, file));
  const client = new HttpsClient(port, { ca: read('ca.crt'), cert: read('admin.crt'), key: read('admin.key') });
  let next = 0;
  const work = async (): Promise<void> => {
    while (next++ < watchers) await client.stream(path, lines(), fail);
  };
  await Promise.all(Array.from({ length: 16 }, work));
  say({ type: 'open' });
}

process.on('message', (message: ToReader) => {
  if (message.type === 'open') open(message).catch(fail);
  else {
    awaited = message.deliveries;
    tell();
  }
});
process.on('disconnect', () => process.exit(0));
