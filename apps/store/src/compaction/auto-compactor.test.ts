import { silentLog, VirtualClock } from '@rhythm/base';
import { GrpcError, status } from '@rhythm/grpc';
import { describe, expect, test } from 'vitest';
import { autoCompact, type Compactable } from './auto-compactor.ts';
import { parseRetention, type Retention } from './retention.ts';

const minute = 60_000;

interface Rig {
  readonly clock: VirtualClock;
  /** What was compacted, and when, in minutes since the start. */
  readonly calls: Array<readonly [at: number, revision: number]>;
  /** Is the leader, what each compaction does. */
  isLeader: boolean;
  fails: Error | undefined;
  stop(): void;
}

/** One revision a minute, or as told: the revision is the time in minutes, and one. */
function rig(retention: Retention, revisionAt: (minutes: number) => number = (minutes) => minutes + 1): Rig {
  const clock = new VirtualClock(0);
  const minutes = (): number => clock.monotonic() / minute;
  const calls: Array<readonly [number, number]> = [];
  const found: Rig = { clock, calls, isLeader: true, fails: undefined, stop: () => running.stop() };
  const target: Compactable = {
    revision: () => revisionAt(minutes()),
    isLeader: () => found.isLeader,
    compact: async (revision) => {
      calls.push([minutes(), revision]);
      if (found.fails !== undefined) throw found.fails;
    },
  };
  const running = autoCompact(retention, target, clock, silentLog);
  return found;
}

/** As etcd's: at a sample's time the oldest one kept is a whole period before it, and is used a tenth of a period later. */
describe('by age', () => {
  test('keeps one period: first after the period, then once a period', async () => {
    const { clock, calls } = rig({ mode: 'periodic', periodMs: 30 * minute });
    await clock.advance(29.9 * minute);
    expect(calls).toEqual([]);
    await clock.advance(61 * minute);
    expect(calls).toEqual([[30, 1], [60, 28], [90, 58]]);
  });

  test('of more than an hour compacts every hour', async () => {
    const { clock, calls } = rig({ mode: 'periodic', periodMs: 5 * 60 * minute });
    await clock.advance(7 * 60 * minute);
    expect(calls).toEqual([[300, 1], [360, 55], [420, 115]]);
  });

  test('tries again after a tenth of the period, and takes a compaction by others for its own', async () => {
    const r = rig({ mode: 'periodic', periodMs: 10 * minute });
    r.fails = new GrpcError(status.UNAVAILABLE, 'no leader');
    await r.clock.advance(12 * minute);
    expect(r.calls).toEqual([[10, 1], [11, 1], [12, 2]]);
    r.fails = new GrpcError(status.OUT_OF_RANGE, 'compacted');
    await r.clock.advance(11 * minute);
    expect(r.calls.slice(3)).toEqual([[13, 3], [23, 13]]);
  });

  test('rests on a member that does not lead, and where nothing was written', async () => {
    const idle = rig({ mode: 'periodic', periodMs: 10 * minute }, () => 7);
    await idle.clock.advance(100 * minute);
    expect(idle.calls).toEqual([[10, 7]]);
    const follower = rig({ mode: 'periodic', periodMs: 10 * minute });
    follower.isLeader = false;
    await follower.clock.advance(100 * minute);
    expect(follower.calls).toEqual([]);
    follower.isLeader = true;
    await follower.clock.advance(minute);
    expect(follower.calls).toEqual([[101, 91]]);
    follower.stop();
    await follower.clock.advance(100 * minute);
    expect(follower.calls).toHaveLength(1);
  });
});

test('by number keeps the newest revisions, every five minutes', async () => {
  const { clock, calls } = rig({ mode: 'revision', revisions: 10 });
  await clock.advance(21 * minute);
  expect(calls).toEqual([[10, 1], [15, 6], [20, 11]]);
});

test('nothing unless asked for', async () => {
  const { clock, calls } = rig({ mode: 'off' });
  await clock.advance(1000 * minute);
  expect(calls).toEqual([]);
});

test.each([
  ['periodic', '0', { mode: 'off' }],
  ['periodic', '', { mode: 'off' }],
  ['periodic', '0s', { mode: 'off' }],
  ['periodic', '5', { mode: 'periodic', periodMs: 5 * 60 * minute }],
  ['periodic', '1h30m', { mode: 'periodic', periodMs: 90 * minute }],
  ['periodic', '1.5s', { mode: 'periodic', periodMs: 1500 }],
  ['revision', '1000', { mode: 'revision', revisions: 1000 }],
  ['revision', '0', { mode: 'off' }],
])('etcd reads --auto-compaction-mode %s and --auto-compaction-retention %j', (mode, retention, wanted) => {
  expect(parseRetention(mode, retention)).toEqual(wanted);
});

test.each([
  ['sometimes', '1', '--auto-compaction-mode takes periodic or revision, not "sometimes"'],
  ['periodic', 'soon', '--auto-compaction-retention takes hours or a duration such as 30m, not "soon"'],
  ['revision', '10m', '--auto-compaction-retention takes a number of revisions in mode revision, not "10m"'],
])('refuses %s %s', (mode, retention, message) => {
  expect(() => parseRetention(mode, retention)).toThrow(message);
});
