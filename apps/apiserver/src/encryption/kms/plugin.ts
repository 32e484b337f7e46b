import { toError, type Clock } from '@rhythm/base';
import { dialGrpc, unary } from '@rhythm/grpc';
import { KeyManagementServiceClient, KeyManagementServiceService, type DecryptRequest, type EncryptResponse, type StatusResponse } from '@rhythm/proto/kms';
import type { KmsConfig } from '../configuration.ts';
import { encryptionLimits } from '../limits.ts';

/** A key management plugin, as KMS v2 speaks to it. Every call has the plugin's timeout; rejects with an error that names the plugin. */
export interface KmsPlugin {
  status(): Promise<StatusResponse>;
  encrypt(plaintext: Uint8Array, uid: string): Promise<EncryptResponse>;
  decrypt(request: DecryptRequest): Promise<Uint8Array>;
  close(): void;
}

/** A plugin behind its unix socket. It need not be there yet. */
export function dialKms(config: KmsConfig, clock: Clock): KmsPlugin {
  const socket = config.socket.startsWith('@') ? `unix-abstract:${config.socket.slice(1)}` : `unix:${config.socket}`;
  const client = dialGrpc(KeyManagementServiceClient, { targets: socket, receiveBytesMax: encryptionLimits.kmsMessageBytesMax });
  const settings = { deadlineMs: config.timeoutMs, clock };
  const named = async <T>(what: string, call: Promise<T>): Promise<T> => {
    try {
      return await call;
    } catch (error) {
      throw new Error(`KMS plugin ${JSON.stringify(config.name)} failed to ${what}: ${toError(error).message}`, { cause: error });
    }
  };
  return {
    status: () => named('tell its status', unary(client, KeyManagementServiceService.status, {}, settings)),
    encrypt: (plaintext, uid) => named('encrypt', unary(client, KeyManagementServiceService.encrypt, { plaintext: Buffer.from(plaintext), uid }, settings)),
    decrypt: async (request) => (await named('decrypt', unary(client, KeyManagementServiceService.decrypt, request, settings))).plaintext,
    close: () => client.close(),
  };
}
