import { ApiError } from '@rhythm/api';
import type { RequestAttributes } from '../ports/types.ts';
import { isLongRunning, tooManyText, type FlowGate, type Place } from './gate.ts';

export interface Inflight {
  /** 0: any number, as in Kubernetes. */
  readonly readOnly: number;
  readonly mutating: number;
}

const reading: ReadonlySet<string> = new Set(['get', 'list', 'watch']);

/** Without priority and fairness: so many requests at a time, and who comes then has to come again. Administrators never do. */
export class InflightLimits implements FlowGate {
  readonly #limits: Inflight;
  #readOnly = 0;
  #mutating = 0;

  constructor(limits: Inflight) {
    this.#limits = limits;
  }

  enter(attributes: RequestAttributes): Place | undefined {
    if (isLongRunning(attributes) || attributes.verb === 'watch') return undefined;
    const isReading = reading.has(attributes.verb);
    const limit = isReading ? this.#limits.readOnly : this.#limits.mutating;
    const open = isReading ? this.#readOnly : this.#mutating;
    if (limit > 0 && open >= limit) {
      if (attributes.user.groups.includes('system:masters')) return undefined;
      throw new ApiError('TooManyRequests', tooManyText, { details: { retryAfterSeconds: 1 } });
    }
    this.#count(isReading, 1);
    let isHere = true;
    return {
      leave: () => {
        if (isHere) this.#count(isReading, -1);
        isHere = false;
      },
    };
  }

  #count(isReading: boolean, by: number): void {
    if (isReading) this.#readOnly += by;
    else this.#mutating += by;
  }
}
