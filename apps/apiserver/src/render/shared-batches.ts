import type { RenderedEvent } from '../ports/types.ts';
import type { CacheEvent } from '../watch-cache/watcher.ts';

interface Shared {
  readonly form: string;
  readonly events: readonly CacheEvent[];
  readonly rendered: readonly RenderedEvent[];
}

/** Batches that are remembered, and events that one may have. */
const batchesMax = 16;
const eventsMax = 512;

/** What was rendered a moment ago: many watches are told the same at the same time, and get the same array. */
export class SharedBatches {
  readonly #recent: Shared[] = [];
  #oldest = 0;

  /** @param form what else the bytes depend on. */
  of(form: string, events: readonly CacheEvent[], render: (event: CacheEvent) => RenderedEvent): readonly RenderedEvent[] {
    if (events.length > eventsMax) return events.map(render);
    for (const shared of this.#recent) if (shared.form === form && isSame(shared.events, events)) return shared.rendered;
    const rendered = events.map(render);
    this.#recent[this.#oldest] = { form, events, rendered };
    this.#oldest = (this.#oldest + 1) % batchesMax;
    return rendered;
  }
}

function isSame(left: readonly CacheEvent[], right: readonly CacheEvent[]): boolean {
  if (left.length !== right.length) return false;
  for (let at = 0; at < left.length; at++) if (left[at] !== right[at]) return false;
  return true;
}
