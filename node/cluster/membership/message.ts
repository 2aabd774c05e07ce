// Messages of other nodes are data of unknown shape until they have passed here. Everything is bounded.
import { type NodeId, nodeId } from '../../base/ids.ts';
import type { Facts, FactValue, Rumour, SwimMessage } from './member.ts';

/** Of one message. */
export const RUMOURS_MAX = 64;
export const ADDRESSES_MAX = 8;
const FACTS_MAX = 16;
/** Items of one fact that is a list. */
const FACT_ITEMS_MAX = 4096;
const TEXT_LENGTH_MAX = 256;
/** Leaves room for every refutation to come. */
const INCARNATION_MAX = 2 ** 48;

/** The message that `data` is, or undefined. The result shares nothing mutable that anyone would change. */
export function readMessage(data: unknown): SwimMessage | undefined {
  if (!isRecord(data)) return undefined;
  const { kind, incarnation, version, sequence, target, sync } = data;
  const rumours = readRumours(data.rumours);
  if (rumours === undefined || !isCount(incarnation) || !isCount(version)) return undefined;
  const envelope = { incarnation, version, rumours };
  if (kind === 'gossip') return { kind, ...envelope };
  if (!isCount(sequence)) return undefined;
  switch (kind) {
    case 'ping':
      return typeof sync === 'boolean' ? { kind, sequence, sync, ...envelope } : undefined;
    case 'ack':
    case 'nack':
      return { kind, sequence, ...envelope };
    case 'ping-request':
      return isText(target) ? { kind, sequence, target: nodeId(target), ...envelope } : undefined;
    default:
      return undefined;
  }
}

function readRumours(data: unknown): readonly Rumour[] | undefined {
  if (!Array.isArray(data) || data.length > RUMOURS_MAX) return undefined;
  const rumours: Rumour[] = [];
  for (const item of data) {
    const rumour = readRumour(item);
    if (rumour === undefined) return undefined;
    rumours.push(rumour);
  }
  return rumours;
}

function readRumour(data: unknown): Rumour | undefined {
  if (!isRecord(data)) return undefined;
  const { kind, incarnation, version, addresses, facts, by } = data;
  if (!isText(data.node) || !isCount(incarnation)) return undefined;
  const node: NodeId = nodeId(data.node);
  if (kind === 'suspect' || kind === 'dead')
    return isText(by) ? { kind, node, incarnation, by: nodeId(by) } : undefined;
  if (kind !== 'alive' || !isCount(version) || !areAddresses(addresses) || !areFacts(facts)) return undefined;
  return { kind, node, incarnation, version, addresses, facts };
}

const isRecord = (data: unknown): data is Readonly<Record<string, unknown>> =>
  typeof data === 'object' && data !== null && !Array.isArray(data);

const isCount = (data: unknown): data is number =>
  typeof data === 'number' && Number.isInteger(data) && data >= 0 && data <= INCARNATION_MAX;

const isText = (data: unknown): data is string =>
  typeof data === 'string' && data.length > 0 && data.length <= TEXT_LENGTH_MAX;

const areAddresses = (data: unknown): data is readonly string[] =>
  Array.isArray(data) && data.length <= ADDRESSES_MAX && data.every(isText);

/** Whether `data` is small enough to be told to everyone. */
export function areFacts(data: unknown): data is Facts {
  if (!isRecord(data)) return false;
  const entries = Object.entries(data);
  return entries.length <= FACTS_MAX && entries.every(([key, value]) => isText(key) && isFact(value));
}

function isFact(value: unknown): value is FactValue {
  if (value === null || typeof value === 'boolean') return true;
  if (Array.isArray(value)) return value.length <= FACT_ITEMS_MAX && value.every(isItem);
  return isItem(value);
}

const isItem = (value: unknown) =>
  (typeof value === 'number' && Number.isFinite(value)) ||
  (typeof value === 'string' && value.length <= TEXT_LENGTH_MAX);
