import type { StatusReason } from '@rhythm/api';

/** A body for the thread that reads YAML. */
export interface YamlTask {
  readonly body: Uint8Array;
  readonly jsonSizeMax: number;
  /** Where keys stand twice is to be told. */
  readonly tellsRepeated: boolean;
}

/** A body in JSON. */
export interface ReadBody {
  readonly json: Uint8Array;
  /** Where keys stood twice, in the words of Kubernetes' YAML reader. */
  readonly repeated: readonly string[];
}

/** What the thread says: the body in JSON, or why it is refused. */
export type YamlResult = ReadBody | { readonly refused: { readonly reason: StatusReason; readonly message: string } };
