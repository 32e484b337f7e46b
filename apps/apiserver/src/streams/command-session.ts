import type { Status } from '@rhythm/api/types/meta-v1';
import type { BidiCall } from '@rhythm/grpc';
import type { ContainerRef, StreamInput, StreamOutput } from '@rhythm/proto/node';
import type { CommandOptions } from './command-options.ts';
import { errorOfNode } from './node-connector.ts';

export type CommandInput =
  | { readonly kind: 'stdin'; readonly data: Uint8Array }
  | { readonly kind: 'stdinClosed' }
  | { readonly kind: 'resize'; readonly width: number; readonly height: number };

/** The client's end of exec or attach, whatever protocol it speaks. */
export interface CommandClient {
  /** What the client sends; ends when it has gone. */
  readonly inputs: AsyncIterable<CommandInput>;
  /** Resolve when the client can take more. */
  stdout(data: Uint8Array): Promise<void>;
  stderr(data: Uint8Array): Promise<void>;
  /** Tells the client how it ended and closes; the last call. */
  finish(status: Status): Promise<void>;
}

/** Most bytes of one message to the node. */
const inputBytesMax = 64 * 1024;

/**
 * Runs one command session: starts it on the node, carries bytes both ways at the pace of the slower side, and ends with
 * the node's Status. When either side goes, the other is let go too.
 */
export async function runCommand(client: CommandClient, call: BidiCall<StreamInput, StreamOutput>, container: ContainerRef, options: CommandOptions): Promise<void> {
  const { command, stdin, stdout, stderr, tty } = options;
  let finished = false;
  sendInputs(client, call, { container, command: [...command], stdin, stdout, stderr, tty }).then(
    () => {
      // The client has gone before the command ended: nobody waits for it any more.
      if (!finished) call.cancel();
    },
    // The call is over; its end is read below.
    () => undefined,
  );
  const status = await receiveOutputs(client, call);
  finished = true;
  await client.finish(status);
  call.cancel();
}

type Start = Extract<NonNullable<StreamInput['input']>, { $case: 'start' }>['value'];

async function sendInputs(client: CommandClient, call: BidiCall<StreamInput, StreamOutput>, start: Start): Promise<void> {
  await call.write({ input: { $case: 'start', value: start } });
  for await (const input of client.inputs) {
    if (input.kind === 'resize') await call.write({ input: { $case: 'resize', value: { width: input.width, height: input.height } } });
    else if (!start.stdin) continue;
    else if (input.kind === 'stdinClosed') await call.write({ input: { $case: 'stdinClosed', value: {} } });
    else await sendStdin(call, input.data);
  }
}

async function sendStdin(call: BidiCall<StreamInput, StreamOutput>, data: Uint8Array): Promise<void> {
  for (let at = 0; at < data.length; at += inputBytesMax) {
    await call.write({ input: { $case: 'stdin', value: data.subarray(at, at + inputBytesMax) } });
  }
}

async function receiveOutputs(client: CommandClient, call: BidiCall<StreamInput, StreamOutput>): Promise<Status> {
  try {
    for await (const { output } of call.messages) {
      if (output?.$case === 'stdout') await client.stdout(output.value);
      else if (output?.$case === 'stderr') await client.stderr(output.value);
      else if (output?.$case === 'status') return parseStatus(output.value);
    }
  } catch (error) {
    return errorOfNode(error).toStatus();
  }
  return failure('the node ended the session without saying how the command ended');
}

function parseStatus(bytes: Uint8Array): Status {
  try {
    const status: unknown = JSON.parse(new TextDecoder().decode(bytes));
    if (typeof status === 'object' && status !== null && !Array.isArray(status)) return status as Status;
  } catch {
    // Said below.
  }
  return failure('the node sent a status that cannot be read');
}

function failure(message: string): Status {
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason: 'InternalError', code: 500 };
}

/** What protocols before v4 are told in place of a Status: nothing on success, else the message. */
export function statusText(status: Status): string {
  return status.status === 'Success' ? '' : (status.message ?? 'the command failed');
}
