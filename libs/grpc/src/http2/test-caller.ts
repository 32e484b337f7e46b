import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { preface } from './frames.ts';

/** One frame, whatever it says. */
export function frame(type: number, flag: number, id: number, payload: Uint8Array = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flag;
  head.writeUInt32BE(id, 5);
  return Buffer.concat([head, payload]);
}
export const uint32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};
/** With the five bytes before it. */
export const message = (bytes: Uint8Array): Buffer => Buffer.concat([Buffer.of(0), uint32(bytes.length), bytes]);

/** What every connection begins with. */
export const hello = Buffer.concat([preface, frame(4, 0, 0)]);

export interface Frame {
  readonly type: number;
  readonly id: number;
  readonly payload: Buffer;
}

export interface RawCaller {
  readonly socket: Socket;
  send(...frames: readonly Buffer[]): void;
  /** The first such frame of those not taken yet; those before it are forgotten. */
  until(wanted: (frame: Frame) => boolean): Promise<Frame>;
  readonly closed: Promise<unknown>;
}

/** A caller that sends whatever it likes. */
export async function rawCaller(port: number): Promise<RawCaller> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.on('error', () => undefined);
  const frames: Frame[] = [];
  let rest = Buffer.alloc(0);
  let look = (): void => undefined;
  socket.on('data', (bytes: Buffer) => {
    rest = Buffer.concat([rest, bytes]);
    while (rest.length >= 9 && rest.length >= 9 + rest.readUIntBE(0, 3)) {
      const end = 9 + rest.readUIntBE(0, 3);
      frames.push({ type: rest[3] ?? 0, id: rest.readUInt32BE(5), payload: rest.subarray(9, end) });
      rest = rest.subarray(end);
    }
    look();
  });
  const until = (wanted: (frame: Frame) => boolean): Promise<Frame> =>
    new Promise((resolve, reject) => {
      socket.once('close', () => reject(new Error(`closed after ${JSON.stringify(frames.map(({ type, id }) => [type, id]))}`)));
      look = () => {
        const found = frames.findIndex(wanted);
        if (found !== -1) resolve(frames.splice(0, found + 1)[found] as Frame);
      };
      look();
    });
  return { socket, send: (...all) => void socket.write(Buffer.concat(all)), until, closed: once(socket, 'close') };
}
