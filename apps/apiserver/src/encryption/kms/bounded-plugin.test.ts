import { expect, test } from 'vitest';
import { boundedPlugin } from './bounded-plugin.ts';

const request = { ciphertext: new Uint8Array(1), uid: 'u', keyId: 'k', annotations: {} };

test('so many calls at a time, so many that wait; a call that fails gives its place on', async () => {
  const begun: Array<{ resolve: (value: Uint8Array) => void; reject: (error: Error) => void }> = [];
  const plugin = boundedPlugin({ status: () => Promise.reject(new Error('unused')), encrypt: () => Promise.reject(new Error('unused')), decrypt: () => new Promise((resolve, reject) => begun.push({ resolve, reject })), close: () => undefined }, 2, 2);
  const answers = [1, 2, 3, 4].map(() => plugin.decrypt(request).catch((error: Error) => error.message));
  await expect(plugin.decrypt(request)).rejects.toThrow('more than 2 calls wait');
  expect(begun).toHaveLength(2);
  begun[0]?.reject(new Error('away'));
  expect(await answers[0]).toBe('away');
  begun[1]?.resolve(Uint8Array.of(2));
  await answers[1];
  expect(begun).toHaveLength(4);
  begun[2]?.resolve(Uint8Array.of(3));
  begun[3]?.resolve(Uint8Array.of(4));
  expect(await Promise.all(answers)).toEqual(['away', Uint8Array.of(2), Uint8Array.of(3), Uint8Array.of(4)]);
  void plugin.decrypt(request).catch(() => undefined);
  void plugin.decrypt(request).catch(() => undefined);
  expect(begun).toHaveLength(6);
});
