import type { Clock, Timer } from '@rhythm/base';
import type { Guard, Metadata } from '@rhythm/grpc';
import { nobody } from '@rhythm/raft';
import type { Host } from '../host/host.ts';
import { electionTicks, tickMs } from '../host/timing.ts';
import { etcdError } from '../services/errors.ts';

/** Election timeouts without a leader after which streams are ended, as in etcd. */
const leaderlessMax = 3;

/** Looks after calls that want to fail rather than wait while this member knows no leader (metadata `hasleader: true`). */
export class LeaderWatch {
  readonly #host: Pick<Host, 'leader'>;
  readonly #clock: Clock;
  readonly #streams = new Set<(error: Error) => void>();
  #leaderless = 0;
  #timer: Timer | undefined;

  constructor(host: Pick<Host, 'leader'>, clock: Clock) {
    this.#host = host;
    this.#clock = clock;
    this.#tickLater();
  }

  /** Refuses a call that wants a leader where there is none. */
  readonly guard: Guard = (_method, credentials) => (this.#host.leader === nobody && wantsLeader(credentials().metadata) ? Promise.reject(etcdError('NoLeader')) : undefined);

  /** Ends a stream that wants a leader once there has been none for too long. Gives what is to be called when it is over. */
  follow(metadata: Pick<Metadata, 'get'>, end: (error: Error) => void): () => void {
    if (!wantsLeader(metadata)) return () => undefined;
    this.#streams.add(end);
    return () => this.#streams.delete(end);
  }

  stop(): void {
    this.#timer?.cancel();
  }

  #tickLater(): void {
    this.#timer = this.#clock.setTimer(electionTicks * tickMs, () => {
      this.#leaderless = this.#host.leader === nobody ? this.#leaderless + 1 : 0;
      if (this.#leaderless >= leaderlessMax) for (const end of this.#streams) end(etcdError('NoLeader'));
      this.#tickLater();
    });
  }
}

function wantsLeader(metadata: Pick<Metadata, 'get'>): boolean {
  return metadata.get('hasleader')[0] === 'true';
}
