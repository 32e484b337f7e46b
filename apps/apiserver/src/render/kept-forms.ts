import type { KindDefinition } from '@rhythm/api';
import type { Clock, Timer } from '@rhythm/base';
import type { Entry } from '../watch-cache/entry.ts';
import type { Held } from '../watch-cache/held.ts';
import { packerOf, type Packer } from '../watch-cache/packer.ts';
import { Slabs } from '../watch-cache/slabs.ts';

interface Kept {
  readonly kind: KindDefinition;
  readonly revision: number;
  /** `undefined` for bytes, and the other way round. */
  readonly value: unknown;
  readonly held: Held | undefined;
  readonly size: number;
  usedAt: number;
}

export interface KeptFormsLimits {
  readonly bytesMax: number;
  /** What nobody has asked for as long is forgotten. */
  readonly idleMs: number;
  /** When there is no room, already after this time. */
  readonly restMs: number;
}

/** One thing kept besides its bytes, about. */
const keptBytes = 160;
/** Of the whole, no single form is more. */
const shareMax = 1 / 8;

/**
 * What was made of entries and may be asked for again: other forms as bytes, rows of Tables. Bounded together in bytes; forgotten when nobody asks for it. When there is no
 * room, what is asked for all the time stays and nothing new is kept: a list that is longer than the room for it finds a part of itself each time, where the least
 * recently used would have gone just before they are needed.
 */
export class KeptForms {
  readonly #clock: Pick<Clock, 'monotonic' | 'setTimer'>;
  readonly #limits: KeptFormsLimits;
  readonly #slabs = new Slabs();
  /** Forms of one kind resemble each other. */
  readonly #packers = new Map<KindDefinition, Packer | undefined>();
  /** By form, then by key: of an object one state. No entry is held, whose bytes it would hold on to. */
  readonly #forms = new Map<string, Map<string, Kept>>();
  #bytes = 0;
  #sweptAt = Number.NEGATIVE_INFINITY;
  #timer: Timer | undefined;

  constructor(clock: Pick<Clock, 'monotonic' | 'setTimer'>, limits: KeptFormsLimits) {
    this.#clock = clock;
    this.#limits = limits;
  }

  /** Of all that is kept. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Remembered bytes of an entry, made for `kind`. @param form tells them from other forms of it */
  bytesOf(form: string, kind: KindDefinition, entry: Entry): Held | undefined {
    return this.#find(form, kind, entry)?.held;
  }

  /** A remembered value that is no bytes. */
  valueOf(form: string, kind: KindDefinition, entry: Entry): unknown {
    return this.#find(form, kind, entry)?.value;
  }

  /** False when there was no room. */
  keepBytes(form: string, kind: KindDefinition, entry: Entry, held: Held): boolean {
    const { revision, key } = entry;
    if (!this.#keep(form, key, { kind, revision, value: undefined, held, size: keptBytes + held.length, usedAt: this.#clock.monotonic() })) return false;
    if (!this.#packers.has(kind)) this.#packers.set(kind, packerOf(kind));
    this.#slabs.keep(held, this.#packers.get(kind));
    return true;
  }

  /** @param size bytes that the value takes, about */
  keepValue(form: string, kind: KindDefinition, entry: Entry, value: unknown, size: number): void {
    this.#keep(form, entry.key, { kind, revision: entry.revision, value, held: undefined, size: keptBytes + size, usedAt: this.#clock.monotonic() });
  }

  /** Forgets everything. */
  clear(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    for (const [form, kept] of this.#forms) for (const key of kept.keys()) this.#forget(form, key);
  }

  #find(form: string, kind: KindDefinition, entry: Entry): Kept | undefined {
    const kept = this.#forms.get(form)?.get(entry.key);
    if (kept === undefined || kept.revision !== entry.revision || kept.kind !== kind) return undefined;
    kept.usedAt = this.#clock.monotonic();
    return kept;
  }

  #keep(form: string, key: string, kept: Kept): boolean {
    this.#forget(form, key);
    if (kept.size > this.#limits.bytesMax * shareMax || !this.#hasRoom(kept.size, kept.usedAt)) return false;
    let byKey = this.#forms.get(form);
    if (byKey === undefined) this.#forms.set(form, (byKey = new Map()));
    byKey.set(key, kept);
    this.#bytes += kept.size;
    this.#timer ??= this.#clock.setTimer(this.#limits.idleMs, () => this.#rest());
    return true;
  }

  /** Looks for room at most once in a while: each look goes through everything. */
  #hasRoom(size: number, now: number): boolean {
    const { bytesMax, restMs } = this.#limits;
    if (this.#bytes + size <= bytesMax) return true;
    if (now - this.#sweptAt < restMs) return false;
    this.#sweptAt = now;
    this.#sweep(now - restMs);
    return this.#bytes + size <= bytesMax;
  }

  #rest(): void {
    this.#timer = undefined;
    this.#sweep(this.#clock.monotonic() - this.#limits.idleMs);
    if (this.#forms.size > 0) this.#timer = this.#clock.setTimer(this.#limits.idleMs, () => this.#rest());
  }

  #sweep(usedBefore: number): void {
    for (const [form, byKey] of this.#forms) for (const [key, { usedAt }] of byKey) if (usedAt <= usedBefore) this.#forget(form, key);
  }

  #forget(form: string, key: string): void {
    const byKey = this.#forms.get(form);
    const kept = byKey?.get(key);
    if (byKey === undefined || kept === undefined) return;
    byKey.delete(key);
    if (byKey.size === 0) this.#forms.delete(form);
    if (this.#forms.size === 0) this.#packers.clear();
    this.#bytes -= kept.size;
    if (kept.held !== undefined) this.#slabs.drop(kept.held);
  }
}
