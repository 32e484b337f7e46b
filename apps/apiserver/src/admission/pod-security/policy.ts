import { invalidValue, notSupported, type FieldError } from '@rhythm/api';

export const levels = ['privileged', 'baseline', 'restricted'] as const;
export type Level = (typeof levels)[number];

/** A level as of a minor release. */
export interface LevelVersion {
  readonly level: Level;
  /** Infinity: latest. */
  readonly minor: number;
}

export type Mode = 'enforce' | 'audit' | 'warn';
type Labels = Readonly<Record<string, string>> | undefined;

const prefix = 'pod-security.kubernetes.io/';
const latest = Number.POSITIVE_INFINITY;

/** What a namespace asks for in a mode. What cannot be read is taken as strictly as can be where it is enforced, and as nothing elsewhere. */
export function levelOf(labels: Labels, mode: Mode): LevelVersion {
  const text = labels?.[`${prefix}${mode}`];
  const version = labels?.[`${prefix}${mode}-version`];
  const level = text === undefined ? 'privileged' : levels.find((known) => known === text);
  const minor = version === undefined ? latest : minorOf(version);
  if (level !== undefined && minor !== undefined) return { level, minor };
  return { level: mode === 'enforce' ? 'restricted' : (level ?? 'privileged'), minor: minor ?? latest };
}

/** @returns undefined for what is no version. */
function minorOf(text: string): number | undefined {
  if (text === 'latest') return latest;
  const found = /^v1\.(0|[1-9]\d{0,5})$/.exec(text);
  return found === null ? undefined : Number(found[1]);
}

export const textOf = ({ level, minor }: LevelVersion): string => `${level}:${minor === latest ? 'latest' : `v1.${minor}`}`;

/** What is wrong with the labels of a namespace. */
export function labelErrors(labels: Labels): FieldError[] {
  return (['enforce', 'audit', 'warn'] as const).flatMap((mode) => {
    const level = labels?.[`${prefix}${mode}`];
    const version = labels?.[`${prefix}${mode}-version`];
    return [
      ...(level === undefined || (levels as readonly string[]).includes(level) ? [] : [notSupported(`metadata.labels[${prefix}${mode}]`, level, [...levels])]),
      ...(version === undefined || minorOf(version) !== undefined ? [] : [invalidValue(`metadata.labels[${prefix}${mode}-version]`, version, 'must be "latest" or "v1.x"')]),
    ];
  });
}
