import type { Clock, Log, Timer } from '@rhythm/base';
import { GrpcError, status } from '@rhythm/grpc';
import { internalCaller } from '../auth/access.ts';
import type { Host } from '../host/host.ts';
import type { Retention } from './retention.ts';

/** As etcd: the longest time between two compactions by age, samples of the revision in one such time, time between compactions by number. */
const periodMsMax = 3_600_000;
const samplesPerPeriod = 10;
const revisionIntervalMs = 300_000;

/** What is compacted: the newest revision, whether this member leads (the others leave it to the leader), and the compaction itself. */
export interface Compactable {
  revision(): number;
  isLeader(): boolean;
  compact(revision: number): Promise<unknown>;
}

/** A member as it is compacted. */
export function compactable(host: Host): Compactable {
  return {
    revision: () => host.state.mvcc.revision,
    isLeader: () => host.isLeader,
    compact: (revision) => host.propose({ $case: 'compaction', value: { revision: BigInt(revision), physical: false } }, internalCaller),
  };
}

/** Compacts at the times and to the revisions that etcd would. Gives the way to stop it. */
export function autoCompact(retention: Retention, target: Compactable, clock: Clock, log: Log): { stop(): void } {
  switch (retention.mode) {
    case 'off':
      return { stop: () => undefined };
    case 'periodic':
      return every(clock, Math.min(retention.periodMs, periodMsMax) / samplesPerPeriod, periodic(retention.periodMs, target, clock, log));
    case 'revision':
      return every(clock, revisionIntervalMs, byNumber(retention.revisions, target, log));
  }
}

/**
 * Revisions are sampled ten times in a period, an hour at most; what was sampled a whole retention before the sample before this one is
 * compacted, first after one retention, then once a period.
 */
function periodic(periodMs: number, target: Compactable, clock: Clock, log: Log): () => Promise<void> {
  const interval = Math.min(periodMs, periodMsMax);
  const samplesMax = Math.floor(periodMs / (interval / samplesPerPeriod)) + 1;
  const samples = [target.revision()];
  let lastSuccess = clock.monotonic();
  let wait = periodMs;
  let lastRevision = 0;
  const compact = compacting(target, log);
  return async () => {
    const wanted = samples[0] ?? 0;
    samples.push(target.revision());
    if (samples.length > samplesMax) samples.shift();
    if (!target.isLeader() || clock.monotonic() - lastSuccess < wait || wanted === lastRevision) return;
    wait = interval;
    if (!(await compact(wanted))) return;
    lastSuccess = clock.monotonic();
    lastRevision = wanted;
  };
}

/** Everything but the newest revisions. */
function byNumber(revisions: number, target: Compactable, log: Log): () => Promise<void> {
  let lastRevision = 0;
  const compact = compacting(target, log);
  return async () => {
    const wanted = target.revision() - revisions;
    if (!target.isLeader() || wanted <= 0 || wanted === lastRevision) return;
    if (await compact(wanted)) lastRevision = wanted;
  };
}

/** False when it has to be tried again: somebody else's compaction further on will do. */
function compacting(target: Compactable, log: Log): (revision: number) => Promise<boolean> {
  return async (revision) => {
    try {
      await target.compact(revision);
      log.info('compacted automatically', { revision });
      return true;
    } catch (error) {
      if (error instanceof GrpcError && error.code === status.OUT_OF_RANGE) return true;
      log.warn('an automatic compaction failed and is tried again', { revision, error });
      return false;
    }
  };
}

/** One run after the other, each `intervalMs` after the start of the one before, or after its end if that is later. */
function every(clock: Clock, intervalMs: number, run: () => Promise<void>): { stop(): void } {
  let timer: Timer | undefined;
  let isStopped = false;
  const next = (): void => {
    timer = clock.setTimer(intervalMs, () => {
      void run().finally(() => {
        if (!isStopped) next();
      });
    });
  };
  next();
  return {
    stop: () => {
      isStopped = true;
      timer?.cancel();
    },
  };
}
