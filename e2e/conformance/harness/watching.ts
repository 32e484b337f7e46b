import type { IncomingMessage } from 'node:http';
import type { KubernetesObject } from '@kubernetes/client-node';
import { within } from './patience.ts';

export interface WatchEvent<T extends KubernetesObject = KubernetesObject> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: T;
}

/** A watch over HTTPS. Events are read in their order; what was read is kept in `seen`. */
export class Watching<T extends KubernetesObject = KubernetesObject> {
  readonly code: number;
  /** What `until` and `next` have gone past, in order. */
  readonly seen: WatchEvent<T>[] = [];
  readonly #message: IncomingMessage;
  readonly #arrived: WatchEvent<T>[] = [];
  #ended: Error | undefined;
  #wake: () => void = () => undefined;

  constructor(message: IncomingMessage) {
    this.code = message.statusCode ?? 0;
    this.#message = message;
    void this.#read();
  }

  /** The next event, whatever it is. */
  next(what = 'an event'): Promise<WatchEvent<T>> {
    return this.until(() => true, what);
  }

  /** The first event from here on that is looked for; those before it are passed. @throws when none comes in time, or the watch ends. */
  until(matches: (event: WatchEvent<T>) => boolean, what = 'the event'): Promise<WatchEvent<T>> {
    const found = within(this.#find(matches), () => `${what}; seen: ${JSON.stringify(this.seen.slice(-5).map(({ type, object }) => [type, object.metadata?.name, object.metadata?.resourceVersion]))}`);
    // A row that has failed at another place does not look at it any more.
    found.catch(() => undefined);
    return found;
  }

  /** Ends it. */
  stop(): void {
    this.#message.destroy();
  }

  async #find(matches: (event: WatchEvent<T>) => boolean): Promise<WatchEvent<T>> {
    for (;;) {
      const event = this.#arrived.shift();
      if (event !== undefined) {
        this.seen.push(event);
        if (matches(event)) return event;
      } else if (this.#ended !== undefined) throw this.#ended;
      else await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  async #read(): Promise<void> {
    let rest = '';
    try {
      this.#message.setEncoding('utf8');
      for await (const piece of this.#message) {
        const lines = (rest + String(piece)).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) if (line !== '') this.#arrived.push(JSON.parse(line) as WatchEvent<T>);
        this.#wake();
      }
      this.#ended = new Error(`the watch has ended (${this.code}${rest === '' ? '' : `: ${rest}`})`);
    } catch (error) {
      this.#ended = new Error('the watch broke', { cause: error });
    }
    this.#wake();
  }
}
