import { FlagError, helpText, parseArguments } from '@rhythm/config';
import { dialGrpc } from '@rhythm/grpc';
import { MaintenanceClient } from '@rhythm/proto/etcd';
import { restoreSnapshot } from '../snapshot/restore-snapshot.ts';
import { saveSnapshot } from '../snapshot/save-snapshot.ts';
import { openSnapshot, verifySnapshot } from '../snapshot/snapshot-file.ts';
import { connectionFlags, connectionTo, credentialsFor } from './connection.ts';
import { sizeText, snapshotStatus, statusTable } from '../snapshot/snapshot-status.ts';

const defaultPeerUrl = 'http://localhost:2380';

const saveFlags = {
  endpoints: { type: 'string', help: 'host:port of one running store or etcd', default: '127.0.0.1:2379' },
  ...connectionFlags,
} as const;
const statusFlags = { 'write-out': { type: 'string', help: 'table or json', default: 'table' } } as const;
const restoreFlags = {
  'data-dir': { type: 'string', help: 'folder to make; it must not exist', required: true },
  name: { type: 'string', help: 'name of the member that the folder is for', default: 'default' },
  'initial-cluster': { type: 'string', help: 'all members of the new cluster, NAME=URL with commas; the same for each of them' },
  'initial-cluster-token': { type: 'string', help: 'sets clusters of the same members apart', default: 'etcd-cluster' },
  'initial-advertise-peer-urls': { type: 'list', help: 'URLs at which the other members reach this one', default: [defaultPeerUrl] },
  'skip-hash-check': { type: 'boolean', help: 'restore a file without a valid hash, such as a copy of member/snap/db' },
  'bump-revision': { type: 'number', help: 'raise the newest revision by this much', default: 0 },
  'mark-compacted': { type: 'boolean', help: 'take everything before the newest revision for compacted; goes with --bump-revision' },
} as const;

const help = `snapshot save FILE     save the state of a running store
${helpText(saveFlags)}

snapshot status FILE   check a snapshot and say what is in it
${helpText(statusFlags)}

snapshot restore FILE  make the data folder of a member out of a snapshot
${helpText(restoreFlags)}`;

/** `snapshot save|status|restore FILE`: gives the text to print. */
export async function snapshotCommand([verb, ...argv]: readonly string[]): Promise<string> {
  if (verb === undefined || verb === '--help' || argv.includes('--help')) return help;
  switch (verb) {
    case 'save':
      return save(argv);
    case 'status':
      return status(argv);
    case 'restore':
      return restore(argv);
    default:
      throw new FlagError(`unknown command "snapshot ${verb}": there are save, status and restore`);
  }
}

async function save(argv: readonly string[]): Promise<string> {
  const { flags, given } = parseArguments(saveFlags, ['FILE'], argv);
  const [path = ''] = given;
  const connection = connectionTo(flags.endpoints, flags);
  const client = dialGrpc(MaintenanceClient, connection);
  try {
    const { bytes } = await saveSnapshot(client, path, await credentialsFor(connection, flags.user));
    return `saved ${sizeText(bytes)} to ${path}`;
  } finally {
    client.close();
  }
}

async function status(argv: readonly string[]): Promise<string> {
  const { flags, given } = parseArguments(statusFlags, ['FILE'], argv);
  const form = flags['write-out'];
  if (form !== 'table' && form !== 'json') throw new FlagError(`flag --write-out takes table or json, not "${form}"`);
  const snapshot = await openSnapshot(given[0] ?? '');
  try {
    await verifySnapshot(snapshot, { skipHash: false });
    const found = await snapshotStatus(snapshot);
    return form === 'json' ? JSON.stringify(found) : statusTable(found);
  } finally {
    await snapshot.close();
  }
}

async function restore(argv: readonly string[]): Promise<string> {
  const { flags, given } = parseArguments(restoreFlags, ['FILE'], argv);
  const bump = flags['bump-revision'];
  if (!Number.isSafeInteger(bump) || bump < 0) throw new FlagError(`flag --bump-revision takes a whole number, not ${bump}`);
  const restored = await restoreSnapshot({
    path: given[0] ?? '',
    dataDir: flags['data-dir'],
    name: flags.name,
    initialCluster: flags['initial-cluster'] ?? `${flags.name}=${defaultPeerUrl}`,
    initialAdvertisePeerUrls: flags['initial-advertise-peer-urls'],
    initialClusterToken: flags['initial-cluster-token'],
    skipHashCheck: flags['skip-hash-check'],
    bumpRevision: bump,
    markCompacted: flags['mark-compacted'],
  });
  return `restored ${restored.keys} revisions up to ${restored.revision} into ${flags['data-dir']}: member ${restored.memberId.toString(16)} of the new cluster ${restored.clusterId.toString(16)}`;
}
