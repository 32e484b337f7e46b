import { rmSync } from 'node:fs';
import { connect, type PeerCertificate } from 'node:tls';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { silentLog, systemClock, systemRandom } from '@rhythm/base';
import { GrpcError, unary } from '@rhythm/grpc';
import { KVService, MaintenanceService } from '@rhythm/proto/etcd';
import { etcdStore } from '@rhythm/store-client';
import { History, rangeOf } from './history.ts';
import { StoreCluster, type StoreMember } from './store-cluster.ts';

let cluster: StoreCluster;
beforeAll(async () => {
  cluster = await StoreCluster.start(['a', 'b', 'c']);
});
afterAll(() => cluster?.remove());

const sleep = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));
const follower = async (): Promise<StoreMember> => {
  const leader = await cluster.leader();
  return [...cluster.members.values()].find((member) => member !== leader && member.isRunning) as StoreMember;
};

/** Operations that go on between two faults: the others must serve while one is away. */
const between = 40;

const faults: ReadonlyArray<readonly [string, () => Promise<void>]> = [
  ['the leader is killed', () => kill(cluster.leader())],
  ['a follower is killed', () => kill(follower())],
  ['the leader stands still', () => pause(cluster.leader())],
  ['a follower stands still', () => pause(follower())],
  ['the leader is cut off', () => cut(cluster.leader())],
  ['a follower is cut off', () => cut(follower())],
];

async function kill(which: Promise<StoreMember>): Promise<void> {
  const member = await which;
  await member.kill('SIGKILL');
  await history.more(between, 120_000);
  await member.start();
}

async function pause(which: Promise<StoreMember>): Promise<void> {
  const member = await which;
  member.signal('SIGSTOP');
  await history.more(between, 120_000);
  member.signal('SIGCONT');
}

async function cut(which: Promise<StoreMember>): Promise<void> {
  const member = await which;
  member.cut();
  await history.more(between, 120_000);
  member.heal();
}

const history = new History(() => [...cluster.members.values()], 6);

test('three members under load keep every promise while each is killed, stopped and cut off', { timeout: 900_000 }, async () => {
  const store = await etcdStore({ endpoints: [...cluster.members.values()].map(({ endpoint }) => endpoint), tls: cluster.tls as Required<Pick<typeof cluster.tls, 'ca' | 'cert' | 'key'>>, clock: systemClock, random: systemRandom, log: silentLog });
  const seen = new Map<number, string>();
  const watching = (async () => {
    for await (const batch of store.watch('history/', 1)) {
      for (const event of batch.events) {
        const revision = Number(event.modRevision);
        if (seen.has(revision)) throw new Error(`revision ${revision} was seen twice`);
        if (revision < Math.max(0, ...seen.keys())) throw new Error(`revision ${revision} was seen after a later one`);
        seen.set(revision, `${event.key}=${Buffer.from(event.value ?? []).toString()}`);
      }
    }
  })();
  watching.catch(() => undefined);
  history.run(6);
  for (const [, fault] of faults) {
    await history.more(between, 120_000);
    await fault();
  }
  await history.more(between, 120_000);
  await history.stop();
  history.check();
  expect(history.acknowledged).toBeGreaterThan(faults.length * between);
  // All members have the same, and the watch has seen all that was acknowledged.
  const last = Math.max(...history.puts.keys());
  for (const member of cluster.members.values()) {
    await retry(() => unary(member.client, KVService.range, rangeOf('history/0'), { deadlineMs: 10_000 }));
  }
  const hashes = await Promise.all([...cluster.members.values()].map((member) => retry(() => unary(member.client, MaintenanceService.hashKv, { revision: BigInt(last) }, { deadlineMs: 60_000 }))));
  expect(new Set(hashes.map(({ hash }) => hash)).size).toBe(1);
  const until = Date.now() + 120_000;
  while (Math.max(0, ...seen.keys()) < last) {
    if (Date.now() > until) throw new Error(`the watch has come to ${Math.max(0, ...seen.keys())}, not to ${last}`);
    await sleep(50);
  }
  expect([...history.puts].filter(([revision, put]) => seen.get(revision) !== put)).toEqual([]);
  await store.close();
});

test('a follower renews leases, tells their time and lets them go, by way of the leader', async () => {
  const { endpoint } = await follower();
  const at = (args: readonly string[]): Promise<string> => cluster.etcdctl(args, [endpoint]);
  const grantedMs = performance.now();
  const id = /^lease ([0-9a-f]+) granted/.exec(await at(['lease', 'grant', '1000']))?.[1] ?? '';
  await at(['put', '--lease', id, 'leased', 'x']);
  const remaining = async (): Promise<number> => Number(/granted with TTL\(1000s\), remaining\((\d+)s\), attached keys\(\[leased\]\)/.exec(await at(['lease', 'timetolive', id, '--keys']))?.[1]);
  const soFar = (sinceMs: number): number => Math.ceil((performance.now() - sinceMs) / 1000) + 1;
  const first = await remaining();
  expect(first).toBeGreaterThanOrEqual(1000 - soFar(grantedMs));
  expect(first).toBeLessThanOrEqual(1000);
  const renewedMs = performance.now();
  expect(await at(['lease', 'keep-alive', '--once', id])).toContain('keepalived with TTL(1000)');
  expect(await remaining()).toBeGreaterThanOrEqual(1000 - soFar(renewedMs));
  await lead((leader) => [...cluster.members.values()].find((member) => member !== leader) as StoreMember);
  expect(await at(['lease', 'keep-alive', '--once', id])).toContain('keepalived with TTL(1000)');
  await at(['lease', 'revoke', id]);
  expect(await at(['get', 'leased'])).toBe('');
  expect(await at(['lease', 'timetolive', id])).toContain('already expired');
});

/** Makes another member lead: whoever leads is asked, and that may change by itself meanwhile. */
async function lead(choose: (leader: StoreMember) => StoreMember): Promise<void> {
  const said = await retry(async () => {
    const leader = await cluster.leader();
    const next = choose(leader);
    if (next === leader) return 'Leadership transferred';
    return cluster.etcdctl(['move-leader', ((await next.status()).header?.memberId ?? 0n).toString(16)], [leader.endpoint]);
  });
  expect(said).toContain('Leadership transferred');
}

test('a member is replaced: removed, told so, another one added as a learner and promoted, as with etcd', { timeout: 600_000 }, async () => {
  const gone = await follower();
  const id = (await gone.status()).header?.memberId.toString(16) ?? '';
  // Refused until all have been connected for five seconds, as in etcd.
  const removed = await retry(async () => cluster.etcdctl(['member', 'remove', id], [(await cluster.leader()).endpoint]));
  expect(removed).toMatch(new RegExp(`^Member ${id.padStart(16)} removed from cluster`));
  await gone.ended();
  expect(gone.log()).toContain('was removed from its cluster');
  // Its folder is of no use any more: it is told so again.
  await gone.start().catch(() => undefined);
  await gone.ended();
  expect(gone.log().trimEnd().split('\n').at(-1)).toContain('was removed');
  rmSync(gone.data, { recursive: true });

  const others = [...cluster.members.values()].filter((member) => member !== gone);
  const endpoints = others.map(({ endpoint }) => endpoint);
  const added = await retry(() => cluster.etcdctl(['member', 'add', gone.name, `--peer-urls=${gone.peerUrl}`, '--learner'], endpoints));
  expect(added).toContain('ETCD_INITIAL_CLUSTER_STATE="existing"');
  const initial = /ETCD_INITIAL_CLUSTER="([^"]+)"/.exec(added)?.[1] ?? '';
  await expect(cluster.etcdctl(['member', 'add', 'x', '--peer-urls=https://10.0.0.1:2380', '--learner'], endpoints)).rejects.toThrow('etcdserver: too many learner members in cluster');
  await expect(cluster.etcdctl(['member', 'add', 'x', `--peer-urls=${gone.peerUrl}`], endpoints)).rejects.toThrow(/etcdserver: (Peer URLs already exists|member ID already exist)/);
  const newId = /^Member ([0-9a-f ]{16}) added/.exec(added)?.[1]?.trim() ?? '';
  await expect(cluster.etcdctl(['member', 'promote', newId], endpoints)).rejects.toThrow('etcdserver: can only promote a learner member which is in sync with leader');
  await gone.start(['--initial-cluster-state', 'existing', '--initial-cluster', initial]);
  await expect(cluster.etcdctl(['get', 'history/0'], [gone.endpoint])).rejects.toThrow('etcdserver: rpc not supported for learner');
  await retry(() => cluster.etcdctl(['member', 'promote', newId], endpoints));
  await retry(() => cluster.etcdctl(['get', 'history/0'], [gone.endpoint]));
  // It tells the others by itself what it is called and where it serves, which may be after its promotion.
  await retry(async () => expect(await cluster.etcdctl(['member', 'list'], [gone.endpoint])).toMatch(new RegExp(`${newId}, started, ${gone.name}, ${gone.peerUrl}, https://${gone.endpoint}, false`)));
  await lead(() => gone);
  await expect(cluster.etcdctl(['member', 'remove', '1'])).rejects.toThrow('etcdserver: member not found');
});

test('certificates are taken from their files again when these change', async () => {
  const member = await follower();
  const before = await certificateOf(member);
  await member.writeCertificates();
  const until = Date.now() + 120_000;
  while ((await certificateOf(member)).fingerprint256 === before.fingerprint256) {
    if (Date.now() > until) throw new Error('the certificate has not changed');
    await sleep(200);
  }
  expect(await cluster.etcdctl(['put', 'rotated', 'yes'], [member.endpoint])).toBe('OK\n');
});

test('a majority that is lost is made up for by one survivor, which the others cannot disturb', { timeout: 600_000 }, async () => {
  await cluster.etcdctl(['put', 'survives', 'yes']);
  const [survivor, other, third] = [...cluster.members.values()] as [StoreMember, StoreMember, StoreMember];
  await retry(() => cluster.etcdctl(['get', 'survives'], [survivor.endpoint]));
  for (const member of cluster.members.values()) await member.kill('SIGKILL');
  const said = survivor.command(['restore-quorum', '--data-dir', survivor.data, '--name', survivor.name]);
  expect(said).toMatch(/is the only one of the new cluster [0-9a-f]+/);
  await Promise.all([survivor.start(), other.start(), third.start()]);
  expect(await cluster.etcdctl(['get', 'survives', '--print-value-only'], [survivor.endpoint])).toBe('yes\n');
  await cluster.etcdctl(['put', 'goes', 'on'], [survivor.endpoint]);
  expect((await cluster.etcdctl(['member', 'list'], [survivor.endpoint])).trim().split('\n')).toHaveLength(1);
  await retry(async () => expect(`${other.log()}${third.log()}`).toContain('cluster ID mismatch'));
  await expect(cluster.etcdctl(['get', 'goes', '--command-timeout=60s'], [other.endpoint])).resolves.not.toContain('on');
});

async function retry<T>(run: () => Promise<T>): Promise<T> {
  const until = Date.now() + 120_000;
  for (;;) {
    try {
      return await run();
    } catch (error) {
      if (Date.now() > until) throw error;
      if (!(error instanceof Error) && !((error as unknown) instanceof GrpcError)) throw error;
      await sleep(100);
    }
  }
}

function certificateOf(member: StoreMember): Promise<PeerCertificate> {
  const { ca, cert, key } = cluster.tls;
  return new Promise((done, fail) => {
    const socket = connect({ host: member.address, port: 2379, ca: ca as string, cert: cert as string, key: key as string, ALPNProtocols: ['h2'] }, () => {
      done(socket.getPeerCertificate());
      socket.end();
    });
    socket.once('error', fail);
  });
}
