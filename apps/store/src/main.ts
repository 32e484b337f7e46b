import { causeChain, systemClock, systemRandom } from '@rhythm/base';
import { FlagError, helpText, runApp, writeEndpointFile } from '@rhythm/config';
import { jsonLog } from '@rhythm/telemetry';
import { snapshotCommand } from './commands/snapshot.ts';
import { flags, storeConfig } from './flags.ts';
import { start } from './start.ts';

const log = jsonLog(systemClock, (line) => process.stderr.write(line));

if (process.argv[2] === 'snapshot') {
  try {
    console.log(await snapshotCommand(process.argv.slice(3)));
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
