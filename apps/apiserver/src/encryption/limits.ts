/** What encryption caps, with units in the names; the times of KMS are Kubernetes'. */
export const encryptionLimits = {
  /** How often the configuration file is looked at, with automatic reload. */
  reloadEveryMs: 10_000,
  /** Plugins of a configuration that is no longer used stay open for reads under way. */
  lingerMs: 30_000,
  kmsTimeoutMsDefault: 3_000,
  kmsStatusEveryMs: 60_000,
  kmsStatusAfterFailureMs: 10_000,
  /** How long after the last good Status new values are still written. */
  kmsWriteStateMs: 3 * 60_000,
  /** Data keys kept in memory, so that reads do not ask the plugin. */
  kmsKeysMax: 1_000,
  kmsKeyMs: 60 * 60_000,
  kmsKeyIdBytesMax: 1_024,
  kmsSealedKeyBytesMax: 1_024,
  kmsAnnotationsBytesMax: 32 * 1024,
  /** A plugin's answer. */
  kmsMessageBytesMax: 256 * 1024,
  /** Calls to one plugin at a time; others wait. */
  kmsCallsMax: 64,
  /** Those others; beyond that they are refused. */
  kmsWaitingMax: 10_000,
} as const;
