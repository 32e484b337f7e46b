import { readFileSync } from 'node:fs';
import type { Clock, Log } from '@rhythm/base';
import { allowForwarding } from './forwarding.ts';

const pollMs = 1_000;
/** Docker makes its bridge first and its rules a little later. */
const settleMs = 20_000;

/**
 * Docker may be started after us, and then drops what our pods send. Its bridge is cheap to look for: each time a new one
 * appears the rules that let pods through are put in place again for a while.
 */
export async function watchDocker(id: string, bridge: string, ports: { readonly clock: Clock; readonly log: Log }, signal: AbortSignal): Promise<void> {
  const { clock, log } = ports;
  let seen = false;
  let until = Number.NEGATIVE_INFINITY;
  while (!signal.aborted) {
    await clock.sleep(pollMs, signal).catch(() => undefined);
    const now = dockerBridge();
    if (now && !seen) until = clock.monotonic() + settleMs;
    seen = now;
    if (clock.monotonic() > until) continue;
    try {
      if (await allowForwarding(id, bridge)) log.info('let pods through the firewall of Docker');
    } catch (error) {
      log.warn('cannot let pods through the firewall of Docker', { error });
    }
  }
}

/** Whether Docker's link is there, as our network namespace has it. */
function dockerBridge(): boolean {
  return readFileSync('/proc/self/net/dev', 'utf8').includes('docker0:');
}
