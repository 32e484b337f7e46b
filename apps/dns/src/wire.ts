import dnsPacket, { type Answer as PacketAnswer, type Packet } from 'dns-packet';
import type { Answer, DnsRecord } from './records.ts';
import { ttlSeconds } from './records.ts';

/** One parsed query. */
export interface Query {
  readonly id: number;
  readonly name: string;
  readonly type: string;
  /** Largest UDP reply that the client takes, in bytes (RFC 6891). */
  readonly udpBytesMax: number;
  readonly recursionDesired: boolean;
}

const udpBytesClassic = 512;
const udpBytesMax = 1_232;

/** @throws when the message is not a query with one question. */
export function parseQuery(message: Buffer): Query {
  const packet = dnsPacket.decode(message);
  const question = packet.questions?.[0];
  if (packet.type !== 'query' || question === undefined || packet.questions?.length !== 1) throw new Error('not a query with one question');
  const opt = (packet.additionals ?? []).find((record) => record.type === 'OPT') as { udpPayloadSize?: number } | undefined;
  const offered = opt?.udpPayloadSize ?? udpBytesClassic;
  return {
    id: packet.id ?? 0,
    name: question.name,
    type: question.type,
    udpBytesMax: Math.min(Math.max(offered, udpBytesClassic), udpBytesMax),
    recursionDesired: ((packet.flags ?? 0) & dnsPacket.RECURSION_DESIRED) !== 0,
  };
}

const rcodes = { noerror: 0, servfail: 2, nxdomain: 3, notimp: 4, refused: 5 } as const;
export type Rcode = keyof typeof rcodes;

/** The reply's bytes. Empty answers carry the zone's SOA, so that resolvers may keep the "no" (RFC 2308). */
export function encodeAnswer(query: Query, answer: Exclude<Answer, { kind: 'outside' }>, domain: string): Buffer {
  const answers = answer.kind === 'noerror' ? answer.answers : [];
  const additionals = answer.kind === 'noerror' ? answer.additionals : [];
  return dnsPacket.encode({
    ...head(query, answer.kind, dnsPacket.AUTHORITATIVE_ANSWER),
    answers: answers.map(toPacket),
    additionals: additionals.map(toPacket),
    authorities: answers.length === 0 ? [soa(domain)] : [],
  });
}

/** A reply without records. */
export function encodeRefusal(query: Query, rcode: Rcode): Buffer {
  return dnsPacket.encode(head(query, rcode, 0));
}

/** The same reply for UDP: cut to nothing, marked truncated, when it is too long; the client then asks over TCP. */
export function fitUdp(query: Query, reply: Buffer): Buffer {
  if (reply.length <= query.udpBytesMax) return reply;
  return dnsPacket.encode(head(query, 'noerror', dnsPacket.AUTHORITATIVE_ANSWER | dnsPacket.TRUNCATED_RESPONSE));
}

function head(query: Query, rcode: Rcode, flags: number): Packet {
  return {
    id: query.id,
    type: 'response',
    flags: flags | (query.recursionDesired ? dnsPacket.RECURSION_DESIRED : 0) | dnsPacket.RECURSION_AVAILABLE | rcodes[rcode],
    questions: [{ name: query.name, type: query.type as 'A', class: 'IN' }],
  };
}

function toPacket(record: DnsRecord): PacketAnswer {
  return { name: record.name, type: record.type, ttl: record.ttl, class: 'IN', data: record.data } as PacketAnswer;
}

function soa(domain: string): PacketAnswer {
  const data = { mname: `ns.dns.${domain}`, rname: `hostmaster.${domain}`, serial: 1, refresh: 7200, retry: 1800, expire: 86_400, minimum: ttlSeconds };
  return { name: domain, type: 'SOA', ttl: ttlSeconds, class: 'IN', data } as PacketAnswer;
}
