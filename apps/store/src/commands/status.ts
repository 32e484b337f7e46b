import { toError } from '@rhythm/base';
import { helpText, parseFlags } from '@rhythm/config';
import { dialGrpc, unary } from '@rhythm/grpc';
import { MaintenanceClient, MaintenanceService } from '@rhythm/proto/etcd';
import { sizeText } from '../snapshot/snapshot-status.ts';
import { connectionFlags, connectionTo, credentialsFor } from './connection.ts';
import { textTable } from './table.ts';

const deadlineMs = 5000;
const flags = { endpoints: { type: 'list', help: 'host:port of running members, several by commas', default: ['127.0.0.1:2379'] }, ...connectionFlags } as const;

/** `status`: how each of the members is, as it says itself; gives the text to print. */
export async function statusCommand(argv: readonly string[]): Promise<string> {
  if (argv.includes('--help')) return `status                 how running members are\n${helpText(flags)}`;
  const given = parseFlags(flags, argv);
  const rows = await Promise.all(given.endpoints.map((endpoint) => row(endpoint, given)));
  return textTable(['ENDPOINT', 'ID', 'VERSION', 'SIZE', 'ROLE', 'TERM', 'COMMITTED', 'APPLIED', 'ERRORS'], rows);
}

async function row(endpoint: string, given: Parameters<typeof connectionTo>[1] & { readonly user: string | undefined }): Promise<string[]> {
  const connection = connectionTo(endpoint, given);
  const client = dialGrpc(MaintenanceClient, connection);
  try {
    const { header, version, dbSize, leader, isLearner, raftTerm, raftIndex, raftAppliedIndex, errors } = await unary(client, MaintenanceService.status, {}, { deadlineMs, ...(await credentialsFor(connection, given.user)) });
    const id = header?.memberId ?? 0n;
    const role = isLearner ? 'learner' : leader === id ? 'leader' : 'follower';
    return [endpoint, id.toString(16), version, sizeText(Number(dbSize)), role, `${raftTerm}`, `${raftIndex}`, `${raftAppliedIndex}`, errors.join('; ')];
  } catch (error) {
    return [endpoint, '', '', '', 'unreachable', '', '', '', toError(error).message];
  } finally {
    client.close();
  }
}
