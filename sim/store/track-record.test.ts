import { describe, expect, it } from 'vitest';
import { RangeResponse } from '@rhythm/proto/etcd';
import type { Life, Member } from './member.ts';
import { putOf, rangeOf } from './operations.ts';
import { Stage } from './stage.ts';

/** Revision and contents, as each running member has them. */
async function states(stage: Stage): Promise<string[]> {
  const all: string[] = [];
  for (const { life } of stage.members) {
    if (life?.hub === undefined) continue;
    const { header, kvs } = RangeResponse.decode(await life.kv.range({ ...rangeOf('a', 'z'), serializable: true }, undefined));
    all.push(`${header?.revision} ${kvs.map(({ key, value, modRevision }) => `${Buffer.from(key).toString()}=${Buffer.from(value).toString()}@${modRevision}`).join(' ')}`);
  }
  return all;
}

async function sameEverywhere(stage: Stage): Promise<void> {
  await stage.run(1500);
  const all = await states(stage);
  expect(all).toHaveLength(stage.members.length);
  expect(new Set(all).size, all.join('\n')).toBe(1);
}

const revisionOf = (life: Life): number => life.host.state.mvcc.revision;

/** etcd's own list of past consistency bugs (its tests/robustness/README.md), row by row: the guarantee holds here. */
describe('the track record of etcd', { timeout: 60_000 }, () => {
  it('#13766: a crash under high load leaves no member with another revision', async () => {
    const stage = new Stage(3);
    const victim = await stage.follower();
    const leader = await stage.leader();
    for (let round = 0; round < 4; round++) {
      for (let n = 0; n < 30; n++) void leader.life.kv.put(putOf('k', `${round}/${n}`), undefined).catch(() => undefined);
      await stage.run(6 + round * 5);
      victim.crash();
      await stage.restart(victim);
    }
    await sameEverywhere(stage);
  });

  it('#14370: a member that is alone loses no acknowledged write in a crash', async () => {
    const stage = new Stage(1);
    const member = await stage.leader();
    for (let n = 0; n < 10; n++) {
      const revision = await stage.put(member, 'k', `${n}`);
      member.crash();
      expect(revisionOf(await stage.restart(member))).toBe(revision);
      await stage.leader();
    }
  });

  it('#14571: a permission that was refused everywhere is refused by a member that was restarted', async () => {
    const stage = new Stage(3);
    const leader = await stage.leader();
    const victim = await stage.follower();
    const auth = (change: object): Promise<unknown> => stage.outcome(leader.life.host.propose({ $case: 'auth', value: { change } } as never));
    await auth({ $case: 'userAdd', value: { name: 'root', password: '', hashedPassword: '', options: { noPassword: true } } });
    await auth({ $case: 'userAdd', value: { name: 'guest', password: '', hashedPassword: '', options: { noPassword: true } } });
    await auth({ $case: 'roleAdd', value: { name: 'root' } });
    await auth({ $case: 'userGrantRole', value: { user: 'root', role: 'root' } });
    await auth({ $case: 'enable', value: {} });
    victim.crash();
    const authRevision = BigInt(leader.life.host.state.auth.machine.revision);
    await expect(stage.outcome(leader.life.host.propose({ $case: 'put', value: putOf('k', 'x') }, { user: 'guest', authRevision, internal: false }))).rejects.toMatchObject({ details: 'etcdserver: permission denied' });
    await stage.restart(victim);
    await stage.run(1500);
    expect(stage.members.map(({ life }) => life?.host.state.auth.machine.enabled)).toEqual([true, true, true]);
    expect(new Set(stage.members.map(({ life }) => life?.host.state.mvcc.revision))).toEqual(new Set([1]));
    expect(new Set(stage.members.map(({ life }) => life?.host.state.applied.index)).size).toBe(1);
  });

  it('#14685: a power cut while space is given back leaves every revision as it was', async () => {
    const stage = new Stage(3);
    const leader = await stage.leader();
    const victim = await stage.follower();
    for (let n = 0; n < 20; n++) await stage.put(leader, 'k', `${n}`);
    await stage.compact(leader, 15);
    for (let n = 0; n < 10; n++) void leader.life.kv.put(putOf('k', `later ${n}`), undefined).catch(() => undefined);
    await stage.run(3);
    victim.crash();
    await stage.restart(victim);
    await sameEverywhere(stage);
  });

  it('#15220: progress is not told ahead of the events of a slow stream', async () => {
    const stage = new Stage(1);
    const member = await stage.leader();
    const seen = stage.watch(member.life, 2, { prevKv: true }, 3);
    await stage.put(member, 'k', 'first');
    seen.isSlow = true;
    for (let n = 0; n < 40; n++) {
      await stage.put(member, 'k', `${n}`);
      if (n % 5 === 0) stage.askProgress(seen);
    }
    seen.isSlow = false;
    stage.askProgress(seen);
    await stage.until(() => seen.events.length === 3 * 41 && seen.responses.at(-1)?.watchId === -1n);
  });

  it('#15271: a watch at a member that was cut off does not go back in time', async () => {
    const stage = new Stage(3);
    const leader = await stage.leader();
    const away = await stage.follower();
    const seen = stage.watch(stage.life(away), 2);
    for (let n = 0; n < 10; n++) await stage.put(leader, 'k', `${n}`);
    stage.isolate(away);
    for (let n = 0; n < 150; n++) await stage.put(leader, 'k', `away ${n}`);
    stage.network.heal();
    await stage.until(() => seen.events.length === 160);
    expect(seen.events.map(({ revision }) => revision)).toEqual(Array.from({ length: 160 }, (_, at) => at + 2));
  });

  it('#17247: what a transaction did comes once, and the same at every member', async () => {
    const stage = new Stage(3);
    const leader = await stage.leader();
    const watches = stage.members.map((member) => stage.watch(stage.life(member), 2, { prevKv: true }));
    const txn = { compare: [], success: ['a', 'b', 'c'].map((key) => ({ request: { $case: 'requestPut' as const, value: putOf(key, 'x') } })), failure: [] };
    for (let n = 0; n < 5; n++) await stage.outcome(leader.life.kv.txn(txn, undefined));
    await stage.until(() => watches.every(({ events }) => events.length === 15));
    for (const { events } of watches) expect(events).toEqual(watches[0]?.events);
  });

  it('#17529: hundreds of watches on one slow stream lose nothing', async () => {
    const stage = new Stage(1);
    const member = await stage.leader();
    const seen = stage.watch(member.life, 2, { prevKv: true }, 200);
    seen.isSlow = true;
    for (let n = 0; n < 20; n++) await stage.put(member, 'k', `${n}`);
    seen.isSlow = false;
    await stage.until(() => seen.events.length === 200 * 20);
  });

  it('#17780: a crash during a compaction takes no revision back', async () => {
    const stage = new Stage(1);
    const member = await stage.leader();
    for (let n = 0; n < 10; n++) await stage.put(member, 'k', `${n}`);
    const last = await stage.delete(member, 'k');
    await stage.compact(member, last);
    for (const ms of [0, 1, 2, 5, 30]) {
      await stage.run(ms);
      member.crash();
      expect(revisionOf(await stage.restart(member))).toBe(last);
    }
    await stage.leader();
    expect(await stage.put(member, 'k', 'again')).toBe(last + 1);
  });

  it.each(['#18089: a compaction at a deletion keeps its event', '#19179: a watch from the compacted revision on is told of the deletion there'])('%s', async (row) => {
    const stage = new Stage(1);
    const member = await stage.leader();
    await stage.put(member, 'a', '1');
    await stage.put(member, 'b', '1');
    const deleted = await stage.delete(member, 'a');
    await stage.put(member, 'b', '2');
    await stage.compact(member, deleted);
    await stage.run(100);
    if (row.startsWith('#19179')) {
      member.crash();
      await stage.restart(member);
      await stage.leader();
    }
    const seen = stage.watch(stage.life(member), deleted);
    await stage.until(() => seen.events.length === 2);
    expect(seen.events.map(({ revision, key, value }) => [revision, key, value])).toEqual([[deleted, 'a', undefined], [deleted + 1, 'b', '2']]);
  });

  it('#18667: a transaction that reads a compacted revision does nothing, on every member', async () => {
    const stage = new Stage(3);
    const leader = await stage.leader();
    for (let n = 0; n < 6; n++) await stage.put(leader, 'k', `${n}`);
    await stage.compact(leader, 5);
    const success = [{ request: { $case: 'requestPut' as const, value: putOf('k', 'half') } }, { request: { $case: 'requestRange' as const, value: rangeOf('k', undefined, 2) } }];
    const before = revisionOf(leader.life);
    await expect(stage.outcome(leader.life.kv.txn({ compare: [], success, failure: [] }, undefined))).rejects.toMatchObject({ details: 'etcdserver: mvcc: required revision has been compacted' });
    await sameEverywhere(stage);
    expect(revisionOf(leader.life)).toBe(before);
  });

  it('#20221: a watch of a future revision at a member that lags is sent nothing older', async () => {
    const stage = new Stage(3);
    const leader = await stage.leader();
    const behind: Member = await stage.follower();
    await stage.put(leader, 'k', 'first');
    await stage.run(500);
    stage.isolate(behind);
    for (let n = 0; n < 10; n++) await stage.put(leader, 'k', `${n}`);
    const start = revisionOf(leader.life) + 1;
    const seen = stage.watch(stage.life(behind), start, { progressNotify: true });
    stage.askProgress(seen);
    await stage.run(3000);
    expect(seen.responses.filter(({ created }) => !created)).toEqual([]);
    stage.network.heal();
    const written = await stage.put(leader, 'k', 'new');
    await stage.until(() => seen.events.length === 1);
    expect(seen.events[0]?.revision).toBe(written);
  });
});
