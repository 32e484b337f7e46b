import type { KmsPlugin } from './plugin.ts';
import { encryptionLimits as limits } from '../limits.ts';

/** A plugin that is asked for so much at a time: other calls wait in their order, and so many may wait. Its status is asked for at once. */
export function boundedPlugin(plugin: KmsPlugin, callsMax: number = limits.kmsCallsMax, waitingMax: number = limits.kmsWaitingMax): KmsPlugin {
  let calls = 0;
  const waiting: Array<() => void> = [];
  const run = async <T>(call: () => Promise<T>): Promise<T> => {
    if (calls >= callsMax) {
      if (waiting.length >= waitingMax) throw new Error(`more than ${waitingMax} calls wait for the KMS plugin`);
      // Whoever ends a call hands its place over.
      await new Promise<void>((resolve) => waiting.push(resolve));
    } else calls++;
    try {
      return await call();
    } finally {
      const next = waiting.shift();
      if (next === undefined) calls--;
      else next();
    }
  };
  return {
    status: () => plugin.status(),
    encrypt: (plaintext, uid) => run(() => plugin.encrypt(plaintext, uid)),
    decrypt: (request) => run(() => plugin.decrypt(request)),
    close: () => plugin.close(),
  };
}
