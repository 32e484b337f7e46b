import { VirtualClock } from '@rhythm/base';
import { serveGrpc, unaryHandler } from '@rhythm/grpc';
import { ListPodSandboxResponse, RuntimeServiceService } from '@rhythm/proto/cri';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { removeSandboxes } from './sandboxes.ts';

test('a sandbox whose end the runtime has missed keeps none of the others, and is told of', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sandboxes-'));
  const socket = join(folder, 'containerd.sock');
  const removed: string[] = [];
  const waits = Promise.withResolvers<void>();
  const server = await serveGrpc({
    host: `unix:${socket}`,
    port: 0,
    services: [
      {
        definition: RuntimeServiceService,
        implementation: {
          listPodSandbox: unaryHandler(async () => ListPodSandboxResponse.fromPartial({ items: ['a', 'lost', 'c'].map((id) => ({ id })) })),
          stopPodSandbox: unaryHandler(async ({ podSandboxId }: { podSandboxId: string }) => {
            if (podSandboxId !== 'lost') return {};
            waits.resolve();
            return new Promise<never>(() => undefined);
          }),
          removePodSandbox: unaryHandler(async ({ podSandboxId }: { podSandboxId: string }) => {
            removed.push(podSandboxId);
            return {};
          }),
        } as never,
      },
    ],
  });
  const clock = new VirtualClock();
  const removing = removeSandboxes(socket, 'rhythm-test', false, clock);
  await waits.promise;
  await expect.poll(() => removed.toSorted(), { timeout: 30_000 }).toEqual(['a', 'c']);
  await clock.advance(20_000);
  const { ids, failure } = await removing;
  expect(ids).toEqual(['a', 'lost', 'c']);
  expect(String(failure)).toContain('no reply within 20000 ms');
  await server.stop(0);
  rmSync(folder, { recursive: true, force: true });
});
