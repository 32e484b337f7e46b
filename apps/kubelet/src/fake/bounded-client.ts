import type { ApiClient } from '@rhythm/client';

/** A client with at most `max` writes on their way; further ones wait for their turn in order. Reads and watches go through. */
export function boundedWrites(client: ApiClient, max: number): ApiClient {
  let free = max;
  const waiting: Array<() => void> = [];
  const turn = async <T>(write: () => Promise<T>): Promise<T> => {
    if (free > 0) free--;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await write();
    } finally {
      // The place goes straight to whoever waits longest.
      const next = waiting.shift();
      if (next === undefined) free++;
      else next();
    }
  };
  return {
    get: (...args) => client.get(...args),
    list: (...args) => client.list(...args),
    watch: (...args) => client.watch(...args),
    create: (...args) => turn(() => client.create(...args)),
    createSubresource: (...args) => turn(() => client.createSubresource(...args)),
    update: (...args) => turn(() => client.update(...args)),
    patch: (...args) => turn(() => client.patch(...args)),
    delete: (...args) => turn(() => client.delete(...args)),
  };
}
