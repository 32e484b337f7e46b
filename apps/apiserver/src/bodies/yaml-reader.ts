import { ApiError, bodySizeMax } from '@rhythm/api';
import { checkYamlSize, isJsonAlready, readYaml, repeatedKeys, yamlMarks, YamlWorkError } from '@rhythm/api/yaml';
import type { Clock } from '@rhythm/base';
import { yamlLimits } from './limits.ts';
import { PoolError, WorkerPool } from './worker-pool.ts';
import type { ReadBody, YamlResult, YamlTask } from './yaml-task.ts';

export interface ReadOptions {
  /** Where keys stand twice is wanted, too. */
  readonly tellsRepeated?: boolean;
  readonly signal?: AbortSignal;
}

/** Reads bodies in YAML without holding up anything else for more than a few milliseconds. */
export class YamlReader {
  readonly #pool: WorkerPool<YamlTask, YamlResult>;

  /** @param limits others are for tests. */
  constructor(clock: Pick<Clock, 'setTimer'>, limits: { readonly [Name in keyof typeof yamlLimits]: number } = yamlLimits, program = workerProgram()) {
    const resourceLimits = { maxOldGenerationSizeMb: limits.heapMb, maxYoungGenerationSizeMb: limits.youngHeapMb, stackSizeMb: limits.stackMb };
    this.#pool = new WorkerPool({ program, resourceLimits, threadsMax: limits.threadsMax, waitingMax: limits.waitingMax, taskMs: limits.readMs, idleMs: limits.idleMs }, clock);
  }

  get threads(): number {
    return this.#pool.threads;
  }

  /** The body as JSON. @throws ApiError BadRequest, RequestEntityTooLarge, TooManyRequests, and the signal's reason. */
  async read(body: Uint8Array, { tellsRepeated = false, signal }: ReadOptions = {}): Promise<ReadBody> {
    if (isJsonAlready(body)) return { json: body, repeated: [] };
    checkYamlSize(body);
    const short = isShort(body) ? readHere(body, tellsRepeated) : undefined;
    if (short !== undefined) return short;
    const result = await this.#pool.run({ body, jsonSizeMax: bodySizeMax, tellsRepeated }, signal).catch((error: unknown) => Promise.reject(refusalOf(error)));
    if ('refused' in result) throw new ApiError(result.refused.reason, result.refused.message);
    return result;
  }

  stop(): Promise<void> {
    return this.#pool.stop();
  }
}

function isShort(body: Uint8Array): boolean {
  return body.length <= yamlLimits.inlineBytesMax && yamlMarks(body, yamlLimits.inlineMarksMax) <= yamlLimits.inlineMarksMax;
}

/** `undefined` when aliases make it longer than it looks. */
function readHere(body: Uint8Array, tellsRepeated: boolean): ReadBody | undefined {
  try {
    const { json, isRepeated } = readYaml(body, { workMax: yamlLimits.inlineWorkMax, jsonSizeMax: yamlLimits.inlineJsonBytesMax });
    return { json, repeated: tellsRepeated && isRepeated ? repeatedKeys(body) : [] };
  } catch (error) {
    if (error instanceof YamlWorkError) return undefined;
    throw error;
  }
}

function refusalOf(error: unknown): unknown {
  if (!(error instanceof PoolError)) return error;
  switch (error.why) {
    case 'full':
      return new ApiError('TooManyRequests', `too many bodies in YAML are waiting to be read (${error.message}): try again later, or send JSON`, { details: { retryAfterSeconds: 1 }, cause: error });
    case 'late':
    case 'memory':
      return new ApiError('RequestEntityTooLarge', `Request entity too large: this YAML costs too much to be read (${error.message}), send JSON`, { cause: error });
    case 'broken':
      return new ApiError('InternalError', `the body could not be read: ${error.message}`, { cause: error });
  }
}

/** Beside this file, or beside the bundle that it is a part of. */
function workerProgram(): URL {
  return new URL(import.meta.url.endsWith('.ts') ? './yaml-worker.ts' : './yaml-worker.mjs', import.meta.url);
}
