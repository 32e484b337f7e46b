import { Heap } from '@rhythm/base';
import type { Pod } from '@rhythm/api/types/core-v1';

const backoffMsInitial = 1_000;
const backoffMsMax = 10_000;
/** A pod that nothing woke is tried again after this long, in case an event was of no visible use. */
export const unschedulableMsMax = 5 * 60_000;

interface Entry {
  readonly uid: string;
  pod: Pod;
  readonly order: number;
  attempts: number;
  state: 'active' | 'backoff' | 'unschedulable' | 'taken';
  /** When a pod in back-off may be tried, or when an unschedulable one was put aside. */
  at: number;
  /** Something happened while the pod was being tried: do not put it aside. */
  moved: boolean;
}

/**
 * What waits for a node, after kube-scheduler's queue: *active* pods by priority, then age; pods in *back-off* after a
 * failure; *unschedulable* ones, which wait for an event that could help. Pure: `now` is an argument, in milliseconds.
 */
export class SchedulingQueue {
  readonly #entries = new Map<string, Entry>();
  readonly #active = new Heap<Entry>((a, b) => priority(b) - priority(a) || a.order - b.order);
  #order = 0;

  get size(): number {
    return this.#entries.size;
  }

  /** A new pod, or a changed one: whatever it waited for, it is worth trying now. */
  set(pod: Pod): void {
    const uid = pod.metadata.uid ?? '';
    const entry = this.#entries.get(uid);
    if (entry === undefined) {
      const fresh: Entry = { uid, pod, order: this.#order++, attempts: 0, state: 'active', at: 0, moved: false };
      this.#entries.set(uid, fresh);
      this.#active.push(fresh);
      return;
    }
    const changed = specOf(entry.pod) !== specOf(pod);
    entry.pod = pod;
    if (!changed) return;
    entry.moved = true;
    if (entry.state === 'unschedulable') this.#activate(entry);
  }

  delete(uid: string): void {
    const entry = this.#entries.get(uid);
    if (entry !== undefined) entry.state = 'taken';
    this.#entries.delete(uid);
  }

  /** The next pod to try; it stays known until `delete` or `putBack`. */
  take(): Pod | undefined {
    for (let entry = this.#active.pop(); entry !== undefined; entry = this.#active.pop()) {
      if (entry.state !== 'active' || this.#entries.get(entry.uid) !== entry) continue;
      entry.state = 'taken';
      entry.moved = false;
      entry.attempts++;
      return entry.pod;
    }
    return undefined;
  }

  /** No node for it: it waits for an event, or only backs off when something happened meanwhile. */
  putBack(uid: string, now: number, why: 'unschedulable' | 'error'): void {
    const entry = this.#entries.get(uid);
    if (entry === undefined) return;
    if (why === 'unschedulable' && !entry.moved) {
      entry.state = 'unschedulable';
      entry.at = now;
      return;
    }
    entry.state = 'backoff';
    entry.at = now + backoffMs(entry);
  }

  /** The cluster changed in a way that could make room: unschedulable pods are tried after their back-off. */
  wake(now: number): void {
    for (const entry of this.#entries.values()) {
      if (entry.state === 'taken') entry.moved = true;
      if (entry.state !== 'unschedulable') continue;
      entry.state = 'backoff';
      entry.at = Math.max(now, entry.at + backoffMs(entry));
    }
    this.release(now);
  }

  /** Makes active what has waited long enough; gives the time of the next such moment. */
  release(now: number): number | undefined {
    let next: number | undefined;
    for (const entry of this.#entries.values()) {
      const due = entry.state === 'backoff' ? entry.at : entry.state === 'unschedulable' ? entry.at + unschedulableMsMax : undefined;
      if (due === undefined) continue;
      if (due <= now) this.#activate(entry);
      else next = next === undefined ? due : Math.min(next, due);
    }
    return next;
  }

  #activate(entry: Entry): void {
    entry.state = 'active';
    this.#active.push(entry);
  }
}

function backoffMs(entry: Entry): number {
  return Math.min(backoffMsMax, backoffMsInitial * 2 ** Math.max(0, entry.attempts - 1));
}

const priority = (entry: Entry): number => entry.pod.spec.priority ?? 0;
const specOf = (pod: Pod): string => JSON.stringify([pod.spec, pod.metadata.labels]);
