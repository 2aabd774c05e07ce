import { decode, encode } from '@msgpack/msgpack';
import test from 'ava';
import fc from 'fast-check';
import { SeqNodeError } from '../base/errors.ts';
import { type NodeId, nodeId } from '../base/ids.ts';
import type { Peer } from '../base/peer.ts';
import { createIdentity } from '../cluster/io/identity.ts';
import { startTransport } from '../cluster/io/transport.ts';
import type { TransportEvents } from '../cluster/transport-port.ts';
import { type Admitter, answerJoin, askToReplace } from './joining.ts';
import { createJoinToken, hashSecret } from './token.ts';

const STRANGER = nodeId('stranger');
const REMOVED_NODE = nodeId('removed');
const MEMBER: Peer = { node: nodeId('member'), name: 'n1', addresses: ['127.0.0.1:7400'] };
const token = createJoinToken('c1', [MEMBER.node]);

function member(admit: Admitter['admit'] = async () => null): Admitter {
  const cluster = { id: 'c1', shards: 32, replicas: 3 };
  return {
    cluster,
    admit,
    replace: refused,
    isRemoved: (node) => node === REMOVED_NODE,
    roster: () => ({ index: 7, peers: [MEMBER] }),
  };
}

const refused = () => Promise.reject(new SeqNodeError('not-admitted'));

const request = (cluster = 'c1', secret = token.secret) =>
  encode([1, cluster, secret, 'n2', ['127.0.0.1:7401']]);

test('who brings a token is admitted under the identity that it proved, and told who is there', async (t) => {
  const admitted: [string, Peer][] = [];
  const admitter = member(async (hash, peer) => admitted.push([hash, peer]));
  const reply = decode(await answerJoin(admitter, STRANGER, request())) as {
    cluster: unknown;
    peers: Peer[];
  };
  const peer = { node: STRANGER, name: 'n2', addresses: ['127.0.0.1:7401'] };
  t.deepEqual(admitted, [[hashSecret(token.secret), peer]]);
  t.deepEqual(reply, { cluster: { id: 'c1', shards: 32, replicas: 3 }, index: 7, peers: [MEMBER, peer] });
});

test('a node that was removed is told so, whatever it brings', async (t) => {
  let asked = 0;
  const admitter = member(async () => asked++);
  for (const secret of [token.secret, new Uint8Array(0)]) {
    const reply = await answerJoin(admitter, REMOVED_NODE, request('c1', secret as typeof token.secret));
    t.like(decode(reply) as object, { code: 'not-admitted' });
  }
  const other = decode(
    await answerJoin(admitter, STRANGER, request('c1', new Uint8Array(0) as typeof token.secret)),
  );
  t.like(other as object, { code: 'token-refused' }, 'whoever was not removed learns nothing');
  t.is(asked, 0);
});

test('a name that no member may have is refused with what it may be', async (t) => {
  let asked = 0;
  for (const name of ['', 'a b', '-n1', 'x'.repeat(129)]) {
    const strange = encode([1, 'c1', token.secret, name, ['127.0.0.1:7401']]);
    const reply = decode(
      await answerJoin(
        member(async () => asked++),
        STRANGER,
        strange,
      ),
    );
    t.like(reply as object, { code: 'bad-config' });
    t.regex((reply as { message: string }).message, /1 to 128 letters/);
  }
  t.is(asked, 0);
});

test('a refusal comes back as its code', async (t) => {
  const refusing = member(() =>
    Promise.reject(new SeqNodeError('token-refused', 'The token was used already.')),
  );
  t.like(decode(await answerJoin(refusing, STRANGER, request())) as object, { code: 'token-refused' });
  t.like(decode(await answerJoin(member(), STRANGER, request('c2'))) as object, { code: 'token-refused' });
  const broken = member(() => Promise.reject(new Error('a secret detail')));
  t.like(decode(await answerJoin(broken, STRANGER, request())) as object, { code: 'internal' });
});

test('a node gives its own place away, and no other', async (t) => {
  const [old, fresh] = [nodeId('old'), nodeId('fresh')];
  const replaced: [string, string][] = [];
  let present: Peer[] = [MEMBER];
  const admitter: Admitter = {
    ...member(async () => t.fail()),
    replace: async (...pair) => replaced.push(pair),
    roster: () => ({ index: 7, peers: present }),
  };
  const asking = encode([2, 'c1', fresh]);
  t.like(decode(await answerJoin(admitter, old, asking)) as object, { peers: [MEMBER] });
  t.like(decode(await answerJoin(admitter, old, encode([2, 'c2', fresh]))) as object, {
    code: 'not-admitted',
  });
  t.like(decode(await answerJoin({ ...admitter, replace: refused }, old, asking)) as object, {
    code: 'not-admitted',
  });
  // The new node has the place, or has not; it cannot take it.
  t.like(decode(await answerJoin(admitter, fresh, asking)) as object, { code: 'outcome-unknown' });
  present = [MEMBER, { node: fresh, name: 'n2', addresses: [] }];
  t.like(decode(await answerJoin(admitter, fresh, asking)) as object, { peers: present });
  t.deepEqual(replaced, [[old, fresh]]);
});

test('a node whose answer is lost, because the old one is let in no more, hears it as the new one', async (t) => {
  const [own, old, fresh] = [createIdentity(), createIdentity(), createIdentity()];
  const asked: NodeId[] = [];
  let present: Peer[] = [MEMBER];
  const admitter: Admitter = {
    ...member(async () => t.fail()),
    replace: async (_, node) => {
      present = [MEMBER, { node, name: 'n2', addresses: [] }];
      transport.setPeers([{ node, addresses: [] }]);
    },
    roster: () => ({ index: 7, peers: present }),
  };
  const events: TransportEvents = {
    frames: () => undefined,
    connected: () => undefined,
    disconnected: () => undefined,
    discovered: () => undefined,
    joinRequest: (from, _, payload) => {
      asked.push(from);
      return answerJoin(admitter, from, payload);
    },
  };
  const transport = await startTransport({ privateKey: own.privateKey, listen: '127.0.0.1:0', events });
  t.teardown(() => transport.stop());
  transport.setPeers([{ node: old.node, addresses: [] }]);
  const waited: string[] = [];
  const replacement = {
    cluster: 'c1',
    old,
    fresh,
    members: transport.addresses,
    timeoutMs: 20_000,
    waiting: (error: SeqNodeError) => waited.push(error.code),
  };
  // Whoever else listens at the address is told nothing, and believed nothing.
  await t.throwsAsync(askToReplace({ ...replacement, isMember: () => false, timeoutMs: 0 }), {
    message: /none of the members/,
  });
  t.deepEqual(asked, []);
  await askToReplace({ ...replacement, isMember: (node) => node === own.node });
  t.deepEqual(asked, [old.node, fresh.node]);
  t.deepEqual(waited, ['unreachable']);
});

test('whatever a stranger sends, nobody is admitted by it and it is answered', async (t) => {
  const admitter = member(() => Promise.reject(new Error('admitted')));
  const noise = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.anything({ withBigInt: false }).map((value) => {
      try {
        return encode(value);
      } catch {
        return new Uint8Array(1);
      }
    }),
  );
  await fc.assert(
    fc.asyncProperty(noise, async (payload) => {
      const reply = decode(await answerJoin(admitter, STRANGER, payload)) as { code?: string };
      t.is(reply.code, 'bad-request');
    }),
  );
});
