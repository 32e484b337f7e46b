import { ConnectionError, errorCodes, flags, frameBytesDefault, frameHeaderBytes, frameTypes, preface, windowMax } from './frames.ts';

/** A block of headers in all its frames. */
const blockBytesMax = 64 * 1024;
const continuationsMax = 32;

/** Told about every frame, checked and without its padding. */
export interface FrameHandler {
  onHeaders(id: number, block: Buffer, isLast: boolean): void;
  /** `cost`: what it takes of the windows. */
  onData(id: number, bytes: Buffer, cost: number, isLast: boolean): void;
  /** More of a frame whose first bytes came with `onData`; they cost their length. */
  onMoreData(id: number, bytes: Buffer, isLast: boolean): void;
  onReset(id: number): void;
  /** A frame that means nothing to us. */
  onIdleFrame(): void;
  onSetting(id: number, value: number): void;
  onSettingsEnd(): void;
  onPing(payload: Buffer): void;
  onWindow(id: number, by: number): void;
}

/** Cuts the bytes of a caller into frames. Throws ConnectionError when they are none. */
export class FrameReader {
  readonly #handler: FrameHandler;
  #rest: Buffer[] = [];
  #restBytes = 0;
  /** Bytes that the next step needs; less is not worth looking at. */
  #wanted = preface.length;
  #hasPreface = false;
  #hasSettings = false;
  /** A frame of data of which so many bytes are still to come: what has come was given on. */
  #open: { readonly id: number; readonly isLast: boolean; left: number } | undefined;
  #block: { readonly id: number; readonly isLast: boolean; readonly parts: Buffer[]; bytes: number } | undefined;

  constructor(handler: FrameHandler) {
    this.#handler = handler;
  }

  take(arrived: Buffer): void {
    const chunk = this.#open === undefined ? arrived : this.#more(this.#open, arrived);
    if (chunk.length === 0) return;
    this.#rest.push(chunk);
    this.#restBytes += chunk.length;
    // Another protocol may well say less than our preface, and wait.
    if (!this.#hasPreface && preface[this.#restBytes - chunk.length] !== chunk[0]) throw notHttp2();
    if (this.#restBytes < this.#wanted) return;
    const bytes = this.#rest.length === 1 ? chunk : Buffer.concat(this.#rest);
    const end = this.#read(bytes);
    this.#rest = end < bytes.length ? [bytes.subarray(end)] : [];
    this.#restBytes = bytes.length - end;
  }

  /** Reads what is whole; gives where it ended. */
  #read(bytes: Buffer): number {
    let at = 0;
    if (!this.#hasPreface) {
      if (Buffer.compare(bytes.subarray(0, preface.length), preface) !== 0) throw notHttp2();
      this.#hasPreface = true;
      at = preface.length;
    }
    while (bytes.length - at >= frameHeaderBytes) {
      const length = bytes.readUIntBE(at, 3);
      if (length > frameBytesDefault) throw new ConnectionError(errorCodes.frameSize, 'a frame that is too large');
      const end = at + frameHeaderBytes + length;
      if (end > bytes.length) {
        if (this.#begin(bytes.subarray(at), length)) {
          this.#wanted = frameHeaderBytes;
          return bytes.length;
        }
        this.#wanted = end - at;
        return at;
      }
      this.#frame(bytes[at + 3] ?? 0, bytes[at + 4] ?? 0, bytes.readUInt32BE(at + 5) & windowMax, bytes.subarray(at + frameHeaderBytes, end));
      at = end;
    }
    this.#wanted = frameHeaderBytes;
    return at;
  }

  /** Gives on what has come of a frame of data, so that its rest is not joined with it; false for frames that are needed whole. */
  #begin(frame: Buffer, length: number): boolean {
    const flag = frame[4] ?? 0;
    if (frame[3] !== frameTypes.data || (flag & flags.padded) !== 0 || frame.length === frameHeaderBytes) return false;
    const id = frame.readUInt32BE(5) & windowMax;
    const payload = frame.subarray(frameHeaderBytes);
    this.#open = { id, isLast: (flag & flags.endStream) !== 0, left: length - payload.length };
    this.#frame(frameTypes.data, flag & ~flags.endStream, id, payload);
    return true;
  }

  /** The rest of a frame, or some of it; gives what follows. */
  #more(open: { readonly id: number; readonly isLast: boolean; left: number }, bytes: Buffer): Buffer {
    const payload = bytes.length <= open.left ? bytes : bytes.subarray(0, open.left);
    open.left -= payload.length;
    if (open.left === 0) this.#open = undefined;
    this.#handler.onMoreData(open.id, payload, open.left === 0 && open.isLast);
    return bytes.subarray(payload.length);
  }

  #frame(type: number, flag: number, id: number, payload: Buffer): void {
    if (this.#block !== undefined && (type !== frameTypes.continuation || id !== this.#block.id)) throw protocolError('headers are not continued');
    if (!this.#hasSettings && (type !== frameTypes.settings || (flag & flags.ack) !== 0)) throw protocolError('settings come first');
    switch (type) {
      case frameTypes.data:
        return this.#handler.onData(stream(id), unpadded(flag, payload), payload.length, (flag & flags.endStream) !== 0);
      case frameTypes.headers:
        return this.#headers(flag, stream(id), payload);
      case frameTypes.continuation:
        return this.#continue(flag, payload);
      case frameTypes.reset:
        expectLength(payload, 4);
        return this.#handler.onReset(stream(id));
      case frameTypes.settings:
        connection(id);
        return this.#settings(flag, payload);
      case frameTypes.ping:
        connection(id);
        expectLength(payload, 8);
        return (flag & flags.ack) === 0 ? this.#handler.onPing(payload) : this.#handler.onIdleFrame();
      case frameTypes.windowUpdate:
        expectLength(payload, 4);
        return this.#handler.onWindow(id, payload.readUInt32BE(0) & windowMax);
      case frameTypes.pushPromise:
        throw protocolError('a caller cannot push');
      case frameTypes.priority:
        stream(id);
        expectLength(payload, 5);
        return this.#handler.onIdleFrame();
      case frameTypes.goAway:
        connection(id);
        if (payload.length < 8) throw wrongLength();
        return this.#handler.onIdleFrame();
      default:
        // Kinds that we do not know mean nothing.
        return this.#handler.onIdleFrame();
    }
  }

  #headers(flag: number, id: number, payload: Buffer): void {
    const body = unpadded(flag, payload);
    const hasPriority = (flag & flags.priority) !== 0;
    if (hasPriority && body.length < 5) throw wrongLength();
    const block = hasPriority ? body.subarray(5) : body;
    const isLast = (flag & flags.endStream) !== 0;
    if ((flag & flags.endHeaders) !== 0) this.#handler.onHeaders(id, block, isLast);
    else this.#block = { id, isLast, parts: [block], bytes: block.length };
  }

  #continue(flag: number, payload: Buffer): void {
    const block = this.#block;
    if (block === undefined) throw protocolError('nothing to continue');
    block.parts.push(payload);
    block.bytes += payload.length;
    if (block.bytes > blockBytesMax || block.parts.length > continuationsMax) throw new ConnectionError(errorCodes.calm, 'the headers are too large');
    if ((flag & flags.endHeaders) === 0) return;
    this.#block = undefined;
    this.#handler.onHeaders(block.id, Buffer.concat(block.parts), block.isLast);
  }

  #settings(flag: number, payload: Buffer): void {
    const isAck = (flag & flags.ack) !== 0;
    if (payload.length % 6 !== 0 || (isAck && payload.length > 0)) throw new ConnectionError(errorCodes.frameSize, 'settings of a wrong length');
    if (isAck) return this.#handler.onIdleFrame();
    this.#hasSettings = true;
    for (let at = 0; at < payload.length; at += 6) this.#handler.onSetting(payload.readUInt16BE(at), payload.readUInt32BE(at + 2));
    this.#handler.onSettingsEnd();
  }
}

function unpadded(flag: number, payload: Buffer): Buffer {
  if ((flag & flags.padded) === 0) return payload;
  const padding = payload[0] ?? 0;
  if (padding >= payload.length) throw protocolError('more padding than frame');
  return payload.subarray(1, payload.length - padding);
}

function stream(id: number): number {
  if (id === 0) throw protocolError('a frame that needs a stream');
  return id;
}

function connection(id: number): void {
  if (id !== 0) throw protocolError('a frame that belongs to no stream');
}

function expectLength(payload: Buffer, length: number): void {
  if (payload.length !== length) throw wrongLength();
}

function wrongLength(): ConnectionError {
  return new ConnectionError(errorCodes.frameSize, 'a frame of a wrong length');
}

function notHttp2(): ConnectionError {
  return protocolError('this is not HTTP/2');
}

function protocolError(what: string): ConnectionError {
  return new ConnectionError(errorCodes.protocol, what);
}
