// A node with rows of every kind, and in every state that outlives the process: what it left is kept as
// stored-data.txt, so that later versions are tested with it. SEQ_NODE_WRITE_DATA=1 writes it anew.
import { moduleHash } from '../../base/ids.ts';
import { parsePath } from '../../base/path.ts';
import { childSpec, supervisorSpec } from '../../runtime/lifecycle/supervisor-spec.ts';
import type { QueueMessage } from '../../runtime/tasks/queue.ts';
import { orderData } from '../../runtime/tasks/queue-orders.ts';
import { parseToken } from '../../runtime/tasks/queue-state.ts';
import type { TakenTask, TakenTasks } from '../requests/results.ts';
import { LoneNode } from './lone-node.ts';

export const STORY_SHARDS = 2;
/** Time-outs and back-offs that are under way at the end. */
export const BACK_OFF_MS = 20_000;

const PROGRAM = `
union Msg {
  Add { n: Int }
  Total
  Told
  Fail
  Turn
  Send { to: String }
  Watch { whom: String }
  Link { whom: String }
  After { ms: Int }
  Every { ms: Int }
  Put-aside
  Take-up
  Ask { text: String }
  Sent { text: String }
  Terminated { path: String, reason: Symbol }
}
: total ( Map -- Int ) "total" map.get [ ] [ drop 0 ] if ;
: told ( Map -- List ) "told" map.get [ ] [ drop list.make ] if ;
: tell ( Map String -- Map ) over told swap list.push "told" swap map.set ;
: add ( Map Int -- Map ) over total i.+ "total" swap map.set ;
: actor ( Map Msg -- Map )
  match
    Add { >n } -> add
    Total -> dup total actor.reply
    Told -> dup told actor.reply
    Fail -> 1 0 divide drop
    Turn -> [ other ] actor.become
    Send { >to } -> 1 Make-Add actor.send
    Watch { >whom } -> actor.watch
    Link { >whom } -> actor.link
    After { >ms } -> actor.self 1 Make-Add rot actor.send-after drop
    Every { >ms } -> actor.self 100 Make-Add rot actor.send-every drop
    Put-aside -> dup "ready" map.get nip [ "put-aside" tell ] [ actor.stash ] if
    Take-up -> "ready" true map.set actor.unstash-all
    Ask { >text } -> "/queue/jobs" swap actor.ask tell
    Sent { >text } -> "/queue/jobs" swap actor.send
    Terminated { >path >reason } -> drop tell
  end ;
union Other { Who }
: other ( Map Other -- Map ) match Who -> "other" actor.reply end ;
`;
/** The same with another answer to Total. */
const NEXT = PROGRAM.replace('dup total actor.reply', 'dup total 1000 i.+ actor.reply');

const SUBSCRIBED = `
union Heard { Follow { prefix: String } Count Recorded { path: String, sequence: Int, record: Map } }
: count ( Map -- Int ) "count" map.get [ ] [ drop 0 ] if ;
: heard ( Map Heard -- Map )
  match
    Follow { >prefix } -> actor.subscribe
    Count -> dup count actor.reply
    Recorded { >path >sequence >record } -> 3drop dup count 1 i.+ "count" swap map.set
  end ;
`;

const NAMES = [
  'counts',
  'upgraded',
  'stopped',
  'suspended',
  'failed',
  'purged',
  'turned',
  'clock',
  'watches',
  'linked',
  'stashes',
  'asks',
];

const JOBS = parsePath('/queue/jobs');

export function queueOrder(lone: LoneNode, order: Exclude<QueueMessage, { readonly kind: 'task' }>): void {
  const result = lone.request({ op: 'queue-order', path: JOBS, order: orderData(order), id: '' });
  if (!result.ok) throw new Error(`${result.code}: ${result.message}`);
  lone.pass(100);
}

export function takeJob(lone: LoneNode): TakenTask | undefined {
  const take = { op: 'take-tasks', path: JOBS, worker: 'w', most: 1, leaseMs: 600_000, waitMs: 0 } as const;
  const result = lone.request(take);
  if (!result.ok) throw new Error(`${result.code}: ${result.message}`);
  lone.pass(100);
  return (result.value as TakenTasks).tasks[0];
}

const child = (id: string) =>
  childSpec({ id, program: { code: { module: moduleHash('aa'), target: { word: 'actor' }, captured: [] } } });

/** `lease`: the token of the task that a worker has. */
export function story(): { readonly lone: LoneNode; readonly lease: string } {
  // Few entries of the logs are left, as all is in rows.
  const lone = new LoneNode(STORY_SHARDS, { logEntries: 10 });
  lone.deploy(PROGRAM);
  lone.deploy(NEXT, 'bb');
  for (const name of NAMES) lone.spawn(`/new/${name}`, 'actor');
  lone.spawn('/new/volatile', 'actor', 'volatile');
  for (let n = 1; n <= 12; n++) lone.tell('/new/counts', `(Add ${n})`, `add-${n}`);
  lone.tell('/new/upgraded', '(Add 7)');
  lone.upgrade('/new/upgraded', 'bb');
  lone.tell('/new/stopped', '(Add 8)');
  lone.stop('/new/stopped');
  lone.suspend('/new/suspended');
  lone.tell('/new/failed', '(Add 9)');
  for (let fault = 0; fault < 4; fault++) lone.tell('/new/failed', '(Fail)');
  lone.purge('/new/purged', { force: true });
  lone.tell('/new/turned', '(Turn)');
  lone.tell('/new/watches', '(Watch "/new/counts")');
  lone.tell('/new/watches', '(Link "/new/linked")');
  lone.tell('/new/stashes', '(Put-aside)');
  lone.tell('/new/stashes', '(Put-aside)');
  lone.deploy(SUBSCRIBED, 'cc');
  lone.spawn('/new/subscribed', 'heard', 'durable', { hash: 'cc' });
  lone.tell('/new/subscribed', '(Follow "/new/upgraded")');
  // It stays in the outbox, and the other is a dead letter.
  lone.tell('/new/counts', '(Send "/new/suspended")');
  lone.tell('/new/counts', '(Send "/new/nobody")');
  const lease = queues(lone);
  lone.supervise(
    '/new/sup',
    supervisorSpec({
      intensity: 2,
      periodMs: 10_000_000,
      backOff: { minMs: BACK_OFF_MS, maxMs: BACK_OFF_MS },
      children: ['a', 'b', 'c'].map(child),
    }),
  );
  lone.pass(500);
  lone.ask('/new/sup', '(Terminate "c")');
  lone.tell('/new/sup/a', '(Add 5)');
  lone.tell('/new/sup/a', '(Fail)');
  lone.pass(BACK_OFF_MS + 2000);
  lone.tell('/new/clock', '(After 60000)');
  lone.tell('/new/clock', '(Every 45000)');
  lone.tell('/new/sup/b', '(Fail)');
  lone.pass(1000);
  return { lone, lease };
}

/** One task in the hands of a worker, one that waits for another attempt, one that is ready, one dead. */
function queues(lone: LoneNode): string {
  lone.begin({
    op: 'ask',
    path: parsePath('/new/asks'),
    message: LoneNode.message('(Ask "asked")'),
    id: 'q',
  });
  lone.pass(300);
  const { token: lease } = takeJob(lone)!;
  queueOrder(lone, { kind: 'configure', options: { backOffMs: 600_000 } });
  for (const [text, retry] of [
    ['dead', false],
    ['again', true],
  ] as const) {
    lone.tell('/new/counts', `(Sent "${text}")`);
    lone.pass(300);
    const { token } = takeJob(lone)!;
    queueOrder(lone, { kind: 'fail', token: parseToken(token)!, reason: text, retry });
  }
  lone.tell('/new/counts', '(Sent "ready")');
  lone.pass(300);
  return lease;
}
