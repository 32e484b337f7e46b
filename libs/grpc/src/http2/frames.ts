/** Frames of HTTP/2 (RFC 9113). */
export const frameTypes = { data: 0, headers: 1, priority: 2, reset: 3, settings: 4, pushPromise: 5, ping: 6, goAway: 7, windowUpdate: 8, continuation: 9 } as const;
export const flags = { endStream: 1, ack: 1, endHeaders: 4, padded: 8, priority: 32 } as const;
export const settingIds = { headerTableSize: 1, enablePush: 2, streamsMax: 3, initialWindow: 4, frameBytesMax: 5, headerListBytesMax: 6 } as const;
export const errorCodes = { none: 0, protocol: 1, internal: 2, flowControl: 3, streamClosed: 5, frameSize: 6, refused: 7, cancel: 8, compression: 9, calm: 11 } as const;

export const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1');
export const frameHeaderBytes = 9;
export const initialWindow = 65_535;
export const windowMax = 0x7fff_ffff;
/** The largest frame that everybody takes, and that we take. */
export const frameBytesDefault = 16_384;
export const frameBytesLargest = 0xff_ffff;

/** The peer broke the rules: the connection ends, saying why. */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError';
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

/** Throws for a number that is not of a stream of the caller. */
export function expectOfCaller(id: number): void {
  if (id % 2 === 0) throw new ConnectionError(errorCodes.protocol, 'a stream of the caller has an odd number');
}
