// The one table of errors that a user can meet. docs/ERRORS.md is its twin; a test keeps them equal.

/** One row: what the process exits with, what HTTP answers, what it means, and what to do next. */
export interface ErrorRow {
  /** Process exit status: 64 usage, 65 data, 69 unavailable, 70 internal, 75 try again, 78 configuration. */
  readonly exit: 64 | 65 | 69 | 70 | 75 | 78;
  /** HTTP status of the gateway. */
  readonly http: number;
  /** One sentence. */
  readonly meaning: string;
  /** One sentence, in the imperative; PATH stands for the actor that the command is about. */
  readonly advice: string;
}

const rows = {
  'bad-usage': row(
    64,
    400,
    'The command line is not understood.',
    'Run the command with --help and correct it.',
  ),
  'unreadable-file': row(
    64,
    400,
    'A file that the command line names cannot be read.',
    'Check the path, and whether it may be read.',
  ),
  'bad-request': row(
    64,
    400,
    'The request is not understood.',
    'Compare the request with the API in docs/OPERATIONS.md.',
  ),
  'bad-query': row(
    65,
    422,
    'The query cannot be answered.',
    'Correct the statement: one SELECT over the tables that docs/OPERATIONS.md lists.',
  ),
  'query-too-long': row(
    75,
    422,
    'The query took longer than it may, and was stopped.',
    'Narrow it, or give it more time, as far as projection.query-timeout-ms allows.',
  ),
  'no-projection': row(
    69,
    503,
    'The node keeps no projection that could be asked.',
    'Ask a node that was started with projection.enabled = true.',
  ),
  'no-such-endpoint': row(
    64,
    404,
    'The gateway serves nothing under this address.',
    'Compare the address with the API in docs/OPERATIONS.md.',
  ),
  'method-not-allowed': row(
    64,
    405,
    'The address does not take this HTTP method.',
    'Use one of the methods that the Allow header lists.',
  ),
  'request-timeout': row(
    75,
    408,
    'The request did not arrive whole in time.',
    'Send it again, and without a pause.',
  ),
  'bad-path': row(
    64,
    400,
    'The actor path is malformed.',
    'Write an absolute path such as /user/accounts/alice: at most 16 segments and 512 characters, a segment 1 to 128 of A-Z a-z 0-9 . _ ~ @ : + -; or a registered name, or a UUID.',
  ),
  'bad-cursor': row(
    64,
    400,
    'The cursor of an event stream is malformed, or is not of this cluster.',
    'Use the id of an event of this cluster as it stands, or begin anew: without a cursor, or with from=now.',
  ),
  'events-not-kept': row(
    65,
    410,
    'The order of older records is not kept, so that the stream cannot go on from this cursor without a gap.',
    'Follow with from=now, and read what came before from the journals of the actors.',
  ),
  'bad-message': row(
    65,
    422,
    'The message is not one that the actor accepts.',
    'Send one of the forms above.',
  ),
  'bad-notation': row(
    65,
    422,
    'The text is not a value in message notation.',
    'Write it as in (Deposit 100), "text", [1 2] or {"k" 1}.',
  ),
  'bad-program': row(
    65,
    422,
    'The Seq program was refused.',
    'Correct the program at the position that is shown.',
  ),
  'export-damaged': row(
    65,
    422,
    'An export is not as it was written: it was cut off, edited, or is of another version.',
    'Import an intact copy; nothing of this one was imported.',
  ),
  'export-lost': row(75, 503, 'The moment that an export shows cannot be read on.', 'Export again.'),
  'not-empty': row(
    65,
    409,
    'The cluster is not empty, and an import goes into an empty one.',
    'Import into a new cluster.',
  ),
  importing: row(
    75,
    503,
    'An import has begun, and the cluster serves nobody before it has ended.',
    'Wait for its end; if it was interrupted, repeat the same import, or give it up with journal import --abandon.',
  ),
  'bad-tree': row(
    65,
    422,
    'The file declares no supervision tree that could be.',
    'Correct what is named; docs/OPERATIONS.md describes the file.',
  ),
  'tree-refused': row(
    65,
    422,
    'A supervisor refused a change of its tree.',
    'Correct the file as the reason says, and apply it again; what is done already is not done twice.',
  ),
  'tree-not-applied': row(
    75,
    503,
    'A change of a supervision tree has not taken effect in time.',
    'Apply the file again; seq-node why of the actor tells what it waits for.',
  ),
  'not-data': row(
    65,
    422,
    'A quotation, closure or channel stands where only data may.',
    'Remove it at the key path that is shown.',
  ),
  'bad-config': row(
    78,
    400,
    'The configuration is wrong.',
    'Correct what is named; --dump-config shows the settings that are in force.',
  ),
  unauthorized: row(
    64,
    401,
    'The request carries no valid token.',
    'Send the gateway token: as an Authorization: Bearer header, or with --token or SEQ_NODE_TOKEN.',
  ),
  'origin-refused': row(
    64,
    403,
    'The request comes from a web page, or was sent to a name, that this gateway does not serve.',
    'Name the origin of the page in http.origins, or send the request from a program, to a loopback name where there is no token.',
  ),
  'token-refused': row(
    78,
    403,
    'The join token is unknown, used up, or expired.',
    'Make a new one with seq-node token on a member of the cluster.',
  ),
  'not-admitted': row(
    78,
    403,
    'The node is not in the registry of this cluster.',
    'Join it with a fresh token, from an empty data directory.',
  ),
  'name-taken': row(
    78,
    409,
    'Another member of the cluster has the name of the node.',
    'Give this one a name of its own with --name.',
  ),
  'no-such-actor': row(
    65,
    404,
    'No actor lives at this path.',
    'Create it with seq-node spawn PATH, or look for it with seq-node actors.',
  ),
  'no-such-dead-letter': row(
    65,
    404,
    'There is no dead letter of this id: it was replayed, dropped, or made room for newer ones.',
    'List those that are there with seq-node dead-letters.',
  ),
  'no-such-member': row(
    65,
    404,
    'The cluster has no member of this id or name.',
    'Look for it with seq-node members.',
  ),
  'last-member': row(
    65,
    409,
    'The last member of a cluster cannot be removed.',
    'Let another node join first, or stop this one and delete its data directory.',
  ),
  'still-leaving': row(
    75,
    409,
    'A member is leaving: shards still count on it, or others have not heard who stays.',
    'Keep the leaving node up until seq-node members remove says that it has left, or let it stay with seq-node members keep.',
  ),
  'no-such-module': row(
    65,
    404,
    'No module with this hash or word is deployed, or it has no such word.',
    'Deploy a program that has the word with seq-node deploy, and give its hash or its file.',
  ),
  'actor-exists': row(
    65,
    409,
    'An actor already lives at this path.',
    'Send to the actor that is there, or choose another path.',
  ),
  'actor-stopped': row(
    65,
    409,
    'The actor is stopped or has failed, and takes no messages.',
    'Look at why with seq-node inspect PATH, correct its program with seq-node upgrade PATH --file FILE if that is why, and let it go on with its state with seq-node resume PATH.',
  ),
  'actor-suspended': row(
    69,
    409,
    'The actor is suspended: until it is resumed it takes no messages.',
    'Let it go on with seq-node resume PATH, then send it again with the same id.',
  ),
  'not-ended': row(
    65,
    409,
    'The actor has not ended, so its state and journal are kept.',
    'Stop it first with seq-node stop PATH, or purge it with seq-node purge PATH --force.',
  ),
  'reserved-path': row(
    64,
    409,
    'The paths below /queue belong to queues of tasks, which begin by being used.',
    'Spawn the actor at another path, such as /user/NAME.',
  ),
  'lease-lost': row(
    65,
    409,
    'The lease is no longer that of the task: it ran out and another has the task, or the task is closed.',
    'Drop what you have of the task; take the next one.',
  ),
  'task-failed': row(
    65,
    502,
    'The workers of a queue failed to do the task, as often as its attempts allow.',
    'Read why in the reason that is shown, mend it, and send the task again: with seq-node dead-letters replay if it is a dead letter.',
  ),
  'queue-not-empty': row(
    65,
    409,
    'The queue holds tasks, so it is not purged.',
    'Let workers do them, or drop them with seq-node queue drop --all.',
  ),
  'migrate-failed': row(
    65,
    422,
    'The word that was to make the new state failed; the actor stays as it was, with its old code.',
    'Correct the word at the position that is shown, then upgrade again with another id.',
  ),
  'actor-ended': row(
    65,
    409,
    'An actor that is stopped or has failed has this path, and keeps its state.',
    'Let it go on with seq-node resume PATH, after seq-node upgrade PATH --file FILE with other code; or give its state up with seq-node spawn PATH --new-life.',
  ),
  'actor-quarantined': row(
    70,
    500,
    'What is stored of the actor cannot be read, so the actor is held.',
    'Run seq-node journal verify on each replica and keep the data directory.',
  ),
  'turn-failed': row(
    65,
    500,
    'The behaviour failed while it handled the message; nothing of the turn was kept.',
    'Read the fault that is shown, correct the behaviour, and give it to the actor with seq-node upgrade PATH --file FILE.',
  ),
  'ask-failed': row(
    69,
    502,
    'The behaviour asked another actor and got no answer; nothing of the turn was kept.',
    'Look at the actor that was asked, then send it again with another id.',
  ),
  'ask-cycle': row(
    65,
    409,
    'Actors asked each other in a circle, so that none could answer; nothing of the turn was kept.',
    'Let one of the actors that are named send a message where it asks, and answer with another message.',
  ),
  'id-reused': row(
    65,
    422,
    'The id was used at this path before, for something else.',
    'Take a new id for each message; only a repeat of the very same one brings the same id.',
  ),
  'no-reply': row(
    65,
    502,
    'The behaviour handled the ask without replying.',
    'Use send for messages without a reply, or call actor-reply in the behaviour.',
  ),
  'too-large': row(
    65,
    413,
    'The message, state or request is over its limit.',
    'Send less at once, or raise the limit that is named.',
  ),
  overloaded: row(75, 503, 'A queue of the node is full.', 'Try again a little later with the same id.'),
  'no-quorum': row(
    69,
    503,
    'No majority of the replicas answers.',
    'Try again with the same id once more nodes are up.',
  ),
  'disk-full': row(
    69,
    503,
    'The disk of the node is full.',
    'Free space where its data lies; it then takes work again by itself.',
  ),
  'outcome-unknown': row(
    75,
    504,
    'The outcome is not known: it may or may not have taken effect.',
    'Send it again with the same id; it takes effect once.',
  ),
  unreachable: row(
    69,
    502,
    'No node answers at this address.',
    'Check that the node runs and that --node names its HTTP address.',
  ),
  stopping: row(69, 503, 'The node is shutting down.', 'Send the request to another node.'),
  'disk-failed': row(
    70,
    500,
    'A write to disk failed, so the node stops.',
    'Check the disk, then start the node again.',
  ),
  'log-damaged': row(
    70,
    500,
    'The write-ahead log is damaged, or ends before what the node has spoken for.',
    'Start it again while the others run: it repairs itself from them. Alone, put back a copy.',
  ),
  'journal-damaged': row(
    70,
    500,
    'What the node stores is damaged, or parts of it are gone.',
    'Start it again while the others run: it repairs itself from them. Alone, put back a copy.',
  ),
  'data-in-use': row(
    78,
    500,
    'Another process uses the data directory.',
    'Stop the other node or choose another --data.',
  ),
  'not-a-cluster': row(
    78,
    500,
    'The data directory holds no cluster.',
    'Start with --create, or with --join and a token.',
  ),
  'output-lost': row(
    70,
    500,
    'What the command printed could not be written.',
    'Check where its standard output goes, such as a full disk, and run it again.',
  ),
  internal: row(70, 500, 'The node met a fault of its own.', 'Report it with the log lines around it.'),
} as const satisfies Record<string, ErrorRow>;

function row(exit: ErrorRow['exit'], http: number, meaning: string, advice: string): ErrorRow {
  return { exit, http, meaning, advice };
}

export type ErrorCode = keyof typeof rows;
export const ERRORS: Readonly<Record<ErrorCode, ErrorRow>> = rows;

/**
 * Refusals that pass by themselves within seconds, as when a leader is elected or a node restarts: the same
 * request, with the same id, may succeed later or at another node.
 */
export const PASSING_CODES: ReadonlySet<string> = new Set<ErrorCode>([
  'no-quorum',
  'overloaded',
  'stopping',
  'outcome-unknown',
  'unreachable',
  'request-timeout',
]);

export function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(rows, text);
}

/**
 * An error that a user can meet. `message` is one sentence about this very case; the table says what to do
 * next.
 */
export class SeqNodeError extends Error {
  override readonly name = 'SeqNodeError';
  readonly code: ErrorCode;
  /** Facts for a machine: positions, limits, accepted forms. JSON data only. */
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    code: ErrorCode,
    message: string = ERRORS[code].meaning,
    details: Readonly<Record<string, unknown>> = {},
  ) {
    super(message);
    this.code = code;
    this.details = details;
  }

  get exit(): number {
    return ERRORS[this.code].exit;
  }

  get http(): number {
    return ERRORS[this.code].http;
  }

  /** What to do next in this case, where the details say it; else what the table says of the code. */
  get advice(): string {
    const { next } = this.details;
    return typeof next === 'string' ? next : ERRORS[this.code].advice;
  }
}

/** A message between actors, by its number, that is refused for good. */
export type Refusal = readonly [number: number, code: ErrorCode, message: string];
