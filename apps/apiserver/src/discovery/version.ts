import type { PathHandler } from '../ports/handlers.ts';

/** The level of the Kubernetes API that is served, and who serves it. */
export const gitVersion = 'v1.35.0+rhythm';

/** Written in when the app is bundled (tools/bundle.mjs); started from its sources it does not know. */
const origin = {
  gitCommit: process.env['RHYTHM_COMMIT'] ?? 'unknown',
  gitTreeState: process.env['RHYTHM_TREE_STATE'] ?? 'unknown',
  buildDate: process.env['RHYTHM_COMMIT_DATE'] ?? '1970-01-01T00:00:00Z',
};

/** Names the program as it is: documents that another build makes may be others. */
export const buildId = process.env['RHYTHM_BUILD'] ?? origin.gitCommit;

/** /version, as kubectl reads it. */
export const versionHandler: PathHandler = async (exchange) => {
  if (exchange.path !== '/version' && exchange.path !== '/version/') return false;
  const version = {
    major: '1',
    minor: '35',
    emulationMajor: '1',
    emulationMinor: '35',
    minCompatibilityMajor: '1',
    minCompatibilityMinor: '34',
    gitVersion,
    ...origin,
    goVersion: `node${process.versions.node}`,
    compiler: 'node',
    platform: `${process.platform}/${process.arch === 'x64' ? 'amd64' : process.arch}`,
  };
  await exchange.send(200, { 'content-type': 'application/json' }, Buffer.from(JSON.stringify(version)));
  return true;
};
