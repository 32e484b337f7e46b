import { VirtualClock } from '@rhythm/base';
import { expect, test } from 'vitest';
import { giveBackAtRest, type ProcessMemory } from './rest.ts';

const mb = 1024 * 1024;

/** A process that takes what it is told to take, and can give back all but 50 MB. */
class FakeProcess implements ProcessMemory {
  readonly #clock: VirtualClock;
  readonly done: string[] = [];
  taken = 80 * mb;
  /** Of a core. */
  share = 0;
  #cpu = 0;
  #at = 0;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  bytes(): number {
    return this.taken;
  }

  cpuMs(): number {
    const now = this.#clock.monotonic();
    this.#cpu += (now - this.#at) * this.share;
    this.#at = now;
    return this.#cpu;
  }

  collect(): void {
    this.done.push('collect');
  }

  trim(): void {
    this.done.push('trim');
    this.taken = 50 * mb;
  }
}

test('memory is given back when a process rests, after its start and after load, and not again while nothing has grown', async () => {
  const clock = new VirtualClock();
  const process = new FakeProcess(clock);
  const ended = new AbortController();
  const life = giveBackAtRest(clock, process, ended.signal);
  await clock.advance(60_000);
  expect(process.done).toEqual(['collect', 'trim']);
  process.share = 0.8;
  process.cpuMs();
  process.taken = 300 * mb;
  await clock.advance(60_000);
  expect(process.done).toEqual(['collect', 'trim']);
  process.cpuMs();
  // A little work for a long time is work.
  process.share = 0.05;
  await clock.advance(60_000);
  expect(process.done).toEqual(['collect', 'trim']);
  process.cpuMs();
  process.share = 0.02;
  await clock.advance(3_000);
  expect(process.done).toEqual(['collect', 'trim', 'collect', 'trim']);
  process.taken = 60 * mb;
  await clock.advance(600_000);
  expect(process.done).toHaveLength(4);
  ended.abort();
  await clock.advance(10_000);
  await life;
});

test('a moment of rest between bursts is none', async () => {
  const clock = new VirtualClock();
  const process = new FakeProcess(clock);
  const ended = new AbortController();
  const life = giveBackAtRest(clock, process, ended.signal);
  for (let burst = 0; burst < 50; burst++) {
    process.share = 0.9;
    await clock.advance(500);
    process.cpuMs();
    process.share = 0;
    await clock.advance(500);
    process.cpuMs();
  }
  expect(process.done).toEqual([]);
  ended.abort();
  await clock.advance(1_000);
  await life;
});

test('one that is told to end between collecting and trimming ends', async () => {
  const clock = new VirtualClock();
  const process = new FakeProcess(clock);
  const ended = new AbortController();
  process.collect = () => ended.abort();
  const life = giveBackAtRest(clock, process, ended.signal);
  await clock.advance(5_000);
  await life;
  expect(process.done).toEqual([]);
});

test.each([
  ['a little', 20 * mb, 12_000],
  ['much', 250 * mb, 400],
])('the longer a collection stops everything, the longer it is until the next, with %s to give back', async (_much, growth, notYetMs) => {
  const clock = new VirtualClock();
  const process = new FakeProcess(clock);
  const ended = new AbortController();
  let stoppedMs = 0;
  process.collect = () => {
    process.done.push('collect');
    stoppedMs += 100;
  };
  const life = giveBackAtRest({ monotonic: () => clock.monotonic() + stoppedMs, sleep: (ms, signal) => clock.sleep(ms, signal) }, process, ended.signal);
  await clock.advance(3_000);
  expect(process.done).toEqual(['collect', 'trim']);
  process.taken = 50 * mb + growth;
  await clock.advance(notYetMs);
  expect(process.done).toEqual(['collect', 'trim']);
  await clock.advance(4_000);
  expect(process.done).toEqual(['collect', 'trim', 'collect', 'trim']);
  ended.abort();
  await clock.advance(10_000);
  await life;
});
