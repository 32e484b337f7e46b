import { causeChain, systemClock, systemRandom } from '@rhythm/base';
import { FlagError, helpText, runApp, writeEndpointFile } from '@rhythm/config';
import { jsonLog } from '@rhythm/telemetry';
import { membersCommand } from './commands/members.ts';
import { restoreQuorumCommand } from './commands/restore-quorum.ts';
import { snapshotCommand } from './commands/snapshot.ts';
import { statusCommand } from './commands/status.ts';
import { flags, storeConfig } from './flags.ts';
import { start } from './start.ts';

const log = jsonLog(systemClock, (line) => process.stderr.write(line));

/** What the program does besides running a member; each gives the text to print. */
const commands: Readonly<Record<string, (argv: readonly string[]) => Promise<string>>> = {
  snapshot: snapshotCommand,
  members: membersCommand,
  status: statusCommand,
  'restore-quorum': (argv) => restoreQuorumCommand(argv, systemRandom),
};
const name = process.argv[2] ?? '';
const command = Object.hasOwn(commands, name) ? commands[name] : undefined;

if (command !== undefined) {
  try {
    console.log(await command(process.argv.slice(3)));
  } catch (error) {
    console.error(`store: ${causeChain(error)}`);
    process.exitCode = error instanceof FlagError ? 2 : 1;
  }
} else if (process.argv.includes('--help')) {
  console.log(`store: raft-replicated key-value store, etcd v3 API\n\n${helpText(flags)}`);
} else {
  await runApp('store', log, async (argv) => {
    const { config, endpointFile } = await storeConfig(argv, systemClock, log);
    const store = await start(config, { clock: systemClock, random: systemRandom, log, nextTurn: setImmediate });
    writeEndpointFile(endpointFile, `${config.host}:${store.port}`);
    return store;
  });
}
