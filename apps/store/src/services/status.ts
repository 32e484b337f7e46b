import type { StatusResponse } from '@rhythm/proto/etcd';
import { alarmTypes } from '../alarms/machine.ts';
import { etcdVersion } from './etcd-version.ts';
import { header, type Backend } from './header.ts';

/** What a member says of itself; alarms and a missing leader are its errors, as in etcd. */
export async function statusOf(backend: Backend): Promise<StatusResponse> {
  const { host, identity } = backend;
  const { leader, term, committed } = host.status();
  const { state } = host;
  const dbSize = BigInt(await state.size());
  const alarms = state.alarms.list().map(({ memberID, alarm }) => `memberID:${memberID} alarm:${alarm === alarmTypes.noSpace ? 'NOSPACE' : 'CORRUPT'} `);
  return {
    header: header(backend, state.mvcc.revision),
    version: etcdVersion,
    dbSize,
    leader,
    raftIndex: BigInt(committed),
    raftTerm: BigInt(term),
    raftAppliedIndex: BigInt(state.applied.index),
    errors: leader === 0n ? ['etcdserver: no leader', ...alarms] : alarms,
    dbSizeInUse: BigInt(state.mvcc.bytes),
    isLearner: state.members.isLearner(identity.memberId),
    storageVersion: etcdVersion,
    dbSizeQuota: BigInt(backend.quotaBytes ?? 0),
    downgradeInfo: { enabled: false, targetVersion: '' },
  };
}
