import { backoffDelay, causeChain, type Clock, type Log, type Random } from '@rhythm/base';
import { aggregationLimits } from './limits.ts';
import { serverKey, type ApiServiceTable, type RemoteService } from './service-table.ts';

/** The APIServices of one server, in order of name. */
export type Served = readonly [RemoteService, ...RemoteService[]];

export interface RefresherPorts {
  readonly table: ApiServiceTable;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

interface Known {
  /** The APIServices that were read, with what they said. */
  of: string;
  failures: number;
  dueAt: number;
  isRunning: boolean;
}

/**
 * Reads documents of the servers behind APIServices in the background: when one changes, every minute, and again after failures, later each time.
 * One server that several APIServices name is read once.
 */
export class Refresher {
  readonly #ports: RefresherPorts;
  readonly #what: string;
  readonly #read: (served: Served, signal: AbortSignal) => Promise<void>;
  readonly #forget: (key: string) => void;
  readonly #stop = new AbortController();
  readonly #known = new Map<string, Known>();
  #unsubscribe: () => void = () => undefined;
  #timer: { cancel(): void } | undefined;
  #open = 0;

  /** @param read rejects when the server has to be asked again soon; @param forget called for servers that no APIService names any more. */
  constructor(ports: RefresherPorts, what: string, read: (served: Served, signal: AbortSignal) => Promise<void>, forget: (key: string) => void) {
    this.#ports = ports;
    this.#what = what;
    this.#read = read;
    this.#forget = forget;
  }

  start(): void {
    this.#unsubscribe = this.#ports.table.onChange(() => this.#look());
    this.#look();
  }

  stop(): void {
    this.#stop.abort(new Error('the server is stopping'));
    this.#unsubscribe();
    this.#timer?.cancel();
  }

  #look(): void {
    if (this.#stop.signal.aborted) return;
    const { clock, table } = this.#ports;
    const servers = byServer(table.remotes.values());
    for (const key of this.#known.keys()) {
      if (servers.has(key)) continue;
      this.#known.delete(key);
      this.#forget(key);
    }
    let next = Infinity;
    // Those that fail again and again must not keep the others from ever being read.
    for (const [key, served] of [...servers].sort(([a], [b]) => (this.#known.get(a)?.dueAt ?? 0) - (this.#known.get(b)?.dueAt ?? 0))) {
      const known = this.#known.get(key) ?? { of: '', failures: 0, dueAt: 0, isRunning: false };
      this.#known.set(key, known);
      const of = JSON.stringify(served.map(({ name, isAvailable, object }) => [name, isAvailable, object.metadata.uid, object.spec]));
      if (of !== known.of) {
        known.of = of;
        known.dueAt = 0;
        known.failures = 0;
      }
      if (known.isRunning) continue;
      if (known.dueAt > clock.monotonic()) next = Math.min(next, known.dueAt);
      else if (this.#open < aggregationLimits.checksAtOnce) this.#begin(known, served);
    }
    this.#timer?.cancel();
    this.#timer = next === Infinity ? undefined : clock.setTimer(next - clock.monotonic(), () => this.#look());
  }

  #begin(known: Known, served: Served): void {
    const { clock, random, log } = this.#ports;
    const of = known.of;
    known.isRunning = true;
    this.#open++;
    void this.#read(served, this.#stop.signal)
      .then(
        () => {
          known.failures = 0;
          known.dueAt = clock.monotonic() + aggregationLimits.documentsEveryMs;
        },
        (error: unknown) => {
          if (this.#stop.signal.aborted) return;
          known.failures++;
          known.dueAt = clock.monotonic() + backoffDelay({ initialMs: aggregationLimits.documentsPauseMinMs, maxMs: aggregationLimits.documentsEveryMs, factor: 2, jitter: 0.1 }, known.failures - 1, random);
          if (known.failures === 1) log.warn(this.#what, { apiService: served[0].name, error: causeChain(error) });
        },
      )
      .finally(() => {
        known.isRunning = false;
        this.#open--;
        // What it was read for may have changed on the way.
        if (known.of !== of) known.dueAt = 0;
        this.#look();
      });
  }
}

/** By whose address and authority the server is asked for what it says of all. */
export function spokesman(served: Served): RemoteService {
  return served.find(({ isAvailable }) => isAvailable) ?? served[0];
}

export function byServer(remotes: Iterable<RemoteService>): Map<string, Served> {
  const servers = new Map<string, [RemoteService, ...RemoteService[]]>();
  for (const remote of [...remotes].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const key = serverKey(remote);
    const known = servers.get(key);
    if (known === undefined) servers.set(key, [remote]);
    else known.push(remote);
  }
  return servers;
}
