import { expect, it } from 'vitest';
import { VirtualClock } from '@rhythm/base';
import { Metadata } from '@rhythm/grpc';
import { LeaderWatch } from './leader-watch.ts';

function metadata(value: string): Metadata {
  const given = new Metadata();
  given.set('hasleader', value);
  return given;
}

it('refuses calls and ends streams that want a leader, once there has been none for three election timeouts', async () => {
  const clock = new VirtualClock();
  const host = { leader: 1n };
  const leaders = new LeaderWatch(host, clock);
  const ask = (value: string) => leaders.guard('put', () => ({ metadata: metadata(value), identity: undefined }));
  const ended: string[] = [];
  const unfollow = leaders.follow(metadata('true'), () => ended.push('gone'));
  leaders.follow(metadata('true'), (error) => ended.push(error.message));
  leaders.follow(metadata('false'), () => ended.push('never'));
  unfollow();
  expect(ask('true')).toBeUndefined();
  host.leader = 0n;
  await expect(ask('true')).rejects.toMatchObject({ details: 'etcdserver: no leader' });
  expect(ask('false')).toBeUndefined();
  await clock.advance(2900);
  expect(ended).toEqual([]);
  await clock.advance(200);
  expect(ended).toEqual([expect.stringContaining('etcdserver: no leader')]);
  leaders.stop();
});
